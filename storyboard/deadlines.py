"""When a take that somebody needs by a time has to go before its turn: as late as may be, and no more often than fair.

Earliest deadline first is the best order on one device wherever all can be met (Liu and Layland 1973, section 7); here
it is used only from the moment on at which waiting any longer would make one of them late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Of so many takes in a row that go before their turn, the next is somebody's whose turn it is.
IN_A_ROW = 2
# What is kept back against a guess that was too short, in seconds.
RESERVE = 30.0
# What a take is thought to last where nobody knows, in seconds.
UNKNOWN = 120.0


@dataclass(frozen=True)
class Wanted:
    """A queued take that is needed in `within` seconds from now and computes for about `lasts` seconds."""

    pk: int
    within: float
    lasts: float


def pressing(wanted: Sequence[Wanted], other: float, devices: int = 1) -> int | None:
    """The take that has to go now, or None while letting a regular one of `other` seconds go first makes none late.

    `devices` share the work; others, of about `other` seconds each, go in between as IN_A_ROW says. A take whose
    time is over presses nobody: it waits for its turn like any other.
    """
    still = sorted((each for each in wanted if each.within > 0), key=lambda each: (each.within, each.pk))
    computed = 0.0
    for place, each in enumerate(still):
        computed += each.lasts
        others = other * (place // IN_A_ROW)
        if each.within - (computed + others) / devices < other + RESERVE:
            return still[0].pk
    return None

"""What the card says, a line each: what was measured, what it must reach, and whether the engine may be the default."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from generation.training.intervals import Interval

RELEASED, EXPERIMENTAL = "released", "experimental"
# The lines that decide about the default engine, in the words of the gate.
GATE = {
    "first.gain": "beats repeating the first frame by 2 dB",
    "camera.flow": "camera direction right in over 90 % of clips",
    "kept.figure": "the figure's identity kept",
    "kept.set": "the set kept",
    "seams.takes": "no block texture to be seen at board size",
}


# No number says whether a picture shows what was asked for, least of all from words alone, which is most of what a
# default engine is asked.
GOOD_ENOUGH = "Good enough."
LOOKED_AT = "somebody who looked at takes says that they show what was asked for, from words alone too: not yet"


@dataclass(frozen=True)
class Line:
    """One measurement. It is to be `least` or more, `most` or less; neither where it is only told. `real` says what
    real clips get under the same formula, `how` what the formula is. Shares are from 0 to 1 and have the unit %."""

    name: str
    what: str
    found: Interval
    unit: str
    how: str
    least: float | None = None
    most: float | None = None
    real: float | None = None

    @property
    def reached(self) -> bool | None:
        if self.least is None and self.most is None:
            return None
        return _within(self.found.value, self.least, self.most)

    @property
    def sure(self) -> bool:
        """Whether the whole interval says the same as the value."""
        ends = {_within(end, self.least, self.most) for end in (self.found.low, self.found.high)}
        return ends == {self.reached}

    @property
    def short_by(self) -> float:
        """How far the value is from what it must reach; 0 where it is there."""
        under = 0.0 if self.least is None else self.least - self.found.value
        over = 0.0 if self.most is None else self.found.value - self.most
        return max(0.0, under, over)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> Line:
        return cls(**said | {"found": Interval(**said["found"])})


def _within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def gate(lines: Iterable[Line], seen: str = "") -> tuple[str, list[str]]:
    """RELEASED, or EXPERIMENTAL with a sentence for each clause of the gate that was missed or not measured.

    `seen` is what somebody says who looked at takes; it opens the gate where it begins with GOOD_ENOUGH.
    """
    found = {each.name: each for each in lines}
    missed = []
    for name, clause in GATE.items():
        line = found.get(name)
        if line is None:
            missed.append(f"{clause}: not measured")
        elif not line.reached:
            missed.append(f"{clause}: {shown(line.found.value, line.unit)}, {wanted(line)} is asked")
    if not seen.startswith(GOOD_ENOUGH):
        missed.append(LOOKED_AT)
    return (EXPERIMENTAL, missed) if missed else (RELEASED, [])


def shown(value: float | None, unit: str) -> str:
    """A value as the table writes it: three digits that matter, shares in per cent."""
    if value is None or not math.isfinite(value):
        return "–"
    if unit == "%":
        return f"{100 * value:.1f} %"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:.{digits}f} {unit}".strip()


def wanted(line: Line) -> str:
    if line.least is not None:
        return f"at least {shown(line.least, line.unit)}"
    return f"at most {shown(line.most, line.unit)}" if line.most is not None else "–"

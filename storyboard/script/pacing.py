"""How long a shot lasts, from the time its words take."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor

from .sentences import word_count

SPOKEN_A_SECOND = Fraction(11, 4)
READ_A_SECOND = 7
BREATH = Fraction(1, 2)
A_MOVE_NEEDS = Fraction(1)
SHORTEST = Fraction(3, 2)
LONGEST = Fraction(10)
WORDS_OF_ACTION = 45  # what a shot holds before it is split at a sentence
WORDS_OF_SPEECH = 22


def seconds_of(action: str, speeches: Iterable[str], moves: bool = False) -> Fraction:
    """Exact reading time, held between 1.5 and 10 seconds."""
    time = Fraction(word_count(action), READ_A_SECOND) + sum(
        (Fraction(word_count(speech)) / SPOKEN_A_SECOND + BREATH for speech in speeches), Fraction(0)
    )
    return min(max(time + (A_MOVE_NEEDS if moves else 0), SHORTEST), LONGEST)


def frames_of(seconds: Fraction, rate: tuple[int, int]) -> int:
    """Whole frames at `rate`, still within the bounds after rounding; never less than one."""
    fps = Fraction(*rate)
    return max(1, min(max(round(seconds * fps), ceil(SHORTEST * fps)), floor(LONGEST * fps)))

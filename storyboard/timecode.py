"""Frames and HH:MM:SS:FF at a rational rate, drop-frame where television has it.

Drop-frame leaves out numbers, never pictures: at 30000/1001 the first two numbers of every minute are skipped except
in every tenth minute, at 60000/1001 the first four (SMPTE ST 12-1), so that the clock stays with the wall.
"""

from __future__ import annotations

import re
from fractions import Fraction

_SKIPPED = {(30000, 1001): 2, (60000, 1001): 4}


class BadTimecode(ValueError):
    """The text is no timecode at this rate; the message says what was found and what was expected."""


def drops(rate: tuple[int, int]) -> bool:
    """Whether drop-frame counting exists at this rate."""
    return _lowest(rate) in _SKIPPED


def nominal(rate: tuple[int, int]) -> int:
    """How many numbers a second has: 24 for 24000/1001."""
    return int(Fraction(*rate) + Fraction(1, 2)) or 1


def to_timecode(frame: int, rate: tuple[int, int], drop: bool | None = None) -> str:
    """The number of `frame` (from 0), such as '00:01:00;02'. `drop` None means drop-frame where it exists.

    Hours go on past 23. Raises BadTimecode for a negative frame, or drop-frame at a rate that has none.
    """
    if frame < 0:
        raise BadTimecode(f"frame {frame} has no timecode; frames count from 0")
    dropping = drops(rate) if drop is None else drop
    number = frame + _numbers_skipped_before(frame, rate) if dropping else frame
    seconds, frames = divmod(number, nominal(rate))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    mark = ";" if dropping else ":"
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{frames:0{max(2, len(str(nominal(rate) - 1)))}}"


def to_frame(text: str, rate: tuple[int, int]) -> int:
    """The frame (from 0) that a timecode names; a semicolon or full stop before the frames says drop-frame.

    Raises BadTimecode.
    """
    found = re.fullmatch(r"(\d{1,3}):(\d{1,2}):(\d{1,2})([:;.])(\d{1,3})", text.strip(), re.ASCII)
    if not found:
        raise BadTimecode(f"{text!r} is not a timecode; expected HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame")
    hours, minutes, seconds, frames = (int(found[n]) for n in (1, 2, 3, 5))
    for amount, limit, unit in ((minutes, 60, "minutes"), (seconds, 60, "seconds"), (frames, nominal(rate), "frames")):
        if amount >= limit:
            raise BadTimecode(f"{text!r} has {amount} {unit}; at this rate they run from 0 to {limit - 1}")
    number = ((hours * 60 + minutes) * 60 + seconds) * nominal(rate) + frames
    if found[4] == ":":
        return number
    skipped = _skipped(rate)
    if minutes % 10 and not seconds and frames < skipped:
        raise BadTimecode(
            f"{text!r} is one of the numbers that drop-frame leaves out; the next is {_after(found, skipped)}"
        )
    whole_minutes = hours * 60 + minutes
    return number - skipped * (whole_minutes - whole_minutes // 10)


def _numbers_skipped_before(frame: int, rate: tuple[int, int]) -> int:
    skipped = _skipped(rate)
    first_minute = nominal(rate) * 60
    minute = first_minute - skipped
    tens, rest = divmod(frame, first_minute + 9 * minute)
    later = 0 if rest < first_minute else 1 + (rest - first_minute) // minute
    return skipped * (9 * tens + later)


def _skipped(rate: tuple[int, int]) -> int:
    try:
        return _SKIPPED[_lowest(rate)]
    except KeyError:
        raise BadTimecode(
            f"drop-frame does not exist at {'/'.join(map(str, rate))}; it does at 30000/1001 and 60000/1001"
        ) from None


def _after(found: re.Match[str], skipped: int) -> str:
    return f"{found[1]}:{found[2]}:{found[3]};{skipped:02}"


def _lowest(rate: tuple[int, int]) -> tuple[int, int]:
    exact = Fraction(*rate)
    return exact.numerator, exact.denominator

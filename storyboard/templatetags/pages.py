from __future__ import annotations

from django import template

from storyboard.forms import RATES
from storyboard.timecode import to_timecode

register = template.Library()


@register.filter
def rate_label(rate: tuple[int, int]) -> str:
    """23.976 for 24000/1001, as people say it."""
    code = f"{rate[0]}/{rate[1]}"
    return next(
        (label for known, label, _ in RATES if known == code), f"{rate[0] / rate[1]:.3f}".rstrip("0").rstrip(".")
    )


@register.filter
def running_time(frames: int, rate: tuple[int, int]) -> str:
    """A length for people: 0:07, 1:42."""
    whole = round(frames * rate[1] / rate[0])
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def frame_code(frames: int, rate: tuple[int, int]) -> str:
    return to_timecode(frames, rate)


@register.filter
def counted(number: int, noun: str) -> str:
    """`3|counted:"shot"` is 3 shots."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

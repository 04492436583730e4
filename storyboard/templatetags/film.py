from __future__ import annotations

from django import template

from generation import film
from storyboard.lengths import computing

register = template.Library()
register.filter("computing", computing)


@register.filter
def film_label(code: str) -> str:
    return film.label(code)


@register.filter
def seconds(frames: int, rate: tuple[int, int]) -> str:
    """A length for people: 72 at 24 is 3.0s."""
    return f"{frames * rate[1] / rate[0]:.1f}s"


@register.filter
def clock(frames: int, rate: tuple[int, int]) -> str:
    """Minutes and seconds, to the nearest second: 1452 at 24 is 1:01."""
    whole = (2 * frames * rate[1] + rate[0]) // (2 * rate[0])
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def timecode(frames: int, rate: tuple[int, int]) -> str:
    from storyboard.timecode import to_timecode as written

    return written(frames, rate)


@register.filter
def minutes(seconds: float) -> int:
    return round(seconds / 60)


@register.filter
def percent_of(done: int, of: int) -> int:
    return 100 * done // of if of else 0

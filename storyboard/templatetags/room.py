"""Small words for the shot room."""

from __future__ import annotations

import json
from typing import Any

from django import template

from generation import film

register = template.Library()


@register.filter
def frame_number(frame: int) -> str:
    return f"{frame:04d}"


@register.filter
def film_words(value: Any) -> str:
    """A version's value as people read it: codes by their label, lists with commas."""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return film.label(value) if isinstance(value, str) else str(value)


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"))

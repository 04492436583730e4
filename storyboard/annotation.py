"""What may be drawn on a frame: strokes in coordinates from 0 to 1, so that they fit every size of the picture.

The page's own description of the format, and the same limits, are in static/js/annotation/strokes.js.
"""

from __future__ import annotations

import json
from typing import Any

from storyboard.refusal import Refusal

TOOLS = ("pen", "arrow", "box", "text")
COLOURS = ("red", "yellow", "green", "blue", "white")
BYTES_MAX = 200_000
STROKES_MAX = 500
POINTS_MAX = 5000
LETTERS_MAX = 500


def checked(drawing: Any) -> dict[str, Any] | None:
    """The drawing as it may be kept, or None when there is nothing in it; raises Refusal with what was wrong."""
    if not drawing:
        return None
    if not isinstance(drawing, dict) or drawing.get("format") != 1:
        raise Refusal("This drawing is in a format this server does not know. Reload the page and draw again.")
    strokes = drawing.get("strokes")
    if not isinstance(strokes, list) or len(strokes) > STROKES_MAX or len(json.dumps(drawing)) > BYTES_MAX:
        raise Refusal(f"This drawing is too large; at most {STROKES_MAX} strokes fit on a frame.")
    kept = [_stroke(stroke) for stroke in strokes]
    return {"format": 1, "strokes": kept} if kept else None


def _stroke(stroke: Any) -> dict[str, Any]:
    try:
        tool, color = stroke["tool"], stroke["color"]
        points = [[_unit(value) for value in point] for point in stroke["points"]]
        well_formed = tool in TOOLS and color in COLOURS and 1 <= len(points) <= POINTS_MAX
        if not well_formed or any(len(point) != 3 for point in points):
            raise ValueError
        kept = {"tool": tool, "color": color, "size": _width(stroke["size"]), "points": points}
        if tool == "text":
            kept["text"] = _letters(stroke["text"])
        return kept
    except (TypeError, ValueError, KeyError, OverflowError):
        raise Refusal("A stroke of this drawing cannot be read. Undo the last stroke and send again.") from None


def _unit(value: Any) -> float:
    """A coordinate or a pressure; a NaN is in no range."""
    number = float(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError
    return round(number, 5)


def _width(value: Any) -> float:
    """The width of a stroke as a part of the picture's height."""
    number = float(value)
    if not 0.0 < number <= 1.0:
        raise ValueError
    return round(number, 5)


def _letters(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LETTERS_MAX:
        raise ValueError
    return value

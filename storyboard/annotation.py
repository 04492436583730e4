"""What may be drawn on a frame: strokes in coordinates from 0 to 1, so that they fit every size of the picture."""

from __future__ import annotations

import json
from typing import Any

from storyboard.refusal import Refusal

TOOLS = ("pen", "arrow", "box", "text")
BYTES_MAX = 200_000
STROKES_MAX = 500
POINTS_MAX = 5000


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
        points = [[_unit(value) for value in point[:3]] for point in stroke["points"][:POINTS_MAX]]
        if stroke["tool"] not in TOOLS or not points or any(len(point) < 2 for point in points):
            raise ValueError
        kept = {
            "tool": stroke["tool"],
            "color": max(0, min(9, int(stroke["color"])))
            if not isinstance(stroke["color"], str)
            else stroke["color"][:16],
            "size": max(0.0, min(1.0, float(stroke["size"])))
            if float(stroke["size"]) <= 1
            else min(64.0, float(stroke["size"])),
            "points": points,
        }
        if stroke["tool"] == "text":
            kept["text"] = str(stroke.get("text", ""))[:500]
        return kept
    except (TypeError, ValueError, KeyError, IndexError):
        raise Refusal("A stroke of this drawing cannot be read. Undo the last stroke and send again.") from None


def _unit(value: Any) -> float:
    number = float(value)
    if not -1.0 <= number <= 2.0:
        raise ValueError
    return round(number, 5)

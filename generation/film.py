"""Film's own words for how a shot is seen: the closed lists that forms offer and engines read.

Each list is (code, label). Codes travel in recipes and never change; labels may.
"""

from __future__ import annotations

SIZES = (
    ("ECU", "Extreme close-up"),
    ("CU", "Close-up"),
    ("MCU", "Medium close-up"),
    ("MS", "Medium shot"),
    ("MWS", "Medium wide shot"),
    ("WS", "Wide shot"),
    ("EWS", "Extreme wide shot"),
)

ANGLES = (
    ("eye", "Eye level"),
    ("high", "High angle"),
    ("low", "Low angle"),
    ("overhead", "Overhead"),
    ("dutch", "Dutch angle"),
    ("ots", "Over the shoulder"),
    ("pov", "Point of view"),
)

MOVES = (
    ("static", "Static"),
    ("pan-left", "Pan left"),
    ("pan-right", "Pan right"),
    ("tilt-up", "Tilt up"),
    ("tilt-down", "Tilt down"),
    ("dolly-in", "Dolly in"),
    ("dolly-out", "Dolly out"),
    ("truck-left", "Truck left"),
    ("truck-right", "Truck right"),
    ("pedestal-up", "Pedestal up"),
    ("pedestal-down", "Pedestal down"),
    ("zoom-in", "Zoom in"),
    ("zoom-out", "Zoom out"),
    ("crane-up", "Crane up"),
    ("crane-down", "Crane down"),
    ("handheld", "Handheld"),
)

LABELS = dict(SIZES) | dict(ANGLES) | dict(MOVES)


def label(code: str) -> str:
    """The words for a code; an empty code is an empty label."""
    return LABELS.get(code, code)

"""Lengths of computing, for people."""

from __future__ import annotations


def computing(seconds: float) -> str:
    """Short and roughly: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"

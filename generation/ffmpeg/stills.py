"""One exact frame of a clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from generation.ffmpeg.errors import Unreadable
from generation.ffmpeg.facts import Probe
from generation.ffmpeg.recipes import ACCURATE
from generation.ffmpeg.runner import run, source


def frame(path: Path, n: int, facts: Probe | None = None) -> bytes:
    """Frame `n` (from 0) as PNG bytes. With `facts` of a steady clip it is sought, else counted from the start.

    Raises ValueError for a negative n, Unreadable when the clip has no such frame.
    """
    if n < 0:
        raise ValueError(f"frame {n} was asked for; frames count from 0")
    sought = facts is not None and facts.constant_rate
    before = _just_before(n, facts) if sought and facts else []
    pick = [] if sought else ["-vf", f"select=eq(n\\,{n})"]
    png = run(
        [*before, *source(path), "-map", "0:V:0", *pick, "-frames:v", "1", "-fps_mode", "passthrough",
         "-sws_flags", ACCURATE, "-c:v", "png", "-f", "image2pipe", "pipe:1"]
    ).stdout  # fmt: skip
    if not png:
        raise Unreadable(f"{Path(path).name} has no frame {n}" + (f"; it has {facts.frames}" if facts else ""))
    return png


def _just_before(n: int, facts: Probe) -> list[str]:
    """Half a frame early, so that rounding in any clock still lands on the frame itself."""
    at = (n - Fraction(1, 2)) / Fraction(*facts.rate)
    return ["-ss", f"{float(at):.6f}"] if n else []

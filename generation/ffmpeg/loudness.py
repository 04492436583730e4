"""The outline of a sound, for drawing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generation.ffmpeg.errors import Unreadable
from generation.ffmpeg.runner import run, source

_OUTLINE_RATE = 8000


def waveform(path: Path, buckets: int) -> list[int]:
    """The peak of each of `buckets` equal stretches, 0 (silence) to 100 (full scale); raises Unreadable."""
    if buckets < 1:
        raise ValueError(f"{buckets} buckets were asked for; at least 1 is needed")
    raw = run(
        [*source(path), "-map", "0:a:0", "-ac", "1", "-ar", str(_OUTLINE_RATE), "-f", "s16le", "pipe:1"]
    ).stdout  # fmt: skip
    samples = np.abs(np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.int32))
    if not samples.size:
        raise Unreadable(f"{Path(path).name} holds no sound")
    starts = np.arange(buckets) * samples.size // buckets
    peaks = np.maximum.reduceat(samples, np.minimum(starts, samples.size - 1))
    return [int(peak) * 100 // 32768 for peak in peaks]

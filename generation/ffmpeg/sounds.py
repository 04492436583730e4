"""Sound that was made, as a file."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEPTH = 2  # bytes of one sample


def wav(path: Path, samples: NDArray[np.float32], sample_rate: int, count: int) -> Path:
    """Writes exactly `count` of these samples (N, channels) from -1 to 1: cut, or with silence behind them."""
    whole = np.zeros((count, samples.shape[1]), "<i2")
    there = samples[:count]
    whole[: len(there)] = (np.clip(there, -1, 1) * 32767).round()
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[1], DEPTH, sample_rate, count, "NONE", ""))
        file.writeframes(whole.tobytes())
    return path

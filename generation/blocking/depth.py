"""What a depth guide shows of a staging: greys, light where near, on one scale for the whole clip."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .render import Renderer

RANGE_LOOKS = 5


def depth_frames(renderer: Renderer, frames: int) -> Iterator[np.ndarray]:
    """uint8 RGB greys, light where near: nearness 1/metres, white at the nearest point of the clip, the sky black."""
    looks = {n * (frames - 1) // (RANGE_LOOKS - 1) for n in range(RANGE_LOOKS)}
    nearest = max(float(_nearness(renderer, n).max()) for n in looks) or 1.0
    for n in range(frames):
        grey = np.clip(_nearness(renderer, n) * (255 / nearest), 0, 255).astype(np.uint8)
        yield np.repeat(grey[:, :, None], 3, axis=2)


def _nearness(renderer: Renderer, n: int) -> np.ndarray:
    depth = renderer.layers(n, ("depth",)).depth
    assert depth is not None
    return np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > 0)

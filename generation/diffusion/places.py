"""Where in time and picture each token of a take stands, as LTX-Video's pipeline counts it: seconds, pixels, pixels.

A still beside the clip stands at its own frame. A depth clip and a reference picture are given at half the size, and
stand so far below or to the right of the clip that no token of it can be taken for one of theirs.
"""

from __future__ import annotations

import torch
from torch import Tensor

BELOW = RIGHT = 2048  # pixels from the clip to what is followed, and to what is referred to


def places(
    times: int, rows: int, columns: int, side: int, rate: float, depth: int = 8, frame: int = 0, down: int = 0,
    right: int = 0,
) -> Tensor:  # fmt: skip
    """(3, times * rows * columns) of cells that are `depth` frames deep, `side` pixels wide and begin at `frame`."""
    t, y, x = torch.meshgrid(torch.arange(times), torch.arange(rows), torch.arange(columns), indexing="ij")
    begins = (t * depth + 1 - depth).clamp(min=0) + frame
    return torch.stack([begins / rate, y * side + down, x * side + right]).flatten(1).float()

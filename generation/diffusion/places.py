"""Where in time and picture each token of a take stands, as LTX-Video's pipeline counts it: seconds, pixels, pixels.

A still beside the clip stands at its own frame; a reference picture stands so far to the right of the clip that no
token of it can be taken for one of the clip's.
"""

from __future__ import annotations

import torch
from torch import Tensor

RIGHT = 2048  # pixels from the clip to what is referred to


def places(
    times: int, rows: int, columns: int, side: int, rate: float, depth: int = 8, frame: int = 0, right: int = 0
) -> Tensor:
    """(3, times * rows * columns) of cells that are `depth` frames deep, `side` pixels wide and begin at `frame`."""
    t, y, x = torch.meshgrid(torch.arange(times), torch.arange(rows), torch.arange(columns), indexing="ij")
    begins = (t * depth + 1 - depth).clamp(min=0) + frame
    return torch.stack([begins / rate, y * side, x * side + right]).flatten(1).float()

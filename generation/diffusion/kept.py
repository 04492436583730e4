"""What is there of a picture already, while the rest of it is made out of noise."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Kept(NamedTuple):
    """What is there already (B, C, h, w), and how much of each place stays as it is, from 0 to 1 (B, C or 1, h, w)."""

    there: Tensor
    share: Tensor

    def put(self, made: Tensor) -> Tensor:
        return torch.lerp(made, self.there, self.share.expand_as(made))

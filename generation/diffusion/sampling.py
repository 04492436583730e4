"""A picture made out of noise, step by step, and around what is there of it already."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor


class Kept(NamedTuple):
    """What is there already (B, C, h, w), and how much of each place stays as it is, from 0 to 1 (B, C or 1, h, w)."""

    there: Tensor
    share: Tensor

    def put(self, made: Tensor) -> Tensor:
        return torch.lerp(made, self.there, self.share.expand_as(made))


def out_of_noise(noise: Tensor, steps: int, behind: Callable[[Tensor, Tensor], Tensor], kept: Kept | None) -> Tensor:
    """(B, C, h, w) from -1 to 1 in so many even steps. Of a picture with noise in it, as much as (B) says from 0 to 1,
    `behind` tells what is behind that; what is `kept` comes out as it is."""
    x = noise
    for now, after in pairwise(torch.linspace(1, 0, steps + 1)):
        level = torch.full((len(x),), float(now), device=x.device, dtype=x.dtype)
        clean = behind(x, level).clamp(-1, 1)
        clean = kept.put(clean) if kept else clean
        x = clean + (x - clean) * (after / now)
    return x

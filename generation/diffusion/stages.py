"""What small networks over pictures are built of: convolutions that listen to words."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Stage(nn.Module):
    """Two convolutions over (B, inward, h, w), led by (B, heard)."""

    def __init__(self, inward: int, outward: int, heard: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(inward, outward, 3, padding=1)
        self.two = nn.Conv2d(outward, outward, 3, padding=1)
        self.same = nn.Conv2d(inward, outward, 1)
        self.said = nn.Linear(heard, 2 * outward)
        self.level = nn.GroupNorm(4, outward)

    def forward(self, x: Tensor, heard: Tensor) -> Tensor:
        scale, shift = self.said(heard)[..., None, None].chunk(2, dim=1)
        inner = functional.silu(self.level(self.one(x)) * (1 + scale) + shift)
        return self.same(x) + self.two(inner)

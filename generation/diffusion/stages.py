"""What small networks over pictures are built of: convolutions that listen to words."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

WAVES = 6  # of a noise level, each half as long as the one before


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


class Told(nn.Module):
    """One vector (B, heard) of words, of how much noise there is, and of how far into its clip a picture is.

    `known` words are looked up in vectors as wide as `heard`.
    """

    def __init__(self, known: int, heard: int) -> None:
        super().__init__()
        self.lexicon = nn.Embedding(known, heard)
        self.when = nn.Sequential(nn.Linear(2 * WAVES + 1, heard), nn.SiLU(), nn.Linear(heard, heard))
        self.hear = nn.Sequential(nn.Linear(heard, heard), nn.SiLU(), nn.Linear(heard, heard))

    def forward(self, noise: Tensor, words: Tensor, heard: Tensor, moment: Tensor | None) -> tuple[Tensor, Tensor]:
        """That vector, and one for each word (B, M, heard), nothing where a word does not count. `noise` (B) is from 0
        to 1, `words` (B, M) tokens, of which `heard` (B, M) count; `moment` (B) is from 0, a clip's beginning, to 1."""
        said: Tensor = self.lexicon(words) * heard[..., None]
        moment = torch.zeros_like(noise) if moment is None else moment
        when = self.when(torch.cat([waves(noise[:, None]).to(said.dtype), moment[:, None].to(said.dtype)], dim=-1))
        return self.hear(said.sum(1) / heard.sum(1, keepdim=True).clamp(min=1) + when) + when, said


def waves(x: Tensor) -> Tensor:
    angles = x.float() * math.pi * 2.0 ** torch.arange(-1, WAVES - 1, device=x.device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def places(like: Tensor) -> Tensor:
    """(B, 2, h, w): where each place of (B, C, h, w) is, in heights of the picture from its middle."""
    rows, columns = like.shape[-2:]
    y, x = ((torch.arange(n, device=like.device) - (n - 1) / 2) / rows for n in (rows, columns))
    return torch.stack(torch.meshgrid(y, x, indexing="ij")).to(like.dtype).expand(len(like), -1, -1, -1)


def followed(depth: Tensor | None, like: Tensor) -> Tensor:
    """(B, 2, h, w): depths (B, 1, h, w) from -1 to 1, all of them -1 where there are none, and whether there are."""
    depth = torch.full_like(like[:, :1], -1) if depth is None else depth
    there = (depth.flatten(1).amax(1) > -1).to(like.dtype)[:, None, None, None].expand_as(depth)
    return torch.cat([depth * there, there], dim=1)

"""The first idea of a picture: a few hundred coloured dots made from words, and from a depth where there is one.

Where people stand and where light falls is decided here, by a model so small that many steps cost nothing; what is made
of it afterwards, at the size of a take, has only to be drawn finer.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional

ROWS = 20  # dots from top to bottom; across as many as the picture's shape has
DOT = 4  # dots along a side of what is read and written at once
COLOURS = 3 * DOT**2
DEPTHS = DOT**2
WAVES = 6  # of a place and of a time, each twice as long as the one before
STEPS = 16
GUIDANCE = 2.0


class Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.one, self.two = (nn.LayerNorm(width, elementwise_affine=False) for _ in range(2))
        self.ask = nn.Linear(width, 3 * width)
        self.answer = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.table = nn.Parameter(torch.zeros(6, width))

    def forward(self, x: Tensor, when: Tensor) -> Tensor:
        scale, shift, gate, scale_two, shift_two, gate_two = (self.table + when).unbind(1)
        asked = self.ask(_told(self.one(x), scale, shift)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        heard = functional.scaled_dot_product_attention(*asked)
        x = x + gate[:, None] * self.answer(heard.transpose(1, 2).flatten(2))
        inner = functional.gelu(self.wide(_told(self.two(x), scale_two, shift_two)), approximate="tanh")
        return x + gate_two[:, None] * self.narrow(inner)


class Thumbnails(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """A transformer over squares of dots and over words, which tells the picture behind the noise."""

    @register_to_config
    def __init__(self, known: int = 128, width: int = 128, heads: int = 4, layers: int = 6) -> None:
        super().__init__()
        self.lexicon = nn.Embedding(known, width)
        self.place = nn.Linear(4 * WAVES, width)
        self.moment = nn.Linear(1, width)
        self.when = nn.Sequential(nn.Linear(2 * WAVES, width), nn.SiLU(), nn.Linear(width, 6 * width))
        self.read = nn.Linear(COLOURS + DEPTHS + 1, width)
        self.stack = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.last = nn.LayerNorm(width)
        self.write = nn.Linear(width, COLOURS)
        nn.init.zeros_(self.write.weight)
        nn.init.zeros_(self.write.bias)

    def forward(
        self,
        dots: Tensor,
        noise: Tensor,
        words: Tensor,
        heard: Tensor,
        depth: Tensor | None = None,
        moment: Tensor | None = None,
    ) -> Tensor:
        """The picture behind `dots` (B, 3, h, w) with as much `noise` (B) in them, from 0 to 1; `words` (B, M) tokens,
        of which `heard` (B, M) count; `depth` (B, 1, h, w) from -1 to 1, or none; `moment` (B): how far into its clip
        the picture is, from 0, which is meant where nothing is said, to 1."""
        rows, columns = dots.shape[-2] // DOT, dots.shape[-1] // DOT
        squares = functional.pixel_unshuffle(dots, DOT)
        if depth is None:
            told = squares.new_zeros(len(dots), DEPTHS + 1, rows, columns)
        else:
            there = (depth.flatten(1).amax(1) > -1).to(depth.dtype)[:, None, None, None].expand(-1, 1, rows, columns)
            told = torch.cat([functional.pixel_unshuffle(depth, DOT) * there, there], dim=1)
        tokens = self.read(torch.cat([squares, told], dim=1).flatten(2).mT) + self.place(_places(rows, columns, dots))
        if moment is not None:
            tokens = tokens + self.moment(moment[:, None])[:, None]
        said = self.lexicon(words) * heard[..., None]
        when = self.when(_waves(noise[:, None]).to(dots.dtype)).unflatten(-1, (6, -1))
        x = torch.cat([said, tokens], dim=1)
        for layer in self.stack:
            x = layer(x, when)
        made = self.write(self.last(x[:, words.shape[1] :]))
        return functional.pixel_shuffle(made.mT.unflatten(-1, (rows, columns)), DOT)

    @torch.no_grad()
    def make(
        self, noise: Tensor, words: Tensor, heard: Tensor, nothing: tuple[Tensor, Tensor], depth: Tensor | None = None
    ) -> Tensor:
        """Dots (B, 3, h, w) from -1 to 1 out of `noise`, drawn away from what would be made of `nothing`'s words."""
        x = noise
        line = torch.linspace(1, 0, STEPS + 1)
        for now, after in pairwise(line):
            level = torch.full((len(x),), float(now), device=x.device, dtype=x.dtype)
            told = self(x, level, words, heard, depth)
            untold = self(x, level, *(each.expand(len(x), -1) for each in nothing), depth)
            clean = (untold + GUIDANCE * (told - untold)).clamp(-1, 1)
            x = clean + (x - clean) * (after / now)
        return x


def dots_of(picture: Tensor) -> Tensor:
    """(B, C, ROWS, columns) of pictures (B, C, H, W)."""
    return functional.interpolate(picture, size_of(*picture.shape[-2:]), mode="area")


def size_of(height: int, width: int) -> tuple[int, int]:
    return ROWS, max(1, round(ROWS * width / height / DOT)) * DOT


def drawn_large(dots: Tensor, height: int, width: int) -> Tensor:
    """Pictures (B, 3, height, width) that show dots and nothing else."""
    return functional.interpolate(dots, (height, width), mode="bicubic", antialias=False).clamp(-1, 1)


def _told(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return x * (1 + scale[:, None]) + shift[:, None]


def _places(rows: int, columns: int, like: Tensor) -> Tensor:
    """(rows * columns, 4 * WAVES): where each square stands, in heights of the picture from its middle."""
    y, x = ((torch.arange(n, device=like.device) - (n - 1) / 2) / rows for n in (rows, columns))
    both = torch.stack(torch.meshgrid(y, x, indexing="ij"), dim=-1).flatten(0, 1)
    return torch.cat([_waves(both[:, :1]), _waves(both[:, 1:])], dim=-1).to(like.dtype)


def _waves(x: Tensor) -> Tensor:
    angles = x.float() * math.pi * 2.0 ** torch.arange(-1, WAVES - 1, device=x.device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)

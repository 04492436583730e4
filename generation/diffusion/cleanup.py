"""Draws a thumbnail finely: what stands where is decided there, and here what it looks like from near by.

Like a clean-up artist it traces, at a fixed height, what was roughed out; larger pictures are that, enlarged.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional

from generation.diffusion.sampling import Kept, out_of_noise
from generation.diffusion.stages import Stage, Told, followed, places
from generation.diffusion.thumbnails import DRAWN, ROWS, drawn_large

DOT = 8  # pixels along a thumbnail's dot
HEIGHT = ROWS * DOT
SQUARE = 4  # pixels along a side that are read and written at once
READ = 2 * 3 * SQUARE**2 + 1 + 4  # noise and dots as pixels, people, a depth, whether there is one, and a place
STEPS = 6


class Cleanup(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Tells the picture behind the noise, as what differs from the thumbnail drawn large."""

    @register_to_config
    def __init__(self, known: int = 128, heard: int = 64, widths: tuple[int, ...] = (48, 72, 104)) -> None:
        super().__init__()
        self.told = Told(known, heard)
        self.down = nn.ModuleList(Stage(low, high, heard) for low, high in pairwise((READ, *widths)))
        self.up = nn.ModuleList(Stage(low + high, low, heard) for low, high in pairwise(widths))
        self.write = nn.Conv2d(widths[0], 3 * SQUARE**2, 3, padding=1)
        nn.init.zeros_(self.write.weight)
        nn.init.zeros_(self.write.bias)  # type: ignore[arg-type]

    def forward(
        self,
        picture: Tensor,
        noise: Tensor,
        dots: Tensor,
        words: Tensor,
        heard: Tensor,
        depth: Tensor | None = None,
        moment: Tensor | None = None,
    ) -> Tensor:
        """The picture behind `picture` (B, 3, HEIGHT, W) with as much `noise` (B) in it, from 0 to 1, of the thumbnail
        `dots` (B, DRAWN, HEIGHT / DOT, W / DOT); `depth` (B, 1, HEIGHT / SQUARE, W / SQUARE) from -1 to 1, or none; the
        rest as a thumbnail is told it."""
        told, _ = self.told(noise, words, heard, moment)
        rough = drawn_large(dots[:, :3], *picture.shape[-2:])
        x = functional.pixel_unshuffle(torch.cat([picture, rough], dim=1), SQUARE)
        people = functional.interpolate(dots[:, 3:DRAWN], x.shape[-2:], mode="bilinear")
        x = torch.cat([x, people, followed(depth, x), places(x)], dim=1)
        kept = []
        for number, stage in enumerate(self.down):
            x = stage(functional.avg_pool2d(x, 2) if number else x, told)
            kept.append(x)
        for stage, beside in zip(reversed(self.up), reversed(kept[:-1]), strict=True):
            x = stage(torch.cat([functional.interpolate(x, beside.shape[-2:], mode="nearest"), beside], dim=1), told)
        return rough + functional.pixel_shuffle(self.write(x), SQUARE)

    @torch.no_grad()
    def make(
        self,
        noise: Tensor,
        dots: Tensor,
        words: Tensor,
        heard: Tensor,
        depth: Tensor | None = None,
        moment: Tensor | None = None,
        kept: Kept | None = None,
    ) -> Tensor:
        """The picture (B, 3, HEIGHT, W) from -1 to 1 of a thumbnail, out of `noise` (B, 3, HEIGHT, W), around what is
        `kept`, where anything is."""

        def behind(x: Tensor, level: Tensor) -> Tensor:
            return self(x, level, dots, words, heard, depth, moment)  # type: ignore[no-any-return]

        return out_of_noise(noise, STEPS, behind, kept)

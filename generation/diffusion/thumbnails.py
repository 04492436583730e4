"""The first idea of a picture: a few hundred coloured dots made from words, and from a depth where there is one.

Where people stand and where light falls is decided here, by a model so small that many steps cost nothing; what is made
of it afterwards, at the size of a take, has only to be drawn finer.
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

ROWS = 20  # dots from top to bottom; across as many as the picture's shape has
DOT = 4  # dots along a side of the coarsest that is looked at
DRAWN = 4  # three colours, and how much of a dot is people
READ = DRAWN + 4  # a depth, whether there is one, and a place
STEPS = 16
GUIDANCE = 2.0


class Glance(nn.Module):
    """Every place looks at every other one, and at the words."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ask, self.answer = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        ask, key, value = self.ask(self.one(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        # Written out: of so few places a processor learns a fifth faster than through the fused call.
        heard = (ask @ key.mT * ask.shape[-1] ** -0.5).softmax(-1) @ value
        x = x + self.answer(heard.transpose(1, 2).flatten(2))
        return x + self.narrow(functional.gelu(self.wide(self.two(x)), approximate="tanh"))


class Thumbnails(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Tells the picture behind the noise, and where people are in it. `known` words are looked up in vectors as wide as
    the last of `widths`."""

    @register_to_config
    def __init__(
        self, known: int = 128, widths: tuple[int, ...] = (32, 64, 128), heads: int = 4, glances: int = 2
    ) -> None:
        super().__init__()
        heard = widths[-1]
        self.told = Told(known, heard)
        self.down = nn.ModuleList(Stage(low, high, heard) for low, high in pairwise((READ, *widths)))
        self.middle = nn.ModuleList(Glance(heard, heads) for _ in range(glances))
        self.up = nn.ModuleList(Stage(low + high, low, heard) for low, high in pairwise(widths))
        self.write = nn.Conv2d(widths[0], DRAWN, 3, padding=1)
        nn.init.zeros_(self.write.weight)
        nn.init.zeros_(self.write.bias)  # type: ignore[arg-type]

    def forward(
        self,
        dots: Tensor,
        noise: Tensor,
        words: Tensor,
        heard: Tensor,
        depth: Tensor | None = None,
        moment: Tensor | None = None,
    ) -> Tensor:
        """The picture behind `dots` (B, DRAWN, h, w) with as much `noise` (B) in them, from 0 to 1; `words` (B, M) are
        tokens, of which `heard` (B, M) count; `depth` (B, 1, h, w) from -1 to 1, or none; `moment` (B): how far into
        its clip the picture is, from 0, which is meant where nothing is said, to 1."""
        told, said = self.told(noise, words, heard, moment)
        x = torch.cat([dots, followed(depth, dots), places(dots)], dim=1)
        kept = []
        for number, stage in enumerate(self.down):
            x = stage(functional.avg_pool2d(x, 2) if number else x, told)
            kept.append(x)
        tokens = torch.cat([said, x.flatten(2).mT], dim=1)
        for glance in self.middle:
            tokens = glance(tokens)
        x = tokens[:, words.shape[1] :].mT.unflatten(-1, x.shape[-2:])
        for stage, beside in zip(reversed(self.up), reversed(kept[:-1]), strict=True):
            x = stage(torch.cat([functional.interpolate(x, beside.shape[-2:], mode="nearest"), beside], dim=1), told)
        return self.write(x)

    @torch.no_grad()
    def make(
        self,
        noise: Tensor,
        words: Tensor,
        heard: Tensor,
        nothing: tuple[Tensor, Tensor],
        depth: Tensor | None = None,
        moment: Tensor | None = None,
        kept: Kept | None = None,
        steps: int = STEPS,
    ) -> Tensor:
        """Dots (B, DRAWN, h, w) from -1 to 1 out of `noise`, away from what would be made of the words of `nothing`;
        around what is `kept`, where anything is."""

        def behind(x: Tensor, level: Tensor) -> Tensor:
            told = self(x, level, words, heard, depth, moment)
            untold = self(x, level, *(each.expand(len(x), -1) for each in nothing), depth, moment)
            return untold + GUIDANCE * (told - untold)  # type: ignore[no-any-return]

        return out_of_noise(noise, steps, behind, kept)


def dots_of(picture: Tensor) -> Tensor:
    """(B, C, ROWS, columns) of pictures (B, C, H, W)."""
    return functional.interpolate(picture, size_of(*picture.shape[-2:]), mode="area")


def size_of(height: int, width: int) -> tuple[int, int]:
    return ROWS, max(1, round(ROWS * width / height / DOT)) * DOT


def drawn_large(dots: Tensor, height: int, width: int) -> Tensor:
    """Pictures (B, C, height, width) that show dots (B, C, h, w) and nothing else."""
    return functional.interpolate(dots, (height, width), mode="bicubic", antialias=False).clamp(-1, 1)

"""Draws what no picture shows: the first one where none is given, and what comes into sight later."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor
from torch.nn import functional

from generation.diffusion.cleanup import DOT, HEIGHT, SQUARE, Cleanup
from generation.diffusion.sampling import Kept
from generation.diffusion.thumbnails import DRAWN, Thumbnails, size_of

WHOLE = 0.98  # of a dot, which must be known to stay as it is
LOOSE = 5  # pixels inside the edge of what is known, over which it holds less and less
STEPS_AROUND = 8  # of a thumbnail around what is known, most of which is told


@dataclass
class Artist:
    """`heard` are a take's tokens and which of them count, (1, M) each, `nothing` those of no words. Everything that is
    left open is drawn by `generator`'s lot."""

    thumbnails: Thumbnails
    cleanup: Cleanup
    heard: tuple[Tensor, Tensor]
    nothing: tuple[Tensor, Tensor]
    generator: torch.Generator

    def thought_of(self, size: tuple[int, int], nearness: Tensor | None) -> Tensor:
        """(1, DRAWN, h, w): a thumbnail of a picture of this size, height and width; `nearness` (1, 1, H, W) has its
        nearest at 1."""
        across = size_of(*size)
        return self.thumbnails.make(  # type: ignore[no-any-return]
            self._noise(DRAWN, *across), *self.heard, self.nothing, _nearness_at(nearness, across)
        )

    def cleaned_up(self, dots: Tensor, size: tuple[int, int], nearness: Tensor | None) -> Tensor:
        """(1, 3, height, width) from -1 to 1 of a thumbnail."""
        across = dots.shape[-1] * DOT
        near = _nearness_at(nearness, (HEIGHT // SQUARE, across // SQUARE))
        return _resized(self.cleanup.make(self._noise(3, HEIGHT, across), dots, *self.heard, near), size)

    def beyond(self, view: Tensor, known: Tensor, people: Tensor, moment: float) -> Tensor:
        """(3, H, W): `view` (3, H, W) at `moment`, from a clip's first frame at 0 to its last at 1, with what is not
        `known` (1, H, W) drawn around the rest. Of `people` (1, h, w), who were seen to come there, the rest is drawn
        where an edge cuts them off; nobody else is, or the words would be drawn once more."""
        size, own = (view.shape[-2], view.shape[-1]), self.thumbnails.dtype
        view, there, who = view[None], known[None].to(own), people[None].to(own)
        when = torch.full((1,), moment, device=view.device, dtype=own)
        across = size_of(*size)
        colours, share, who = (functional.interpolate(each.to(own), across, mode="area") for each in (view, there, who))
        told = share > WHOLE
        stays = torch.cat([told.expand_as(colours), told | ~_cut_off(who, told)], dim=1)
        dots = self.thumbnails.make(
            self._noise(DRAWN, *across), *self.heard, self.nothing, None, when,
            Kept(torch.cat([colours, 2 * who - 1], dim=1), stays.to(own)), STEPS_AROUND,
        )  # fmt: skip
        large = (HEIGHT, across[1] * DOT)
        kept = Kept(_resized(view, large).to(own), _loosened(functional.interpolate(there, large, mode="area")))
        drawn = self.cleanup.make(self._noise(3, *large), dots, *self.heard, None, when, kept)
        return torch.lerp(_resized(drawn.to(view.dtype), size), view, _loosened(there).to(view.dtype))[0]

    def _noise(self, *shape: int) -> Tensor:
        device = self.heard[0].device  # that of a model that waits elsewhere is none
        return randn_tensor((1, *shape), generator=self.generator, device=device, dtype=self.thumbnails.dtype)


def _cut_off(who: Tensor, known: Tensor) -> Tensor:
    """Whether somebody (1, 1, h, w) ends where what is `known` does."""
    beside = functional.max_pool2d((~known).to(who.dtype), 3, 1, 1) > 0
    return (beside & known & (who > 0.5)).any()


def _loosened(share: Tensor) -> Tensor:
    """How much of what is known (1, 1, H, W) stays: less and less towards what is not."""
    less = -functional.max_pool2d(-share, LOOSE, 1, LOOSE // 2)
    return functional.avg_pool2d(less, LOOSE, 1, LOOSE // 2, count_include_pad=False)


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(picture.shape[-2:]) == size:
        return picture
    large = functional.interpolate(picture.float(), size, mode="bicubic", antialias=True)
    return large.clamp(-1, 1).to(picture.dtype)


def _nearness_at(nearness: Tensor | None, across: tuple[int, int]) -> Tensor | None:
    """(1, 1, h, w) from -1 to 1."""
    if nearness is None:
        return None
    near = functional.interpolate(nearness, across, mode="area")
    return 2 * near / near.amax().clamp(min=1e-3) - 1

"""What a batch asks of the transformer: clips under one set of controls, laid out as the pipeline lays them out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from diffusers import LTXConditionPipeline
from torch import Tensor

from generation.diffusion.patch_codec import DEPTH, SIDE
from generation.diffusion.places import RIGHT, places
from generation.diffusion.sketch_transformer import beside
from generation.training.latents import ANCHORS, KEYS, MOST, Shelf
from generation.training.scenes import RATE

# How often each set of controls is asked. A clip always passes through a picture at least: STILL is how one is made
# where none is given but one to look like.
MODES = {
    "reference": 0.08,
    "first": 0.33,
    "first and last": 0.16,
    "keys": 0.1,
    "prefix": 0.16,
    "first and depth": 0.12,
    "first and reference": 0.05,
}
STILL = ("reference",)
FROM = {
    "first": "first",
    "first and last": "ends",
    "keys": "keys",
    "prefix": "prefix",
    "first and depth": "first",
    "first and reference": "first",
}
STILLS_FOR_A_CLIP = 6  # pictures of a batch in which there would else be one clip
LONG_ONE_IN = 6
DROPPED = 0.1  # of captions, so that a take without words can guide one with them
NARROW = 0.3  # of batches at 256 x 160, the rest at 288 x 160
FPS = RATE[0] / RATE[1]
PATCH = 2  # cells along each side of a token


@dataclass
class Asked:
    """`clean` (B, S, W) holds what stands at each token, stills before the clip; `given` (B, S) says which are told,
    `places` (B, 3, S) where each stands, `beside` (B, S, 2 W + 2) what else is told there. The last `shape` = (T, h, w)
    tokens are the clip's own."""

    mode: str
    clean: Tensor
    given: Tensor
    places: Tensor
    beside: Tensor
    words: Tensor
    heard: Tensor
    shape: tuple[int, int, int]

    @property
    def device(self) -> torch.device:
        return self.clean.device


class NoneYet(LookupError):
    """What is asked for has not been drawn yet."""


def ask(
    shelf: Shelf, size: int, rng: np.random.Generator, mode: str, narrow: bool, empty: tuple[Tensor, Tensor]
) -> Asked:
    """`size` clips of a shelf under one mode, or more stills; now and then a caption gives way to `empty`, the tokens
    of no words. Raises NoneYet."""
    parts = shelf.parts
    device = parts["clip"].device
    begins = _begins(mode, rng)
    rows = _rows(parts, size * STILLS_FOR_A_CLIP if mode in STILL else size, rng, mode, begins)
    aside = 2 * int(rng.integers(2)) if narrow else 0
    columns = parts["clip"].shape[-1] - 2 * narrow
    times = 1 if mode in STILL else parts["clip"].shape[2]

    def of(name: str) -> Tensor:
        return parts[name][rows].float()[..., aside : aside + columns]

    clip = of("clip")[:, :, :times]
    shape = (clip.shape[2], clip.shape[3] // PATCH, clip.shape[4] // PATCH)
    own = packed(clip)
    given = torch.zeros(shape, dtype=torch.bool)
    given[:begins] = True
    tokens, where = [], []
    for number in {"first and last": (0,), "keys": KEYS}.get(mode, ()):
        tokens.append(packed(of("stills")[:, number, :, None]))
        where.append(_at(still_places(shape), parts["at"][rows, number].cpu()))
    if "reference" in mode:
        tokens.append(packed(of("reference")))
        where.append(still_places(shape, right=RIGHT)[None].expand(len(rows), -1, -1))
    extra = sum(each.shape[1] for each in tokens)
    told = [torch.ones(len(rows), extra, dtype=torch.bool), given.flatten()[None].expand(len(rows), -1)]
    words, heard = _captions(parts, rows, rng, empty)
    return Asked(
        mode,
        torch.cat([*tokens, own], dim=1),
        torch.cat(told, dim=1).to(device),
        torch.cat([*where, clip_places(shape)[None].expand(len(rows), -1, -1)], dim=2).to(device),
        beside(
            own,
            extra,
            packed(of("depth")[:, :, :times]) if "depth" in mode else None,
            packed(of("carried") if mode in FROM else of("idea")[:, :, None]),
        ),
        words,
        heard,
        shape,
    )


def clip_places(shape: tuple[int, int, int]) -> Tensor:
    """(3, S) of a clip's tokens."""
    return places(*shape, PATCH * SIDE, FPS, DEPTH)


def still_places(shape: tuple[int, int, int], right: int = 0) -> Tensor:
    """(3, S) of the tokens of a still at frame 0, of a clip's size."""
    return places(1, *shape[1:], PATCH * SIDE, FPS, DEPTH, right=right)


def packed(latents: Tensor) -> Tensor:
    """(B, S, W) tokens of latents (B, C, T, h, w), as the pipeline packs them."""
    return LTXConditionPipeline._pack_latents(latents, PATCH)


def unpacked(tokens: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Latents (B, C, T, h, w) of a clip's own tokens."""
    return LTXConditionPipeline._unpack_latents(tokens, *shape, PATCH)


def _begins(mode: str, rng: np.random.Generator) -> int:
    """How many cells of time are told at the clip's head."""
    if mode == "prefix":
        return 2 + int(rng.integers(2))
    return int(mode.startswith("first"))


def _rows(parts: dict[str, Tensor], size: int, rng: np.random.Generator, mode: str, begins: int) -> Tensor:
    able = torch.ones_like(parts["has_depth"])
    if "depth" in mode:
        able = able & parts["has_depth"]
    if mode in FROM:
        able = able & (parts["anchors"] == ANCHORS.index(FROM[mode]))
    if mode == "prefix":
        able = able & (parts["begins"] == begins)
    rows = able.nonzero()[:, 0]
    if not len(rows):
        raise NoneYet(f"no clip on this shelf can be asked for under {mode}")
    return rows[torch.from_numpy(rng.integers(len(rows), size=size)).to(rows.device)]


def _at(where: Tensor, frames: Tensor) -> Tensor:
    """(B, 3, S): the same places at frames of their own."""
    moved = where[None].repeat(len(frames), 1, 1)
    moved[:, 0] += frames[:, None] / FPS
    return moved


def _captions(
    parts: dict[str, Tensor], rows: Tensor, rng: np.random.Generator, empty: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    words, heard = parts["words"][rows], parts["heard"][rows]
    dropped = torch.from_numpy(rng.random(len(rows)) < DROPPED).to(words.device)[:, None]
    return torch.where(dropped, empty[0], words), torch.where(dropped, empty[1], heard)


__all__ = ["LONG_ONE_IN", "MODES", "MOST", "NARROW", "Asked", "NoneYet", "ask"]

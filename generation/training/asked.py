"""What a batch asks of the transformer: clips under one set of controls, laid out as the pipeline lays them out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from generation.diffusion.patch_codec import DEPTH, SIDE
from generation.diffusion.places import BELOW, RIGHT, places
from generation.training.latents import MOST, STILLS, Shelf
from generation.training.scenes import RATE

# How often each set of controls is asked; a long clip has no depth and costs twice, so it is asked less of.
MODES = {
    "text": 0.20,
    "first": 0.24,
    "first and last": 0.12,
    "keys": 0.10,
    "prefix": 0.12,
    "depth": 0.08,
    "first and depth": 0.07,
    "reference": 0.07,
}
LONG_ONE_IN = 6
DROPPED = 0.1  # of captions, so that a take without words can guide one with them
NARROW = 0.3  # of batches at 256 x 160, the rest at 288 x 160
FPS = RATE[0] / RATE[1]


@dataclass
class Asked:
    """`clean` (B, S, C) holds what stands at each token, controls before the clip; `given` (B, S) says which are told,
    `places` (B, 3, S) where each stands. The last `shape` = (T, h, w) tokens are the clip's own."""

    mode: str
    clean: Tensor
    given: Tensor
    places: Tensor
    words: Tensor
    heard: Tensor
    shape: tuple[int, int, int]

    @property
    def device(self) -> torch.device:
        return self.clean.device


def ask(
    shelf: Shelf, size: int, rng: np.random.Generator, mode: str, narrow: bool, empty: tuple[Tensor, Tensor]
) -> Asked:
    """`size` clips of a shelf under one mode; now and then a caption gives way to `empty`, the tokens of no words."""
    parts = shelf.parts
    device = parts["clip"].device
    rows = _rows(parts, size, rng, "depth" in mode)
    aside = 2 * int(rng.integers(2)) if narrow else 0
    columns = parts["clip"].shape[-1] - 2 * narrow
    half = slice(aside // 2, aside // 2 + (columns // 2))

    def of(name: str) -> Tensor:
        return parts[name][rows].float()

    clip = of("clip")[..., aside : aside + columns]
    shape = (clip.shape[2], clip.shape[3], clip.shape[4])
    tokens, where, told = [_packed(clip)], [places(*shape, SIDE, FPS)[None].expand(size, -1, -1)], []
    given = torch.zeros(shape, dtype=torch.bool)
    if mode in ("first", "first and last", "first and depth"):
        given[:1] = True
    if mode == "prefix":
        given[: 2 + int(rng.integers(2))] = True
    told.append(given.flatten()[None].expand(size, -1))
    for number in _which_stills(mode, rng):
        still = of("stills")[:, number, ..., aside : aside + columns]
        tokens.append(_packed(still[:, :, None]))
        where.append(_at(places(1, *shape[1:], SIDE, FPS), parts["at"][rows, number].cpu()))
    if "depth" in mode:
        tokens.append(_packed(of("depth")[..., half]))
        where.append(
            places(shape[0], shape[1] // 2, shape[2] // 2, 2 * SIDE, FPS, DEPTH, down=BELOW)[None].expand(size, -1, -1)
        )
    if mode == "reference":
        tokens.append(_packed(of("reference")[..., half]))
        where.append(
            places(1, shape[1] // 2, shape[2] // 2, 2 * SIDE, FPS, DEPTH, right=RIGHT)[None].expand(size, -1, -1)
        )
    told += [torch.ones(size, each.shape[1], dtype=torch.bool) for each in tokens[1:]]
    words, heard = _captions(parts, rows, rng, empty)
    return Asked(
        mode,
        torch.cat([*tokens[1:], tokens[0]], dim=1),
        torch.cat([*told[1:], told[0]], dim=1).to(device),
        torch.cat([*where[1:], where[0]], dim=2).to(device),
        words,
        heard,
        shape,
    )


def _rows(parts: dict[str, Tensor], size: int, rng: np.random.Generator, with_depth: bool) -> Tensor:
    if with_depth:
        able = parts["has_depth"].nonzero()[:, 0]
        return able[torch.from_numpy(rng.integers(len(able), size=size)).to(able.device)]
    return torch.from_numpy(rng.integers(len(parts["clip"]), size=size)).to(parts["clip"].device)


def _which_stills(mode: str, rng: np.random.Generator) -> list[int]:
    """Rows of `stills`; the first of them is the clip's last frame."""
    if mode == "first and last":
        return [0]
    if mode == "keys":
        return [int(rng.integers(1, STILLS - 1)), 0 if rng.random() < 0.5 else STILLS - 1]
    return []


def _at(where: Tensor, frames: Tensor) -> Tensor:
    """(B, 3, S): the same places at frames of their own."""
    moved = where[None].repeat(len(frames), 1, 1)
    moved[:, 0] += frames[:, None] / FPS
    return moved


def _packed(latents: Tensor) -> Tensor:
    return latents.flatten(2).transpose(1, 2)


def _captions(
    parts: dict[str, Tensor], rows: Tensor, rng: np.random.Generator, empty: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    words, heard = parts["words"][rows], parts["heard"][rows]
    dropped = torch.from_numpy(rng.random(len(rows)) < DROPPED).to(words.device)[:, None]
    return torch.where(dropped, empty[0], words), torch.where(dropped, empty[1], heard)


__all__ = ["LONG_ONE_IN", "MODES", "MOST", "NARROW", "Asked", "ask"]

"""Real clips that nothing was trained on, cut to the size takes are measured at, and the same through the codec."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generation.diffusion.patch_codec import PatchCodec
from generation.recipe import Words
from generation.training import clips
from generation.training.scenes import Scene, renderer

WIDTH, HEIGHT = 256, 160


@dataclass(frozen=True)
class Real:
    """One clip: `frames` uint8 RGB (N, HEIGHT, WIDTH, 3) and, where it was drawn, `depth` uint8 at half the size."""

    number: int
    facts: dict[str, Any]
    frames: np.ndarray
    depth: np.ndarray | None

    @property
    def words(self) -> Words:
        said = self.facts["words"]
        return Words(**said | {"characters": tuple(said.get("characters", ()))})

    @property
    def move(self) -> str:
        return str(self.facts["move"])

    def figures(self) -> np.ndarray:
        """Where people are in the first frame: bool (HEIGHT, WIDTH), from the staging the clip was drawn from."""
        scene = Scene(**{name: value for name, value in self.facts.items() if name not in ("words", "caption")},
                      words=self.words)  # fmt: skip
        width = clips.WIDTH
        masks = renderer(scene, len(self.frames), width, HEIGHT).layers(0, ("masks",)).masks or {}
        found = np.zeros((HEIGHT, width), bool)
        for mask in masks.values():
            found |= mask
        return found[:, _middle(width, WIDTH)]


class Held:
    """The held-out clips of a folder that `draw` filled, read one file at a time."""

    def __init__(self, folder: Path) -> None:
        self.paths = clips.files(folder, held_out=True)
        self.count = len(self.paths) * clips.IN_A_FILE
        self._batch = lru_cache(maxsize=2)(clips.read)

    def __getitem__(self, number: int) -> Real:
        batch, row = self._batch(self.paths[number // clips.IN_A_FILE]), number % clips.IN_A_FILE
        greys = batch.greys[row].numpy()[:, :, _middle(batch.greys.shape[-1], WIDTH)]
        depth = batch.depth[row].numpy()[:, :, _middle(batch.depth.shape[-1], WIDTH // 2)]
        frames = np.ascontiguousarray(batch.colours[row].numpy()[greys])
        return Real(number, batch.facts[row], frames, depth if bool(batch.has_depth[row]) else None)

    def some(self, most: int) -> list[int]:
        """Numbers of up to so many clips, spread evenly over all there are."""
        count = min(most, self.count)
        return [n * self.count // count for n in range(count)]

    def with_depth(self, most: int) -> list[int]:
        able = [n for n in range(self.count) if (n % clips.IN_A_FILE) % clips.DEPTH_EVERY == 0]
        count = min(most, len(able))
        return [able[n * len(able) // count] for n in range(count)]


def _middle(width: int, wanted: int) -> slice:
    aside = (width - wanted) // 2
    return slice(aside, aside + wanted)


@torch.no_grad()
def latents_of(codec: PatchCodec, frames: np.ndarray) -> torch.Tensor:
    """(1, C, T, h, w) of uint8 frames."""
    x = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    return codec.encode(x).latents


@torch.no_grad()
def through(codec: PatchCodec, frames: np.ndarray) -> np.ndarray:
    """The frames there and back again, as bytes: the best that anything made with this codec can look."""
    back = codec.decode(latents_of(codec, frames)).sample
    return ((back[0].permute(1, 2, 3, 0) + 1) * 127.5).round().byte().numpy()

"""What the transformer learns from: encoded clips, stills out of them, their depths and references, and captions.

Each clip is kept twice, as it is and in a mirror, where left becomes right in its caption too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generation.diffusion.patch_codec import PatchCodec
from generation.training import clips
from generation.training.codec import coloured
from generation.training.scenes import mirrored_facts
from generation.training.words import MOST, tokenizer
from generation.vocabulary import DEEDS, MOVES, SIZES

STILLS = 6  # of a clip, kept beside it: its last frame and some others
JUDGED = ("clip", "labels", "nearness", "has_depth")  # all that a judge looks at
PARTS = ("clip", "stills", "at", "depth", "has_depth", "reference", "words", "heard", "labels", "nearness")


@dataclass
class Shelf:
    """Clips of one length, one row each: `clip` (N, C, T, h, w), `stills` (N, STILLS, C, h, w) of frames `at`, `depth`
    (N, C, T, h, w) and `reference` (N, C, 1, h, w), `words` and `heard` (N, MOST)
    tokens and their mask, `labels` (N, 4) of size, move, people and deed, `nearness` (N, T, h, w) from 0 to 1."""

    parts: dict[str, Tensor] = field(default_factory=dict)
    waiting: list[dict[str, Tensor]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.parts["clip"]) if self.parts else 0

    def settle(self) -> None:
        if self.waiting:
            every = [self.parts, *self.waiting] if self.parts else self.waiting
            self.parts = {name: torch.cat([each[name] for each in every]) for name in every[0]}
            self.waiting = []


class Library:
    """Shelves by length, filled from files as they are drawn with the `parts` that are asked for."""

    def __init__(self, folder: Path, codec: PatchCodec, device: str, parts: tuple[str, ...] = PARTS) -> None:
        self.folder, self.codec, self.device, self.parts = folder, codec, device, parts
        self.shelves: dict[int, Shelf] = {clips.SHORT: Shelf(), clips.LONG: Shelf()}
        self.seen: set[Path] = set()
        self.tokenizer = tokenizer()

    def grow(self, most: int) -> None:
        """Reads up to so many more files."""
        for path in sorted(clips.files(self.folder)):
            if path not in self.seen and most > 0:
                self.seen.add(path)
                most -= 1
                batch = clips.read(path).to(self.device)
                for mirrored in (False, True):
                    self.shelves[batch.greys.shape[1]].waiting.append(self.encoded(batch, mirrored))
        for shelf in self.shelves.values():
            shelf.settle()

    @torch.no_grad()
    def encoded(self, batch: clips.Batch, mirrored: bool = False) -> dict[str, Tensor]:
        facts = [mirrored_facts(each) if mirrored else each for each in batch.facts]
        x = coloured(batch.greys, batch.colours)
        depth = (batch.depth.float() / 127.5 - 1)[:, None].expand(-1, 3, -1, -1, -1)
        reference = coloured(batch.reference[:, None], batch.colours)
        if mirrored:
            x, depth, reference = x.flip(-1), depth.flip(-1), reference.flip(-1)
        clip = self._codes(x)
        at = _still_frames(x, batch.facts[0]["seed"])
        text = self.tokenizer(
            [each["caption"] for each in facts], padding="max_length", max_length=MOST, return_tensors="pt"
        )
        made: dict[str, Callable[[], Tensor]] = {
            "clip": lambda: clip,
            "stills": lambda: self._stills(x, at),
            "at": lambda: at,
            "depth": lambda: self._codes(doubled(depth)),
            "has_depth": lambda: batch.has_depth.to(x.device),
            "reference": lambda: self._codes(doubled(reference)),
            "words": lambda: text.input_ids.to(x.device),
            "heard": lambda: text.attention_mask.to(x.device),
            "labels": lambda: torch.tensor([labels(each) for each in facts], device=x.device),
            "nearness": lambda: nearness(depth, (clip.shape[2], clip.shape[3], clip.shape[4])).half(),
        }
        return {name: made[name]() for name in self.parts}

    def _stills(self, x: Tensor, at: Tensor) -> Tensor:
        picked = x.gather(2, at[:, None, :, None, None].expand(-1, 3, -1, *x.shape[3:]))
        codes = self._codes(picked.transpose(1, 2).flatten(0, 1)[:, :, None])[:, :, 0]
        return codes.unflatten(0, (len(x), STILLS))

    def _codes(self, x: Tensor) -> Tensor:
        with torch.autocast("cuda", torch.bfloat16, enabled=x.is_cuda):
            return self.codec.encode(x).latents.half()


def _still_frames(x: Tensor, seed: int) -> Tensor:
    """(N, STILLS) of clips (N, 3, F, H, W); the first of them is the last frame."""
    at = torch.from_numpy(np.random.default_rng(seed).integers(1, x.shape[2], size=(len(x), STILLS))).to(x.device)
    at[:, 0] = x.shape[2] - 1
    return at


def doubled(x: Tensor) -> Tensor:
    """Frames (N, C, F, H, W) at twice the size."""
    large = torch.nn.functional.interpolate(x.transpose(1, 2).flatten(0, 1), scale_factor=2, mode="bilinear")
    return large.unflatten(0, (len(x), -1)).transpose(1, 2)


def labels(facts: dict[str, Any]) -> list[int]:
    """Numbers of size, move, people and deed; a deed of nobody is one of its own."""
    deeds = [*DEEDS, ""]
    return [SIZES.index(facts["size"]), MOVES.index(facts["move"]), facts["people"], deeds.index(facts["deed"])]


def nearness(depth: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """(N, T, h, w) from 0 to 1: the mean of each cell of depths (N, 3, F, H / 2, W / 2) from -1 to 1."""
    first = depth[:, :1, :1].expand(-1, -1, 8, -1, -1)
    whole = torch.cat([first, depth[:, :1, 1:]], dim=2)
    return (torch.nn.functional.adaptive_avg_pool3d(whole, shape)[:, 0] + 1) / 2

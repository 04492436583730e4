"""What the transformer learns from: encoded clips, stills out of them, their depths and references, and captions.

Each clip is kept twice, as it is and in a mirror, where left becomes right in its caption too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from generation.diffusion.carrying import between
from generation.diffusion.patch_codec import DEPTH, PatchCodec
from generation.diffusion.surveyor import Surveyor
from generation.diffusion.thumbnails import dots_of, drawn_large
from generation.training import clips
from generation.training.codec import coloured
from generation.training.fast import fast
from generation.training.scenes import mirrored_facts
from generation.training.words import MOST, tokenizer

STILLS = 3  # of a clip, kept beside it: its last frame and two key frames
# What a clip's pictures are carried along from, in the order in which files take their turns.
ANCHORS = ("first", "ends", "prefix", "first", "keys", "prefix", "first", "ends")
CELLS = (clips.SHORT - 1) // DEPTH + 1  # of time in a short clip
KEYS = (1, 2)  # of the stills
WRONG = 0.15  # spread of what is put onto the dots of an idea at most, as those that are made are not right either
PARTS = (
    "clip", "stills", "at", "idea", "carried", "anchors", "begins", "depth", "has_depth", "reference", "words",
    "heard",
)  # fmt: skip


@dataclass
class Shelf:
    """Clips of one length, one row each: `clip` (N, C, T, h, w), `stills` (N, STILLS, C, h, w) of frames `at`, `depth`
    (N, C, T, h, w) and `reference` (N, C, 1, h, w), `words` and `heard` (N, MOST) tokens and their mask; `idea`
    (N, C, h, w): the thumbnail of its first frame; `carried` (N, C, T, h, w): the clip's pictures at its `anchors` (N),
    a place in ANCHORS, carried along the camera's way, with what comes into sight filled smoothly, where a take has it
    drawn; a prefix has `begins` (N) cells.
    """

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
    """Shelves by length, filled from files as they are drawn."""

    def __init__(
        self, folder: Path, codec: PatchCodec, device: str, surveyor: Surveyor | None = None, kept: Path | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.codec, self.device = folder, codec, device
        self.surveyor, self.kept = surveyor, kept
        self.shelves: dict[int, Shelf] = {clips.SHORT: Shelf(), clips.LONG: Shelf()}
        self.seen: set[Path] = set()
        self.tokenizer = tokenizer()

    def grow(self, most: int) -> None:
        """Reads up to so many more files; where encoded ones are kept, those alone."""
        for path in sorted(clips.files(self.folder)):
            if path not in self.seen and most > 0 and (self.kept is None or self._place(path).exists()):
                self.seen.add(path)
                most -= 1
                for rows in [load_file(self._place(path))] if self.kept else self.both(path):
                    frames = clips.LONG if rows["clip"].shape[2] > CELLS else clips.SHORT
                    self.shelves[frames].waiting.append({name: each.to(self.device) for name, each in rows.items()})
        for shelf in self.shelves.values():
            shelf.settle()

    def both(self, path: Path) -> list[dict[str, Tensor]]:
        """The clips of a file as they are, and in a mirror."""
        batch, turn = clips.read(path).to(self.device), 2 * int(path.stem.split("-")[1])
        return [self.encoded(batch, mirrored, turn + mirrored) for mirrored in (False, True)]

    def keep(self, path: Path) -> None:
        """Encodes a file into one that is read instead of it from now on."""
        place = self._place(path)
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        one, other = self.both(path)
        before = place.with_suffix(f".{os.getpid()}")
        save_file({name: torch.cat([one[name], other[name]]).contiguous() for name in one}, before)
        before.rename(place)

    def _place(self, path: Path) -> Path:
        assert self.kept is not None
        return self.kept / path.name

    @torch.no_grad()
    def encoded(self, batch: clips.Batch, mirrored: bool = False, turn: int = 0) -> dict[str, Tensor]:
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
        anchors = ANCHORS.index(ANCHORS[turn % len(ANCHORS)])
        begins = 2 + turn // len(ANCHORS) % 2
        made: dict[str, Callable[[], Tensor]] = {
            "idea": lambda: self._idea(x[:, :, 0]),
            "carried": lambda: self._carried(x, at, ANCHORS[anchors], begins, text.to(x.device)),
            "anchors": lambda: torch.full((len(x),), anchors, device=x.device),
            "begins": lambda: torch.full((len(x),), begins, device=x.device),
            "clip": lambda: clip,
            "stills": lambda: self._stills(x, at),
            "at": lambda: at,
            "depth": lambda: self._codes(doubled(depth)),
            "has_depth": lambda: batch.has_depth.to(x.device),
            "reference": lambda: self._codes(doubled(reference)),
            "words": lambda: text.input_ids.to(x.device),
            "heard": lambda: text.attention_mask.to(x.device),
        }
        return {name: made[name]() for name in PARTS}

    def _stills(self, x: Tensor, at: Tensor) -> Tensor:
        return self._alone(_picked(x, at))

    def _idea(self, first: Tensor) -> Tensor:
        """(N, C, h, w): thumbnails of first frames (N, 3, H, W) drawn large, a little wrong."""
        dots = dots_of(first)
        dots = dots + WRONG * torch.rand(len(dots), 1, 1, 1, device=first.device) * torch.randn_like(dots)
        return self._alone(drawn_large(dots, *first.shape[-2:])[:, None])[:, 0]

    def _alone(self, pictures: Tensor) -> Tensor:
        """(N, S, C, h, w) of pictures (N, S, 3, H, W), each on its own."""
        return self._codes(pictures.flatten(0, 1)[:, :, None])[:, :, 0].unflatten(0, pictures.shape[:2])

    def _carried(self, x: Tensor, at: Tensor, anchors: str, begins: int, text: Any) -> Tensor:
        assert self.surveyor is not None
        last = x.shape[2] - 1
        clips = []
        for n, clip in enumerate(x):
            frames = {
                "first": [0],
                "ends": [0, last],
                "prefix": [DEPTH * (begins - 1)],
                "keys": sorted({int(at[n, key]) for key in KEYS}),
            }[anchors]
            pictures = [(clip[:, frame], frame) for frame in frames]
            clips.append(
                between(self.surveyor, pictures, last + 1, text.input_ids[n : n + 1], text.attention_mask[n : n + 1])[0]
            )
        return self._codes(torch.stack(clips))

    def _codes(self, x: Tensor) -> Tensor:
        with fast(x.device.type):
            return self.codec.encode(x).latents.half()


def _picked(x: Tensor, at: Tensor) -> Tensor:
    """(N, S, 3, H, W) of clips (N, 3, F, H, W): their frames `at` (N, S)."""
    return x.gather(2, at[:, None, :, None, None].expand(-1, 3, -1, *x.shape[3:])).transpose(1, 2)


def _still_frames(x: Tensor, seed: int) -> Tensor:
    """(N, STILLS) of clips (N, 3, F, H, W); the first of them is the last frame."""
    at = torch.from_numpy(np.random.default_rng(seed).integers(1, x.shape[2], size=(len(x), STILLS))).to(x.device)
    at[:, 0] = x.shape[2] - 1
    return at


def doubled(x: Tensor) -> Tensor:
    """Frames (N, C, F, H, W) at twice the size."""
    large = torch.nn.functional.interpolate(x.transpose(1, 2).flatten(0, 1), scale_factor=2, mode="bilinear")
    return large.unflatten(0, (len(x), -1)).transpose(1, 2)

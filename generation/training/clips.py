"""Rendered clips in files: drawn by as many processes as there are cores, read by whoever learns from them.

A clip is kept as its greys and the colour of each grey, a third of its size; what takes minutes to draw fits in memory.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file

from generation import blocking
from generation.training.scenes import Scene, elsewhere, renderer, scene

WIDTH, HEIGHT = 288, 160
SHORT, LONG = 49, 97
LONG_ONE_IN = 6
IN_A_FILE = 12
DEPTH_EVERY = 2  # of the short clips, each second has its depth beside it

TENSORS = ("greys", "colours", "depth", "has_depth", "reference")


@dataclass
class Batch:
    """Some clips of one length: `greys` uint8 (N, F, H, W), `colours` uint8 (N, 256, 3), at half the size `depth` uint8
    (N, F, H / 2, W / 2), black where `has_depth` is false, and `reference`, greys of the same people from elsewhere."""

    greys: torch.Tensor
    colours: torch.Tensor
    depth: torch.Tensor
    has_depth: torch.Tensor
    reference: torch.Tensor
    facts: list[dict[str, Any]]

    def to(self, device: torch.device | str) -> Batch:
        return Batch(**{name: getattr(self, name).to(device) for name in TENSORS}, facts=self.facts)


def drawn(scene: Scene, frames: int, with_depth: bool) -> dict[str, np.ndarray]:
    """One clip as a file holds it."""
    draw = renderer(scene, frames, WIDTH, HEIGHT)
    depth = np.zeros((frames, HEIGHT // 2, WIDTH // 2), np.uint8)
    if with_depth:
        small = blocking.Renderer(draw.staging, WIDTH // 2, HEIGHT // 2)
        depth = np.stack([frame[:, :, 0] for frame in blocking.depth_frames(small, frames)])
    other = renderer(elsewhere(scene), frames, WIDTH // 2, HEIGHT // 2)
    return {
        "greys": np.stack([draw.grey(n) for n in range(frames)]),
        "colours": draw.colours.reshape(256, 3),
        "depth": depth,
        "has_depth": np.array(with_depth),
        "reference": other.grey(frames // 2),
    }


def draw_file(folder: Path, number: int, held_out: bool = False) -> Path:
    """The clips of file `number`: always the same for one number."""
    cv2.setNumThreads(1)
    path = folder / f"{'held' if held_out else 'clips'}-{number:06}.safetensors"
    if path.exists():
        return path
    frames = LONG if number % LONG_ONE_IN == LONG_ONE_IN - 1 and not held_out else SHORT
    scenes = [scene(number * IN_A_FILE + n, held_out) for n in range(IN_A_FILE)]
    clips = [drawn(each, frames, frames == SHORT and n % DEPTH_EVERY == 0) for n, each in enumerate(scenes)]
    parts = {name: np.stack([clip[name] for clip in clips]) for name in clips[0]}
    before = path.with_suffix(".part")
    save_file(parts, before, {"facts": json.dumps([each.facts() for each in scenes])})
    before.rename(path)
    return path


def read(path: Path) -> Batch:
    parts = load_file(path)
    return Batch(**{name: parts[name] for name in TENSORS}, facts=facts_of(path))


def facts_of(path: Path) -> list[dict[str, Any]]:
    """What stands in a file's head about each of its rows."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(json.loads(file.read(length))["__metadata__"]["facts"])  # type: ignore[no-any-return]


def files(folder: Path, held_out: bool = False) -> list[Path]:
    """Those there are now, in order."""
    return sorted(folder.glob(f"{'held' if held_out else 'clips'}-*.safetensors"))


def new_files(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Those that came since; remembers them in `seen`."""
    for path in files(folder):
        if path not in seen:
            seen.add(path)
            yield path


def draw_all(folder: Path, workers: int, count: int, held_out: int) -> None:
    """`held_out` files to measure with, then `count` to learn from; goes on where an earlier run stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    work = [(folder, n, True) for n in range(held_out)] + [(folder, n, False) for n in range(count)]
    with multiprocessing.get_context("spawn").Pool(workers, os.nice, (5,)) as pool:
        for done, _ in enumerate(pool.imap_unordered(_draw, work), 1):
            if done % 50 == 0:
                print(f"{done * IN_A_FILE} clips in {time.monotonic() - began:.0f} s", flush=True)


def _draw(work: tuple[Path, int, bool]) -> None:
    draw_file(*work)

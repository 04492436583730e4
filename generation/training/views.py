"""Single pictures out of endless scenes, with how near everything is in each and how the camera goes around it."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file

from generation import blocking
from generation.blocking.camera import GATE_HEIGHT, camera_values, view_of
from generation.blocking.motion import bodies_at
from generation.diffusion.reprojection import vectors
from generation.diffusion.surveyor import COLUMNS, KNOTS, ROWS
from generation.training import clips
from generation.training.scenes import RATE, renderer, scene

SCENES, EACH = 40, 6  # in a file, and views of each
BEHIND = 1 << 20  # added to a file's seeds, so that its scenes are none of those that clips are drawn from


@dataclass
class Views:
    """`grey` uint8 (N, 2 ROWS, 2 COLUMNS), `colours` uint8 (N, 256, 3) of each grey, `nearness` (N, ROWS, COLUMNS) in
    1 / metres, `people` uint8 (N, ROWS, COLUMNS), white where somebody is seen, `lens` (N) in heights of the picture,
    `knots` (N, KNOTS, 7) in radians, metres and logarithms, `walk` (N, KNOTS, 3), how the people who are seen go, in
    metres, and `moment` (N, 2) as a surveyor is told it."""

    grey: torch.Tensor
    colours: torch.Tensor
    nearness: torch.Tensor
    people: torch.Tensor
    lens: torch.Tensor
    knots: torch.Tensor
    walk: torch.Tensor
    moment: torch.Tensor
    facts: list[dict[str, Any]]


TENSORS = ("grey", "colours", "nearness", "people", "lens", "knots", "walk", "moment")


def drawn(seed: int, held_out: bool = False) -> tuple[list[dict[str, np.ndarray]], dict[str, Any]]:
    """The views of one scene, evenly through its clip with its first frame and its last one, and its facts."""
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    frames = clips.LONG if rng.integers(clips.LONG_ONE_IN) == 0 else clips.SHORT
    shown = scene(seed, held_out)
    draw = renderer(shown, frames, 2 * COLUMNS, 2 * ROWS)
    small = blocking.Renderer(draw.staging, COLUMNS, ROWS)
    return [_view(draw, small, at, frames) for at in _moments(rng, frames)], shown.facts()


def _moments(rng: np.random.Generator, frames: int) -> list[int]:
    """EACH frames, all but the ends a little off where they would be evenly."""
    apart = (frames - 1) / (EACH - 1)
    between = (np.arange(1, EACH - 1) + rng.uniform(-0.4, 0.4, EACH - 2)) * apart
    return [0, *(round(each) for each in between), frames - 1]


def _view(draw: blocking.Renderer, small: blocking.Renderer, at: int, frames: int) -> dict[str, np.ndarray]:
    layers = small.layers(at, ("depth", "masks"))
    depth, masks = layers.depth, layers.masks
    assert depth is not None and masks is not None
    people = np.any([*masks.values(), np.zeros((ROWS, COLUMNS), bool)], axis=0)
    return {
        "grey": draw.grey(at),
        "colours": draw.colours.reshape(256, 3),
        "nearness": np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > 0).astype(np.float16),
        "people": np.where(people, 255, 0).astype(np.uint8),
        "lens": np.array(camera_values(draw.staging, at)[6] / GATE_HEIGHT, np.float32),
        "knots": knots(draw.staging, at, frames),
        "walk": walk(draw.staging, masks, at, frames),
        "moment": np.array([at / (frames - 1), (frames - 1) * RATE[1] / RATE[0]], np.float32),
    }


def knots(staging: blocking.Staging, at: int, frames: int) -> np.ndarray:
    """(KNOTS, 7): how the camera has turned (radians), gone (metres) and closed in since frame `at`."""
    here = view_of(camera_values(staging, at), COLUMNS, ROWS)
    found = np.zeros((KNOTS, 7), np.float32)
    for row, moment in zip(found, np.linspace(0, frames - 1, KNOTS), strict=True):
        there = view_of(camera_values(staging, float(moment)), COLUMNS, ROWS)
        row[:3] = vectors(torch.from_numpy(there.basis @ here.basis.T)).numpy()
        row[3:6] = here.basis @ (there.eye - here.eye)
        row[6] = np.log(there.focal / here.focal)
    return found


def walk(staging: blocking.Staging, masks: dict[str, np.ndarray], at: int, frames: int) -> np.ndarray:
    """(KNOTS, 3): how the people who are seen in frame `at` have gone since, along right, up and forward of the camera
    as it stands there; each counts as much as is seen of them."""
    basis = view_of(camera_values(staging, at), COLUMNS, ROWS).basis
    seen = {figure: float(masks[figure.name].sum()) for figure in staging.figures if figure.name in masks}
    total = sum(seen.values()) or 1.0
    found = np.zeros((KNOTS, 3), np.float32)

    def middles(moment: float) -> np.ndarray:
        bodies = bodies_at(staging, moment)
        each = [bodies[figure.name].joints(figure.height).mean(0) * area / total for figure, area in seen.items()]
        return np.sum([np.zeros(3), *each], axis=0)

    here = middles(at)
    for row, moment in zip(found, np.linspace(0, frames - 1, KNOTS), strict=True):
        row[:] = basis @ (middles(float(moment)) - here)
    return found


def draw_file(folder: Path, number: int, held_out: bool = False) -> Path:
    """The views of file `number`: always the same for one number."""
    cv2.setNumThreads(1)
    path = folder / f"{'held' if held_out else 'views'}-{number:06}.safetensors"
    if path.exists():
        return path
    found = [drawn(BEHIND + number * SCENES + n, held_out) for n in range(SCENES)]
    parts = {name: np.stack([view[name] for some, _ in found for view in some]) for name in TENSORS}
    before = path.with_suffix(".part")
    save_file(parts, before, {"facts": json.dumps([facts for some, facts in found for _ in some])})
    before.rename(path)
    return path


def read(path: Path) -> Views:
    parts = load_file(path)
    if missing := set(TENSORS) - parts.keys():
        raise SystemExit(
            f"{path} was drawn by earlier code, without {', '.join(sorted(missing))}. Remove it, draw again."
        )
    return Views(**{name: parts[name] for name in TENSORS}, facts=clips.facts_of(path))


def files(folder: Path, held_out: bool = False) -> list[Path]:
    return sorted(folder.glob(f"{'held' if held_out else 'views'}-*.safetensors"))


def draw_all(folder: Path, workers: int, count: int, held_out: int) -> None:
    """`held_out` files to measure with, then `count` to learn from; goes on where an earlier run stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    work = [(folder, n, True) for n in range(held_out)] + [(folder, n, False) for n in range(count)]
    with multiprocessing.get_context("spawn").Pool(workers, os.nice, (5,)) as pool:
        for done, _ in enumerate(pool.imap_unordered(_draw, work), 1):
            print(f"{done * SCENES * EACH} views in {time.monotonic() - began:.0f} s", flush=True)


def _draw(work: tuple[Path, int, bool]) -> None:
    draw_file(*work)

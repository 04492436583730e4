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
from generation.diffusion.reprojection import vectors
from generation.diffusion.surveyor import COLUMNS, KNOTS, ROWS
from generation.training import clips
from generation.training.scenes import RATE, mirrored_facts, renderer, scene

SCENES, EACH = 80, 3  # in a file, and views of each
BEHIND = 1 << 20  # added to a file's seeds, so that its scenes are none of those that clips are drawn from


@dataclass
class Views:
    """`picture` uint8 (N, ROWS, COLUMNS, 3), `nearness` (N, ROWS, COLUMNS) in 1 / metres, `lens` (N) in heights of the
    picture, `knots` (N, KNOTS, 7) in radians, metres and logarithms, `moment` (N, 2) as a surveyor is told it."""

    picture: torch.Tensor
    nearness: torch.Tensor
    lens: torch.Tensor
    knots: torch.Tensor
    moment: torch.Tensor
    facts: list[dict[str, Any]]


TENSORS = ("picture", "nearness", "lens", "knots", "moment")


def drawn(seed: int, held_out: bool = False) -> tuple[list[dict[str, np.ndarray]], dict[str, Any]]:
    """The views of one scene, whose clip's first frame comes first and last one last, and its facts."""
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    frames = clips.LONG if rng.integers(clips.LONG_ONE_IN) == 0 else clips.SHORT
    shown = scene(seed, held_out)
    draw = renderer(shown, frames, clips.WIDTH, clips.HEIGHT)
    moments = (0, int(rng.integers(1, frames - 1)), frames - 1)
    return [_view(draw, at, frames) for at in moments], shown.facts()


def _view(draw: blocking.Renderer, at: int, frames: int) -> dict[str, np.ndarray]:
    depth = draw.layers(at, ("depth",)).depth
    assert depth is not None
    depth = cv2.resize(depth, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST)
    return {
        "picture": cv2.resize(draw.frame(at), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA),
        "nearness": np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > 0).astype(np.float16),
        "lens": np.array(camera_values(draw.staging, at)[6] / GATE_HEIGHT, np.float32),
        "knots": knots(draw.staging, at, frames),
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


def mirrored(views: Views) -> Views:
    """The same in a mirror."""
    sides = torch.tensor([1.0, -1, -1, -1, 1, 1, 1])
    return Views(
        views.picture.flip(2),
        views.nearness.flip(2),
        views.lens,
        views.knots * sides,
        views.moment,
        [mirrored_facts(each) for each in views.facts],
    )

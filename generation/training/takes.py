"""Takes made to be measured, through the door that every worker uses, and kept by the digest of their recipe."""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from generation import catalogue, ffmpeg
from generation.recipe import Ingredient, Recipe, Words
from generation.training import clips
from generation.training.desk import EvaluationDesk
from generation.training.held import HEIGHT, WIDTH, Real
from generation.training.scenes import RATE
from generation.weights import Registry

FRAMES = clips.SHORT
JOIN = 16  # the frame of a real clip that a continuation goes on from
KEYS = (20, 40)  # where key frames are given: inside a cell of the codec's time, and at the end of one


@dataclass
class Studio:
    """What takes are made with: an engine, its weights as they were when this began, and how many at once."""

    folder: Path
    engine: str
    workers: int = 2
    pinned: str = ""

    @classmethod
    def opened(cls, folder: Path, engine: str, weights: Path | None, workers: int) -> Studio:
        """Weights are copied without their card, so that a card written anew changes no recipe."""
        studio = cls(folder, engine, workers)
        (folder / "guides").mkdir(parents=True, exist_ok=True)
        (folder / "takes").mkdir(exist_ok=True)
        if catalogue.engine(engine).pipelines:
            if weights is None or not (weights / "model_index.json").exists():
                raise SystemExit(f"{engine} needs weights, and {weights} holds none. Run the part export first.")
            copy = folder / "weights"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(weights, copy, ignore=shutil.ignore_patterns("README.md", "weights.json", "*.py", "__*"))
            studio.pinned = Registry(folder / "registry").add(copy, "measured").pinned
        return studio

    def recipe(self, words: Words, seed: int, *guides: Ingredient) -> Recipe:
        row = catalogue.engine(self.engine)
        return Recipe(
            engine=self.engine,
            words=words,
            seed=seed,
            frames=FRAMES,
            rate=RATE,
            width=WIDTH,
            height=HEIGHT,
            steps=row.steps,
            guidance=row.guidance,
            weights=self.pinned,
            ingredients=guides,
            settings=dict(row.settings),
        )

    def of(self, mode: str, real: Real, seed: int) -> Recipe:
        """What is asked under one set of controls, with a real clip's words and its own pictures as guides."""
        last = len(real.frames) - 1
        guides = {
            "text": [],
            "first": [("first", 0)],
            "first and last": [("first", 0), ("last", last)],
            "keys": [("key", at) for at in KEYS],
            "prefix": [("continue", JOIN)],
            "depth": [("depth", 0)],
            "first and depth": [("first", 0), ("depth", 0)],
            "first and last and depth": [("first", 0), ("last", last), ("depth", 0)],
        }[mode]
        return self.recipe(real.words, seed, *(self._guide(real, kind, frame) for kind, frame in guides))

    def can(self, mode: str) -> bool:
        """Whether the engine follows these controls at all."""
        asked = {"text": (), "keys": ("key",), "prefix": ("continue",)}.get(mode, tuple(mode.split(" and ")))
        return set(asked) <= catalogue.engine(self.engine).honours

    def _guide(self, real: Real, kind: str, frame: int) -> Ingredient:
        if kind == "depth":
            assert real.depth is not None
            grey = np.repeat(real.depth[..., None], 3, axis=-1)
            return Ingredient(kind, self._movie(f"{real.number}-depth", grey), "video")
        if kind == "continue":
            return Ingredient(kind, self._movie(f"{real.number}-clip", real.frames), "video", source_frame=frame)
        return Ingredient(kind, self._still(real.frames[frame]), "image", at_frame=frame if kind == "key" else 0)

    def _still(self, picture: np.ndarray) -> str:
        _, png = cv2.imencode(".png", picture[:, :, ::-1])
        return self._kept(png.tobytes(), ".png")

    def _movie(self, name: str, frames: np.ndarray) -> str:
        """As the app stores a master; written once, because an encoder need not write the same bytes again."""
        path = self.folder / "guides" / f"{name}.mp4"
        if not path.exists():
            height, width = frames.shape[1:3]
            with ffmpeg.Encoder(path, width, height, RATE) as encoder:
                for frame in frames:
                    encoder.write(np.ascontiguousarray(frame))
        return self._kept(path.read_bytes(), ".mp4")

    def given(self, real: Real) -> np.ndarray:
        """The frames of the clip a take went on from, as they are read from where they were stored."""
        return np.stack(list(ffmpeg.frames(self.folder / "guides" / f"{real.number}-clip.mp4", 0, clips.SHORT)))

    def _kept(self, data: bytes, suffix: str) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / "guides" / f"{digest}{suffix}"
        if not path.exists():
            path.write_bytes(data)
        return digest

    def make(self, recipes: list[Recipe], say: str = "") -> None:
        """Makes those that are not there yet, `workers` at once, each on one thread."""
        missing = list({each.digest: each for each in recipes if not self._path(each).exists()}.values())
        if not missing:
            return
        print(f"{say}: {len(missing)} takes to make", flush=True)
        if self.workers < 2 or len(missing) < 2:
            for recipe in missing:
                make(recipe, self.folder)
            return
        spawn: Any = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(self.workers, len(missing)), spawn, _one_thread) as pool:
            list(pool.map(make, missing, [self.folder] * len(missing)))

    def frames(self, recipe: Recipe) -> np.ndarray:
        """uint8 RGB (FRAMES, HEIGHT, WIDTH, 3); made now where it was not."""
        if not self._path(recipe).exists():
            make(recipe, self.folder)
        with np.load(self._path(recipe)) as kept:
            return kept["frames"]

    def _path(self, recipe: Recipe) -> Path:
        return self.folder / "takes" / f"{recipe.digest}.npz"


def make(recipe: Recipe, folder: Path) -> None:
    """One take into a file of its own, there whole or not at all."""
    made = catalogue.load(recipe.engine).run(recipe, EvaluationDesk(folder))
    path = folder / "takes" / f"{recipe.digest}.npz"
    before = path.with_suffix(".part.npz")
    np.savez_compressed(before, frames=np.stack(list(made.frames)))
    before.rename(path)


def _one_thread() -> None:
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)

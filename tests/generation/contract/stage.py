"""One engine with its tiny weights, and recipes for it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from generation import catalogue, ffmpeg
from generation.recipe import PAIR, Ingredient, Recipe, Words
from generation.report import Made
from generation.weights import Registry, Weights
from tests.generation.desk import TestDesk

STEPS = 4


def rows() -> list[str]:
    """Every engine that loads weights; each of them keeps the whole contract."""
    return [row.name for row in catalogue.ENGINES if row.pipelines]


@dataclass
class Stage:
    row: catalogue.Engine
    tiny: Any
    folder: Path
    registry: Registry
    weights: Weights
    files: dict[str, Path]

    @classmethod
    def build(cls, name: str, folder: Path) -> Stage:
        tiny = import_module(f"tests.generation.tiny.{name}")
        tiny.build(folder / "tiny")
        registry = Registry(folder / "registry")
        return cls(catalogue.engine(name), tiny, folder, registry, registry.add(folder / "tiny"), {})

    def recipe(self, *kinds: str, **changes: Any) -> Recipe:
        """A recipe with the guides the engine cannot do without, and those named."""
        width, height = self.tiny.SIZE
        wanted = dict.fromkeys((*self.tiny.NEEDS, *kinds))
        for kind, other in ({"continue": "first"} | getattr(self.tiny, "INSTEAD", {})).items():
            if kind in wanted:
                wanted.pop(other, None)
        if set(PAIR) & wanted.keys():
            wanted |= dict.fromkeys(PAIR)
        fields: dict[str, Any] = {
            "engine": self.row.name,
            "words": Words(action="She runs along the quay", size="wide"),
            "seed": 7,
            "frames": self.tiny.FRAMES,
            "rate": self.row.rate or (24, 1),
            "width": width,
            "height": height,
            "steps": STEPS,
            "guidance": self.row.guidance,
            "weights": self.weights.pinned,
            "settings": dict(self.row.settings) | getattr(self.tiny, "SETTINGS", {}),
            "ingredients": tuple(self.ingredient(kind) for kind in wanted),
        }
        return Recipe(**fields | changes)

    @property
    def steps(self) -> int:
        """Those a plain take is counted in, of all the passes that it takes."""
        return getattr(self.tiny, "STEPS", STEPS)

    def ingredient(self, kind: str, at_frame: int = 16, tone: int = 60) -> Ingredient:
        width, height = self.tiny.SIZE
        if kind in ("continue", "depth", "motion", "keep"):
            return Ingredient(kind, self._keep(_clip(self.folder, width, height, tone)), "video", source_frame=20)
        at_frame = {"first": 0, "last": self.tiny.FRAMES - 1}.get(kind, at_frame)
        return Ingredient(kind, self._keep(_still(self.folder, width, height, tone)), at_frame=at_frame)

    @cached_property
    def _once(self) -> tuple[np.ndarray, TestDesk]:
        desk = self.desk()
        return self.run(desk=desk), desk

    @property
    def plain(self) -> np.ndarray:
        """The frames of the plain recipe, made once."""
        return self._once[0]

    @property
    def watched(self) -> TestDesk:
        """The desk that saw the plain recipe made."""
        return self._once[1]

    def desk(self, **how: Any) -> TestDesk:
        return TestDesk(self.folder, self.registry, files=self.files, **how)

    def run(self, recipe: Recipe | None = None, desk: TestDesk | None = None) -> np.ndarray:
        return np.stack(list(self.made(recipe, desk).frames))

    def made(self, recipe: Recipe | None = None, desk: TestDesk | None = None) -> Made:
        return catalogue.load(self.row.name).run(recipe or self.recipe(), desk or self.desk())

    def _keep(self, path: Path) -> str:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.files[digest] = path
        return digest


def _still(folder: Path, width: int, height: int, tone: int) -> Path:
    path = folder / f"still-{tone}.png"
    picture = np.full((height, width, 3), (tone, 40, 255 - tone), np.uint8)
    cv2.circle(picture, (width // 2, height // 2), height // 4, (250, 250, tone), -1)
    cv2.imwrite(str(path), picture)
    return path


def _clip(folder: Path, width: int, height: int, tone: int) -> Path:
    path = folder / f"clip-{tone}.mp4"
    if not path.exists():
        with ffmpeg.Encoder(path, width, height, (24, 1), {}) as encoder:
            for n in range(32):
                frame = np.full((height, width, 3), (tone, 3 * n, 200), np.uint8)
                cv2.circle(frame, (2 * n, height // 2), height // 5, (255, 255, 255), -1)
                encoder.write(frame)
    return path

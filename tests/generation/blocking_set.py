"""What the blocking tests share: shots in a line, a desk that lends files, and ways to measure a picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from generation.blocking import Renderer, Staging, instant
from generation.recipe import Recipe, Words
from generation.report import Cancelled

WIDTH, HEIGHT = 320, 180


def words(action: str = "", heading: str = "INT. ROOM - DAY", cast: tuple[str, ...] = (), **more: str) -> Words:
    return Words(heading=heading, action=action, characters=cast, **more)


def staged(asked: Words, seed: int = 1, frames: int = 48) -> Staging:
    return instant(asked, seed=seed, frames=frames)


def still(staging: Staging) -> Staging:
    """The same shot on a tripod, so that only the figures move."""
    middle = staging.camera.keys[len(staging.camera.keys) // 2]
    return replace(staging, camera=replace(staging.camera, keys=(middle,), shake=0.0))


def grey(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def flow(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far each pixel's picture moved from a to b: (h, w, 2), right and down."""
    return cv2.calcOpticalFlowFarneback(grey(a), grey(b), None, 0.5, 4, 25, 4, 7, 1.5, 0)


def box_of(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom of a mask's pixels, or None where it is empty."""
    y, x = np.nonzero(mask)
    return (int(x.min()), int(y.min()), int(x.max()), int(y.max())) if len(x) else None


def masks_at(staging: Staging, frame: int, width: int = WIDTH, height: int = HEIGHT) -> dict[str, np.ndarray]:
    found = Renderer(staging, width, height).layers(frame, ("masks",)).masks
    assert found is not None
    return found


@dataclass
class Desk:
    """A worker's desk: files by hash, every step noted, and a wish to stop at one of them."""

    folder: Path
    stop_at: int | None = None
    steps: list[tuple[int, int, str]] = field(default_factory=list)
    previews: list[np.ndarray] = field(default_factory=list)

    def lend(self, data: bytes, suffix: str = "") -> str:
        name = hashlib.sha256(data).hexdigest()
        (self.folder / f"{name}{suffix}").write_bytes(data)
        return name

    def ingredient(self, sha256: str) -> Path:
        return next(self.folder.glob(f"{sha256}*"))

    def step(self, done: int, of: int, phase: str) -> None:
        self.steps.append((done, of, phase))
        if self.stop_at is not None and phase == "rendering" and done >= self.stop_at:
            raise Cancelled("no longer wanted")

    def preview(self, frame: np.ndarray) -> None:
        self.previews.append(frame)


def recipe(asked: Words | None = None, **more: object) -> Recipe:
    given: dict = {"words": asked or Words(), "frames": 24, "width": WIDTH, "height": HEIGHT, "seed": 1} | more
    return Recipe(engine="blocking", **given)

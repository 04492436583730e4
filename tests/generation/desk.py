"""A desk without a worker: input files from a folder, everything the engine said kept to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from generation.report import Cancelled
from generation.weights import Registry, Weights


@dataclass
class TestDesk:
    """`stop` is asked with every step's phase and says whether the person no longer wants the take."""

    __test__ = False

    folder: Path
    registry: Registry
    stop: Callable[[int, int, str], bool] = lambda done, of, phase: False
    hold_at: int | None = None
    state: Path | None = None
    steps: list[tuple[int, int, str]] = field(default_factory=list)
    previews: list[np.ndarray] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)

    def ingredient(self, sha256: str) -> Path:
        return self.files[sha256]

    def step(self, done: int, of: int, phase: str) -> None:
        self.steps.append((done, of, phase))
        if self.stop(done, of, phase):
            raise Cancelled

    def preview(self, frame: np.ndarray) -> None:
        self.previews.append(frame)

    def weights(self, pinned: str) -> Weights:
        return self.registry.get(pinned)

    def hold(self, done: int, of: int) -> bool:
        return self.hold_at is not None and done == self.hold_at

    def saved(self) -> Path | None:
        return self.state

    def scratch(self) -> Path:
        return self.folder

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

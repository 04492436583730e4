"""What came out of a generation: measured facts, never inputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Metric:
    """One measured number with its unit."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Report:
    """Facts about a finished take. `seconds` maps a phase (stage, render, encode) to wall seconds."""

    engine: str
    engine_version: str
    frames: int
    rate: tuple[int, int]
    width: int
    height: int
    seconds: dict[str, float] = field(default_factory=dict)
    memory_bytes: int = 0
    device: str = "cpu"
    libraries: dict[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Refused(Exception):
    """The engine cannot make this recipe. The message is one sentence for a director, with what to do next."""


class Cancelled(Exception):
    """Raised out of `desk.step` when the person no longer wants the take."""


class Desk(Protocol):
    """What a worker lends an engine while it runs."""

    def ingredient(self, sha256: str) -> Path:
        """A local file with these bytes."""

    def step(self, done: int, of: int, phase: str) -> None:
        """Progress, heartbeat and cancellation in one; raises Cancelled when the take is no longer wanted."""

    def preview(self, frame: np.ndarray) -> None:
        """A look at the work so far: uint8 RGB (height, width, 3). Lossy; the worker drops what is too much."""


@dataclass(frozen=True)
class Made:
    """What an engine hands back: `frames` yields uint8 RGB (height, width, 3), exactly `recipe.frames` of them.

    `sidecars` are small files by role, such as a staging.json that a later take may continue from.
    """

    frames: Iterable[np.ndarray]
    sidecars: dict[str, bytes] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    notes: tuple[str, ...] = ()
    version: str = "1"

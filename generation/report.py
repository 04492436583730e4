"""What came out of a generation: measured facts, never inputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from generation.weights import Weights


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
    facts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Refused(Exception):
    """The engine cannot make this recipe. The message is one sentence for a director, with what to do next."""


class Cancelled(Exception):
    """Raised out of `desk.step` when the person no longer wants the take."""


class DeviceLost(Exception):
    """The device failed under this process, which must end; another process may go on."""


class Held(Exception):
    """The take waits half-made: `path` holds what it goes on from, after `done` of `of` steps."""

    def __init__(self, path: Path, done: int, of: int) -> None:
        super().__init__(f"held after step {done} of {of}")
        self.path, self.done, self.of = path, done, of


class Desk(Protocol):
    """What a worker lends an engine while it runs."""

    def ingredient(self, sha256: str) -> Path:
        """A local file with these bytes."""

    def step(self, done: int, of: int, phase: str) -> None:
        """Progress, heartbeat and cancellation in one; raises Cancelled when the take is no longer wanted."""

    def preview(self, frame: np.ndarray) -> None:
        """A look at the work so far: uint8 RGB (height, width, 3), or (N, height, width, 3) to be seen moving.

        Lossy; the worker drops what is too much.
        """

    def weights(self, pinned: str) -> Weights:
        """The registered weights that a recipe names; raises BadWeights where this machine has them no more."""

    def hold(self, done: int, of: int) -> bool:
        """Asked after each step: is the take to stop here, its state kept, and something else to go first?"""

    def saved(self) -> Path | None:
        """The state a half-made take goes on from."""

    def scratch(self) -> Path:
        """A folder that is gone when the take is done."""

    @property
    def cache(self) -> Path:
        """A folder of this machine for what can be made again."""


@dataclass(frozen=True)
class Sound:
    """What is heard: float32 `samples` (count, channels) from -1 to 1, `rate` of them a second."""

    samples: np.ndarray
    rate: int


@dataclass(frozen=True)
class Made:
    """What an engine hands back: `frames` yields uint8 RGB (height, width, 3), exactly `recipe.frames` of them.

    `facts` are what the engine measured on its way: device, number format, plan, seconds by phase. `sidecars` are small
    files by role, such as a staging.json that a later take may continue from. `sound` begins with the first frame.
    """

    frames: Iterable[np.ndarray]
    sidecars: dict[str, bytes] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    notes: tuple[str, ...] = ()
    version: str = "1"
    facts: dict[str, Any] = field(default_factory=dict)
    sound: Sound | None = None

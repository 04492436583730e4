"""The engines there are: a literal table, readable from the web process without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Engine:
    """One row. `honours` lists the guide kinds the engine acts on; counts are frames, sizes are pixels."""

    name: str
    label: str
    module: str
    summary: str
    honours: frozenset[str]
    why_not: dict[str, str]
    max_frames: int
    max_pixels: int
    size_multiple: int
    queue: str


ENGINES: tuple[Engine, ...] = (
    Engine(
        name="blocking",
        label="Blocking",
        module="generation.engines.blocking",
        summary="Grey figures in a simple set, staged from the shot's own words, rendered at once on the CPU.",
        honours=frozenset({"first", "last", "key", "continue", "staging"}),
        why_not={
            "reference": "Blocking draws grey figures; a reference picture would change nothing.",
            "depth": "Blocking makes depth, it does not follow it.",
            "motion": "Blocking moves figures by their staging; a motion clip would change nothing.",
            "camera": "Blocking reads the camera from the shot's move.",
        },
        max_frames=1440,
        max_pixels=1920 * 1080,
        size_multiple=2,
        queue="takes",
    ),
)


class UnknownEngine(LookupError):
    """No row has this name; the message lists those there are."""


def engine(name: str) -> Engine:
    for row in ENGINES:
        if row.name == name:
            return row
    raise UnknownEngine(f"no engine is called {name!r}; there are: {', '.join(row.name for row in ENGINES)}")


def load(name: str) -> Any:
    """Imports one engine's module. Workers only: an engine may import torch."""
    return import_module(engine(name).module)

"""What a cut can leave the house as: a literal table, and one module each."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

Progress = Callable[[int, int], None]


class ExportFailed(Exception):
    """The message is one sentence for the person who asked for the export."""


@dataclass(frozen=True)
class Exporter:
    """`module` has `export(cut, target, *, burn_ins, on_progress, work)`; `suffix` ends the file's name."""

    name: str
    label: str
    module: str
    suffix: str

    def load(self) -> ModuleType:
        return importlib.import_module(self.module)


EXPORTERS = (
    Exporter("animatic", "Animatic (MP4)", "storyboard.exporters.animatic", ".mp4"),
    Exporter("gif", "Animated GIF", "storyboard.exporters.gif", ".gif"),
    Exporter("frames", "Every frame (ZIP of JPEG)", "storyboard.exporters.frames", ".zip"),
)


def exporter(name: str) -> Exporter:
    """The exporter of this name; raises ExportFailed with the names there are."""
    found = next((each for each in EXPORTERS if each.name == name), None)
    if found is None:
        raise ExportFailed(f"There is no export named {name!r}; choose {', '.join(each.name for each in EXPORTERS)}")
    return found

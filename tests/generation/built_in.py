"""Weights that came with the code, in little: whole files of the right names, with nothing to learn in them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from generation import catalogue
from generation.engine import Engine
from generation.weights.entry import file_digest

CARD = """# Sketch

A small model of our own, trained on clips that **blocking** drew.

| What | Reached |
|---|---|
| First frame | 27.1 dB |

- Figures are rough. <script>alert("raw")</script>
- See [a trap](javascript:alert(1)) and `manage.py weights`.

![a picture](http://elsewhere.example/x.png)
"""

ROW = Engine(
    name="sketch",
    label="Sketch",
    module="generation.engines.sketch",
    summary="A small model of our own that draws like blocking.",
    honours=frozenset({"first"}),
    why_not={"depth": "This Sketch does not follow depth."},
    max_frames=97,
    max_pixels=512 * 320,
    size_multiple=32,
    queue="takes",
    frames_step=8,
    frames_plus=1,
    pipelines=("SketchPipeline",),
    rate=(24, 1),
    steps=4,
    guidance=1.0,
    holds=True,
    vocabulary="generation.vocabulary",
    drawn_pixels=288 * 160,
)


def offer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the row into the catalogue, in the place of one of its name."""
    others = tuple(row for row in catalogue.ENGINES if row.name != ROW.name)
    monkeypatch.setattr(catalogue, "ENGINES", (others[0], ROW, *others[1:]))


def build(place: Path, gate: str = "experimental", missed: tuple[str, ...] = ("Depth is followed at 0.71.",)) -> Path:
    """The folder `sketch` in that place, with the list of its files and its card."""
    folder = place / "sketch"
    (folder / "transformer").mkdir(parents=True)
    index = {"_class_name": "SketchPipeline", "transformer": ["diffusers", "LTXVideoTransformer3DModel"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "transformer" / "config.json").write_text("{}")
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    (folder / "transformer" / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))
    (folder / "README.md").write_text(CARD)
    list_files(folder, gate, missed)
    return folder


def list_files(folder: Path, gate: str = "experimental", missed: tuple[str, ...] = ()) -> None:
    """weights.json of the files as they are."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "weights.json"]
    digests = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
    (folder / "weights.json").write_text(json.dumps({"files": digests, "gate": gate, "missed": list(missed)}))

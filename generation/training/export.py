"""Writes what was trained as a folder in diffusers' layout, in half precision, with the hash of every file."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from generation.training.distil import SIGMAS
from generation.training.model import Sketch
from generation.training.words import tokenizer

INDEX = {
    "_class_name": "SketchPipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "T5EncoderModel"],
    "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
    "steps_at": [round(1000 * sigma) for sigma in SIGMAS],
}


def export(folder: Path, sketch: Sketch, made: dict[str, Any]) -> dict[str, str]:
    """`made` are the parts beside the sketch, by where each goes. Returns sha256 by file, relative to the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, module in ({"transformer": sketch.transformer, "text_encoder": sketch.words} | made).items():
        copy.deepcopy(module).to("cpu", torch.float16).save_pretrained(folder / name)
        _forget_where_from(folder / name / "config.json")
    tokenizer().save_pretrained(folder / "tokenizer")
    scheduler: Any = FlowMatchEulerDiscreteScheduler(shift=1.0)
    scheduler.save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in (".json", ".safetensors"))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _forget_where_from(config: Path) -> None:
    """Without the folder that a module was read from, which is one of this machine."""
    said = json.loads(config.read_text())
    said.pop("_name_or_path", None)
    config.write_text(json.dumps(said, indent=2) + "\n")

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers import CogVideoXDDIMScheduler, CogVideoXFunControlPipeline

from tests.generation.tiny import cogvideox
from tests.generation.tiny.words import t5, tokenizer

SIZE = cogvideox.SIZE
FRAMES = cogvideox.FRAMES
NEEDS = ("depth",)
INSTEAD = {"motion": "depth"}


def build(folder: Path, **changes: Any) -> None:
    """`changes` are of the transformer."""
    scheduler = cogvideox.how(CogVideoXDDIMScheduler)
    pipe = CogVideoXFunControlPipeline(
        tokenizer(), t5(), cogvideox.vae(), cogvideox.transformer(8, **changes), scheduler
    )
    pipe.save_pretrained(folder)

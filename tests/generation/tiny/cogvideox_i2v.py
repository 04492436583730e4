from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers import CogVideoXDDIMScheduler, CogVideoXImageToVideoPipeline

from tests.generation.tiny import cogvideox
from tests.generation.tiny.words import t5, tokenizer

SIZE = cogvideox.SIZE
FRAMES = cogvideox.FRAMES
NEEDS = ("first",)


def build(folder: Path, **changes: Any) -> None:
    """`changes` are of the transformer; the first weights published had use_learned_positional_embeddings."""
    transformer = cogvideox.transformer(8, **changes)
    scheduler = cogvideox.how(CogVideoXDDIMScheduler)
    pipe = CogVideoXImageToVideoPipeline(tokenizer(), t5(), cogvideox.vae(), transformer, scheduler)
    pipe.save_pretrained(folder)

from __future__ import annotations

from pathlib import Path

from diffusers import CogVideoXDDIMScheduler, CogVideoXImageToVideoPipeline

from tests.generation.tiny import cogvideox
from tests.generation.tiny.words import t5, tokenizer

SIZE = cogvideox.SIZE
FRAMES = cogvideox.FRAMES
NEEDS = ("first",)


def build(folder: Path, learned: bool = False) -> None:
    """`learned` gives weights that know one size only, as the first ones published did."""
    transformer = cogvideox.transformer(8, use_learned_positional_embeddings=learned)
    scheduler = cogvideox.how(CogVideoXDDIMScheduler)
    pipe = CogVideoXImageToVideoPipeline(tokenizer(), t5(), cogvideox.vae(), transformer, scheduler)
    pipe.save_pretrained(folder)

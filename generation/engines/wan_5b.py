"""Wan 2.2's 5B model, which makes 24 frames a second from words, with or without a first frame."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import WanImageToVideoPipeline, WanPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("wan_5b")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("The 5B model takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    opening = _opening(recipe, desk)
    frames = row.legal_frames(row.own_frames(recipe.frames, recipe.rate))
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        if not pipe.config.expand_timesteps:
            raise Refused("These are not weights of the 5B model; choose Wan or Wan from a picture for them.")
        return {
            **({"image": opening} if opening else {}),
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "max_sequence_length": preset["max_sequence_length"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    pipeline = WanImageToVideoPipeline if opening else WanPipeline
    shot = shoot(recipe, desk, pipeline, arguments, unpack, dtypes={"vae": "float32"})
    shown = conformed(shot.frames, recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)


def _opening(recipe: Recipe, desk: Desk) -> Image.Image | None:
    parent, first = recipe.ingredient("continue"), recipe.ingredient("first")
    if parent is not None:
        return prefix(parent, recipe, desk, 1)[-1]
    return picture(first, recipe, desk) if first else None

"""HunyuanVideo 1.5: words alone, at 24 frames a second."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import HunyuanVideo15Pipeline

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed
from generation.recipe import Recipe
from generation.report import Desk, Made

VERSION = "1"
RATE = (24, 1)  # frames a second that the motion is made at


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("hunyuan15")
    row.check(recipe)

    def arguments(pipe: Any) -> dict[str, Any]:
        pipe.guider = pipe.guider.new(guidance_scale=recipe.guidance)  # the call itself takes no guidance
        return {
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": row.legal_frames(row.own_frames(recipe.frames, recipe.rate)),
            "num_inference_steps": recipe.steps,
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, HunyuanVideo15Pipeline, arguments, unpack)
    made = conformed(shot.frames, recipe.frames, recipe.rate, RATE)
    return Made(made, version=VERSION, facts=shot.facts, notes=shot.notes)

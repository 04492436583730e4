"""Wan 2.1 and 2.2 from words, with one transformer or with one for the early and one for the late steps."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import WanPipeline

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("wan")
    row.check(recipe)
    assert row.rate is not None
    frames = row.legal_frames(row.own_frames(recipe.frames, recipe.rate))
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        if pipe.config.expand_timesteps:
            raise Refused("These are weights of the 5B model; choose the engine Wan 5B for them.")
        two_models = pipe.config.boundary_ratio is not None
        return {
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "guidance_scale_2": preset["guidance_scale_2"] if two_models else None,
            "max_sequence_length": preset["max_sequence_length"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, WanPipeline, arguments, unpack, dtypes={"vae": "float32"})
    shown = conformed(shot.frames, recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)

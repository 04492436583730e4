"""Stable Video Diffusion: sets a picture in motion, without words."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import StableVideoDiffusionPipeline

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed, picture
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
RATE = (7, 1)  # frames a second; the weights are told it, and know 5 to 30


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("svd")
    row.check(recipe)
    first = recipe.ingredient("continue") or recipe.ingredient("first")
    if first is None:
        raise Refused(
            "Stable Video Diffusion sets a picture in motion: give the shot a first frame or a take to continue."
        )
    still = picture(first, recipe, desk)
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        return {
            "image": still,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": row.legal_frames(row.own_frames(recipe.frames, recipe.rate)),
            "num_inference_steps": recipe.steps,
            "min_guidance_scale": preset["first_frame_guidance"],
            "max_guidance_scale": recipe.guidance,
            "fps": RATE[0],
            "motion_bucket_id": preset["motion_bucket_id"],
            "noise_aug_strength": preset["noise_aug_strength"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0].transpose(0, 1)

    shot = shoot(recipe, desk, StableVideoDiffusionPipeline, arguments, unpack)
    made = conformed(shot.frames, recipe.frames, recipe.rate, RATE)
    return Made(made, version=VERSION, facts=shot.facts, notes=shot.notes)

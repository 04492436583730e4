"""AnimateDiff with a ControlNet: words, and where there is one a clip of depth or motion that every frame follows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from diffusers import AnimateDiffControlNetPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import clip, conformed
from generation.recipe import Ingredient, Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
RATE = (8, 1)  # frames a second that the motion is made at


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("animatediff")
    row.check(recipe)
    frames = row.legal_frames(row.own_frames(recipe.frames, recipe.rate))
    guide = _guide(recipe)
    control = _followed(guide, recipe, desk, frames) if guide else _nothing(recipe, frames)

    def arguments(pipe: Any) -> dict[str, Any]:
        return {
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "conditioning_frames": control,
            "controlnet_conditioning_scale": float(guide.strength) if guide else 0.0,
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, AnimateDiffControlNetPipeline, arguments, unpack)
    made = conformed(shot.frames, recipe.frames, recipe.rate, RATE)
    return Made(made, version=VERSION, facts=shot.facts, notes=shot.notes)


def _guide(recipe: Recipe) -> Ingredient | None:
    depth, motion = recipe.ingredient("depth"), recipe.ingredient("motion")
    if depth and motion:
        raise Refused("AnimateDiff follows one clip, but this shot has depth and motion; take one of them off.")
    return depth or motion


def _followed(guide: Ingredient, recipe: Recipe, desk: Desk, count: int) -> list[Image.Image]:
    """For each frame made, the guide's frame at that time; a guide runs at the take's own rate."""
    seen = [math.ceil(n * recipe.fps / Fraction(*RATE)) for n in range(count)]
    frames = clip(guide, recipe, desk, min(seen[-1] + 1, recipe.frames))
    return [frames[min(n, len(frames) - 1)] for n in seen]


def _nothing(recipe: Recipe, count: int) -> list[Image.Image]:
    """The pipeline asks for a clip even where it counts for nothing."""
    return [Image.new("RGB", (recipe.width, recipe.height))] * count

"""CogVideoX Fun Control: words, and a clip of depth or motion that every frame follows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from diffusers import CogVideoXDPMScheduler, CogVideoXFunControlPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import clip, conformed
from generation.recipe import Ingredient, Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
FRAMES_A_CELL = 4
RATE = (8, 1)  # frames a second that the motion is made at


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("cogvideox_control")
    row.check(recipe)
    guide = _guide(recipe)
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        cells = (row.legal_frames(row.own_frames(recipe.frames, recipe.rate)) - 1) // FRAMES_A_CELL + 1
        cells += -cells % (pipe.transformer.config.patch_size_t or 1)
        return {
            "control_video": _followed(guide, recipe, desk, (cells - 1) * FRAMES_A_CELL + 1),
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "use_dynamic_cfg": preset["dynamic_guidance"] and isinstance(pipe.scheduler, CogVideoXDPMScheduler),
            "max_sequence_length": pipe.transformer.config.max_text_seq_length,
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0].transpose(0, 1)

    shot = shoot(recipe, desk, CogVideoXFunControlPipeline, arguments, unpack)
    made = conformed(shot.frames, recipe.frames, recipe.rate, RATE)
    return Made(made, version=VERSION, facts=shot.facts, notes=shot.notes)


def _guide(recipe: Recipe) -> Ingredient:
    depth, motion = recipe.ingredient("depth"), recipe.ingredient("motion")
    if depth and motion:
        raise Refused(
            "CogVideoX Fun Control follows one clip, but this shot has depth and motion; take one of them off."
        )
    guide = depth or motion
    if guide is None:
        raise Refused("CogVideoX Fun Control needs a clip to follow: give the shot a depth or a motion guide.")
    return guide


def _followed(guide: Ingredient, recipe: Recipe, desk: Desk, count: int) -> list[Image.Image]:
    """For each frame made, the guide's frame at that time; a guide runs at the take's own rate."""
    seen = [math.ceil(n * recipe.fps / Fraction(*RATE)) for n in range(count)]
    frames = clip(guide, recipe, desk, min(seen[-1] + 1, recipe.frames))
    return [frames[min(n, len(frames) - 1)] for n in seen]

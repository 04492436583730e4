"""CogVideoX 2B, 5B and 1.5: words alone."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from diffusers import CogVideoXDPMScheduler, CogVideoXPipeline

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed
from generation.recipe import Recipe
from generation.report import Desk, Made

VERSION = "1"
FRAMES_A_CELL = 4
RATE, RATE_1_5 = (8, 1), (16, 1)  # frames a second that the motion is made at; only 1.5 patches time


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("cogvideox")
    row.check(recipe)
    preset = row.settings | recipe.settings
    rate, frames = RATE, 0

    def arguments(pipe: Any) -> dict[str, Any]:
        nonlocal rate, frames
        rate = RATE_1_5 if pipe.transformer.config.patch_size_t else RATE
        frames = row.legal_frames(math.ceil(recipe.frames * Fraction(*rate) / recipe.fps))
        return {
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "use_dynamic_cfg": preset["dynamic_guidance"] and isinstance(pipe.scheduler, CogVideoXDPMScheduler),
            "max_sequence_length": pipe.transformer.config.max_text_seq_length,
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        padding = latents.shape[1] - ((frames - 1) // FRAMES_A_CELL + 1)  # 1.5 puts cells before the clip
        return latents[0, padding:].transpose(0, 1)

    shot = shoot(recipe, desk, CogVideoXPipeline, arguments, unpack)
    made = conformed(shot.frames, recipe.frames, recipe.rate, rate)
    return Made(made, version=VERSION, facts=shot.facts, notes=shot.notes)

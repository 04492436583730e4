"""CogVideoX from a picture, 5B and 1.5: words and the first frame, or one frame of a clip to go on from."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from diffusers import CogVideoXDPMScheduler, CogVideoXImageToVideoPipeline

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed, picture
from generation.engine import or_exact
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
FRAMES_A_CELL = 4
RATE, RATE_1_5 = (8, 1), (16, 1)  # frames a second that the motion is made at; only 1.5 patches time


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("cogvideox_i2v")
    row.check(recipe)
    first = recipe.ingredient("continue") or recipe.ingredient("first")
    if first is None:
        raise Refused("CogVideoX from a picture needs one: give the shot a first frame, or a take to continue.")
    still = picture(first, recipe, desk)
    preset = row.settings | recipe.settings
    rate, frames = RATE, 0

    def arguments(pipe: Any) -> dict[str, Any]:
        nonlocal rate, frames
        _refuse_other_sizes(pipe, recipe)
        rate = RATE_1_5 if pipe.transformer.config.patch_size_t else RATE
        frames = row.legal_frames(math.ceil(recipe.frames * Fraction(*rate) / recipe.fps))
        return {
            "image": still,
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

    shot = shoot(recipe, desk, CogVideoXImageToVideoPipeline, arguments, unpack)
    made = conformed(shot.frames, recipe.frames, recipe.rate, rate)
    return Made(made, version=VERSION, facts=shot.facts, notes=shot.notes)


def _refuse_other_sizes(pipe: Any, recipe: Recipe) -> None:
    """Weights that have learned where each cell lies know one size only."""
    config = pipe.transformer.config
    known = (config.sample_width * pipe.vae_scale_factor_spatial, config.sample_height * pipe.vae_scale_factor_spatial)
    if config.use_learned_positional_embeddings and (recipe.width, recipe.height) != known:
        raise Refused(
            f"This take asks for {recipe.width} x {recipe.height} pixels; these weights make {known[0]} x {known[1]} "
            f"only, so ask for that.{or_exact(recipe)}"
        )

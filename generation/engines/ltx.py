"""LTX-Video 0.9.5 to 0.9.8: words, first, last and key frames at any frame, and clips that go on from another."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import LTXConditionPipeline
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import at_frame, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made

VERSION = "1"
PREFIX = 9  # frames of the earlier clip that a continuation sees, itself of the form 8k + 1
STILLS = ("first", "last", "key")


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("ltx")
    row.check(recipe)
    conditions, before = _conditions(recipe, desk)
    frames = row.legal_frames(recipe.frames + before)
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        return {
            "conditions": conditions or None,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "frame_rate": float(recipe.fps),
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "image_cond_noise_scale": preset["image_cond_noise_scale"],
            "decode_timestep": preset["decode_timestep"],
            "decode_noise_scale": preset["decode_noise_scale"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        shape = ((frames - 1) // 8 + 1, recipe.height // 32, recipe.width // 32)
        extra = latents.shape[1] - shape[0] * shape[1] * shape[2]  # key frames come before the clip itself
        return pipe._unpack_latents(latents[:, extra:], *shape)[0]

    shot = shoot(recipe, desk, LTXConditionPipeline, arguments, unpack)
    return Made(shot.frames[before : before + recipe.frames], version=VERSION, facts=shot.facts, notes=shot.notes)


def _conditions(recipe: Recipe, desk: Desk) -> tuple[list[LTXVideoCondition], int]:
    """What the clip must pass through, and how many frames of an earlier clip it begins with."""
    conditions, before = [], 0
    parent = recipe.ingredient("continue")
    if parent is not None:
        run = prefix(parent, recipe, desk, PREFIX)
        run = run if len(run) == PREFIX else run[-1:]
        before = len(run) - 1
        how = {"video": run} if before else {"image": run[0]}
        conditions.append(LTXVideoCondition(**how, frame_index=0, strength=parent.strength))
    for each in recipe.ingredients:
        if each.kind in STILLS:
            frame = at_frame(each, recipe)
            index = frame + before if frame else 0
            conditions.append(LTXVideoCondition(picture(each, recipe, desk), None, index, each.strength))
    return conditions, before

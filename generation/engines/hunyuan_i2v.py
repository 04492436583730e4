"""HunyuanVideo from a picture: words and a first frame, or one frame of a clip to go on from, at 24 frames a second.

Of its two sorts of weights one puts the picture itself in the place of the first frame. The other shows it beside the
noise, and its makers leave out the first four frames of what it makes.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import HunyuanVideoImageToVideoPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
LEFT_OUT = 4  # frames that weights of the second sort make and do not show: one of the latents


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("hunyuan_i2v")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("HunyuanVideo takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    opening = _opening(recipe, desk)
    frames = row.legal_frames(row.own_frames(recipe.frames, recipe.rate))
    preset = row.settings | recipe.settings
    left_out = 0

    def arguments(pipe: Any) -> dict[str, Any]:
        nonlocal left_out
        left_out = LEFT_OUT if pipe.transformer.config.image_condition_type == "latent_concat" else 0
        if frames + left_out > row.max_frames:
            raise Refused(
                f"This take needs {frames} frames at 24 a second; these weights show {row.max_frames - left_out} at "
                "most, because they leave out the first they make. Shorten it."
            )
        return {
            "image": opening,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames + left_out,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "true_cfg_scale": preset["negative_guidance"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0, :, left_out // row.frames_step :]  # of the first sort the picture itself never comes by here

    shot = shoot(recipe, desk, HunyuanVideoImageToVideoPipeline, arguments, unpack)
    shown = conformed(shot.frames, recipe.frames, recipe.rate, row.rate)
    said = ("These weights show their picture in motion: this take begins four frames after it.",) if left_out else ()
    return Made(shown, version=VERSION, facts=shot.facts, notes=(*shot.notes, *said))


def _opening(recipe: Recipe, desk: Desk) -> Image.Image:
    parent, first = recipe.ingredient("continue"), recipe.ingredient("first")
    if parent is not None:
        return prefix(parent, recipe, desk, 1)[-1]
    if first is not None:
        return picture(first, recipe, desk)
    raise Refused(
        "These HunyuanVideo weights begin with a picture: give this shot a first frame, or choose HunyuanVideo for "
        "words alone."
    )

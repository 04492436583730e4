"""FramePack: a first frame, or the frame of a clip to go on from, and as many sections behind it as a take is long.

The sections are made from the last to the first, each seeing what was made before in few tokens, so that memory does
not grow with length; FramePack F1's weights make them from the first to the last, which a setting says. Each is nine
frames of the latents; the first frame's own comes before them.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import HunyuanVideoFramepackPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import Beat, shoot
from generation.diffusion.pictures import conformed, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
ORDERS = ("inverted_anti_drifting", "vanilla")  # from the last section to the first, or from the first to the last
WINDOW = 9  # frames of the latents in a section
ASKED = 4 * (WINDOW - 1) + 1  # for each section asked of diffusers, which makes more: all nine are four frames long


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("framepack")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("FramePack takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    opening = _opening(recipe, desk)
    sections = max(1, row.legal_frames(row.own_frames(recipe.frames, recipe.rate)) // row.frames_step)
    preset = row.settings | recipe.settings
    if preset["sampling_type"] not in ORDERS:
        raise Refused(
            f"The sampling type {preset['sampling_type']!r} is unknown; FramePack's sections are made in the order "
            f"{' or '.join(ORDERS)}. Choose one of them."
        )

    def arguments(pipe: Any) -> dict[str, Any]:
        return {
            "image": opening,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": sections * ASKED,
            "latent_window_size": WINDOW,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "true_cfg_scale": preset["negative_guidance"],
            "sampling_type": preset["sampling_type"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, HunyuanVideoFramepackPipeline, arguments, unpack, beat=Beat(passes=sections))
    shown = conformed(shot.frames, recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)


def _opening(recipe: Recipe, desk: Desk) -> Image.Image:
    parent, first = recipe.ingredient("continue"), recipe.ingredient("first")
    if parent is not None:
        return prefix(parent, recipe, desk, 1)[-1]
    if first is not None:
        return picture(first, recipe, desk)
    raise Refused(
        "FramePack begins with a picture: give this shot a first frame, or choose HunyuanVideo for words alone."
    )

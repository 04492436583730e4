"""HunyuanVideo 1.5 from a picture: words and a first frame, or one frame of a clip to go on from."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.pipelines.hunyuan_video1_5.pipeline_hunyuan_video1_5_image2video import (
    HunyuanVideo15ImageToVideoPipeline,
)
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"


class Sized(HunyuanVideo15ImageToVideoPipeline):
    """The pipeline as diffusers has it, at the size of its picture and not at the nearest that the weights prefer."""

    def __call__(self, image: Image.Image, **arguments: Any) -> Any:
        self.video_processor.calculate_default_height_width = lambda **_: (image.height, image.width)
        return super().__call__(image, **arguments)


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("hunyuan15_i2v")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("HunyuanVideo takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    opening = _opening(recipe, desk)

    def arguments(pipe: Any) -> dict[str, Any]:
        pipe.guider = pipe.guider.new(guidance_scale=recipe.guidance)  # the call itself takes no guidance
        return {
            "image": opening,  # of the take's own size
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "num_frames": row.legal_frames(row.own_frames(recipe.frames, recipe.rate)),
            "num_inference_steps": recipe.steps,
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, Sized, arguments, unpack)
    shown = conformed(shot.frames, recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)


def _opening(recipe: Recipe, desk: Desk) -> Image.Image:
    parent, first = recipe.ingredient("continue"), recipe.ingredient("first")
    if parent is not None:
        return prefix(parent, recipe, desk, 1)[-1]
    if first is not None:
        return picture(first, recipe, desk)
    raise Refused(
        "These HunyuanVideo 1.5 weights begin with a picture: give this shot a first frame, or choose HunyuanVideo 1.5 "
        "for words alone."
    )

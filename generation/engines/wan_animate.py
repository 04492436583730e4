"""Wan Animate: the person in a reference picture moves as the figure in a pose clip does."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import torch
from diffusers import WanAnimatePipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import Beat, shoot
from generation.diffusion.pictures import clip, conformed, whole
from generation.recipe import Ingredient, Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
DTYPES = {"vae": "float32", "image_encoder": "float32"}
SEGMENT = 77  # the most frames the model makes at once; a longer take is made in two, the second from the first's end
OVERLAP = 1


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("wan_animate")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("Wan Animate takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    person = whole(_only(recipe, "reference", "a reference picture of the person who moves"), desk)
    motion = _only(recipe, "motion", "a motion clip of the poses to follow")
    frames = max(5, row.legal_frames(row.own_frames(recipe.frames, recipe.rate)))
    poses = _poses(motion, recipe, desk, Fraction(*row.rate) / recipe.fps, frames)
    segments = 1 if frames <= SEGMENT else 2
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        side = pipe.transformer.config.motion_encoder_size
        return {
            "image": person,
            "pose_video": poses,
            "face_video": [Image.new("RGB", (side, side))] * frames,  # black is what the model knows as no face
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "segment_frame_length": row.legal_frames(ceil((frames - OVERLAP) / segments) + OVERLAP),
            "prev_segment_conditioning_frames": OVERLAP,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "max_sequence_length": preset["max_sequence_length"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0, :, 1:]  # the first cell is the reference

    shot = shoot(recipe, desk, WanAnimatePipeline, arguments, unpack, dtypes=DTYPES, beat=Beat(passes=segments))
    shown = conformed(shot.frames, recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)


def _only(recipe: Recipe, kind: str, what: str) -> Ingredient:
    found = [each for each in recipe.ingredients if each.kind == kind]
    if len(found) != 1:
        raise Refused(f"Wan Animate needs exactly {what}; this shot gives {len(found)}. Change its guides.")
    return found[0]


def _poses(motion: Ingredient, recipe: Recipe, desk: Desk, pace: Fraction, frames: int) -> list[Image.Image]:
    """The clip to be followed: for each frame of the engine's own the one that is on screen when it first is."""
    shown = [ceil(n / pace) for n in range(frames)]
    found = clip(motion, recipe, desk, shown[-1] + 1)
    return [found[n] for n in shown]

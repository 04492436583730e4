"""Wan 2.1 and 2.2 from a picture: a first frame, or the frame of a clip to go on from, and a last one to arrive at."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers import WanImageToVideoPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import at_frame, conformed, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
DTYPES = {"vae": "float32", "image_encoder": "float32"}


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("wan_i2v")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("Wan from a picture takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    opening, ending = _opening(recipe, desk), recipe.ingredient("last")
    end = at_frame(ending, recipe) if ending else recipe.frames - 1
    last = picture(ending, recipe, desk) if ending else None
    if last is not None and end == 0:
        raise Refused("The last frame of this take is also its first; lengthen the shot or take the last frame off.")
    frames = row.legal_frames(row.own_frames(end + 1, recipe.rate))
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        _check_weights(pipe, last is not None)
        two_models = pipe.config.boundary_ratio is not None
        return {
            "image": opening,
            "last_image": last,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "guidance_scale_2": preset["guidance_scale_2"] if two_models else None,
            "max_sequence_length": preset["max_sequence_length"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, WanImageToVideoPipeline, arguments, unpack, dtypes=DTYPES)
    if last is None:
        shown = conformed(shot.frames, recipe.frames, recipe.rate, row.rate)
        return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)
    arriving = _arriving(shot.frames, end, recipe.frames)
    return Made(arriving, version=VERSION, facts=shot.facts, notes=(*shot.notes, *_said(frames, end, recipe)))


def _opening(recipe: Recipe, desk: Desk) -> Image.Image:
    parent, first = recipe.ingredient("continue"), recipe.ingredient("first")
    if parent is not None:
        return prefix(parent, recipe, desk, 1)[-1]
    if first is not None:
        return picture(first, recipe, desk)
    raise Refused("Wan from a picture begins with one: give this shot a first frame, or choose Wan for words alone.")


def _check_weights(pipe: Any, has_last: bool) -> None:
    """Not all weights of this class take both pictures; diffusers says so only by failing, or not at all."""
    config = pipe.transformer.config
    if pipe.config.expand_timesteps:
        raise Refused("These are weights of the 5B model; choose the engine Wan 5B for them.")
    if has_last and config.image_dim is not None and config.pos_embed_seq_len is None:
        raise Refused(
            "These weights take a first frame only. Take the last frame off this shot, or choose weights for first and "
            "last frames (Wan 2.1 FLF2V or Wan 2.2)."
        )
    if not has_last and config.pos_embed_seq_len is not None:
        raise Refused("These weights are made for a first and a last frame: give this shot a last one as well.")


def _arriving(frames: np.ndarray, end: int, count: int) -> np.ndarray:
    """`count` frames that reach the last one made exactly at `end`, and hold it where the take goes on behind it."""
    return frames[[round(min(n, end) * (len(frames) - 1) / end) for n in range(count)]]


def _said(frames: int, end: int, recipe: Recipe) -> tuple[str, ...]:
    """What was done so that the last picture stands where it was asked to stand."""
    notes = [f"Wan made {frames} frames, spread so that the last picture stands at frame {end}."]
    if end < recipe.frames - 1:
        notes.append(f"The last picture is held from frame {end} to frame {recipe.frames - 1}.")
    return tuple(notes)

"""Wan VACE: pictures kept at any frame, clips to go on from or to follow, and reference pictures, all as one canvas.

The model sees a clip and a mask beside the noise. Where the mask is black the clip is kept, where it is white the clip
is only followed, and mid grey stands for nothing to follow. So a clip of which a part is made anew shows, under the
white, what else there is to follow, and never what it showed there itself: the model would only draw that again.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import torch
from diffusers import WanVACEPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import at_frame, beginning, clip, conformed, mask, picture, prefix, whole
from generation.recipe import PAIR, Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
PREFIX = 9  # frames of the earlier clip that a continuation sees, at the engine's own rate
STILLS = ("first", "last", "key")
FOLLOWED = ("depth", "motion")
NOTHING = (128, 128, 128)


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("wan_vace")
    row.check(recipe)
    assert row.rate is not None
    pace = Fraction(*row.rate) / recipe.fps
    earlier = _earlier(recipe, desk, pace)
    before = max(0, len(earlier) - 1)
    frames = row.legal_frames(row.own_frames(recipe.frames, recipe.rate) + before)
    video, remade = _canvas(recipe, desk, pace, earlier, frames)
    references = [whole(each, desk) for each in recipe.ingredients if each.kind == "reference"]
    strength = _strength(recipe)
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        two_models = pipe.config.boundary_ratio is not None
        return {
            "video": video,
            "mask": remade,
            "reference_images": references or None,
            "conditioning_scale": strength,
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
        return latents[0, :, len(references) :]  # references stand before the clip, one cell each

    shot = shoot(recipe, desk, WanVACEPipeline, arguments, unpack, dtypes={"vae": "float32"})
    shown = conformed(shot.frames[before:], recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)


def _earlier(recipe: Recipe, desk: Desk, pace: Fraction) -> list[Image.Image]:
    """The end of the clip that the take goes on from, at the engine's own rate; the last is the take's first frame."""
    parent = recipe.ingredient("continue")
    if parent is None:
        return []
    back = [round(n / pace) for n in reversed(range(PREFIX))]
    run = prefix(parent, recipe, desk, back[0] + 1)
    return [run[-1 - frames] for frames in back if frames < len(run)]


def _canvas(
    recipe: Recipe, desk: Desk, pace: Fraction, earlier: list[Image.Image], frames: int
) -> tuple[list[Image.Image] | None, list[Image.Image] | None]:
    """The clip and its mask, `frames` pictures each at the engine's own rate; neither where nothing is given."""
    before = max(0, len(earlier) - 1)
    kept = dict(enumerate(earlier))
    for each in recipe.ingredients:
        if each.kind in STILLS:
            kept[before + int(at_frame(each, recipe) * pace)] = picture(each, recipe, desk)
    followed = _followed(recipe, desk, pace, frames - before)
    partly = _partly_kept(recipe, desk, pace, frames - before)
    if not kept and not followed and not partly:
        return None, None
    size = (recipe.width, recipe.height)
    nothing, black, white = Image.new("RGB", size, NOTHING), Image.new("L", size, 0), Image.new("L", size, 255)
    under = [nothing] * before + (followed or [nothing] * frames)
    video, masks = [], []
    for n in range(frames):
        around, part = partly[n - before] if before <= n < before + len(partly) else (under[n], white)
        video.append(kept.get(n) or Image.composite(under[n], around, part))
        masks.append(black if n in kept else part)
    return video, masks


def _partly_kept(recipe: Recipe, desk: Desk, pace: Fraction, frames: int) -> list[tuple[Image.Image, Image.Image]]:
    """Each frame of the clip that is kept, with the mask that is white where it is made anew.

    Where the take is longer than the clip, nothing is kept of what follows: it has not been seen.
    """
    parts = {each.kind: each for each in recipe.ingredients if each.kind in PAIR}
    if not parts:
        return []
    shown = _on_screen(frames, pace)
    clip_frames = beginning(parts["keep"], recipe, desk, shown[-1] + 1)
    masks = mask(parts["mask"], recipe, desk, shown[-1] + 1)
    found = [(clip_frames[n], masks[n]) for n in shown if n < len(clip_frames)]
    if not any(part.getbbox() for _, part in found):
        raise Refused("The mask is black throughout, so nothing would be made anew. Paint white what is to change.")
    return found


def _on_screen(frames: int, pace: Fraction) -> list[int]:
    """For each frame of the engine's own the one of a clip that is on screen when it first is."""
    return [ceil(n / pace) for n in range(frames)]


def _followed(recipe: Recipe, desk: Desk, pace: Fraction, frames: int) -> list[Image.Image]:
    """The clip to be followed, a frame for each of the engine's own."""
    guides = [each for each in recipe.ingredients if each.kind in FOLLOWED]
    if len(guides) > 1:
        raise Refused("Wan VACE follows one clip; take either the depth or the motion guide off this shot.")
    if not guides:
        return []
    shown = _on_screen(frames, pace)
    found = clip(guides[0], recipe, desk, shown[-1] + 1)
    return [found[n] for n in shown]


def _strength(recipe: Recipe) -> float:
    asked = {each.strength for each in recipe.ingredients}
    if len(asked) > 1:
        raise Refused("Wan VACE holds to all its guides equally; give the guides of this shot the same strength.")
    return asked.pop() if asked else 1.0

"""Sketch, the engine that comes with the app: a small model of our own, trained on what blocking draws.

It knows a closed vocabulary, so a shot's words go to it as a caption of known ones. Its motion is made at 24 frames a
second, and all its guides are given at that rate.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import torch
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.clock import ONCE, Beat
from generation.diffusion.patch_codec import DEPTH, SIDE
from generation.diffusion.pictures import at_frame, clip, conformed, picture, prefix
from generation.diffusion.sketch_pipeline import LTXVideoCondition, SketchPipeline
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused
from generation.vocabulary import caption_of

VERSION = "4"
PREFIXES = (17, 9, 1)  # frames of an earlier clip that it has learned to go on from
STILLS = ("first", "last", "key")


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("sketch")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("Sketch takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    fps = Fraction(*row.rate)
    pace = fps / recipe.fps
    own = row.legal_frames(row.own_frames(recipe.frames, recipe.rate))
    earlier = _earlier(recipe, desk, pace, row.max_frames - own + 1)
    before = max(0, len(earlier) - 1)
    conditions = _conditions(recipe, desk, pace, earlier)
    followed = _followed(recipe, desk, pace, own)
    reference = _reference(recipe, desk)
    caption = caption_of(recipe.words)

    def arguments(pipe: Any) -> dict[str, Any]:
        return {
            "conditions": conditions or None,
            "followed": followed,
            "followed_from": before,
            "reference": reference,
            "prompt": caption.text,
            "negative_prompt": "",
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": own + before,
            "frame_rate": float(fps),
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        patch = pipe.transformer_spatial_patch_size
        rows, columns = recipe.height // SIDE, recipe.width // SIDE
        picture = rows * columns // patch**2
        whole = (own + before - 1) // DEPTH + 1
        times = whole if latents.shape[1] >= whole * picture else 1  # a still to go on from is made first
        return pipe._unpack_latents(latents[:, -times * picture :], times, rows, columns, patch)[0]

    beat = Beat(passes=2, whole=True) if reference and not conditions else ONCE
    shot = shoot(recipe, desk, SketchPipeline, arguments, unpack, beat=beat)
    shown = conformed(shot.frames[before:], recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=(*_unheard(recipe, caption.unknown), *shot.notes))


def _earlier(recipe: Recipe, desk: Desk, pace: Fraction, most: int) -> list[Image.Image]:
    """The end of the clip that the take goes on from, at the engine's own rate; the last is the take's first frame."""
    parent = recipe.ingredient("continue")
    if parent is None:
        return []
    back = [round(n / pace) for n in reversed(range(PREFIXES[0]))]
    run = prefix(parent, recipe, desk, back[0] + 1)
    there = [run[-1 - frames] for frames in back if frames < len(run)]
    return there[-next(count for count in PREFIXES if count <= min(len(there), most)) :]


def _conditions(recipe: Recipe, desk: Desk, pace: Fraction, earlier: list[Image.Image]) -> list[LTXVideoCondition]:
    """What the clip must pass through. Where it goes on from another, it begins with that one's frame."""
    found = [LTXVideoCondition(video=earlier)] if earlier else []
    for each in recipe.ingredients:
        if each.kind in STILLS and not (each.kind == "first" and earlier):
            frame = max(0, len(earlier) - 1) + int(at_frame(each, recipe) * pace)
            found.append(LTXVideoCondition(image=picture(each, recipe, desk), frame_index=frame))
    return found


def _followed(recipe: Recipe, desk: Desk, pace: Fraction, frames: int) -> list[Image.Image] | None:
    """The depth clip, a frame for each of the engine's own."""
    guide = recipe.ingredient("depth")
    if guide is None:
        return None
    shown = [ceil(n / pace) for n in range(frames)]
    found = clip(guide, recipe, desk, shown[-1] + 1)
    return [found[n] for n in shown]


def _reference(recipe: Recipe, desk: Desk) -> Image.Image | None:
    found = [each for each in recipe.ingredients if each.kind == "reference"]
    if len(found) > 1:
        raise Refused(f"Sketch looks at one reference picture and this shot has {len(found)}; take the others off it.")
    return picture(found[0], recipe, desk) if found else None


def _unheard(recipe: Recipe, unknown: tuple[str, ...]) -> tuple[str, ...]:
    """What was said and changed nothing, as sentences."""
    notes = [f"Sketch has no word for {', '.join(unknown)}, so the take was made without."] if unknown else []
    if recipe.negative:
        notes.append("Sketch does not hear what a take should be without.")
    return tuple(notes)

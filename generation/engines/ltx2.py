"""LTX-2: words, first, last and key frames at any frame, clips that go on from another, and sound made with them.

Its conditions count in frames of the latents, each of which stands for eight of the clip. A still is set at its own
frame all the same, between two of them: the model is told a still's time, not its number.

A depth or pose clip is followed with in-context weights, a LoRA for each in a folder beside the others. The clip stands
whole behind the take's own latents, each of its frames told at the same time as the frame that is to follow it.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import torch
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2InContextPipeline, LTX2ReferenceCondition

from generation.catalogue import engine
from generation.diffusion import Beat, lora, shoot
from generation.diffusion.lora import Lora
from generation.diffusion.pictures import at_frame, clip, picture, prefix
from generation.engine import EXACT, FAST, or_exact
from generation.recipe import Ingredient, Recipe
from generation.report import Desk, Made, Refused, Sound
from generation.weights import BadWeights

VERSION = "1"
PREFIX = 9  # frames of the earlier clip that a continuation sees, itself of the form 8k + 1
STILLS = ("first", "last", "key")
FOLLOWED = ("depth", "motion")
AS_GIVEN = 0  # compression of the stills before they are encoded


class InContext(LTX2InContextPipeline):
    """The pipeline as diffusers has it; a LoRA is there for one call."""

    def __call__(self, lora: Lora | None = None, **arguments: Any) -> Any:
        with lora.beside(self) if lora else contextlib.nullcontext():
            return super().__call__(**arguments)


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("ltx2")
    row.check(recipe)
    conditions, before = _conditions(recipe, desk)
    frames = row.legal_frames(recipe.frames + before)
    preset = row.settings | recipe.settings
    guide = _followed(recipe)
    trained = _in_context(guide, recipe, desk) if guide else None
    smaller = _smaller(trained, recipe) if trained else 1
    references = _references(guide, recipe, desk, before, frames) if guide else []
    slower = "Made exact, not fast: compiled blocks would not see the in-context weights beside them."
    notes = (slower,) if guide and preset.get("profile") == FAST else ()
    if notes:
        recipe = replace(recipe, settings=recipe.settings | {"profile": EXACT})

    def arguments(pipe: Any) -> dict[str, Any]:
        newer = pipe.connectors.config.per_modality_projections  # 2.3 and later
        perturbed = preset["stg_scale"] if pipe.transformer.config.perturbed_attn else 0.0
        return {
            "lora": trained,
            "reference_conditions": references or None,
            "reference_downscale_factor": smaller,
            "conditions": conditions or None,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "frame_rate": float(recipe.fps),
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "guidance_rescale": preset["guidance_rescale"],
            "stg_scale": perturbed,
            "audio_stg_scale": perturbed,
            "spatio_temporal_guidance_blocks": [28 if newer else 29],
            "modality_scale": preset["modality_scale"],
            "audio_modality_scale": preset["modality_scale"],
            "audio_guidance_scale": preset["audio_guidance_scale"],
            "audio_guidance_rescale": preset["guidance_rescale"],
            "use_cross_timestep": newer,
            "max_sequence_length": preset["max_sequence_length"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        shape = ((frames - 1) // 8 + 1, recipe.height // 32, recipe.width // 32)
        return pipe._unpack_latents(latents[:, : shape[0] * shape[1] * shape[2]], *shape)[0]  # guides come behind

    shot = shoot(recipe, desk, InContext, arguments, unpack, beat=Beat(paired=True))
    shown = shot.frames[before : before + recipe.frames]
    heard = _heard(shot.sound, before, recipe)
    return Made(shown, version=VERSION, facts=shot.facts, notes=(*notes, *shot.notes), sound=heard)


def _conditions(recipe: Recipe, desk: Desk) -> tuple[list[LTX2VideoCondition], int]:
    """What the clip must pass through, and how many frames of an earlier clip it begins with."""
    conditions, before = [], 0
    parent = recipe.ingredient("continue")
    if parent is not None:
        run = prefix(parent, recipe, desk, PREFIX)
        run = run if len(run) == PREFIX else run[-1:]
        before = len(run) - 1
        conditions.append(LTX2VideoCondition(run, 0, parent.strength, AS_GIVEN))
    for each in recipe.ingredients:
        if each.kind in STILLS:
            frame = at_frame(each, recipe)
            index: Any = (frame + before + 7) / 8 if frame else 0  # frame 1 begins the second latent one
            conditions.append(LTX2VideoCondition(picture(each, recipe, desk), index, each.strength, AS_GIVEN))
    return conditions, before


def _followed(recipe: Recipe) -> Ingredient | None:
    """The clip to be followed."""
    guides = [each for each in recipe.ingredients if each.kind in FOLLOWED]
    if len(guides) > 1:
        raise Refused("LTX-2 follows one clip; take either the depth or the motion guide off this shot.")
    return guides[0] if guides else None


def _in_context(guide: Ingredient, recipe: Recipe, desk: Desk) -> Lora:
    """The weights that follow this kind of guide; raises Refused where there are none, or not just those."""
    row = engine("ltx2")
    try:
        weights = desk.weights(recipe.weights)
        weights.must_be_whole()
    except BadWeights as error:
        raise Refused(str(error)) from None
    lacking = row.lacking(weights.files)
    if guide.kind in lacking:
        raise Refused(f"{lacking[guide.kind]} Or take that guide off this shot.")
    folder = row.follows_with[guide.kind]
    files = [name for name in weights.files if name.startswith(f"{folder}/") and name.endswith(".safetensors")]
    if len(files) > 1:
        raise Refused(f"{folder} holds {len(files)} files of weights; leave one of them there and register them again.")
    return lora.read(weights.path / files[0], LTX2InContextPipeline)


def _smaller(trained: Lora, recipe: Recipe) -> int:
    """By how much the clip is made smaller than the take, as these weights were trained with it."""
    said = trained.said.get("reference_downscale_factor", "1")
    factor = round(float(said)) if said.replace(".", "", 1).isdigit() else 0
    if factor < 1:
        raise Refused(f"{trained.name} wants a clip {said!r} times smaller than the take; expected 1, 2 or more.")
    step = engine("ltx2").size_multiple * factor
    if recipe.width % step or recipe.height % step:
        raise Refused(
            f"This take asks for {recipe.width} x {recipe.height} pixels; {trained.name} follows a clip of 1/{factor} "
            f"of that, so both must be multiples of {step}. Choose another size, or take that guide off this shot."
            f"{or_exact(recipe)}"
        )
    return factor


def _references(
    guide: Ingredient, recipe: Recipe, desk: Desk, before: int, frames: int
) -> list[LTX2ReferenceCondition]:
    """The clip, a frame for each of the take's. Under the earlier clip of a continuation its first one stands still."""
    found = clip(guide, recipe, desk, frames - before)
    return [LTX2ReferenceCondition([found[0]] * before + found, guide.strength)]


def _heard(sound: Sound | None, before: int, recipe: Recipe) -> Sound | None:
    """The sound from the take's first frame on."""
    if sound is None:
        return None
    return replace(sound, samples=sound.samples[round(before * sound.rate / recipe.fps) :])

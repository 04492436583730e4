"""LTX-2: words, first, last and key frames at any frame, clips that go on from another, and sound made with them.

Its conditions count in frames of the latents, each of which stands for eight of the clip. A still is set at its own
frame all the same, between two of them: the model is told a still's time, not its number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2ConditionPipeline, LTX2VideoCondition

from generation.catalogue import engine
from generation.diffusion import Beat, shoot
from generation.diffusion.pictures import at_frame, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Sound

VERSION = "1"
PREFIX = 9  # frames of the earlier clip that a continuation sees, itself of the form 8k + 1
STILLS = ("first", "last", "key")
AS_GIVEN = 0  # compression of the stills before they are encoded


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("ltx2")
    row.check(recipe)
    conditions, before = _conditions(recipe, desk)
    frames = row.legal_frames(recipe.frames + before)
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        newer = pipe.connectors.config.per_modality_projections  # 2.3 and later
        perturbed = preset["stg_scale"] if pipe.transformer.config.perturbed_attn else 0.0
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
        return pipe._unpack_latents(latents[:, : shape[0] * shape[1] * shape[2]], *shape)[0]  # key frames come behind

    shot = shoot(recipe, desk, LTX2ConditionPipeline, arguments, unpack, beat=Beat(paired=True))
    shown = shot.frames[before : before + recipe.frames]
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes, sound=_heard(shot.sound, before, recipe))


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


def _heard(sound: Sound | None, before: int, recipe: Recipe) -> Sound | None:
    """The sound from the take's first frame on."""
    if sound is None:
        return None
    return replace(sound, samples=sound.samples[round(before * sound.rate / recipe.fps) :])

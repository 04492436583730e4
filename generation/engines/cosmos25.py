"""Cosmos Predict 2.5: words, a first frame, or a clip to go on from, of which it sees the last five frames.

Its makers' licence ends where their safety checker is left out, and diffusers makes no take without it. So it is loaded
as they have it: it reads the words before a take and pixelates the faces after it, and without it there is no take.
"""

from __future__ import annotations

from fractions import Fraction
from os import PathLike
from typing import Any

import torch
from diffusers.pipelines.cosmos import pipeline_cosmos2_5_predict as makers
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
PREFIX = 5  # frames of the earlier clip that a continuation sees, at the engine's own rate: two of the latents
NOTE = (
    "The safety checker that the NVIDIA Open Model License asks for read the words of this take and pixelated the "
    "faces it found in its frames."
)
NO_CHECKER = (
    "Cosmos makes no take without its makers' safety checker, which the NVIDIA Open Model License of its weights asks "
    "for, and this machine lacks it. Have the Python package cosmos_guardrail installed for the workers and the models "
    "it loads put into their cache, or choose another engine."
)


class Guarded(makers.Cosmos2_5_PredictBasePipeline):
    """The pipeline as diffusers has it; what its safety checker lacks or finds is said in a sentence."""

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | PathLike[str], **how: Any) -> Any:
        try:
            checker = makers.CosmosSafetyChecker()
        except (ImportError, OSError, LookupError) as error:
            raise Refused(NO_CHECKER) from error
        return super().from_pretrained(pretrained_model_name_or_path, safety_checker=checker, **how)

    @property
    def device(self) -> torch.device:
        """Where the model is; diffusers asks the safety checker first, and the makers' does not know where it is."""
        return self.transformer.device

    def __call__(self, **arguments: Any) -> Any:
        try:
            return super().__call__(**arguments)
        except ValueError as error:
            if "Guardrail detected unsafe text" not in str(error):
                raise
            raise Refused(
                "Cosmos' safety checker did not let the words of this shot pass. Say the action in other words, or "
                "choose another engine."
            ) from None


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("cosmos25")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("Cosmos takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    own = row.legal_frames(row.own_frames(recipe.frames, recipe.rate))
    given = _given(recipe, desk, PREFIX if own + PREFIX - 1 <= row.max_frames else 1)
    before = max(0, len(given) - 1)
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        return {
            # A picture goes in as a clip of one frame: diffusers fills up either, and the encoder looks only backwards.
            "video": given or None,
            "num_latent_conditional_frames": 1 + before // row.frames_step,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": own + before,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "max_sequence_length": preset["max_sequence_length"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, Guarded, arguments, unpack, dtypes={"vae": "float32"})
    shown = conformed(shot.frames[before:], recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=(*shot.notes, NOTE))


def _given(recipe: Recipe, desk: Desk, most: int) -> list[Image.Image]:
    """What the clip begins with, at the engine's own rate, one frame or five; the last is the take's first frame."""
    parent, first = recipe.ingredient("continue"), recipe.ingredient("first")
    if parent is None:
        return [picture(first, recipe, desk)] if first else []
    row = engine("cosmos25")
    assert row.rate is not None
    pace = Fraction(*row.rate) / recipe.fps
    back = [round(n / pace) for n in reversed(range(most))]
    run = prefix(parent, recipe, desk, back[0] + 1)
    there = [run[-1 - frames] for frames in back if frames < len(run)]
    return there if len(there) == PREFIX else there[-1:]

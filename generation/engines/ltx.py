"""LTX-Video 0.9.5 to 0.9.8: words, first, last and key frames at any frame, and clips that go on from another.

A finished take is composed at half its size, exactly as a take of that size would be; its latents are then enlarged by
the upsampler that lies beside the weights, and a short second pass at full size draws the detail in.
"""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.ltx.modeling_latent_upsampler import LTXLatentUpsamplerModel
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline, LTXVideoCondition
from diffusers.pipelines.ltx.pipeline_ltx_latent_upsample import LTXLatentUpsamplePipeline

from generation.catalogue import engine
from generation.diffusion import Beat, shoot
from generation.diffusion.pictures import at_frame, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
PREFIX = 9  # frames of the earlier clip that a continuation sees, itself of the form 8k + 1
STILLS = ("first", "last", "key")


class Finishing(LTXConditionPipeline):
    """The pipeline as diffusers has it, and with `finish` the second pass that its makers describe."""

    _optional_components = ["latent_upsampler"]

    def __init__(
        self, scheduler: Any, vae: Any, text_encoder: Any, tokenizer: Any, transformer: Any, latent_upsampler: Any
    ) -> None:
        super().__init__(scheduler, vae, text_encoder, tokenizer, transformer)
        self.register_modules(latent_upsampler=latent_upsampler)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | PathLike[str], **how: Any) -> Any:
        upsampler = None
        if (Path(pretrained_model_name_or_path) / "latent_upsampler").is_dir():
            upsampler = LTXLatentUpsamplerModel.from_pretrained(
                pretrained_model_name_or_path,
                subfolder="latent_upsampler",
                torch_dtype=how.get("dtype"),
                use_safetensors=True,
                local_files_only=True,
            )
        return super().from_pretrained(pretrained_model_name_or_path, latent_upsampler=upsampler, **how)

    def __call__(
        self,
        finish: dict[str, Any] | None = None,
        composed_with: list[LTXVideoCondition] | None = None,
        **arguments: Any,
    ) -> Any:
        """`finish` is what differs in the second pass, `composed_with` the conditions of the first, at half size."""
        if finish is None:
            return super().__call__(**arguments)
        size = {"width": arguments["width"], "height": arguments["height"]}
        half = {name: pixels // 2 for name, pixels in size.items()}
        as_latents: dict[str, Any] = {"output_type": "latent", "return_dict": False}
        composed = super().__call__(**arguments | half | as_latents | {"conditions": composed_with})[0]
        enlarge = LTXLatentUpsamplePipeline(self.vae, self.latent_upsampler)
        return super().__call__(**arguments | finish | {"latents": enlarge(latents=composed, **size, **as_latents)[0]})

    def get_timesteps(self, sigmas: Any, timesteps: Any, num_inference_steps: int, strength: float) -> Any:
        kept = super().get_timesteps(sigmas, timesteps, num_inference_steps, strength)
        self.scheduler.set_begin_index(num_inference_steps - kept[2])
        return kept


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("ltx")
    row.check(recipe)
    preset = row.settings | recipe.settings
    second = _second_pass(recipe, preset) if preset["finish"] else 0
    half = replace(recipe, width=recipe.width // 2, height=recipe.height // 2)
    conditions, before = _conditions(recipe, desk)
    composed_with = _conditions(half, desk)[0] if second else []
    frames = row.legal_frames(recipe.frames + before)

    def arguments(pipe: Any) -> dict[str, Any]:
        if second and pipe.latent_upsampler is None:
            raise Refused(
                "These weights have no upsampler beside them, so no take can be finished with them. Ask for it without "
                "finish, or have the folder latent_upsampler put beside their other parts and registered with them."
            )
        finish = {"num_inference_steps": preset["finish_steps"], "denoise_strength": preset["finish_strength"]}
        return {
            "finish": finish if second else None,
            "composed_with": composed_with or None,
            "conditions": conditions or None,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "frame_rate": float(recipe.fps),
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "image_cond_noise_scale": preset["image_cond_noise_scale"],
            "decode_timestep": preset["decode_timestep"],
            "decode_noise_scale": preset["decode_noise_scale"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        stills = sum(each.frame_index > 0 for each in conditions)  # key frames come before the clip itself
        count = (frames - 1) // 8 + 1
        cells = latents.shape[1] // (count + stills)
        size = recipe if cells == recipe.width * recipe.height // 32**2 else half
        return pipe._unpack_latents(latents[:, stills * cells :], count, size.height // 32, size.width // 32)[0]

    shot = shoot(recipe, desk, Finishing, arguments, unpack, beat=Beat(more=second))
    return Made(shot.frames[before : before + recipe.frames], version=VERSION, facts=shot.facts, notes=shot.notes)


def _second_pass(recipe: Recipe, preset: dict[str, Any]) -> int:
    """How many steps finishing takes; raises Refused where it takes none, or half the size cannot be made."""
    if recipe.width % 64 or recipe.height % 64:
        raise Refused(
            f"This take asks for {recipe.width} x {recipe.height} pixels; to be finished it is composed at half of "
            "that, so both must be multiples of 64. Choose another size, or ask for it without finish."
        )
    steps = int(preset["finish_steps"] * preset["finish_strength"])
    if steps < 1 or preset["finish_strength"] >= 1:
        raise Refused(
            f"Finishing with {preset['finish_steps']} steps at strength {preset['finish_strength']} draws nothing in, "
            "or draws everything anew. Set a strength below 1 that leaves at least one step."
        )
    return steps


def _conditions(recipe: Recipe, desk: Desk) -> tuple[list[LTXVideoCondition], int]:
    """What the clip must pass through, and how many frames of an earlier clip it begins with."""
    conditions, before = [], 0
    parent = recipe.ingredient("continue")
    if parent is not None:
        run = prefix(parent, recipe, desk, PREFIX)
        run = run if len(run) == PREFIX else run[-1:]
        before = len(run) - 1
        how = {"video": run} if before else {"image": run[0]}
        conditions.append(LTXVideoCondition(**how, frame_index=0, strength=parent.strength))
    for each in recipe.ingredients:
        if each.kind in STILLS:
            frame = at_frame(each, recipe)
            index = frame + before if frame else 0
            conditions.append(LTXVideoCondition(picture(each, recipe, desk), None, index, each.strength))
    return conditions, before

"""LTX-Video's pipeline around the sketch engine's codec, with a depth clip to follow and a reference picture beside it.

Stills and earlier clips go in as LTX-Video takes them. What is followed or referred to is given at half the size and
stands beside the clip as tokens of its own, told clean, in the places that training gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline, LTXVideoCondition
from PIL import Image
from torch import Tensor

from generation.diffusion.patch_codec import DEPTH, SIDE, PatchCodec
from generation.diffusion.places import BELOW, RIGHT, places

PER_FRAME = 1.0  # places counted in frames: the pipeline brings them to seconds


class SketchPipeline(LTXConditionPipeline):
    """`steps_at` is where each of the steps begins that the transformer was taught to go, from 1000 down to 0."""

    def __init__(
        self,
        scheduler: Any,
        vae: Any,
        text_encoder: Any,
        tokenizer: Any,
        transformer: Any,
        steps_at: list[int] | None = None,
    ) -> None:
        super().__init__(scheduler, vae, text_encoder, tokenizer, transformer)
        self.register_to_config(steps_at=steps_at or [1000])
        self.beside: list[tuple[Tensor, Tensor]] = []
        _embed_each_level_once(transformer)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | PathLike[str], **how: Any) -> Any:
        codec = PatchCodec.from_pretrained(
            pretrained_model_name_or_path,
            subfolder="codec",
            torch_dtype=how.get("dtype"),
            use_safetensors=True,
            local_files_only=True,
        ).to(memory_format=torch.channels_last)  # a fifth less time to decode on a processor
        return super().from_pretrained(pretrained_model_name_or_path, vae=codec, **how)

    @torch.no_grad()
    def __call__(
        self,
        conditions: list[LTXVideoCondition] | None = None,
        followed: list[Image.Image] | None = None,
        followed_from: int = 0,
        reference: Image.Image | None = None,
        num_inference_steps: int = 4,
        **arguments: Any,
    ) -> Any:
        """`followed` is a depth clip of 8k + 1 frames, the first of which belongs to frame `followed_from`."""
        size = (arguments["height"] // 2, arguments["width"] // 2)
        self.beside = []
        if followed:
            self.beside.append(self._beside(followed, size, frame=followed_from, down=BELOW))
        if reference:
            self.beside.append(self._beside([reference], size, right=RIGHT))
        return super().__call__(
            conditions=conditions if conditions or not self.beside else [],  # a list, however empty, tells some tokens
            timesteps=self.steps(num_inference_steps),
            image_cond_noise_scale=0.0,
            max_sequence_length=self.tokenizer_max_length,
            **arguments,
        )

    def steps(self, count: int) -> list[float]:
        """Where each of `count` steps begins; numbers other than the taught one are spread along the same line."""
        line = [*self.config["steps_at"], 0]
        return np.interp(np.linspace(0, 1, count + 1)[:-1], np.linspace(0, 1, len(line)), line).tolist()

    def prepare_latents(self, *args: Any, **how: Any) -> tuple[Tensor, Any, Tensor, int]:
        """Latents, how firmly each token is told, places in frames and pixels, and how many tokens precede the clip."""
        latents, told, where, before = super().prepare_latents(*args, **how)
        if not self.beside:
            # Laid out as a saved state is: a take that goes on from one would else be multiplied in another order.
            return latents.contiguous(), told, where, before
        told = torch.zeros(latents.shape[:2], device=latents.device) if told is None else told
        tokens = torch.cat([each for each, _ in self.beside], dim=1).to(latents)
        at = torch.cat([each for _, each in self.beside], dim=2).to(latents.device)
        firm = torch.ones(tokens.shape[:2], device=latents.device)
        return (
            torch.cat([latents[:, :before], tokens, latents[:, before:]], dim=1),
            torch.cat([told[:, :before], firm, told[:, before:]], dim=1),
            torch.cat([where[:, :, :before], at, where[:, :, before:]], dim=2),
            before + tokens.shape[1],
        )

    def _beside(self, frames: list[Image.Image], size: tuple[int, int], **at: int) -> tuple[Tensor, Tensor]:
        """Tokens (1, S, C) of pictures at half the take's size, and where (1, 3, S) each of them stands."""
        shown = self.video_processor.preprocess_video(frames, *size)
        cells = self.vae.encode(shown.to(self._execution_device, self.vae.dtype)).latents
        times, rows, columns = cells.shape[2:]
        where = places(times, rows, columns, 2 * SIDE, PER_FRAME, DEPTH, **at)
        return self._pack_latents(cells), where[None]


def _embed_each_level_once(transformer: Any) -> None:
    """A step has two noise levels, that of the told tokens and that of the others, however many tokens there are."""
    embed: Callable[..., tuple[Tensor, ...]] = transformer.time_embed.forward

    def once(timestep: Tensor, *args: Any, **how: Any) -> tuple[Tensor, ...]:
        levels, which = timestep.unique(return_inverse=True)
        return tuple(each[which] for each in embed(levels, *args, **how))

    transformer.time_embed.forward = once

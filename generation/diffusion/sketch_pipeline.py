"""LTX-Video's pipeline around the sketch engine's codec and transformer, with depth to follow and a reference picture.

Stills and earlier clips go in as LTX-Video takes them. A reference picture is more tokens, told clean, far to the right
of the clip. What is to be followed, and the picture a clip begins with, are told to each of the clip's own tokens.
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
from generation.diffusion.places import RIGHT, places
from generation.diffusion.sketch_transformer import SketchTransformer, beside

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
        self.depth: Tensor | None = None
        self.reference: Tensor | None = None
        self.told: dict[str, Tensor] = {}
        _embed_each_level_once(transformer)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | PathLike[str], **how: Any) -> Any:
        from_here: dict[str, Any] = {
            "torch_dtype": how.get("dtype"), "use_safetensors": True, "local_files_only": True
        }  # fmt: skip
        folder = pretrained_model_name_or_path
        codec = PatchCodec.from_pretrained(folder, subfolder="codec", **from_here)
        codec.to(memory_format=torch.channels_last)  # a fifth less time to decode on a processor
        transformer = SketchTransformer.from_pretrained(folder, subfolder="transformer", **from_here)
        return super().from_pretrained(folder, vae=codec, transformer=transformer, **how)

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
        size = (arguments["height"], arguments["width"])
        self.told = {}
        self.reference = self._tokens([reference], size) if reference else None
        self.depth = self._tokens(followed, size, followed_from // DEPTH) if followed else None
        return super().__call__(
            conditions=conditions if conditions or not reference else [],  # a list, however empty, tells some tokens
            timesteps=self.steps(num_inference_steps),
            image_cond_noise_scale=0.0,
            max_sequence_length=self.tokenizer_max_length,
            attention_kwargs=self.told,
            **arguments,
        )

    def steps(self, count: int) -> list[float]:
        """Where each of `count` steps begins; numbers other than the taught one are spread along the same line."""
        line = [*self.config["steps_at"], 0]
        return np.interp(np.linspace(0, 1, count + 1)[:-1], np.linspace(0, 1, len(line)), line).tolist()

    def prepare_latents(self, *args: Any, **how: Any) -> tuple[Tensor, Any, Tensor, int]:
        """Latents, how firmly each token is told, places in frames and pixels, and how many tokens precede the clip."""
        latents, told, where, before = super().prepare_latents(*args, **how)
        if self.reference is not None:
            told = torch.zeros(latents.shape[:2], device=latents.device) if told is None else told
            tokens = self.reference.to(latents)
            at = self._reference_places(how["height"], how["width"]).to(latents.device)
            firm = torch.ones(tokens.shape[:2], device=latents.device)
            latents = torch.cat([latents[:, :before], tokens, latents[:, before:]], dim=1)
            told = torch.cat([told[:, :before], firm, told[:, before:]], dim=1)
            where = torch.cat([where[:, :, :before], at, where[:, :, before:]], dim=2)
            before += tokens.shape[1]
        own = latents[:, before:]
        picture = (how["height"] // self._side) * (how["width"] // self._side)  # tokens of one
        given = 0 if told is None else int((told[0, before:] > 0).sum())
        still = own[:, given - picture : given] if given else None
        self.told["beside"] = beside(own, before, self.depth, still)
        # Laid out as a saved state is: a take that goes on from one would else be multiplied in another order.
        return latents.contiguous(), told, where, before

    @property
    def _side(self) -> int:
        """Pixels of a token's side."""
        return SIDE * self.transformer_spatial_patch_size

    def _tokens(self, frames: list[Image.Image], size: tuple[int, int], late: int = 0) -> Tensor:
        """(1, S, W) of pictures; of the first one `late` times more, where they belong to the clip's later cells."""
        shown = self.video_processor.preprocess_video(frames, *size)
        cells = self.vae.encode(shown.to(self._execution_device, self.vae.dtype)).latents
        cells = torch.cat([cells[:, :, :1].expand(-1, -1, late, -1, -1), cells], dim=2)
        return self._pack_latents(cells, self.transformer_spatial_patch_size)

    def _reference_places(self, height: int, width: int) -> Tensor:
        return places(1, height // self._side, width // self._side, self._side, PER_FRAME, DEPTH, right=RIGHT)[None]

    # LTX-Video's tokens are one cell each, and these two count on that.

    @staticmethod
    def _prepare_video_ids(
        batch_size: int, num_frames: int, height: int, width: int, patch_size: int = 1, patch_size_t: int = 1,
        device: Any = None,
    ) -> Tensor:  # fmt: skip
        size = (num_frames, height // patch_size, width // patch_size)
        ids = LTXConditionPipeline._prepare_video_ids(batch_size, *size, 1, patch_size_t, device)
        return ids * torch.tensor([1, patch_size, patch_size], device=ids.device)[:, None]

    @staticmethod
    def _unpack_latents(
        latents: Tensor, num_frames: int, height: int, width: int, patch_size: int = 1, patch_size_t: int = 1
    ) -> Tensor:
        size = (num_frames, height // patch_size, width // patch_size)
        return LTXConditionPipeline._unpack_latents(latents, *size, patch_size, patch_size_t)


def _embed_each_level_once(transformer: Any) -> None:
    """A step has two noise levels, that of the told tokens and that of the others, however many tokens there are."""
    embed: Callable[..., tuple[Tensor, ...]] = transformer.time_embed.forward

    def once(timestep: Tensor, *args: Any, **how: Any) -> tuple[Tensor, ...]:
        levels, which = timestep.unique(return_inverse=True)
        return tuple(each[which] for each in embed(levels, *args, **how))

    transformer.time_embed.forward = once

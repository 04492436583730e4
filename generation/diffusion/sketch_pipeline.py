"""LTX-Video's pipeline around the sketch engine's codec and transformer, with depth to follow and a reference picture.

Stills and earlier clips go in as LTX-Video takes them. A reference picture is more tokens, told clean, far to the right
of the clip. What is to be followed, and the pictures a clip passes through, carried along the camera's way, are told to
each of the clip's own tokens. Where there is no such picture, one is made first, and the clip goes on from it: a
thumbnail is thought of and cleaned up, or, where it is to look like a reference picture, made by the transformer.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline, LTXVideoCondition
from diffusers.pipelines.ltx.pipeline_output import LTXPipelineOutput
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image
from torch import Tensor
from torch.nn import functional

from generation.diffusion.artist import Artist
from generation.diffusion.carrying import between
from generation.diffusion.cleanup import Cleanup
from generation.diffusion.lots import USUAL, Lot, lot
from generation.diffusion.patch_codec import DEPTH, SIDE, PatchCodec
from generation.diffusion.places import RIGHT, places
from generation.diffusion.sketch_transformer import SketchTransformer, beside
from generation.diffusion.surveyor import Surveyor
from generation.diffusion.thumbnails import Thumbnails, drawn_large

AROUND = 5  # pixels over which what was carried gives way to what was made
SAME = 16.0  # square of how far latents go where a picture goes half of the way from black to white; less is no change
GIVES_WAY = 4  # frames over which a given picture gives way to what was made
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
        surveyor: Any,
        thumbnails: Any,
        cleanup: Any,
        steps_at: list[int] | None = None,
    ) -> None:
        super().__init__(scheduler, vae, text_encoder, tokenizer, transformer)
        self.register_modules(surveyor=surveyor, thumbnails=thumbnails, cleanup=cleanup)
        self.register_to_config(steps_at=steps_at or [1000])
        self.depth: Tensor | None = None
        self.reference: Tensor | None = None
        self.told: dict[str, Tensor] = {}
        self.heard: tuple[Tensor, Tensor] | None = None
        self.artist: Artist | None = None
        self.idea: Tensor | None = None
        self.carried: tuple[Tensor, Tensor, Tensor] | None = None
        self.given: list[int] = []
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
        parts = {
            "vae": codec,
            "transformer": transformer,
            "surveyor": Surveyor.from_pretrained(folder, subfolder="surveyor", **from_here),
            "thumbnails": Thumbnails.from_pretrained(folder, subfolder="thumbnails", **from_here),
            "cleanup": Cleanup.from_pretrained(folder, subfolder="cleanup", **from_here),
        }
        return super().from_pretrained(folder, **parts, **how)

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
        self.heard = self._words(arguments["prompt"])
        self.artist = Artist(self.thumbnails, self.cleanup, self.heard, self._words(""), arguments["generator"])
        self.reference = self._tokens([reference], size) if reference else None
        depth = self._tokens(followed, size, followed_from // DEPTH) if followed else None

        def made(**more: Any) -> Any:
            self.told = {}
            return super(SketchPipeline, self).__call__(
                timesteps=self.steps(num_inference_steps),
                image_cond_noise_scale=0.0,
                max_sequence_length=self.tokenizer_max_length,
                attention_kwargs=self.told,
                **arguments | more,
            )

        if not conditions:
            near = self._near(followed[0]) if followed else None
            dots = self.artist.thought_of(size, near)
            if reference:
                self.idea = drawn_large(dots[:, :3], *size)[0]
                self.depth = None  # the thumbnail follows it already
                still = made(conditions=[], num_frames=1, output_type="pil").frames[0][0]
            else:
                drawn = self.artist.cleaned_up(dots, size, near)
                still = self.video_processor.postprocess(drawn, output_type="pil")[0]
            conditions = [LTXVideoCondition(image=still, frame_index=0)]
        self.depth = depth
        kind = arguments.pop("output_type", "pil")
        cells = made(conditions=conditions, output_type="latent").frames
        shown = self.video_processor.postprocess_video(self._finished(cells), output_type=kind)
        self.maybe_free_model_hooks()
        return LTXPipelineOutput(frames=shown)

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
        conditions, _, frames = args[:3]
        pictures = [
            (data[0, :, -1], data.shape[2] - 1) if frame == 0 else (data[0, :, 0], frame)
            for data, frame in zip(conditions, frames, strict=True)
        ] if conditions else []  # fmt: skip
        if not pictures:
            assert self.idea is not None
            pictures = [(self.idea, 0)]
        self.given = [frame for _, frame in pictures]
        begins = max((data.shape[2] - 1 for data in conditions or ()), default=0)
        is_open = not begins and self.depth is None and how["num_frames"] > 1
        drawn = self._lot(how["generator"], pictures) if is_open else USUAL
        carried = self._carried(pictures, how["num_frames"], drawn, begins)
        self.told["beside"] = beside(latents[:, before:], before, self.depth, carried)
        # Laid out as a saved state is: a take that goes on from one would else be multiplied in another order.
        return latents.contiguous(), told, where, before

    def _words(self, prompt: str) -> tuple[Tensor, Tensor]:
        most = self.tokenizer_max_length
        found = self.tokenizer(prompt, padding="max_length", truncation=True, max_length=most, return_tensors="pt")
        return found.input_ids.to(self._execution_device), found.attention_mask.to(self._execution_device)

    def _near(self, depth: Image.Image | None) -> Tensor | None:
        """(1, 1, H, W) from 0 to 1."""
        if depth is None:
            return None
        grey = torch.from_numpy(np.asarray(depth.convert("L"), np.float32))[None, None] / 255
        return grey.to(self._execution_device, self.thumbnails.dtype)

    def _lot(self, generator: torch.Generator, pictures: list[tuple[Tensor, int]]) -> Lot:
        """What a picture to begin with leaves open. Any others say how far things have gone, and only when they go in
        between is left."""
        noise = randn_tensor((4,), generator=generator, device=self._execution_device, dtype=torch.float32)
        drawn = lot(noise)
        if [at for _, at in pictures] == [0]:
            return drawn
        return Lot(drawn.camera._replace(far=1.0), drawn.people._replace(far=1.0))

    def _carried(self, pictures: list[tuple[Tensor, int]], frames: int, drawn: Lot, begins: int) -> Tensor:
        """(1, S, W) of a clip in which each frame is the nearest in time of `pictures` (3, H, W), carried to it; the
        take is what comes from frame `begins` on."""
        assert self.heard is not None and self.artist is not None
        pictures = [(each.float(), at) for each, at in pictures]
        clip, sure = between(self.surveyor, pictures, frames, *self.heard, drawn, self.artist.beyond, begins)
        clip = clip[None].to(self._execution_device, self.vae.dtype)
        cells = self.vae.encode(clip).latents
        self.carried = (clip, sure[None].to(clip), cells)
        return self._pack_latents(cells, self.transformer_spatial_patch_size)

    def _finished(self, cells: Tensor) -> Tensor:
        """Frames (1, 3, F, H, W) of a clip's latents. What was carried along is shown as it is, as sharp as it came,
        and so is what was filled where what was made hardly differs from it: what rests does not swim. Only what
        follows a depth goes its own way. At its own frame a given picture is shown as it is, and from there it gives
        way over a few."""
        assert self.carried is not None
        clip, sure, before = self.carried
        made = self.vae.decode(cells.to(self.vae.dtype)).sample
        stays = _alike(cells, before, made)
        if self.depth is None:
            stays = torch.maximum(stays, _softened(sure))
        return made + torch.maximum(stays, self._nearby(stays)) * (clip - made)

    def _nearby(self, like: Tensor) -> Tensor:
        """(F, 1, 1), from 1 where a picture was given to 0 at frames away from all."""
        at = torch.arange(like.shape[2], device=like.device, dtype=like.dtype)
        given = torch.tensor(self.given, device=like.device, dtype=like.dtype)
        return (1 - (at[:, None] - given).abs() / GIVES_WAY).clamp(min=0).amax(1)[:, None, None]

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


def _alike(cells: Tensor, before: Tensor, like: Tensor) -> Tensor:
    """(1, 1, F, H, W) from 1 to 0: how little latents differ, at every pixel of a clip."""
    same = (-(cells - before).square().mean(1) / SAME).exp().transpose(0, 1)
    of_frame = torch.arange(like.shape[2], device=like.device).add(DEPTH - 1) // DEPTH
    return functional.interpolate(same, like.shape[-2:], mode="bilinear")[of_frame].transpose(0, 1)[None]


def _softened(sure: Tensor) -> Tensor:
    """(1, 1, F, H, W) without hard edges, and nowhere more than it was."""
    around = functional.avg_pool2d(sure[0].transpose(0, 1), AROUND, 1, AROUND // 2, count_include_pad=False)
    return torch.minimum(sure, around.transpose(0, 1)[None])


def _embed_each_level_once(transformer: Any) -> None:
    """A step has two noise levels, that of the told tokens and that of the others, however many tokens there are."""
    embed: Callable[..., tuple[Tensor, ...]] = transformer.time_embed.forward

    def once(timestep: Tensor, *args: Any, **how: Any) -> tuple[Tensor, ...]:
        levels, which = timestep.unique(return_inverse=True)
        return tuple(each[which] for each in embed(levels, *args, **how))

    transformer.time_embed.forward = once

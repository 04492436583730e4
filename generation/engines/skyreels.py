"""SkyReels V2 with diffusion forcing: words, and frames to begin with, which stand clean among the noisy ones.

Every latent frame has a noise level of its own. Frames that are given stay at none, all others come down together, so
one schedule serves them all; diffusers keeps one for each, and for a clip to go on from shows the earlier frames twice.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from diffusers.pipelines.skyreels_v2.pipeline_skyreels_v2_diffusion_forcing import SkyReelsV2DiffusionForcingPipeline
from PIL import Image

from generation.catalogue import engine
from generation.diffusion import shoot
from generation.diffusion.pictures import conformed, picture, prefix
from generation.recipe import Recipe
from generation.report import Desk, Made, Refused

VERSION = "1"
PREFIX = 17  # frames of the earlier clip that a continuation sees, at the engine's own rate
RATE_TOLD = 1  # the second of the two rates the model may be told: 16 and 24 frames a second


class Forcing(SkyReelsV2DiffusionForcingPipeline):
    """All frames but the given ones in step, through one scheduler."""

    def __call__(
        self,
        given: list[Image.Image],
        prompt: str,
        negative_prompt: str,
        width: int,
        height: int,
        num_frames: int,
        num_inference_steps: int,
        guidance_scale: float,
        max_sequence_length: int,
        generator: torch.Generator,
        output_type: str,
    ) -> Any:
        device, dtype = self._execution_device, self.transformer.dtype
        guided = guidance_scale > 1
        encoded = self.encode_prompt(
            prompt, negative_prompt, guided, max_sequence_length=max_sequence_length, device=device
        )
        words = [each.to(dtype) for each in encoded if each is not None]
        self.scheduler.set_timesteps(num_inference_steps, device=device)
        channels = self.transformer.config.in_channels
        latents = self.prepare_latents(1, channels, height, width, num_frames, torch.float32, device, generator)[0]
        clean = self._encoded(given, width, height).to(latents) if given else latents[:, :, :0]
        ready = clean.shape[2]
        latents[:, :, :ready] = clean
        for number, moment in enumerate(self.scheduler.timesteps):
            noise = moment.repeat(1, latents.shape[2])
            noise[:, :ready] = 0
            said = [
                self.transformer(
                    hidden_states=latents.to(dtype),
                    timestep=noise,
                    encoder_hidden_states=each,
                    enable_diffusion_forcing=True,
                    fps=[RATE_TOLD],
                    return_dict=False,
                )[0]
                for each in words
            ]
            velocity = said[1] + guidance_scale * (said[0] - said[1]) if guided else said[0]
            velocity[:, :, :ready] = 0
            latents = self.scheduler.step(velocity, moment, latents, return_dict=False)[0]
            latents[:, :, :ready] = clean
            if number == 0:
                # The makers give a schedule a view of where they write its first answer, so this is what it remembers.
                self.scheduler.last_sample = latents
        mean, deviation = self._spread(latents)
        video = self.vae.decode((latents * deviation + mean).to(self.vae.dtype), return_dict=False)[0]
        return (self.video_processor.postprocess_video(video, output_type=output_type),)

    def _encoded(self, frames: list[Image.Image], width: int, height: int) -> torch.Tensor:
        shown = self.video_processor.preprocess_video(frames, height, width)
        latents = self.vae.encode(shown.to(self._execution_device, self.vae.dtype)).latent_dist.mode()
        mean, deviation = self._spread(latents)
        return (latents - mean) / deviation

    def _spread(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and deviation of each channel, as the encoder gives them."""
        config = self.vae.config
        mean, deviation = (torch.tensor(each).to(latents) for each in (config.latents_mean, config.latents_std))
        return mean.view(1, -1, 1, 1, 1), deviation.view(1, -1, 1, 1, 1)


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for what it cannot act on; Cancelled and Held pass through from the desk."""
    row = engine("skyreels")
    row.check(recipe)
    if any(each.strength != 1.0 for each in recipe.ingredients):
        raise Refused("SkyReels takes its guides whole; set their strength to 1.")
    assert row.rate is not None
    own = row.legal_frames(row.own_frames(recipe.frames, recipe.rate))
    given = _given(recipe, desk, min(PREFIX, row.max_frames - own + 1))
    before = max(0, len(given) - 1)
    frames = row.legal_frames(own + before)
    preset = row.settings | recipe.settings

    def arguments(pipe: Any) -> dict[str, Any]:
        return {
            "given": given,
            "prompt": recipe.words.prompt(),
            "negative_prompt": recipe.negative,
            "width": recipe.width,
            "height": recipe.height,
            "num_frames": frames,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "max_sequence_length": preset["max_sequence_length"],
        }

    def unpack(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return latents[0]

    shot = shoot(recipe, desk, Forcing, arguments, unpack, dtypes={"vae": "float32"})
    shown = conformed(shot.frames[before:], recipe.frames, recipe.rate, row.rate)
    return Made(shown, version=VERSION, facts=shot.facts, notes=shot.notes)


def _given(recipe: Recipe, desk: Desk, most: int) -> list[Image.Image]:
    """What the clip begins with, at the engine's own rate; the last of it is the take's first frame."""
    parent, first = recipe.ingredient("continue"), recipe.ingredient("first")
    if parent is None:
        return [picture(first, recipe, desk)] if first else []
    row = engine("skyreels")
    assert row.rate is not None
    pace = Fraction(*row.rate) / recipe.fps
    back = [round(n / pace) for n in reversed(range(most))]
    run = prefix(parent, recipe, desk, back[0] + 1)
    there = [run[-1 - frames] for frames in back if frames < len(run)]
    return there[(len(there) - 1) % row.frames_step :]  # the encoder takes one frame and then whole groups of four

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AnimateDiffControlNetPipeline,
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    MotionAdapter,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel

from tests.generation.tiny.words import tokenizer

SIZE = (64, 64)
FRAMES = 10
NEEDS: tuple[str, ...] = ()


def build(folder: Path) -> None:
    torch.manual_seed(0)
    shape: dict[str, Any] = {
        "block_out_channels": (8, 8),
        "layers_per_block": 1,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "cross_attention_dim": 16,
        "attention_head_dim": 4,
        "norm_num_groups": 2,
    }
    unet = UNet2DConditionModel(up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), **shape)
    controlnet = ControlNetModel(conditioning_embedding_out_channels=(8, 8, 8, 8), **shape)
    _wake(controlnet)
    adapter = MotionAdapter(
        block_out_channels=(8, 8), motion_layers_per_block=1, motion_norm_num_groups=2, motion_num_attention_heads=2
    )
    vae = AutoencoderKL(
        block_out_channels=(8,) * 4,
        norm_num_groups=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    words = CLIPTextConfig(
        vocab_size=128, hidden_size=16, intermediate_size=32, num_attention_heads=2, num_hidden_layers=2
    )
    scheduler = DDIMScheduler(
        beta_schedule="linear", clip_sample=False, timestep_spacing="linspace", steps_offset=1, beta_end=0.012
    )
    pipe = AnimateDiffControlNetPipeline(vae, CLIPTextModel(words), tokenizer(77), unet, adapter, controlnet, scheduler)
    pipe.save_pretrained(folder)


def _wake(controlnet: ControlNetModel) -> None:
    """A new ControlNet says nothing at all until it is trained."""
    for weights in controlnet.parameters():
        if not weights.any():
            torch.nn.init.normal_(weights, std=0.2)

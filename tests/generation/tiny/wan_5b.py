from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, WanPipeline, WanTransformer3DModel

from tests.generation.tiny.wan_parts import CHANNELS, SHAPE, parts

SIZE = (64, 64)
FRAMES = 17
NEEDS: tuple[str, ...] = ()


def build(folder: Path) -> None:
    torch.manual_seed(0)
    vae = AutoencoderKLWan(
        base_dim=4,
        decoder_base_dim=4,
        z_dim=CHANNELS,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.0] * CHANNELS,
        latents_std=[1.0] * CHANNELS,
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
    )
    transformer = WanTransformer3DModel(**SHAPE)
    WanPipeline(**parts() | {"vae": vae}, transformer=transformer, expand_timesteps=True).save_pretrained(folder)

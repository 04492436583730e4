from __future__ import annotations

from pathlib import Path

import torch
from diffusers import WanAnimatePipeline, WanAnimateTransformer3DModel
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

from tests.generation.tiny.wan_parts import CHANNELS, SHAPE, parts

SIZE = (32, 32)
FRAMES = 17
NEEDS = ("reference", "motion")


def build(folder: Path) -> None:
    torch.manual_seed(0)
    transformer = WanAnimateTransformer3DModel(
        **SHAPE | {"in_channels": 2 * CHANNELS + 4},
        latent_channels=CHANNELS,
        image_dim=16,
        added_kv_proj_dim=24,
        motion_encoder_channel_sizes={"4": 4, "8": 4, "16": 4},
        motion_encoder_size=16,
        motion_style_dim=4,
        motion_dim=2,
        motion_encoder_dim=8,
        face_encoder_hidden_dim=8,
        face_encoder_num_heads=2,
        inject_face_latents_blocks=2,
    )
    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=4
    )
    processor = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})
    WanAnimatePipeline(
        **parts(), image_encoder=CLIPVisionModel(config), image_processor=processor, transformer=transformer
    ).save_pretrained(folder)

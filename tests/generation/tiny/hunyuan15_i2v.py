from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo15,
    ClassifierFreeGuidance,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Transformer3DModel,
)
from transformers import ByT5Tokenizer, SiglipImageProcessor, SiglipVisionConfig, SiglipVisionModel

from tests.generation.tiny.hunyuan15 import chat, glyphs, reader

SIZE = (64, 32)
FRAMES = 17
NEEDS = ("first",)


def build(folder: Path) -> None:
    torch.manual_seed(0)
    transformer = HunyuanVideo15Transformer3DModel(
        in_channels=9,
        out_channels=4,
        num_attention_heads=1,
        attention_head_dim=16,
        num_layers=1,
        num_refiner_layers=1,
        text_embed_dim=16,
        text_embed_2_dim=16,
        image_embed_dim=16,
        rope_axes_dim=(4, 6, 6),
        task_type="i2v",
    )
    vae = AutoencoderKLHunyuanVideo15(latent_channels=4, block_out_channels=(8,) * 5, layers_per_block=1)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
    eye = SiglipVisionModel(SiglipVisionConfig(num_hidden_layers=1, image_size=16, patch_size=8, **sizes))
    looks = SiglipImageProcessor(size={"height": 16, "width": 16})
    guider = ClassifierFreeGuidance(guidance_scale=6.0)
    parts = (reader(), chat(), transformer, vae, FlowMatchEulerDiscreteScheduler(shift=5.0), glyphs())
    HunyuanVideo15ImageToVideoPipeline(*parts, ByT5Tokenizer(), guider, eye, looks).save_pretrained(folder)

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoFramepackPipeline,
    HunyuanVideoFramepackTransformer3DModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaModel,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from tests.generation.tiny.words import tokenizer

SIZE = (48, 32)
FRAMES = 37
NEEDS = ("first",)


def build(folder: Path) -> None:
    torch.manual_seed(0)
    transformer = HunyuanVideoFramepackTransformer3DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        text_embed_dim=16,
        pooled_projection_dim=16,
        rope_axes_dim=(4, 6, 6),
        has_image_proj=True,
        image_proj_dim=16,
        has_clean_x_embedder=True,
    )
    vae = AutoencoderKLHunyuanVideo(
        latent_channels=4, block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4
    )
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
    llama = LlamaModel(LlamaConfig(vocab_size=128, num_hidden_layers=3, **sizes))
    clip = CLIPTextModel(
        CLIPTextConfig(vocab_size=128, num_hidden_layers=2, projection_dim=16, eos_token_id=2, **sizes)
    )
    eye = SiglipVisionModel(SiglipVisionConfig(num_hidden_layers=1, image_size=16, patch_size=8, **sizes))
    looks = SiglipImageProcessor(size={"height": 16, "width": 16})
    scheduler = FlowMatchEulerDiscreteScheduler(shift=7.0)
    parts = (llama, tokenizer(), transformer, vae, scheduler, clip, tokenizer(77), eye, looks)
    HunyuanVideoFramepackPipeline(*parts).save_pretrained(folder)

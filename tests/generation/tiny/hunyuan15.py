from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo15,
    ClassifierFreeGuidance,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
)
from transformers import (
    ByT5Tokenizer,
    Qwen2_5_VLTextConfig,
    Qwen2_5_VLTextModel,
    T5Config,
    T5EncoderModel,
)

from tests.generation.tiny.words import tokenizer

SIZE = (64, 32)
FRAMES = 17
NEEDS: tuple[str, ...] = ()


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
        image_embed_dim=8,
        rope_axes_dim=(4, 6, 6),
        task_type="t2v",
    )
    vae = AutoencoderKLHunyuanVideo15(latent_channels=4, block_out_channels=(8,) * 5, layers_per_block=1)
    guider = ClassifierFreeGuidance(guidance_scale=6.0)
    parts = (reader(), chat(), transformer, vae, FlowMatchEulerDiscreteScheduler(shift=5.0), glyphs())
    HunyuanVideo15Pipeline(*parts, ByT5Tokenizer(), guider).save_pretrained(folder)


def reader() -> Qwen2_5_VLTextModel:
    config = Qwen2_5_VLTextConfig(
        vocab_size=128,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
    )
    return Qwen2_5_VLTextModel(config)


def chat() -> Any:
    chat = tokenizer(2048)
    chat.chat_template = "{% for said in messages %}{{ said['content'] }} {% endfor %}"
    return chat


def glyphs() -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=384, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2))

"""What every member of the Wan family is made of, at the smallest sizes its code takes."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler
from transformers import UMT5Config, UMT5EncoderModel

from tests.generation.tiny.words import tokenizer

CHANNELS = 4
SHAPE = {
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "in_channels": CHANNELS,
    "out_channels": CHANNELS,
    "text_dim": 16,
    "freq_dim": 16,
    "ffn_dim": 32,
    "num_layers": 2,
}


def parts() -> dict[str, Any]:
    """Words, pictures and schedule; the transformers are each pipeline's own."""
    return {"tokenizer": tokenizer(), "text_encoder": umt5(), "vae": vae(), "scheduler": scheduler()}


def umt5() -> UMT5EncoderModel:
    torch.manual_seed(1)
    return UMT5EncoderModel(UMT5Config(vocab_size=128, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2))


def vae() -> AutoencoderKLWan:
    torch.manual_seed(2)
    return AutoencoderKLWan(
        base_dim=4,
        z_dim=CHANNELS,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.0] * CHANNELS,
        latents_std=[1.0] * CHANNELS,
    )


def scheduler() -> UniPCMultistepScheduler:
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)

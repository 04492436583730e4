"""Tiny Cosmos weights, and a stand-in for its makers' safety checker, which is a package with weights of its own.

What theirs would find is not tested here: only that it is asked, and that what it answers is obeyed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import CosmosTransformer3DModel, UniPCMultistepScheduler
from diffusers.pipelines.cosmos import pipeline_cosmos2_5_predict as makers
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from tests.generation.tiny.wan_parts import CHANNELS, vae
from tests.generation.tiny.words import tokenizer

SIZE = (48, 32)
FRAMES = 17
NEEDS: tuple[str, ...] = ()


class Checker(torch.nn.Module):
    """Asked as the makers' is asked; lets no bomb pass and blackens one corner of every frame. Has no device either."""

    dtype = torch.bfloat16

    def check_text_safety(self, prompt: str) -> bool:
        return "bomb" not in prompt

    def check_video_safety(self, frames: np.ndarray) -> np.ndarray:
        frames = frames.copy()
        frames[:, :8, :8] = 0
        return frames

    def to(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Theirs gives nothing back either."""


makers.CosmosSafetyChecker = Checker


def build(folder: Path) -> None:
    torch.manual_seed(0)
    transformer = CosmosTransformer3DModel(
        in_channels=CHANNELS + 1,
        out_channels=CHANNELS,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=2,
        mlp_ratio=2,
        text_embed_dim=16,
        adaln_lora_dim=4,
        max_size=(32, 16, 16),
        rope_scale=(1.0, 3.0, 3.0),
        concat_padding_mask=False,  # the full weights' mask is all zeros, and needs torchvision to be brought to size
        extra_pos_embed_type=None,
        use_crossattn_projection=True,
        crossattn_proj_in_channels=32,  # what all layers of the reader say of a word, side by side
        encoder_hidden_states_channels=16,
    )
    scheduler = UniPCMultistepScheduler(
        use_karras_sigmas=True, use_flow_sigmas=True, prediction_type="flow_prediction", sigma_max=200.0, sigma_min=0.01
    )
    parts = (_reader(), _chat(), transformer, vae(), scheduler, Checker())
    makers.Cosmos2_5_PredictBasePipeline(*parts).save_pretrained(folder)


def _reader() -> Qwen2_5_VLForConditionalGeneration:
    sizes = {"hidden_size": 16, "intermediate_size": 32}
    words = {
        "vocab_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
    }
    eye = {"depth": 1, "num_heads": 2, "out_hidden_size": 16}
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(text_config=sizes | words, vision_config=sizes | eye, vocab_size=128)
    )


def _chat() -> Any:
    chat = tokenizer(512)
    chat.chat_template = (
        "{% for said in messages %}{% for part in said['content'] %}{{ part['text'] }} {% endfor %}{% endfor %}"
    )
    return chat

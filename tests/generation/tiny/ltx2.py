from __future__ import annotations

import re
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2ConditionPipeline, LTX2TextConnectors, LTX2Vocoder
from safetensors.torch import save_file
from transformers import Gemma3Config, Gemma3ForConditionalGeneration

from tests.generation.tiny.words import tokenizer

SIZE = (64, 64)
FRAMES = 25
NEEDS: tuple[str, ...] = ()
SETTINGS = {"max_sequence_length": 64}
WIDTH, LAYERS = 16, 2  # of the text encoder; every layer's words are handed on


def build(folder: Path, newer: bool = True) -> None:
    """LTX-2.3's layout, or 2.0's, with in-context weights for depth and poses beside it."""
    torch.manual_seed(0)
    newer_parts = {"gated_attn": True, "cross_attn_mod": True, "audio_gated_attn": True, "audio_cross_attn_mod": True}
    transformer = LTX2VideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        audio_in_channels=8,
        audio_out_channels=8,
        audio_num_attention_heads=2,
        audio_attention_head_dim=4,
        audio_cross_attention_dim=8,
        num_layers=2,
        caption_channels=WIDTH,
        use_prompt_embeddings=not newer,
        perturbed_attn=newer,
        rope_double_precision=False,
        **(newer_parts if newer else {}),
    )
    vae = AutoencoderKLLTX2Video(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        upsample_factor=(1, 1, 1),
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )
    ears = AutoencoderKLLTX2Audio(
        base_channels=8, ch_mult=(1, 1, 1), num_res_blocks=1, latent_channels=2, mel_bins=16, sample_rate=16000
    )
    vocoder = LTX2Vocoder(
        in_channels=32,
        hidden_channels=32,
        upsample_kernel_sizes=[24, 40],
        upsample_factors=[12, 20],
        resnet_kernel_sizes=[3],
        resnet_dilations=[[1, 3, 5]],
        output_sampling_rate=24000,
    )
    heads = {"connector_num_attention_heads": 2, "connector_num_layers": 1, "connector_num_learnable_registers": 8}
    connectors = LTX2TextConnectors(
        caption_channels=WIDTH,
        text_proj_in_factor=LAYERS + 1,
        rope_double_precision=False,
        per_modality_projections=newer,
        video_hidden_dim=16,
        audio_hidden_dim=8,
        video_connector_attention_head_dim=8,
        audio_connector_attention_head_dim=4 if newer else 8,
        **{f"{stream}_{name}": value for stream in ("video", "audio") for name, value in heads.items()},
    )
    words = tokenizer(64)
    words.padding_side = "left"
    pipe = LTX2ConditionPipeline(
        FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae,
        ears,
        _reader(),
        words,
        connectors,
        transformer,
        vocoder,
    )
    pipe.save_pretrained(folder)
    for seed, kind in enumerate(("depth", "pose")):
        place = folder / "in_context" / kind
        place.mkdir(parents=True)
        save_file(lora(transformer, seed), place / "pytorch_lora_weights.safetensors")


def lora(transformer: LTX2VideoTransformer3DModel, seed: int = 0) -> dict[str, torch.Tensor]:
    """Rank 2 beside every query and every way out of the pictures' self-attention, under diffusers' names."""
    chance, found = torch.Generator().manual_seed(seed), {}
    for name, module in transformer.named_modules():
        if isinstance(module, torch.nn.Linear) and re.search(r"\.attn1\.to_(q|out\.0)$", name):
            found[f"transformer.{name}.lora_A.weight"] = torch.randn(2, module.in_features, generator=chance)
            found[f"transformer.{name}.lora_B.weight"] = torch.randn(module.out_features, 2, generator=chance)
    return found


def _reader() -> Gemma3ForConditionalGeneration:
    torch.manual_seed(1)
    text = {
        "vocab_size": 128,
        "hidden_size": WIDTH,
        "intermediate_size": 32,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
    }
    sight = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 16,
        "patch_size": 8,
    }
    return Gemma3ForConditionalGeneration(Gemma3Config(text_config=text, vision_config=sight, mm_tokens_per_image=4))

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXDPMScheduler, CogVideoXPipeline, CogVideoXTransformer3DModel

from tests.generation.tiny.words import t5, tokenizer

SIZE = (48, 32)
FRAMES = 17
NEEDS: tuple[str, ...] = ()
WORDS = 64


def build(folder: Path, scheduler: Any = CogVideoXDPMScheduler, **changes: Any) -> None:
    """`changes` are of the transformer; 1.5 has patch_size_t=2."""
    CogVideoXPipeline(tokenizer(), t5(), vae(), transformer(4, **changes), how(scheduler)).save_pretrained(folder)


def how(scheduler: Any) -> Any:
    """The schedule of the published weights: it begins at pure noise, and the model says velocities."""
    return scheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        snr_shift_scale=1.0,
    )


def transformer(in_channels: int, **changes: Any) -> CogVideoXTransformer3DModel:
    torch.manual_seed(0)
    config: dict[str, Any] = {
        "num_attention_heads": 2,
        "attention_head_dim": 16,
        "in_channels": in_channels,
        "out_channels": 4,
        "time_embed_dim": 8,
        "text_embed_dim": 32,
        "num_layers": 2,
        "sample_width": SIZE[0] // 8,
        "sample_height": SIZE[1] // 8,
        "sample_frames": FRAMES,
        "max_text_seq_length": WORDS,
        "use_rotary_positional_embeddings": True,
    }
    return CogVideoXTransformer3DModel(**config | changes)


def vae() -> AutoencoderKLCogVideoX:
    torch.manual_seed(0)
    return AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        temporal_compression_ratio=4,
        sample_height=128,
        sample_width=128,
        scaling_factor=0.7,
    )

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import WanImageToVideoPipeline, WanTransformer3DModel
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

from tests.generation.tiny.wan_parts import CHANNELS, SHAPE, parts

SIZE = (32, 32)
FRAMES = 17
NEEDS = ("first",)
SEEN = 5  # tokens the picture encoder makes of one picture: 2 x 2 patches and one for the whole


def build(folder: Path, sees: bool = False, ends: bool = False) -> None:
    """Wan 2.2's layout; `sees` is that of 2.1, which has a picture encoder, and `ends` that of its two-picture form."""
    torch.manual_seed(0)
    shape = SHAPE | {"in_channels": 2 * CHANNELS + 4}
    encoder = {}
    if sees or ends:
        shape |= {"image_dim": 16, "added_kv_proj_dim": 24, "pos_embed_seq_len": 2 * SEEN if ends else None}
        config = CLIPVisionConfig(
            hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=4
        )
        sides = {"size": {"shortest_edge": 8}, "crop_size": {"height": 8, "width": 8}}
        encoder = {"image_encoder": CLIPVisionModel(config), "image_processor": CLIPImageProcessor(**sides)}
    transformer = WanTransformer3DModel(**shape)
    WanImageToVideoPipeline(**parts(), **encoder, transformer=transformer).save_pretrained(folder)

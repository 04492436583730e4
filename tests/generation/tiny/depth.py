"""A depth model of two layers in its family's own folder layout, as the hub would hand it out."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    DPTImageProcessor,
)


@torch.no_grad()
def build(folder: Path, metric: bool = False) -> None:
    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32, image_size=56, patch_size=14,
        out_indices=[1, 2, 3, 4], reshape_hidden_states=False, apply_layernorm=True,
    )  # fmt: skip
    config = DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=16, neck_hidden_sizes=[4, 4, 8, 8], fusion_hidden_size=8,
        head_hidden_size=4, patch_size=14, depth_estimation_type="metric" if metric else "relative",
        max_depth=20 if metric else 1,
    )  # fmt: skip
    model = DepthAnythingForDepthEstimation(config)
    for weight in model.parameters():
        if weight.dim() > 1:  # as they come, what they say hardly differs from point to point
            torch.nn.init.normal_(weight, std=0.2)
    torch.nn.init.zeros_(model.head.conv3.weight).add_(0.2)
    torch.nn.init.constant_(model.head.conv3.bias, -0.5 if metric else 0.5)
    model.save_pretrained(folder)
    DPTImageProcessor(size={"height": 56, "width": 56}, ensure_multiple_of=14, keep_aspect_ratio=True).save_pretrained(
        folder
    )

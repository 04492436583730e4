from __future__ import annotations

from pathlib import Path

import torch
from diffusers import WanPipeline, WanTransformer3DModel

from tests.generation.tiny.wan_parts import SHAPE, parts

SIZE = (32, 32)
FRAMES = 17
NEEDS: tuple[str, ...] = ()


def build(folder: Path, two_models: bool = False, **config: object) -> None:
    """Wan 2.1 with one transformer, or Wan 2.2 with one for the first steps and one for the last."""
    torch.manual_seed(0)
    high = WanTransformer3DModel(**SHAPE)
    low = WanTransformer3DModel(**SHAPE) if two_models else None
    boundary = 0.875 if two_models else None
    WanPipeline(**parts(), transformer=high, transformer_2=low, boundary_ratio=boundary, **config).save_pretrained(
        folder
    )

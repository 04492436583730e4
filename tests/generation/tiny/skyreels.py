from __future__ import annotations

from pathlib import Path

import torch
from diffusers import SkyReelsV2DiffusionForcingPipeline, SkyReelsV2Transformer3DModel

from tests.generation.tiny.wan_parts import SHAPE, parts

SIZE = (32, 32)
FRAMES = 17
NEEDS: tuple[str, ...] = ()


def build(folder: Path, told_rate: bool = True) -> None:
    """The 1.3B layout, whose model is told the rate; the 14B one is not."""
    torch.manual_seed(0)
    transformer = SkyReelsV2Transformer3DModel(**SHAPE, inject_sample_info=told_rate)
    SkyReelsV2DiffusionForcingPipeline(**parts(), transformer=transformer).save_pretrained(folder)

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import WanVACEPipeline, WanVACETransformer3DModel

from tests.generation.tiny.wan_parts import CHANNELS, SHAPE, parts

SIZE = (32, 32)
FRAMES = 17
NEEDS: tuple[str, ...] = ()


def build(folder: Path) -> None:
    torch.manual_seed(0)
    # What is kept and what is made, each as latents, and a mask of 8 x 8 pixels a cell.
    transformer = WanVACETransformer3DModel(**SHAPE, vace_layers=[0, 1], vace_in_channels=2 * CHANNELS + 64)
    WanVACEPipeline(**parts(), transformer=transformer).save_pretrained(folder)

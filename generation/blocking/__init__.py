"""The instant engine's own world: a shot's words become a plain staging, and a staging becomes pictures.

>>> from generation.recipe import Words
>>> staging = instant(Words(heading="EXT. STREET - NIGHT", action="She runs."), seed=7)
>>> render(staging, 0, 64, 36).shape
(36, 64, 3)
"""

from __future__ import annotations

import numpy as np

from generation.recipe import Words

from .depth import depth_frames
from .grammar import Facts, read_facts
from .propose import propose
from .render import Layers, Renderer
from .staging import BadStaging, Staging
from .sticks import sticks

__all__ = [
    "BadStaging",
    "Facts",
    "Layers",
    "Renderer",
    "Staging",
    "depth_frames",
    "instant",
    "read_facts",
    "render",
    "sticks",
]


def instant(words: Words, seed: int = 0, frames: int = 72, rate: tuple[int, int] = (24, 1)) -> Staging:
    """A staging of these words; the seed chooses which."""
    return propose(read_facts(words), seed, frames, rate)


def render(staging: Staging, frame: int, width: int = 640, height: int = 360) -> np.ndarray:
    """One still: uint8 RGB (height, width, 3). For many frames of one staging keep a Renderer."""
    return Renderer(staging, width, height).frame(frame)

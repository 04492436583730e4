"""Clips that carry their own frame number as black and white squares, so that any file can be asked what it shows."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from generation.ffmpeg import Encoder, run
from generation.ffmpeg.runner import source

BITS = 10
RATES = ((16, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1))


def picture(n: int, width: int = 320, height: int = 180) -> np.ndarray:
    """uint8 RGB (height, width, 3): ten squares across the middle, most significant first, on grey."""
    frame = np.full((height, width, 3), 96, dtype=np.uint8)
    cell = width // BITS
    top = height // 2 - cell // 2
    for bit in range(BITS):
        value = 235 if n >> (BITS - 1 - bit) & 1 else 20
        frame[top : top + cell, bit * cell : (bit + 1) * cell] = value
    return frame


def number(frame: np.ndarray, inner: tuple[int, int] = (320, 180)) -> int:
    """The number a frame shows; `inner` is the shape of the clip that was letterboxed into it."""
    height, width = frame.shape[:2]
    scale = min(width / inner[0], height / inner[1])
    cell = inner[0] // BITS * scale
    left, middle = (width - inner[0] * scale) / 2, height / 2
    grey = frame.mean(axis=2)
    bits = [grey[int(middle), int(left + (bit + 0.5) * cell)] > 128 for bit in range(BITS)]
    return sum(int(on) << (BITS - 1 - n) for n, on in enumerate(bits))


def clip(path: Path, frames: int, rate: tuple[int, int], width: int = 320, height: int = 180, first: int = 0) -> Path:
    with Encoder(path, width, height, rate) as encoder:
        for n in range(first, first + frames):
            encoder.write(picture(n, width, height))
    return path


def decoded(path: Path, width: int, height: int) -> np.ndarray:
    """Every frame the file decodes to, uint8 RGB (frames, height, width, 3)."""
    raw = run(
        [*source(path), "-map", "0:V:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    )
    return np.frombuffer(raw.stdout, dtype=np.uint8).reshape(-1, height, width, 3)


def numbers(path: Path, width: int = 320, height: int = 180, inner: tuple[int, int] = (320, 180)) -> list[int]:
    """The numbers a film shows, in order."""
    return [number(frame, inner) for frame in decoded(path, width, height)]


def png_number(png: bytes) -> int:
    with Image.open(io.BytesIO(png)) as image:
        return number(np.asarray(image.convert("RGB")))

"""Pictures to look at while training: for each control, what was shown as true above what was made."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from generation.diffusion.patch_codec import PatchCodec
from generation.training.asked import MODES, NoneYet, ask, unpacked
from generation.training.latents import Library, Shelf
from generation.training.model import MOST, Sketch, sample

ACROSS = 7


@torch.no_grad()
def strips(
    folder: Path, sketch: Sketch, library: Library, shelf: Shelf, name: str, sigmas: tuple[float, ...], guidance: float,
    clips: int = 3,
) -> dict[str, float]:  # fmt: skip
    """Writes one picture a control; returns the mean dB of what was made against what was true, and of a still."""
    tokens = library.tokenizer([""], padding="max_length", max_length=MOST, return_tensors="pt")
    empty = (tokens.input_ids.to(library.device), tokens.attention_mask.to(library.device))
    found = {}
    for mode in MODES:
        try:
            asked = ask(shelf, clips * 4, np.random.default_rng(5), mode, False, empty)
        except NoneYet:
            continue
        made = sample(sketch, asked, sigmas, 6, guidance, empty)
        true = unpacked(asked.clean[:, -math.prod(asked.shape) :], asked.shape)
        given, shown = _frames(library.codec, true), _frames(library.codec, made)
        found[mode] = _db(given, shown)
        if mode == "first":
            found["a still"] = _db(given, np.repeat(given[:, :1], given.shape[1], axis=1))
        rows = [row for n in range(clips) for row in (_row(given[n]), _row(shown[n]))]
        cv2.imwrite(str(folder / f"{name}-{mode.replace(' ', '-')}.jpg"), np.vstack(rows)[:, :, ::-1])
    return found


def _frames(codec: PatchCodec, latents: Tensor) -> np.ndarray:
    sample = torch.cat([codec.decode(each[None].float()).sample for each in latents])
    return ((sample.permute(0, 2, 3, 4, 1) + 1) * 127.5).round().byte().cpu().numpy()


def _row(frames: np.ndarray) -> np.ndarray:
    return np.hstack([frames[n * (len(frames) - 1) // (ACROSS - 1)] for n in range(ACROSS)])


def _db(one: np.ndarray, other: np.ndarray) -> float:
    errors = np.square(one.astype(np.float32) - other.astype(np.float32)).reshape(len(one), -1).mean(1)
    return float(np.mean(10 * np.log10(255**2 / np.maximum(errors, 1e-6))))

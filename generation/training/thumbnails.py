"""Trains the maker of thumbnails on single pictures, with and without their depths."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from generation.diffusion.thumbnails import DRAWN, Thumbnails
from generation.training import pace, stills
from generation.training.muon import optimizers
from generation.training.pool import Pool
from generation.training.stills import Shown
from generation.training.words import tokenizer

RATE = 1.5e-3
ASIDE = 2  # dots on both sides of a view that are not in a narrow one
NARROW = 0.5
PARTS = ("dots", "moment")


def train(folder: Path, device: str, seconds: float, pause: float = float("inf"), batch: int = 96) -> Thumbnails:
    """A maker of thumbnails after so many seconds in all; goes on from a checkpoint in the folder."""
    torch.manual_seed(6)
    model = Thumbnails(known=len(tokenizer())).to(device, memory_format=torch.channels_last)
    run = pace.Run(
        folder / "thumbnails.pt", model, optimizers(model, RATE, _plain), RATE, pace.Pace(seconds, pause), device
    )
    pool = Pool(folder / "views", only=PARTS)

    def found(told: Shown, noisy: Tensor, level: Tensor) -> Tensor:
        return model(noisy, level, told["words"], told["heard"], told["depth"], told["moment"])  # type: ignore[no-any-return]

    stills.taught("thumbnails", run, pool, device, lambda rng: some(pool, batch, rng, device), found)
    return model.eval()


def some(pool: Pool, size: int, rng: np.random.Generator, device: str) -> Shown:
    """A batch of dots, with depths for some and moments (B) in their clips."""
    found = pool.batch(pool.some(size, rng), device, bool(rng.integers(2)))
    aside = ASIDE if rng.random() < NARROW else 0
    dots = found["dots"].float()[..., aside : found["dots"].shape[-1] - aside]
    return {
        "picture": dots[:, :DRAWN].contiguous(memory_format=torch.channels_last),
        "people": stills.around(dots[:, 3:DRAWN]),
        "depth": stills.depths(dots[:, DRAWN], rng),
        "words": found["words"],
        "heard": found["heard"],
        "moment": found["moment"][:, 0],
    }


@torch.no_grad()
def sheet(model: Thumbnails, pool: Pool, path: Path, count: int = 32) -> None:
    """A picture to look at: true thumbnails above what is made from their words."""
    told = some(pool, count, np.random.default_rng(7), "cpu")
    dots, nothing = told["picture"], stills.nothing_said()
    noise = torch.randn(dots.shape, generator=torch.Generator().manual_seed(8))
    made = model.make(noise, told["words"], told["heard"], (nothing.input_ids, nothing.attention_mask))
    rows = []
    for start in range(0, count, 8):
        for each in (dots, made):
            shown = ((each[start : start + 8, :3].permute(0, 2, 3, 1) + 1) * 127.5).round().byte().numpy()
            rows.append(np.hstack([cv2.resize(one, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC) for one in shown]))
    cv2.imwrite(str(path), np.vstack(rows)[:, :, ::-1])


def _plain(name: str, parameter: torch.nn.Parameter) -> bool:
    """Whether AdamW is for it: what is looked up, and what reads or writes."""
    return name.startswith(("told.lexicon", "told.when.0", "down.0.", "write"))

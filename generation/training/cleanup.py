"""Trains the clean-up on single pictures and their own thumbnails, made a little wrong as made ones are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generation.diffusion.cleanup import DOT, SQUARE, Cleanup
from generation.diffusion.thumbnails import DRAWN, Thumbnails, drawn_large
from generation.training import pace, stills
from generation.training.muon import optimizers
from generation.training.pool import Pool
from generation.training.stills import Shown
from generation.training.thumbnails import ASIDE, NARROW
from generation.training.words import tokenizer

RATE = 2e-3
WRONG = 0.2  # spread of what is put onto the dots at most
PARTS = ("grey", "colours", "nearness", "dots", "moment")


def train(folder: Path, device: str, seconds: float, pause: float = float("inf"), batch: int = 16) -> Cleanup:
    """A clean-up after so many seconds in all; goes on from a checkpoint in the folder."""
    torch.manual_seed(7)
    model = Cleanup(known=len(tokenizer())).to(device, memory_format=torch.channels_last)
    run = pace.Run(
        folder / "cleanup.pt", model, optimizers(model, RATE, _plain), RATE, pace.Pace(seconds, pause), device, 0.997
    )
    pool = Pool(folder / "views", only=PARTS)

    def found(told: Shown, noisy: Tensor, level: Tensor) -> Tensor:
        said = (told["words"], told["heard"])
        return model(noisy, level, told["dots"], *said, told["depth"], told["moment"])  # type: ignore[no-any-return]

    stills.taught("cleanup", run, pool, device, lambda rng: some(pool, batch, rng, device), found)
    return model.eval()


def some(pool: Pool, size: int, rng: np.random.Generator, device: str) -> Shown:
    """A batch of pictures with their thumbnails, with depths for some and moments (B) in their clips."""
    found = pool.batch(pool.some(size, rng), device, bool(rng.integers(2)))
    aside = ASIDE if rng.random() < NARROW else 0
    dots = found["dots"].float()[..., aside : found["dots"].shape[-1] - aside][:, :DRAWN]
    shown = found["shown"][..., aside * DOT : found["shown"].shape[-1] - aside * DOT]
    near = functional.avg_pool2d(found["nearness"][:, None], SQUARE // 2)[:, 0]
    beside = aside * DOT // SQUARE
    wrong = WRONG * torch.from_numpy(rng.random((size, 1, 1, 1))).to(dots)
    return {
        "picture": shown.contiguous(memory_format=torch.channels_last),
        "people": functional.interpolate(stills.around(dots[:, 3:]), shown.shape[-2:], mode="nearest"),
        "dots": dots + wrong * torch.randn_like(dots),
        "depth": stills.depths(near[..., beside : near.shape[-1] - beside], rng),
        "words": found["words"],
        "heard": found["heard"],
        "moment": found["moment"][:, 0],
    }


@torch.no_grad()
def sheet(model: Cleanup, thumbnails: Thumbnails, pool: Pool, path: Path, count: int = 12) -> None:
    """A picture to look at: true pictures, their thumbnails cleaned up, and what is made from their words alone."""
    told = some(pool, count, np.random.default_rng(9), "cpu")
    generator, nothing = torch.Generator().manual_seed(8), stills.nothing_said()
    said = (told["words"], told["heard"])
    across = told["dots"].shape[-2:]
    noise = torch.randn(told["picture"].shape, generator=generator)
    dots = thumbnails.make(
        torch.randn(count, DRAWN, *across, generator=generator), *said, (nothing.input_ids, nothing.attention_mask)
    )
    parts = [
        told["picture"],
        model.make(noise, told["dots"], *said),
        drawn_large(dots[:, :3], *noise.shape[-2:]),
        model.make(noise, dots, *said),
    ]
    rows = []
    for start in range(0, count, 4):
        for each in parts:
            shown = ((each[start : start + 4].permute(0, 2, 3, 1) + 1) * 127.5).round().clamp(0, 255).byte().numpy()
            rows.append(np.hstack(list(shown)))
    cv2.imwrite(str(path), np.vstack(rows)[:, :, ::-1])


def _plain(name: str, parameter: torch.nn.Parameter) -> bool:
    """Whether AdamW is for it: what is looked up, and what reads or writes."""
    return name.startswith(("told.lexicon", "told.when.0", "down.0.", "write"))

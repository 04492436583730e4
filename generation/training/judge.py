"""A judge of clips, trained on real ones alone: which size, move, people and deed it sees, and how near things are.

It looks at a few small grey pictures, evenly through a clip; how often it is right about real clips is told beside what
it says.
"""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from generation.diffusion.stages import Stage, places
from generation.training import pace
from generation.training.fast import fast
from generation.training.pool import LOOKED_AT as ROWS
from generation.training.pool import Pool
from generation.training.thumbnails import ASIDE, NARROW
from generation.training.views import EACH
from generation.vocabulary import DEEDS, MOVES, SIZES

HEADS = {"size": len(SIZES), "move": len(MOVES), "people": 3, "deed": len(DEEDS) + 1}
SQUARE = 2  # of them along a side are read at once, and have one nearness
RATE = 1.5e-3
WIDTHS = (32, 64, 96)  # at ever half the size
FELT = 96  # numbers that say what is seen in one picture
PARTS = ("looks", "dots", "labels")
NEAR_COUNTS = 5.0
NOISE = 0.1  # at most, so that no answer hangs on grain
GROW_SECONDS = 20


class Judge(nn.Module):
    """EACH pictures of a clip, (B, EACH, ROWS, W) from -1 to 1, to the odds of each answer and to nearness (B, EACH,
    ROWS / 2, W / 2) from 0 to 1. Every picture is looked at together with the next."""

    def __init__(self) -> None:
        super().__init__()
        first, second, last = WIDTHS
        self.down = nn.ModuleList(Stage(low, high, EACH) for low, high in pairwise((2 * SQUARE**2 + 2, *WIDTHS)))
        self.up = nn.ModuleList([Stage(2 * first, first // 2, EACH), Stage(second + last, first, EACH)])
        self.near = nn.Conv2d(first // 2, 1, 3, padding=1)
        self.feel = nn.Sequential(nn.Linear(6 * last, FELT), nn.SiLU())
        self.answer = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(EACH * FELT, 256), nn.SiLU(), nn.Dropout(0.3),
            nn.Linear(256, sum(HEADS.values())),
        )  # fmt: skip

    def forward(self, looks: Tensor) -> tuple[list[Tensor], Tensor]:
        count = len(looks)
        both = torch.stack([looks, torch.cat([looks[:, 1:], looks[:, -1:]], dim=1)], dim=2).flatten(0, 1)
        when = torch.eye(EACH, device=looks.device, dtype=looks.dtype).repeat(count, 1)
        small = functional.pixel_unshuffle(both, SQUARE)
        x = torch.cat([small, places(small)], dim=1)
        kept = []
        for number, stage in enumerate(self.down):
            x = stage(functional.avg_pool2d(x, 2) if number else x, when)
            kept.append(x)
        felt = self.feel(functional.adaptive_avg_pool2d(functional.silu(x), (2, 3)).flatten(1))
        answers = self.answer(felt.unflatten(0, (count, EACH)).flatten(1)).split(list(HEADS.values()), dim=1)
        for stage, beside in zip(reversed(self.up), reversed(kept[:-1]), strict=True):
            x = stage(torch.cat([functional.interpolate(x, beside.shape[-2:], mode="nearest"), beside], dim=1), when)
        near = self.near(functional.silu(x))[:, 0].sigmoid().unflatten(0, (count, EACH))
        return list(answers), near


def train(folder: Path, device: str, seconds: float, batch: int = 48) -> Judge:
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    judge = Judge().to(device)
    steps = torch.optim.AdamW(judge.parameters(), RATE, weight_decay=0.05)
    pool = Pool(folder / "views", only=PARTS)
    pool.wait()
    going = pace.Pace(seconds)
    grown = said = time.monotonic()
    while not going.over:
        for group in steps.param_groups:
            group["lr"] = RATE * going.rate()
        looks, labels, true = some(pool, batch, rng, device)
        looks = looks + NOISE * rng.random() * torch.randn_like(looks)
        with fast(device):
            answers, near = judge(looks)
        losses = [functional.cross_entropy(each.float(), labels[:, n]) for n, each in enumerate(answers)]
        wrong = torch.stack(losses)
        apart = (near.float() - true).abs().mean()
        (wrong.sum() + NEAR_COUNTS * apart).backward()
        steps.step()
        steps.zero_grad(set_to_none=True)
        going.steps += 1
        now = time.monotonic()
        if now - said > 15:
            said = now
            reached = ", ".join(f"{name} {float(each.detach()):.2f}" for name, each in zip(HEADS, wrong, strict=True))
            seen = f"{len(pool)} views: {reached}, {float(apart.detach()):.4f}"
            print(f"judge {going.elapsed:.0f} s, step {going.steps}, {seen}", flush=True)
        if now - grown > GROW_SECONDS:
            grown = now
            pool.grow()
    return judge.eval()


def some(pool: Pool, size: int, rng: np.random.Generator, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Looks (B, EACH, ROWS, W), labels (B, 4) and nearness (B, EACH, ROWS / 2, W / 2) of whole scenes, each clip's
    nearest at 1."""
    scenes = torch.from_numpy(rng.integers(len(pool) // EACH, size=size))
    found = pool.batch((scenes[:, None] * EACH + torch.arange(EACH)).flatten(), device, bool(rng.integers(2)))
    aside = ASIDE if rng.random() < NARROW else 0
    dots = found["dots"]
    near = dots[:, -1, :, aside : dots.shape[-1] - aside].float().unflatten(0, (size, EACH))
    looks = found["looks"].float()
    looks = looks[..., SQUARE * aside : looks.shape[-1] - SQUARE * aside].unflatten(0, (size, EACH))
    return looks, found["labels"][::EACH], near / near.amax((1, 2, 3), keepdim=True).clamp(min=1e-3)


def look(frames: np.ndarray) -> Tensor:
    """(1, EACH, ROWS, W) of a clip's frames, uint8 RGB (N, H, W, 3)."""
    width = SQUARE**3 * max(1, round(ROWS * frames.shape[2] / frames.shape[1] / SQUARE**3))
    small = [cv2.resize(frames[at], (width, ROWS), interpolation=cv2.INTER_AREA) for at in looked_at(len(frames))]
    return torch.from_numpy(np.stack(small).mean(-1, dtype=np.float32))[None] / 127.5 - 1


def looked_at(frames: int) -> list[int]:
    """Which of so many frames are looked at."""
    return [round(each) for each in np.linspace(0, frames - 1, EACH)]

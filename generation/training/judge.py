"""A judge of clips, trained on real ones alone: which size, move, people and deed it sees, and how near things are.

It looks at a few small grey pictures, evenly through a clip, and at how things go between them; how often it is right
about real clips is told beside what it says.
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
from generation.training.muon import optimizers
from generation.training.pool import LOOKED_AT as ROWS
from generation.training.pool import Pool, looks_of
from generation.training.thumbnails import ASIDE, NARROW
from generation.training.views import EACH
from generation.vocabulary import DEEDS, MOVES, SIZES

HEADS = {"size": len(SIZES), "move": len(MOVES), "people": 3, "deed": len(DEEDS) + 1}
SQUARE = 2  # of them along a side are read at once, and have one nearness
RATE = 1.5e-3
WIDTHS = (32, 64, 96)  # at ever half the size
FELT = 96  # numbers that say what is seen in one picture
PARTS = ("looks", "dots", "labels")
NEAR_COUNTS, PEOPLE_COUNT = 5.0, 3.0
NOISE = 0.1  # at most, so that no answer hangs on grain
GROW_SECONDS = 20


class Judge(nn.Module):
    """EACH looks at a clip, (B, EACH, 3, ROWS, W) as `pool.looks_of` has them, to the odds of each answer, to
    nearness (B, EACH, ROWS / 2, W / 2) from 0 to 1, and to the odds that people are there, as logarithms. Every picture
    is looked at together with the next."""

    def __init__(self) -> None:
        super().__init__()
        first, second, last = WIDTHS
        self.down = nn.ModuleList(Stage(low, high, EACH) for low, high in pairwise((4 * SQUARE**2 + 2, *WIDTHS)))
        self.up = nn.ModuleList([Stage(2 * first, first // 2, EACH), Stage(second + last, first, EACH)])
        self.squares = nn.Conv2d(first // 2, 2, 3, padding=1)
        self.feel = nn.Sequential(nn.Linear(6 * last, FELT), nn.SiLU())
        self.answer = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(EACH * FELT, 256), nn.SiLU(), nn.Dropout(0.3),
            nn.Linear(256, sum(HEADS.values())),
        )  # fmt: skip

    def forward(self, looks: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        count = len(looks)
        later = torch.cat([looks[:, 1:, :1], looks[:, -1:, :1]], dim=1)
        both = torch.cat([looks, later], dim=2).flatten(0, 1)
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
        near, who = self.squares(functional.silu(x)).unflatten(0, (count, EACH)).unbind(2)
        return list(answers), near.sigmoid(), who


def train(folder: Path, device: str, seconds: float, batch: int = 48) -> Judge:
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    judge = Judge().to(device)
    steps = optimizers(judge, RATE, _plain)
    pool = Pool(folder / "views", only=PARTS)
    pool.wait()
    going = pace.Pace(seconds)
    grown = said = time.monotonic()
    while not going.over:
        for group in (group for each in steps for group in each.param_groups):
            group["lr"] = RATE * going.rate()
        looks, labels, true, people = some(pool, batch, rng, device)
        looks = looks + NOISE * rng.random() * torch.randn_like(looks)
        with fast(device):
            answers, near, who = judge(looks)
        losses = [functional.cross_entropy(each.float(), labels[:, n]) for n, each in enumerate(answers)]
        wrong = torch.stack(losses)
        apart = (near.float() - true).abs().mean()
        found = functional.binary_cross_entropy_with_logits(who.float(), people)
        (wrong.sum() + NEAR_COUNTS * apart + PEOPLE_COUNT * found).backward()
        for each in steps:
            each.step()
            each.zero_grad(set_to_none=True)
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


def some(pool: Pool, size: int, rng: np.random.Generator, device: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Looks (B, EACH, 3, ROWS, W), labels (B, 4) and, of each square (B, EACH, ROWS / 2, W / 2), how near it is, a
    clip's nearest at 1, and how much of it is people, from 0 to 1; of whole scenes."""
    scenes = torch.from_numpy(rng.integers(len(pool) // EACH, size=size))
    found = pool.batch((scenes[:, None] * EACH + torch.arange(EACH)).flatten(), device, bool(rng.integers(2)))
    aside = ASIDE if rng.random() < NARROW else 0
    dots = found["dots"][..., aside : found["dots"].shape[-1] - aside].float().unflatten(0, (size, EACH))
    people, near = (dots[:, :, 3] + 1) / 2, dots[:, :, 4]
    looks = found["looks"].float()
    looks = looks[..., SQUARE * aside : looks.shape[-1] - SQUARE * aside].unflatten(0, (size, EACH))
    return looks, found["labels"][::EACH], near / near.amax((1, 2, 3), keepdim=True).clamp(min=1e-3), people


def look(frames: np.ndarray) -> Tensor:
    """(1, EACH, 3, ROWS, W) of a clip's frames, uint8 RGB (N, H, W, 3)."""
    width = SQUARE**3 * max(1, round(ROWS * frames.shape[2] / frames.shape[1] / SQUARE**3))
    size = (2 * width, 2 * ROWS)
    grey = [cv2.resize(frames[at], size, interpolation=cv2.INTER_AREA).mean(-1) for at in looked_at(len(frames))]
    return looks_of(np.stack(grey).round().astype(np.uint8))[None].float()


def looked_at(frames: int) -> list[int]:
    """Which of so many frames are looked at."""
    return [round(each) for each in np.linspace(0, frames - 1, EACH)]


def _plain(name: str, parameter: nn.Parameter) -> bool:
    """Whether AdamW is for it: what reads or writes."""
    return name.startswith(("down.0.", "squares", "answer.4"))

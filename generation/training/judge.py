"""A judge of clips, trained on real ones alone: which size, move, people and deed it sees, and how near things are.

It reads the codec's latents, so it is small; how often it is right about real clips is told beside what it says.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from generation.diffusion.patch_codec import Block, PatchCodec
from generation.training import clips
from generation.training.fast import fast
from generation.training.latents import JUDGED, Library
from generation.vocabulary import DEEDS, MOVES, SIZES

HEADS = {"size": len(SIZES), "move": len(MOVES), "people": 3, "deed": len(DEEDS) + 1}
WIDTH, TIMES = 96, 7


class Judge(nn.Module):
    """Latents (B, C, T, h, w) of a short clip to the odds of each answer, and nearness (B, T, h, w) from 0 to 1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(channels, WIDTH, 1), Block(WIDTH))
        self.across = nn.Sequential(
            nn.Conv3d(WIDTH, WIDTH, (3, 3, 3), (1, 2, 2), padding=1), nn.SiLU(),
            nn.Conv3d(WIDTH, 2 * WIDTH, (3, 3, 3), (1, 2, 2), padding=1), nn.SiLU(),
            nn.AdaptiveAvgPool3d((TIMES, 2, 3)), nn.Flatten(), nn.Dropout(0.3),
            nn.Linear(2 * WIDTH * TIMES * 6, 256), nn.SiLU(), nn.Dropout(0.3), nn.Linear(256, sum(HEADS.values())),
        )  # fmt: skip
        self.near = nn.Conv2d(WIDTH, 1, 1)

    def forward(self, latents: Tensor) -> tuple[list[Tensor], Tensor]:
        batch = latents.shape[0]
        seen = self.look(latents.transpose(1, 2).flatten(0, 1)).unflatten(0, (batch, -1))
        answers = self.across(seen.transpose(1, 2)).split(list(HEADS.values()), dim=1)
        near = self.near(seen.flatten(0, 1))[:, 0].sigmoid().unflatten(0, (batch, -1))
        return list(answers), near


def train(
    folder: Path, codec: PatchCodec, device: str, seconds: float, batch: int = 192, library: Library | None = None
) -> Judge:
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    judge = Judge(codec.config.latent_channels).to(device)  # type: ignore[attr-defined]
    codec.to(device)  # type: ignore[arg-type]
    library = library or Library(folder / "clips", codec, device, JUDGED)
    steps = torch.optim.AdamW(judge.parameters(), 1e-3, weight_decay=0.05)
    began = said = time.monotonic()
    while (spent := time.monotonic() - began) < seconds:
        library.grow(2 if spent < 0.7 * seconds else 0)
        shelf = library.shelves[clips.SHORT]
        if not len(shelf):
            continue
        for group in steps.param_groups:
            group["lr"] = 1e-3 * min(1.0, 3 * (1 - spent / seconds))
        rows = torch.from_numpy(rng.integers(len(shelf), size=batch)).to(device)
        parts = {name: shelf.parts[name][rows] for name in JUDGED}
        latents = parts["clip"].float()
        latents = latents + 0.2 * rng.random() * torch.randn_like(latents)
        with fast(device):
            answers, near = judge(latents)
            losses = [functional.cross_entropy(each.float(), parts["labels"][:, n]) for n, each in enumerate(answers)]
            wrong = torch.stack(losses).sum()
            apart = ((near.float() - parts["nearness"].float()).abs().mean((1, 2, 3)) * parts["has_depth"]).mean()
        (wrong + 5 * apart).backward()
        steps.step()
        steps.zero_grad(set_to_none=True)
        if time.monotonic() - said > 15:
            said = time.monotonic()
            reached = f"{float(wrong.detach()):.3f}, {float(apart.detach()):.4f}"
            print(f"judge {spent:.0f} s, {len(shelf)} clips, {reached}", flush=True)
    return judge.eval()

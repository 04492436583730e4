"""Trains the maker of thumbnails on single pictures, with and without their depths."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generation.diffusion.surveyor import COLUMNS
from generation.diffusion.surveyor import ROWS as VIEW_ROWS
from generation.diffusion.thumbnails import ROWS, Thumbnails, size_of
from generation.training import pace
from generation.training.asked import DROPPED
from generation.training.fast import fast
from generation.training.muon import optimizers
from generation.training.survey import ASIDE, GROW_SECONDS, Pool
from generation.training.words import MOST, tokenizer

RATE = 1.5e-3
LEAST_NOISE = 0.15  # below it an error counts no more
WITH_DEPTH = 0.3
NARROW = 0.5


def train(folder: Path, device: str, seconds: float, pause: float = float("inf"), batch: int = 96) -> Thumbnails:
    """A maker of thumbnails after so many seconds in all; goes on from a checkpoint in the folder."""
    torch.manual_seed(6)
    words = tokenizer()
    model = Thumbnails(known=len(words)).to(device, memory_format=torch.channels_last)
    steps = optimizers(model, RATE, _plain)
    run = pace.Run(folder / "thumbnails.pt", model, steps, RATE, pace.Pace(seconds, pause), device)
    going = run.pace
    rng = np.random.default_rng([6, going.steps])
    nothing = words([""], padding="max_length", max_length=MOST, return_tensors="pt").to(device)
    pool = Pool(folder / "views")
    while not len(pool):
        pool.grow()
        time.sleep(0.2)
    grown = said = time.monotonic()
    losses: list[float] = []
    while not going.over:
        dots, depth, told, heard, moment = some(pool, batch, rng, device)
        dropped = torch.from_numpy(rng.random(batch) < DROPPED).to(device)[:, None]
        told = torch.where(dropped, nothing.input_ids, told)
        heard = torch.where(dropped, nothing.attention_mask, heard)
        level = torch.from_numpy(rng.normal(0.3, 1.2, batch)).to(device, torch.float32).sigmoid()
        noise = torch.randn_like(dots)
        noisy = torch.lerp(dots, noise, level[:, None, None, None])
        with fast(device):
            found = model(noisy, level, told, heard, depth, moment)
        wrong = (found.float() - dots).square().mean((1, 2, 3))
        loss = (wrong / level.clamp(min=LEAST_NOISE).square()).mean()
        run.step(loss)
        losses.append(float(loss.detach()))
        now = time.monotonic()
        if now - said > 20:
            said = now
            told_so = f"{len(pool)} views: {np.mean(losses):.4f}"
            print(f"thumbnails {going.elapsed:.0f} s, step {going.steps}, {told_so}", flush=True)
            losses = []
        if now - grown > GROW_SECONDS:
            grown = now
            pool.grow()
    run.done()
    return model.eval()


def some(pool: Pool, size: int, rng: np.random.Generator, device: str) -> tuple[Tensor, ...]:
    """Dots (B, 3, h, w), depths (B, 1, h, w), black where there is none, tokens, which of them count, and moments
    (B) in their clips."""
    rows = pool.some(size, rng)
    inside = slice(ASIDE, COLUMNS - ASIDE) if rng.random() < NARROW else slice(0, COLUMNS)
    picture, near = pool.parts["picture"][rows][:, :, inside], pool.parts["nearness"][rows][:, :, inside].float()
    shown = picture.to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
    across = size_of(VIEW_ROWS, shown.shape[-1])
    assert across[0] == ROWS
    dots = functional.interpolate(shown, across, mode="area")
    depth = functional.interpolate(near.to(device)[:, None], across, mode="area")
    depth = 2 * depth / depth.amax((1, 2, 3), keepdim=True).clamp(min=1e-3) - 1
    without = torch.from_numpy(rng.random(size) >= WITH_DEPTH).to(device)
    depth[without] = -1
    words, heard, moment = (pool.parts[name][rows].to(device) for name in ("words", "heard", "moment"))
    return dots, depth, words, heard, moment[:, 0]


@torch.no_grad()
def sheet(model: Thumbnails, pool: Pool, path: Path, count: int = 32) -> None:
    """A picture to look at: true thumbnails above what is made from their words."""
    rng = np.random.default_rng(7)
    dots, _, told, heard, _ = some(pool, count, rng, "cpu")
    nothing = tokenizer()([""], padding="max_length", max_length=MOST, return_tensors="pt")
    noise = torch.randn(dots.shape, generator=torch.Generator().manual_seed(8))
    made = model.make(noise, told, heard, (nothing.input_ids, nothing.attention_mask))
    rows = []
    for start in range(0, count, 8):
        for each in (dots, made):
            shown = ((each[start : start + 8].permute(0, 2, 3, 1) + 1) * 127.5).round().byte().numpy()
            rows.append(np.hstack([cv2.resize(one, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC) for one in shown]))
    cv2.imwrite(str(path), np.vstack(rows)[:, :, ::-1])


def _plain(name: str, parameter: torch.nn.Parameter) -> bool:
    """Whether AdamW is for it: what is looked up, and what reads or writes."""
    return name.startswith(("lexicon", "when.0", "down.0.", "write"))

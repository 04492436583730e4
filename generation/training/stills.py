"""How those are taught that make a single picture out of noise: the loss, the words left out, the loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generation.training import pace
from generation.training.asked import DROPPED
from generation.training.fast import fast
from generation.training.pool import Pool
from generation.training.words import MOST, tokenizer

LEAST_NOISE = 0.15  # below it an error counts no more
WITH_DEPTH = 0.3
ON_PEOPLE = 3.0  # how much more an error counts where somebody is: they are small, and what is looked at first
SAID_SECONDS, GROW_SECONDS = 20, 20

Shown = dict[str, Tensor]


def taught(
    name: str,
    run: pace.Run,
    pool: Pool,
    device: str,
    some: Callable[[np.random.Generator], Shown],
    found: Callable[[Shown, Tensor, Tensor], Tensor],
) -> None:
    """Until its pace is over. `some` are a batch's "picture" (B, C, h, w), "people" (B, 1, h, w) from 0 to 1, "words"
    and "heard"; `found` tells the picture of (batch, noisy, level)."""
    going = run.pace
    rng = np.random.default_rng([6, going.steps])
    nothing = nothing_said().to(device)
    pool.wait()
    grown = said = time.monotonic()
    losses: list[float] = []
    while not going.over:
        batch = some(rng)
        clean = batch["picture"]
        dropped = torch.from_numpy(rng.random(len(clean)) < DROPPED).to(device)[:, None]
        batch["words"] = torch.where(dropped, nothing.input_ids, batch["words"])
        batch["heard"] = torch.where(dropped, nothing.attention_mask, batch["heard"])
        level = torch.from_numpy(rng.normal(0.3, 1.2, len(clean))).to(device, torch.float32).sigmoid()
        noisy = torch.lerp(clean, torch.randn_like(clean), level[:, None, None, None])
        with fast(device):
            made = found(batch, noisy, level)
        wrong = ((made.float() - clean).square() * (1 + ON_PEOPLE * batch["people"])).mean((1, 2, 3))
        loss = (wrong / level.clamp(min=LEAST_NOISE).square()).mean()
        run.step(loss)
        losses.append(float(loss.detach()))
        now = time.monotonic()
        if now - said > SAID_SECONDS:
            said = now
            told_so = f"{len(pool)} views: {np.mean(losses):.4f}"
            print(f"{name} {going.elapsed:.0f} s, step {going.steps}, {told_so}", flush=True)
            losses = []
        if now - grown > GROW_SECONDS:
            grown = now
            pool.grow()
    run.done()


def around(people: Tensor) -> Tensor:
    """(B, 1, h, w) from 0 to 1: where people (B, 1, h, w), from -1 to 1, are, and right beside them."""
    return functional.max_pool2d((people + 1) / 2, 3, 1, 1)


def depths(near: Tensor, rng: np.random.Generator) -> Tensor:
    """(B, 1, h, w) from -1 to 1 of nearness (B, h, w), for some of the batch; -1 for the others, which have none."""
    depth = near[:, None].float()
    depth = 2 * depth / depth.amax((1, 2, 3), keepdim=True).clamp(min=1e-3) - 1
    without = torch.from_numpy(rng.random(len(near)) >= WITH_DEPTH).to(near.device)
    depth[without] = -1
    return depth


def nothing_said() -> Any:
    return tokenizer()([""], padding="max_length", max_length=MOST, return_tensors="pt")

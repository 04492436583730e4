"""Trains the codec on rendered clips, to give back what went in through latents that bear a little noise."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generation.diffusion.patch_codec import DEPTH, SIDE, PatchCodec, cells_of
from generation.training import clips, pace
from generation.training.muon import optimizers

CELLS = 3  # of time in a window: one still and two that move
WINDOW = DEPTH * (CELLS - 1) + 1
CROP = 160
NOISE = 0.15  # of the latents' spread, at most, while training
RATE = 2e-3
DEPTH_ONE_IN = 8
WIDEST = 1024  # inside, no layer is wider


@dataclass
class Pool:
    """The clips drawn so far, on the device that learns from them; grows while others draw. `most` bounds memory."""

    folder: Path
    device: str
    most: int
    greys: list[Tensor] = field(default_factory=list)
    colours: list[Tensor] = field(default_factory=list)
    depth: list[Tensor] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def grow(self) -> None:
        for path in clips.new_files(self.folder, self.seen):
            if len(self.greys) * clips.IN_A_FILE >= self.most:
                return
            batch = clips.read(path).to(self.device)
            self.greys.append(batch.greys)
            self.colours.append(batch.colours)
            self.depth.append(batch.depth[batch.has_depth])

    def window(self, size: int, rng: np.random.Generator) -> Tensor:
        """(size, 3, WINDOW, h, w) from -1 to 1: pictures, or now and then depths."""
        if rng.integers(DEPTH_ONE_IN) == 0:
            return self._depths(size, rng)
        found = []
        for number in rng.integers(len(self.greys), size=max(1, size // 4)):
            greys, colours = self.greys[number], self.colours[number]
            at, y, x = self._corner(greys, rng)
            which = torch.from_numpy(rng.integers(len(greys), size=4)).to(greys.device)
            cut = greys[which, at : at + WINDOW, y : y + CROP, x : x + CROP]
            found.append(coloured(cut, colours[which]))
        return torch.cat(found)

    def _depths(self, size: int, rng: np.random.Generator) -> Tensor:
        some = [each for each in self.depth if len(each)]
        found = []
        for number in rng.integers(len(some), size=max(1, size // 4)):
            depth = some[number]
            at = int(rng.integers(depth.shape[1] - WINDOW + 1))
            which = torch.from_numpy(rng.integers(len(depth), size=4)).to(depth.device)
            small = depth[which, at : at + WINDOW, : CROP // 2, : CROP // 2].float() / 127.5 - 1
            found.append(functional.interpolate(small, scale_factor=2, mode="bilinear"))
        return torch.cat(found)[:, None].expand(-1, 3, -1, -1, -1)

    @staticmethod
    def _corner(greys: Tensor, rng: np.random.Generator) -> tuple[int, int, int]:
        _, frames, height, width = greys.shape
        spare = (frames - WINDOW, max(0, height - CROP), max(0, width - CROP))
        at, y, x = (int(rng.integers(each + 1)) for each in spare)
        return at, y, x


def coloured(greys: Tensor, colours: Tensor) -> Tensor:
    """(N, 3, F, H, W) from -1 to 1 of greys (N, F, H, W) and their colours (N, 256, 3)."""
    table = colours.permute(0, 2, 1).float() / 127.5 - 1
    flat = greys.flatten(1)[:, None].expand(-1, 3, -1).long()
    return table.gather(2, flat).unflatten(2, greys.shape[1:])


def train(
    folder: Path,
    device: str,
    seconds: float,
    pause: float,
    batch: int,
    most: int,
    compiled: bool = False,
    **shape: Any,
) -> PatchCodec:
    """A codec after so many seconds in all; goes on from a checkpoint in the folder."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    codec = PatchCodec(**shape).to(device)
    steps = optimizers(codec, RATE, _plain)
    mean, going, path = pace.Mean(codec), pace.Pace(seconds, pause), folder / "codec.pt"
    found = pace.load(path, device)
    if found is not None:
        codec.load_state_dict(found["codec"])
        mean.weights = found["mean"]
        for each, state in zip(steps, found["steps"], strict=True):
            each.load_state_dict(state)
        going = pace.Pace(seconds, pause, found["spent"], found["count"])
    pool = Pool(folder / "clips", device, most)
    while not pool.seen:
        pool.grow()
        time.sleep(0.2)
    body = codec.to(memory_format=torch.channels_last)
    forward = torch.compile(_given_back) if compiled else _given_back
    saved = grown = said = time.monotonic()
    while not going.over:
        for each in steps:
            for group in each.param_groups:
                group["lr"] = RATE * going.rate()
        noise = torch.tensor(rng.uniform(0, NOISE), device=device, dtype=torch.float32)
        with _fast(device):
            loss, error = forward(body, pool.window(batch, rng), noise)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(codec.parameters(), 1.0)
        for each in steps:
            each.step()
            each.zero_grad(set_to_none=True)
        going.steps += 1
        mean.see(codec, going.steps)
        now = time.monotonic()
        if now - said > 10:
            said = now
            reached = f"step {going.steps}, {psnr(float(error)):.2f} dB, {len(pool.greys)} files"
            print(f"codec {going.elapsed:.0f} s, {reached}", flush=True)
        if now - grown > 5:
            grown = now
            pool.grow()
        if now - saved > pace.SAVE_SECONDS:
            saved = now
            _save(path, codec, mean, steps, going)
    _save(path, codec, mean, steps, going)
    mean.into(codec)
    settle(codec, pool, rng)
    return codec.eval()


def _plain(name: str, parameter: torch.nn.Parameter) -> bool:
    """Whether AdamW is for it: what reads and writes pixels."""
    return name.startswith("seams") or max(parameter.shape[:2]) > WIDEST


def _given_back(codec: PatchCodec, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """What is to be small, and the squared error in it, for frames (B, 3, WINDOW, H, W)."""
    cells = cells_of(x).contiguous(memory_format=torch.channels_last)
    raw = codec.raw(cells)
    latents = functional.batch_norm(raw.float(), None, None, training=True)
    latents = latents + noise * torch.randn_like(latents)
    z = latents.unflatten(0, (x.shape[0], -1)).transpose(1, 2)
    error = codec.written(z.to(raw.dtype)).float() - cells.float()
    along = (error[..., 1:] - error[..., :-1]).abs().mean() + (error[:, :, 1:] - error[:, :, :-1]).abs().mean()
    squared = error.square().mean()
    return error.abs().mean() + 4 * squared + 0.5 * along, squared.detach()


@torch.no_grad()
def settle(codec: PatchCodec, pool: Pool, rng: np.random.Generator, rounds: int = 40) -> None:
    """Sets the scale of the latents from what is seen with the final weights."""
    seen = [codec.raw(cells_of(pool.window(16, rng))).float().transpose(0, 1).flatten(1) for _ in range(rounds)]
    flat = torch.cat(seen, dim=1)
    codec.middle.copy_(flat.mean(1))  # type: ignore[operator]
    codec.spread.copy_(flat.std(1))  # type: ignore[operator]


def _save(path: Path, codec: PatchCodec, mean: pace.Mean, steps: Any, going: pace.Pace) -> None:
    states = [each.state_dict() for each in steps]
    pace.save(path, codec=codec.state_dict(), mean=mean.weights, steps=states, spent=going.elapsed, count=going.steps)


def _fast(device: str) -> Any:
    """bfloat16 where that is quicker: on a card; on a processor not every one knows it."""
    if device.startswith("cuda"):
        return torch.autocast("cuda", torch.bfloat16)
    return contextlib.nullcontext()


def psnr(squared: float) -> float:
    """dB, for a mean squared error of values from -1 to 1."""
    return float(10 * np.log10(4 / max(squared, 1e-12)))


@torch.no_grad()
def fidelity(codec: PatchCodec, batch: clips.Batch) -> list[float]:
    """dB of each clip there and back, over all its frames, as bytes."""
    found = []
    for greys, colours in zip(batch.greys, batch.colours, strict=True):
        x = coloured(greys[None], colours[None])
        back = codec.decode(codec.encode(x).latents).sample
        error = ((back + 1) * 127.5).round() - ((x + 1) * 127.5).round()
        found.append(psnr(float(error.square().mean()) / 127.5**2))
    return found


@torch.no_grad()
def seam_ratio(codec: PatchCodec, batch: clips.Batch, side: int = SIDE) -> float:
    """How much larger steps of error are across the edges of cells than elsewhere; 1 where no edge can be told."""
    at_edges, elsewhere = 0.0, 0.0
    for greys, colours in zip(batch.greys, batch.colours, strict=True):
        x = coloured(greys[None], colours[None])
        error = codec.decode(codec.encode(x).latents).sample - x
        steps = (error[..., 1:] - error[..., :-1]).abs().mean((0, 1, 2, 3))
        edges = torch.zeros_like(steps, dtype=torch.bool)
        edges[side - 1 :: side] = True
        at_edges += float(steps[edges].mean())
        elsewhere += float(steps[~edges].mean())
    return at_edges / elsewhere

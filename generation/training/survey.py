"""Trains the surveyor on single pictures: how near things are, and how the camera goes, judged by where things land."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from generation.diffusion.reprojection import Poses, projected
from generation.diffusion.surveyor import COLUMNS, KNOTS, POSE, ROWS, Survey, Surveyor
from generation.training import pace
from generation.training.fast import fast
from generation.training.muon import optimizers
from generation.training.pool import Pool
from generation.training.words import tokenizer

RATE = 2e-3
ASIDE = 8  # columns of a view that are not in a narrow one
NARROW = 0.5  # of batches
COARSE = (8, 14)  # places of a picture whose way is looked at
SOON = 0.05  # heights of the picture below which a difference counts by its square
OUTSIDE = 1.6  # beyond, in the frame's own -1 to 1, nobody sees where a thing went
GROW_SECONDS = 20


def train(
    folder: Path, device: str, seconds: float, pause: float = float("inf"), batch: int = 32,
    *, begin: Path | None = None, rate: float = RATE,
) -> Surveyor:  # fmt: skip
    """A surveyor after so many seconds in all; goes on from a checkpoint in the folder. Where there is none it begins
    with what an earlier one, among the weights in the folder `begin`, has learned of what it knew."""
    torch.manual_seed(5)
    surveyor = Surveyor(known=len(tokenizer())).to(device, memory_format=torch.channels_last)
    if begin:
        surveyor.load_state_dict(load_file(begin / "surveyor" / "diffusion_pytorch_model.safetensors"), strict=False)
    steps = optimizers(surveyor, rate, _plain)
    run = pace.Run(folder / "surveyor.pt", surveyor, steps, rate, pace.Pace(seconds, pause), device, 0.995)
    going = run.pace
    rng = np.random.default_rng([5, going.steps])
    pool = Pool(folder / "views")
    pool.wait()
    grown = said = time.monotonic()
    sums: list[tuple[float, ...]] = []
    while not going.over:
        asked = pool.batch(pool.some(batch, rng), device, bool(rng.integers(2)))
        if rng.random() < NARROW:
            asked = narrowed(asked)
        with fast(device):
            found = told(surveyor, asked)
        losses = off(found, asked)
        run.step(torch.stack(losses).sum())
        sums.append(tuple(float(each.detach()) for each in losses))
        now = time.monotonic()
        if now - said > 15:
            said = now
            means = " ".join(f"{each:.4f}" for each in np.mean(sums, axis=0))
            print(f"survey {going.elapsed:.0f} s, step {going.steps}, {len(pool)} views: {means}", flush=True)
            sums = []
        if now - grown > GROW_SECONDS:
            grown = now
            pool.grow()
    run.done()
    return surveyor.eval()


@torch.no_grad()
def measured(surveyor: Surveyor, folder: Path, device: str) -> dict[str, float]:
    """On held-out views: correlation of nearness, how far things land from their places, in widths of the frame, as
    told and where all rests; how well people are found (intersection over union), and how far off they go."""
    pool = Pool(folder / "views", held_out=True)
    pool.grow()
    asked = pool.batch(torch.arange(len(pool)), device)
    found = told(surveyor, asked)
    pairs = torch.stack([found.nearness.flatten(1), asked["nearness"].flatten(1)], dim=1)
    alike = torch.stack([torch.corrcoef(each)[0, 1] for each in pairs])
    near, lens, knots, gone = _told_so(asked)
    true = _landed(near, lens, knots, gone, asked["aspect"])
    resting = _landed(near, lens, 0 * knots, 0 * gone, asked["aspect"])
    people = found.people > 0
    made = _landed(found.nearness, found.lens, found.knots, _gone(people.float(), found.walk), asked["aspect"])
    kept = (true.abs() < OUTSIDE).all(-1)
    off_by, off_at_rest = ((each - true)[..., 0].abs()[kept].mean() / 2 for each in (made, resting))
    who = asked["people"] > 0
    there = who.flatten(1).any(1)
    return {
        "nearness": float(alike.mean()),
        "off": float(off_by),
        "off at rest": float(off_at_rest),
        "people": float((people & who).sum() / (people | who).sum().clamp(min=1)),
        "walk off": float((found.walk - asked["walk"])[there].norm(dim=-1).mean()),
        "walk": float(asked["walk"][there].norm(dim=-1).mean()),
    }


def narrowed(asked: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same at eight to five, as most takes are asked for: what stands at both sides is not seen."""
    inside = slice(ASIDE, COLUMNS - ASIDE)
    picture = functional.interpolate(asked["picture"][..., inside], (ROWS, COLUMNS), mode="bilinear")
    near = functional.interpolate(asked["nearness"][:, None, :, inside], (ROWS, COLUMNS), mode="nearest")[:, 0]
    unit = near.mean((1, 2)).clamp(min=1e-3)
    way = asked["knots"].clone()
    way[..., 3:6] *= unit[:, None, None]
    people = functional.interpolate(asked["people"][:, None, :, inside].float(), (ROWS, COLUMNS), mode="nearest")[:, 0]
    seen = {"picture": picture, "nearness": near / unit[:, None, None], "knots": way, "people": people}
    seen["walk"] = asked["walk"] * unit[:, None, None]
    return asked | seen | {"aspect": torch.tensor((COLUMNS - 2 * ASIDE) / ROWS)}


def told(surveyor: Surveyor, asked: dict[str, Tensor]) -> Survey:
    return surveyor(asked["picture"], asked["words"], asked["heard"], asked["moment"])


def off(found: Survey, asked: dict[str, Tensor]) -> tuple[Tensor, ...]:
    """How far nearness, its logarithm, the lens, the camera's numbers, the places where things land, where people are
    and how they go are off."""
    near, true = found.nearness, asked["nearness"]
    shade = (near - true).abs().mean()
    logs = ((near + 0.05).log() - (true + 0.05).log()).abs().mean()
    lens = (found.lens.log() - asked["lens"].log()).abs().mean()
    camera, ways = 2 * _soft(found.knots - asked["knots"]).mean(), 4 * _ways(found, asked)
    who = (asked["people"] > 0).float()
    there = who.flatten(1).amax(1)
    people = 0.3 * functional.binary_cross_entropy_with_logits(found.people, who)
    walk = (_soft(found.walk - asked["walk"]).mean((1, 2)) * there).mean()
    return shade, 0.3 * logs, 0.3 * lens, camera, ways, people, walk


def _ways(found: Survey, asked: dict[str, Tensor]) -> Tensor:
    """How far from their true places things land, in the frame's own -1 to 1."""
    with torch.no_grad():
        where = _landed(*_told_so(asked), asked["aspect"])
    gone = _gone(found.people.sigmoid(), found.walk)
    made = _landed(found.nearness, found.lens, found.knots, gone, asked["aspect"])
    return _soft(made.clamp(-OUTSIDE, OUTSIDE) - where.clamp(-OUTSIDE, OUTSIDE)).mean()


def _told_so(asked: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    gone = _gone((asked["people"] > 0).float(), asked["walk"])
    return asked["nearness"], asked["lens"], asked["knots"], gone


def _gone(people: Tensor, walk: Tensor) -> Tensor:
    """(B, KNOTS, h, w, 3) of who is seen (B, ROWS, COLUMNS), from 0 to 1, and how they go (B, KNOTS, 3)."""
    small = functional.interpolate(people[:, None], COARSE, mode="nearest")[:, 0]
    return walk[:, :, None, None] * small[:, None, ..., None]


def _landed(nearness: Tensor, lens: Tensor, knots: Tensor, gone: Tensor, aspect: Tensor) -> Tensor:
    """(B, KNOTS, h, w, 2): where places of a picture are at each knot, in the frame's own -1 to 1."""
    small = functional.interpolate(nearness[:, None], COARSE, mode="nearest")[:, 0]
    count = len(small)
    turned, went, closer = knots.reshape(count, KNOTS, POSE).split((3, 3, 1), dim=-1)
    poses = [Poses(turned[n] / lens[n], went[n], closer[n, :, 0]) for n in range(count)]
    return torch.stack([projected(small[n], lens[n], poses[n], float(aspect), gone[n])[0] for n in range(count)])


def _soft(x: Tensor) -> Tensor:
    return functional.smooth_l1_loss(x, torch.zeros_like(x), beta=SOON, reduction="none")


def _plain(name: str, parameter: torch.nn.Parameter) -> bool:
    """Whether AdamW is for it: what is looked up, and what writes an answer."""
    return name.startswith(("lexicon", "near.", "who.", "walk.", "moment", "pose.4", "down.0."))

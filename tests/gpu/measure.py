"""Measures on a card what a laptop cannot: `python -m tests.gpu.measure`, or `--rehearse` for a small one on the CPU.

Random weights of LTX-Video 2B's shape, in the number format of the card: what a second of clip costs, with our path and
by the bare call, exact and compiled, resident and offloaded. Writes what it found into README.md beside this file.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from generation import catalogue
from generation.diffusion import plan as planning
from generation.diffusion import residence
from generation.diffusion.plan import Plan
from generation.recipe import Recipe, Words
from generation.weights import Registry
from tests.generation.desk import TestDesk

README = Path(__file__).with_name("README.md")
BEGINS, ENDS = "<!-- measured: begins -->", "<!-- measured: ends -->"
RATE = (24, 1)


@dataclass(frozen=True)
class Scale:
    """How large a model, and how large a take; sizes are pixels."""

    name: str
    heads: int
    head_width: int
    layers: int
    caption: int
    width: int
    height: int
    frames: int
    steps: int
    rounds: int
    vae: dict[str, Any]


# LTX-Video 2B, as its config.json has it; the text encoder's words are short, so a small one of its width stands in.
FULL = Scale("LTX-Video 2B shape", 32, 64, 28, 4096, 768, 512, 121, 20, 3, {})
SMALL_VAE = {"block_out_channels": (8, 16, 16, 16), "decoder_block_out_channels": (8, 16, 16, 16)}
REHEARSAL = Scale("a small rehearsal", 4, 32, 3, 64, 128, 96, 17, 4, 1, SMALL_VAE)


def build(scale: Scale, folder: Path, dtype: torch.dtype) -> None:
    """A folder of weights in diffusers' layout, random, in `dtype`."""
    from diffusers import (
        AutoencoderKLLTXVideo,
        FlowMatchEulerDiscreteScheduler,
        LTXConditionPipeline,
        LTXVideoTransformer3DModel,
    )

    from tests.generation.tiny.words import t5, tokenizer

    torch.manual_seed(0)
    transformer = LTXVideoTransformer3DModel(
        num_attention_heads=scale.heads,
        attention_head_dim=scale.head_width,
        cross_attention_dim=scale.heads * scale.head_width,
        num_layers=scale.layers,
        caption_channels=scale.caption,
    )
    vae = AutoencoderKLLTXVideo(timestep_conditioning=False, **scale.vae)
    pipe = LTXConditionPipeline(FlowMatchEulerDiscreteScheduler(), vae, t5(scale.caption), tokenizer(), transformer)
    pipe.to(dtype=dtype).save_pretrained(folder)


class Ground:
    """Weights, a recipe for them, and the ways of making a take that are compared."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.scale, self.folder = scale, folder
        self.plan = planning.plans(planning.device())[0]
        build(scale, folder / "weights", self.plan.torch_dtype)
        self.registry = Registry(folder / "registry")
        self.weights = self.registry.add(folder / "weights")
        row = catalogue.engine("ltx")
        self.recipe = Recipe(
            "ltx", Words(action="She runs along the quay."), seed=1, frames=scale.frames, rate=RATE, width=scale.width,
            height=scale.height, steps=scale.steps, guidance=3.0, weights=self.weights.pinned,
            settings=dict(row.settings),
        )  # fmt: skip

    def take(self, profile: str = "exact") -> None:
        settings = self.recipe.settings | ({} if profile == "exact" else {"profile": profile})
        recipe = replace(self.recipe, settings=settings)
        frames = catalogue.load("ltx").run(recipe, TestDesk(self.folder, self.registry)).frames
        assert len(list(frames)) == recipe.frames

    def bare(self) -> None:
        here = residence.resident()
        assert here is not None
        with torch.inference_mode():
            here.pipe(
                prompt=self.recipe.words.prompt(), negative_prompt="", width=self.scale.width,
                height=self.scale.height, num_frames=self.scale.frames, frame_rate=24.0,
                num_inference_steps=self.scale.steps, guidance_scale=3.0, image_cond_noise_scale=0.025,
                decode_timestep=0.05, decode_noise_scale=0.025,
                generator=torch.Generator("cpu").manual_seed(1), output_type="np",
            )  # fmt: skip

    def under(self, plan: Plan) -> Callable[[], None]:
        """The same take with the parts elsewhere."""

        def take() -> None:
            with patch.object(planning, "choose", lambda *_: plan):
                self.take()

        return take


def seconds(work: Callable[[], None], rounds: int) -> float:
    """The middle of so many runs, after one that is not counted."""
    work()
    lasted = []
    for _ in range(rounds):
        _settled()
        began = time.perf_counter()
        work()
        _settled()
        lasted.append(time.perf_counter() - began)
    return statistics.median(lasted)


def _settled() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def measured(ground: Ground) -> list[tuple[str, float, int]]:
    """Each way with its seconds and the most memory it had on the card, in bytes."""
    ground.take()  # loads
    ways: list[tuple[str, Callable[[], None]]] = [
        ("bare pipeline call (baseline)", ground.bare),
        ("a take, exact, previews on", ground.take),
        ("a take, fast", lambda: ground.take("fast")),
    ]
    ways += [(f"a take, {plan.name}", ground.under(plan)) for plan in planning.plans(planning.device())[1:]]
    found = []
    for name, way in ways:
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        lasted = seconds(way, ground.scale.rounds)
        found.append((name, lasted, torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0))
        print(f"{name:36} {lasted:8.2f} s", flush=True)
    return found


def table(ground: Ground, found: list[tuple[str, float, int]]) -> str:
    scale, base = ground.scale, found[0][1]
    clip = scale.frames * RATE[1] / RATE[0]
    when = datetime.datetime.now(datetime.UTC).date().isoformat()
    said = [
        f"{when}, {planning.device_label(planning.device())}, {ground.plan.dtype}, torch {torch.__version__}: "
        f"{scale.name}, random weights, {scale.width} x {scale.height}, {scale.frames} frames, {scale.steps} steps "
        f"with guidance, median of {scale.rounds}.",
        "",
        "| | seconds | ratio | seconds of computing per second of clip | most memory on the card |",
        "|---|---|---|---|---|",
    ]
    said += [
        f"| {name} | {lasted:.2f} | {lasted / base:.3f} | {lasted / clip:.2f} | {memory / (1 << 30):.1f} GB |"
        for name, lasted, memory in found
    ]
    return "\n".join(said)


def written(text: str) -> None:
    """Between its marks in README.md; what was measured before on another device stays above it."""
    whole = README.read_text()
    inside = re.search(f"{BEGINS}\n(.*?){ENDS}", whole, re.S)
    assert inside is not None, f"{README.name} has lost its marks"
    before = inside.group(1).strip()
    kept = "" if before.startswith("Nothing") else f"{before}\n\n"
    README.write_text(whole.replace(inside.group(0), f"{BEGINS}\n{kept}{text}\n{ENDS}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rehearse", action="store_true", help="a small model on the CPU; nothing is written")
    rehearse = parser.parse_args().rehearse
    if not rehearse and not torch.cuda.is_available():
        raise SystemExit("There is no accelerator here. Try the same steps on the CPU: --rehearse")
    if rehearse:
        os.environ["CIRCLE_TAKE_DEVICE"] = "cpu"
    with tempfile.TemporaryDirectory(prefix="circle-take-gpu-") as folder:
        ground = Ground(REHEARSAL if rehearse else FULL, Path(folder))
        said = table(ground, measured(ground))
    print(said)
    if not rehearse:
        written(said)


if __name__ == "__main__":
    main()

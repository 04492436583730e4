"""Measures on a card what a laptop cannot: `python -m tests.gpu.measure`, or `--rehearse` for a small one on the CPU.

Random weights of LTX-Video 2B's shape, in the number format of the card: what a second of clip costs, with our path and
by the bare call, exact, compiled and as a CUDA graph, resident and offloaded, at full and at draft size. Writes what it
found into README.md beside this file; what fails is a line there, and Ctrl-C keeps what was measured until then.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import re
import statistics
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from generation import catalogue
from generation.diffusion import ahead, compiled, residence, window
from generation.diffusion import plan as planning
from generation.diffusion.plan import Plan
from generation.recipe import Recipe, Words
from generation.report import Cancelled, Held
from generation.weights import Registry
from tests.generation.desk import TestDesk

README = Path(__file__).with_name("README.md")
BEGINS, ENDS = "<!-- measured: begins -->", "<!-- measured: ends -->"
RATE = (24, 1)


@dataclass(frozen=True)
class Scale:
    """How large a model."""

    name: str
    heads: int
    head_width: int
    layers: int
    caption: int
    vae: dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How large a take, in pixels, and how often it is made."""

    width: int
    height: int
    frames: int
    steps: int
    rounds: int


# LTX-Video 2B, as its config.json has it; the text encoder's words are short, so a small one of its width stands in.
FULL = Scale("LTX-Video 2B shape", 32, 64, 28, 4096, {})
FINAL, DRAFT = Size(768, 512, 121, 20, 2), Size(384, 256, 49, 20, 3)
SMALL_VAE = {"block_out_channels": (8, 16, 16, 16), "decoder_block_out_channels": (8, 16, 16, 16)}
REHEARSAL = Scale("a small rehearsal", 4, 32, 3, 64, SMALL_VAE)
REHEARSED = Size(128, 96, 17, 4, 1)
AUDITION = 0.4


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
    with torch.device(planning.device()):  # two thousand million random numbers take a processor half a minute
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

    def __init__(self, scale: Scale, size: Size, folder: Path) -> None:
        self.scale, self.size, self.folder = scale, size, folder
        self.plan = planning.plans(planning.device())[0]
        build(scale, folder / "weights", self.plan.torch_dtype)
        self.registry = Registry(folder / "registry")
        self.weights = self.registry.add(folder / "weights")

    @property
    def recipe(self) -> Recipe:
        row = catalogue.engine("ltx")
        return Recipe(
            "ltx", Words(action="She runs along the quay."), seed=1, frames=self.size.frames, rate=RATE,
            width=self.size.width, height=self.size.height, steps=self.size.steps, guidance=3.0,
            weights=self.weights.pinned, settings=dict(row.settings),
        )  # fmt: skip

    def desk(self, **how: Any) -> TestDesk:
        return TestDesk(self.folder, self.registry, **how)

    def take(self, profile: str = "exact", **how: Any) -> None:
        recipe = self.recipe
        if profile != "exact":
            recipe = replace(recipe, settings=recipe.settings | {"profile": profile})
        made = catalogue.load("ltx").run(recipe, self.desk(**how))
        assert len(list(made.frames)) == recipe.frames
        assert made.facts["profile"] == profile, made.notes

    def bare(self) -> None:
        """As a script would call it, with none of our settings."""
        here = residence.resident()
        assert here is not None
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=False):
            here.pipe(
                prompt=self.recipe.words.prompt(), negative_prompt="", width=self.size.width,
                height=self.size.height, num_frames=self.size.frames, frame_rate=24.0,
                num_inference_steps=self.size.steps, guidance_scale=3.0, image_cond_noise_scale=0.025,
                decode_timestep=0.05, decode_noise_scale=0.025,
                generator=torch.Generator("cpu").manual_seed(1), output_type="np",
            )  # fmt: skip

    def without_previews(self) -> None:
        with patch.object(window.Window, "show", lambda *_: None):
            self.take()

    def auditioned(self) -> None:
        """Held at a share of the steps, then gone on with."""
        try:
            self.take(hold_at=round(self.size.steps * AUDITION))
        except Held as held:
            self.take(state=held.path)

    def cancelled(self) -> float:
        """Seconds from somebody's asking, in the middle of a step, to the take's end."""
        person = Person()
        try:
            self.take(stop=person.no_longer_wants_it)
        except Cancelled:
            return time.perf_counter() - person.asked
        raise AssertionError("the take was made although nobody wanted it")

    def under(self, plan: Plan) -> Callable[[], None]:
        """The same take with the parts elsewhere."""

        def take() -> None:
            with patch.object(planning, "choose", lambda *_: plan):
                self.take()

        return take


class Person:
    """Gives the word in the middle of the second step, from a thread of its own, as a worker's heartbeat does."""

    IN_STEP = 10  # so many blocks and layers have asked in that step

    def __init__(self) -> None:
        self.asked = 0.0
        self.seen = 0
        self.unwanted = threading.Event()

    def no_longer_wants_it(self, done: int, of: int, phase: str) -> bool:
        self.seen += phase.startswith("step 2 ")
        if self.seen == self.IN_STEP and not self.asked:
            self.asked = time.perf_counter()
            threading.Thread(target=self.unwanted.set).start()
        return self.unwanted.is_set()


@contextlib.contextmanager
def one_graph() -> Iterator[None]:
    """What the denoiser does in a step, recorded as one CUDA graph and replayed in every step."""
    here = residence.resident()
    assert here is not None
    denoiser, graph = here.pipe.transformer, torch.cuda.CUDAGraph()
    forward, kept, answer = denoiser.forward, {}, []

    def record(given: dict[str, Any]) -> None:
        kept.update({name: each.clone() for name, each in given.items() if isinstance(each, torch.Tensor)})
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):  # compiles, and lets the libraries take the memory they keep
                forward(**given | kept)
        torch.cuda.current_stream().wait_stream(aside)
        with torch.cuda.graph(graph):
            answer.append(forward(**given | kept)[0])

    def replay(**given: Any) -> tuple[torch.Tensor]:
        if not answer:
            record(given)
        for name, each in kept.items():
            each.copy_(given[name])
        graph.replay()
        return (answer[0].clone(),)

    denoiser.forward = replay
    try:
        yield
    finally:
        denoiser.forward = forward


@contextlib.contextmanager
def unbounded() -> Iterator[None]:
    """Without the marks that keep the card's queue short."""
    with patch.object(ahead, "on", lambda device: None):
        yield


@contextlib.contextmanager
def compiled_graph() -> Iterator[None]:
    here = residence.resident()
    assert here is not None
    with compiled.blocks(here.pipe), one_graph():
        yield


Context = Callable[[], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True)
class Way:
    """One line of a table: what is done so many times, inside what."""

    name: str
    work: Callable[[], float | None]
    inside: Context = contextlib.nullcontext
    rounds: int = 0


@dataclass
class Found:
    """Seconds and the most memory on the card in bytes, or why there are none. `whole`: the seconds of a whole take."""

    name: str
    seconds: float = 0.0
    whole: bool = True
    memory: int = 0
    failed: str = ""


def at_full_size(ground: Ground) -> list[Way]:
    plans = planning.plans(planning.device())[1:]
    ways = [
        Way("bare pipeline call (baseline)", ground.bare),
        Way("a take, previews off", ground.without_previews),
        Way("a take, previews on", ground.take),
        Way("a take, held at 40 %, resumed", ground.auditioned, rounds=1),
        Way("cancel: seconds from asking to raised", ground.cancelled, rounds=5),
        Way("cancel, the card's queue as long as it gets", ground.cancelled, unbounded, rounds=5),
        Way("a take, previews on, its queue as long as it gets", ground.take, unbounded),
        Way("a take, fast (compiled blocks)", lambda: ground.take("fast")),
    ]
    if torch.cuda.is_available():
        ways.append(Way("bare call, one CUDA graph a step", ground.bare, one_graph))
        ways.append(Way("bare call, compiled, one graph", ground.bare, compiled_graph))
    return ways + [Way(f"a take, {plan.name}", ground.under(plan), rounds=1) for plan in plans]


def at_draft_size(ground: Ground) -> list[Way]:
    ways = [Way("bare pipeline call (baseline)", ground.bare), Way("a take, previews on", ground.take)]
    if torch.cuda.is_available():
        ways.append(Way("bare call, one CUDA graph a step", ground.bare, one_graph))
    return ways


def measured(ways: list[Way], rounds: int, found: list[Found]) -> None:
    """Adds each way as soon as it is measured. One that fails is a line too, and the others go on."""
    for way in ways:
        here = Found(way.name)
        try:
            with way.inside():
                here.seconds, here.whole = seconds(way.work, way.rounds or rounds)
            here.memory = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
        except Exception as error:
            traceback.print_exc()
            here.failed = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
        found.append(here)
        print(f"{here.name:50} {here.failed or f'{here.seconds:8.2f} s'}", flush=True)


def seconds(work: Callable[[], float | None], rounds: int) -> tuple[float, bool]:
    """The middle of so many runs, after one that is not counted. Work that says a time itself means that one."""
    said = work()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    lasted = []
    for _ in range(rounds):
        _settled()
        began = time.perf_counter()
        said = work()
        _settled()
        lasted.append(time.perf_counter() - began if said is None else said)
    return statistics.median(lasted), said is None


def _settled() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def table(ground: Ground, size: Size, found: list[Found]) -> str:
    base = next((each.seconds for each in found if each.seconds), 1.0)
    clip = size.frames * RATE[1] / RATE[0]
    when = datetime.datetime.now(datetime.UTC).date().isoformat()
    said = [
        f"{when}, {planning.device_label(planning.device())}, {ground.plan.dtype}, torch {torch.__version__}: "
        f"{ground.scale.name}, random weights, {size.width} x {size.height}, {size.frames} frames, {size.steps} steps "
        f"with guidance, median of {size.rounds}; once for the one held and where the parts lie elsewhere.",
        "",
        "| | seconds | ratio | seconds of computing per second of clip | most memory on the card |",
        "|---|---|---|---|---|",
    ]
    for each in found:
        numbers = f"{each.seconds:.2f} | {each.seconds / base:.3f} | {each.seconds / clip:.2f}"
        if not each.whole:
            numbers = f"{each.seconds:.3f} | |"
        memory = f"{each.memory / (1 << 30):.1f} GB"
        said.append(f"| {each.name} | {each.failed + ' | | |' if each.failed else f'{numbers} | {memory}'} |")
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
    scale, sizes = (REHEARSAL, (REHEARSED,)) if rehearse else (FULL, (FINAL, DRAFT))
    with tempfile.TemporaryDirectory(prefix="circle-take-gpu-") as folder:
        ground = Ground(scale, sizes[0], Path(folder))
        said = []
        with contextlib.suppress(KeyboardInterrupt):
            ground.take()  # loads
            for size, ways in zip(sizes, (at_full_size, at_draft_size), strict=False):
                ground.size = size
                found: list[Found] = []
                try:
                    measured(ways(ground), size.rounds, found)
                finally:
                    said.append(table(ground, size, found))
    print("\n\n".join(said))
    if not rehearse:
        written("\n\n".join(said))


if __name__ == "__main__":
    main()

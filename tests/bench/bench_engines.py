"""What our path costs around a pipeline: a take against the bare call, with previews, and stopped half-way and resumed.

The same random weights of LTX-Video's true geometry (32 x 32 x 8, 128 channels, 9 million parameters) are loaded for
both; they run in turn, another one first in each round, and are compared round by round and by processor time too,
because this machine may be busy with other things: of the thread that samples, and of the whole process. Previews are
encoded as a worker does it, in their own thread and, as until 2026-11-27, in the one that samples.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from generation.recipe import Recipe, Words
from generation.report import Held
from generation.weights import Registry
from tests.bench.bench_previews import Encoding, drawn_at_once, settle
from tests.bench.ground import median

ROUNDS = 8
STEPS = 20


def build(folder: Path) -> None:
    import torch
    from diffusers import (
        AutoencoderKLLTXVideo,
        FlowMatchEulerDiscreteScheduler,
        LTXConditionPipeline,
        LTXVideoTransformer3DModel,
    )

    from tests.generation.tiny.words import t5, tokenizer

    torch.manual_seed(0)
    transformer = LTXVideoTransformer3DModel(
        num_attention_heads=8,
        attention_head_dim=32,
        num_layers=8,
        cross_attention_dim=256,
        caption_channels=32,
    )
    vae = AutoencoderKLLTXVideo(
        block_out_channels=(24, 48, 96, 128), decoder_block_out_channels=(24, 48, 96, 128), timestep_conditioning=False
    )
    LTXConditionPipeline(FlowMatchEulerDiscreteScheduler(), vae, t5(), tokenizer(), transformer).save_pretrained(folder)


Times = tuple[float, float, float]
CLOCKS = (time.perf_counter, time.thread_time, time.process_time)


def timed(work: Callable[[], object]) -> Times:
    began = [clock() for clock in CLOCKS]
    work()
    wall, thread, process = (clock() - before for clock, before in zip(CLOCKS, began, strict=True))
    return wall, thread, process


def middles(times: list[Times], base: list[Times]) -> tuple[list[float], list[float]]:
    """By each clock: the middle second, and the middle of the ratios to what was run in the same round."""
    each = range(len(CLOCKS))
    seconds = [median([one[which] for one in times]) for which in each]
    ratios = [median([one[which] / other[which] for one, other in zip(times, base, strict=True)]) for which in each]
    return seconds, ratios


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="circle-take-bench-"))
    settle(folder)
    build(folder / "weights")
    registry = Registry(folder / "registry")
    weights = registry.add(folder / "weights")

    import torch

    from generation import catalogue
    from generation.diffusion import residence
    from generation.diffusion.window import Window

    row = catalogue.engine("ltx")
    recipe = Recipe(
        "ltx", Words(action="She runs."), seed=1, frames=49, width=256, height=160, steps=STEPS, guidance=3.0,
        weights=weights.pinned, settings=dict(row.settings),
    )  # fmt: skip
    engine = catalogue.load("ltx")

    def take(**how: object) -> None:
        list(engine.run(recipe, Encoding(folder, registry, **how)).frames)  # type: ignore[arg-type]

    def without_previews() -> None:
        with patch.object(Window, "show", lambda *_: None):
            take()

    def drawing_itself() -> None:
        with patch.object(Window, "show", drawn_at_once):
            take()

    def bare() -> None:
        here = residence.resident()
        assert here is not None
        with torch.inference_mode():
            here.pipe(
                prompt=recipe.words.prompt(), negative_prompt="", width=256, height=160, num_frames=49, frame_rate=24.0,
                num_inference_steps=STEPS, guidance_scale=3.0, image_cond_noise_scale=0.025, decode_timestep=0.05,
                decode_noise_scale=0.025, generator=torch.Generator("cpu").manual_seed(1), output_type="np",
            )  # fmt: skip

    def audition() -> None:
        held: list[Path] = []
        try:
            take(hold_at=round(STEPS * 0.4))
        except Held as stop:
            held.append(stop.path)
        take(state=held[0])

    take()
    ways = {
        "bare pipeline call": bare,
        "a take, no previews": without_previews,
        "a take, drawing itself": drawing_itself,
        "a take": take,
        "held at 40 %, resumed": audition,
    }
    measured: dict[str, list[Times]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        order = list(ways)[number % len(ways) :] + list(ways)[: number % len(ways)]
        for name in order:
            measured[name].append(timed(ways[name]))
    print(f"LTX geometry, 9.1 M, 256x160, 49 frames, {STEPS} steps, {ROUNDS} rounds in turn, medians")
    print(f"{'':24} {'seconds':>8} {'ratio':>6} {'thread':>8} {'ratio':>6} {'process':>8} {'ratio':>6}")
    for name, times in measured.items():
        seconds, ratios = middles(times, measured["bare pipeline call"])
        said = [f"{each:8.2f} {ratio:6.3f}" for each, ratio in zip(seconds, ratios, strict=True)]
        print(f"{name:24} {' '.join(said)}")
    clock, _, cpu = middles(measured["held at 40 %, resumed"], measured["a take"])[1]
    print(f"held and resumed, of a take without a stop: {clock:.3f} by the clock, {cpu:.3f} by processor time")
    with suppress(OSError):
        print(f"saved state: {(folder / 'state.safetensors').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

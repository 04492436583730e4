"""What our path costs around a pipeline: a take against the bare call, with previews, and stopped half-way and resumed.

The same random weights of LTX-Video's true geometry (32 x 32 x 8, 128 channels, 9 million parameters) are loaded for
both; they run in turn, another one first in each round, and are compared round by round and by processor time too,
because this machine may be busy with other things.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from generation.recipe import Recipe, Words
from generation.report import Held
from generation.weights import Registry
from tests.bench.ground import median
from tests.generation.desk import TestDesk

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


def timed(work: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def middles(times: list[tuple[float, float]], base: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Clock and processor: the middle second, and the middle of the ratios to what was run in the same round."""
    both = range(2)
    seconds = [median([each[which] for each in times]) for which in both]
    ratios = [median([one[which] / other[which] for one, other in zip(times, base, strict=True)]) for which in both]
    return seconds, ratios


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="circle-take-bench-"))
    build(folder / "weights")
    registry = Registry(folder / "registry")
    weights = registry.add(folder / "weights")

    import torch

    from generation import catalogue
    from generation.diffusion import residence

    row = catalogue.engine("ltx")
    recipe = Recipe(
        "ltx", Words(action="She runs."), seed=1, frames=49, width=256, height=160, steps=STEPS, guidance=3.0,
        weights=weights.pinned, settings=dict(row.settings),
    )  # fmt: skip
    engine = catalogue.load("ltx")

    def take(**how: object) -> None:
        list(engine.run(recipe, TestDesk(folder, registry, **how)).frames)  # type: ignore[arg-type]

    def without_previews() -> None:
        from generation.diffusion.window import Window

        show, Window.show = Window.show, lambda *_: None  # type: ignore[method-assign]
        try:
            take()
        finally:
            Window.show = show  # type: ignore[method-assign]

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
        "a take": take,
        "held at 40 %, resumed": audition,
    }
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        order = list(ways)[number % len(ways) :] + list(ways)[: number % len(ways)]
        for name in order:
            measured[name].append(timed(ways[name]))
    print(f"LTX geometry, 9.1 M, 256x160, 49 frames, {STEPS} steps, {ROUNDS} rounds in turn, medians")
    print(f"{'':24} {'seconds':>8} {'ratio':>6} {'cpu s':>7} {'ratio':>6}")
    for name, times in measured.items():
        seconds, ratios = middles(times, measured["bare pipeline call"])
        print(f"{name:24} {seconds[0]:8.2f} {ratios[0]:6.3f} {seconds[1]:7.2f} {ratios[1]:6.3f}")
    clock, cpu = middles(measured["held at 40 %, resumed"], measured["a take"])[1]
    print(f"held and resumed, of a take without a stop: {clock:.3f} by the clock, {cpu:.3f} by processor time")
    with suppress(OSError):
        print(f"saved state: {(folder / 'state.safetensors').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

"""What previews and the check of the frames cost the thread that samples: before they had a thread, and now.

Latents and frames of LTX-Video's shape at 768 x 512, 97 frames. A preview is drawn and encoded as a worker's desk does
it, all in this process; the way of before 2026-11-27 is the baseline, and both run in turn. "All threads" counts what
libraries start on their own: where it is above 1, drawing takes cores that the sampling works on.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from diffusers.video_processor import VideoProcessor

from generation.diffusion import check, residence
from generation.diffusion import window as windows
from generation.diffusion.latents import Colours
from generation.diffusion.window import Window, copied
from generation.recipe import Recipe, Words
from tests.bench.ground import median
from tests.generation.desk import TestDesk

WIDTH, HEIGHT, FRAMES = 768, 512, 97
LATENTS = (128, 13, 16, 24)
ROUNDS = 9


class Encoding(TestDesk):
    """Makes of each preview what a page is sent."""

    def preview(self, frame: np.ndarray) -> None:
        self.previews.append(moving(frame))


def drawn_at_once(window: Window, pipe: Any, clean: Callable[[], torch.Tensor]) -> None:
    """In place of Window.show: as it was before previews had a thread."""
    now = time.monotonic()
    if window.unpack is not None and now - window._taken >= windows.SECONDS:
        window._taken = now
        window._draw(copied(window.unpack(pipe, clean())))


def settle(folder: Path) -> None:
    """Django's settings, for the desk's own encoding; nothing is asked of a server."""
    os.environ["CIRCLE_TAKE_DATA"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storyboard.settings")
    import django

    django.setup()


def moving(frame: np.ndarray) -> Any:
    from generation.desk import _moving

    return _moving(frame)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds by the clock."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of this thread's processor time, which no other load changes much."""
    began = time.thread_time()
    work()
    return 1000 * (time.thread_time() - began)


def line(name: str, values: list[float], base: list[float] | None = None) -> None:
    ratio = f"ratio {median([one / other for one, other in zip(values, base, strict=True)]):.3f}" if base else ""
    print(f"{name:58} {median(values):9.2f} ms  {ratio}")


def in_turn(*ways: Callable[[], float]) -> list[list[float]]:
    """Each way once that is not counted, then all of them in every round, another one first each time."""
    for way in ways:
        way()
    found: list[list[float]] = [[] for _ in ways]
    for number in range(ROUNDS):
        for place in range(len(ways)):
            which = (number + place) % len(ways)
            found[which].append(ways[which]())
    return found


def previews(window: Window) -> None:
    latents = torch.randn(LATENTS)

    def inline() -> None:
        window._draw(copied(latents))

    def handed_over() -> None:
        window.show(None, lambda: latents)

    def only_then(measure: Callable[[Callable[[], object]], float]) -> float:
        found = measure(handed_over)
        assert window._drawing is not None
        window._drawing.result()  # the next one is not to meet it
        return found

    ways = (lambda: spent(inline), lambda: only_then(spent), lambda: timed(inline), lambda: only_then(timed))
    before, after, before_clock, after_clock = in_turn(*ways)
    line("a preview, drawn by the thread that samples (baseline)", before)
    line("a preview, handed over", after, before)
    line("  the same by the clock: drawn (baseline)", before_clock)
    line("  the same by the clock: handed over", after_clock, before_clock)


def as_arrays(decoded: torch.Tensor, processor: VideoProcessor) -> np.ndarray:
    """The way of before: floats in the order of pixels, each frame looked at and rounded by NumPy."""
    frames = processor.postprocess_video(decoded, "np")[0]
    shown = np.empty(frames.shape, np.uint8)
    for frame, pixels in zip(frames, shown, strict=True):
        values = frame.ravel()
        assert np.isfinite(values.sum() + values @ values)
        scaled = np.clip(frame, 0, 1)
        scaled *= 255
        pixels[...] = np.rint(scaled, out=scaled)
    return shown


def frames() -> None:
    decoded = torch.rand(1, 3, FRAMES, HEIGHT, WIDTH) * 2 - 1
    processor = VideoProcessor(vae_scale_factor=32)
    given = processor.postprocess_video(decoded, "np")[0], processor.postprocess_video(decoded, "pt")[0]
    assert np.array_equal(as_arrays(decoded, processor), check.sound(given[1], "float32"))
    with patch.object(processor, "postprocess_video", lambda *_: given[:1]):
        before, after = in_turn(
            lambda: spent(lambda: as_arrays(decoded, processor)),
            lambda: spent(lambda: check.sound(given[1], "float32")),
        )
    line("checked and made bytes, as arrays of floats (baseline)", before)
    line("checked and made bytes, as tensors", after, before)
    before, after = in_turn(
        lambda: spent(lambda: as_arrays(decoded, processor)),
        lambda: spent(lambda: check.sound(processor.postprocess_video(decoded, "pt")[0], "float32")),
    )
    line("from the decoder's answer to bytes, as arrays (baseline)", before)
    line("from the decoder's answer to bytes, as tensors", after, before)


def alone(window: Window) -> None:
    """Whether drawing keeps to its thread: what all threads of this process spend on it, to what that one does."""
    latents = torch.randn(LATENTS)

    def by_all() -> float:
        began = time.process_time()
        spent_here = spent(lambda: window._draw(copied(latents)))
        return 1000 * (time.process_time() - began) / spent_here

    (ratios,) = in_turn(by_all)
    print(f"{'processor time of all threads, of the one that draws':58} {'':9}     ratio {median(ratios):.3f}")


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Window]:
    """A window with colours learnt, as it has after the first take."""
    colours = Colours(folder / "colours.safetensors")
    colours.learn(torch.randn(LATENTS), np.random.default_rng(0).integers(0, 256, (FRAMES, 64, 96, 3), np.uint8))
    recipe = Recipe("ltx", Words(action="She runs."), seed=1, frames=FRAMES, width=WIDTH, height=HEIGHT)
    with Window(Encoding(folder, None), recipe, colours, lambda pipe, latents: latents) as window:  # type: ignore[arg-type]
        yield window


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="circle-take-bench-") as folder:
        settle(Path(folder))
        residence._calm_threads()
        print(f"{WIDTH}x{HEIGHT}, {FRAMES} frames, latents {' x '.join(map(str, LATENTS))}, {ROUNDS} rounds, medians;")
        print(
            f"processor time of the sampling thread where the clock is not named; torch has {torch.get_num_threads()}"
        )
        with opened(Path(folder)) as window:
            with patch.object(windows, "SECONDS", 0.0):
                previews(window)
            frames()
            alone(window)


if __name__ == "__main__":
    main()

"""A take through the real queue against the bare pipeline call: until frames are decoded, and until it can be played.

A worker process makes takes as it does for people: claimed from Postgres, told and shown through Redis, its heartbeat
in a thread of its own. Beside it stands a process with the same weights loaded that calls the pipeline as a script
would. They run in turn, the other one first in each round; while one works, the other waits to be asked.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from generation.recipe import Recipe
from tests.bench.bench_engines import build
from tests.bench.ground import ground, median

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storyboard.models import Shot, Take, User

ROUNDS = 9
SIZE = {"width": 256, "height": 160}
FRAMES = 49


def main() -> None:
    with ground() as folder:
        build(folder / "tiny")
        from storyboard import engines
        from tests import factories

        weights = engines.registry().add(folder / "tiny", "bench")
        by = factories.person("Ada")
        shot = factories.shot(factories.project(by, "Bench", **SIZE), frames=FRAMES)
        with worker(), bare(weights.path, weights.pinned) as call, listener() as heard:
            report(measured(lambda: made(shot, by), call), heard)


@contextmanager
def worker() -> Iterator[None]:
    celery = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "storyboard", "worker", "-Q", "takes", "-c", "1", "-P", "prefork",
         "--without-gossip", "--without-mingle", "--disable-prefetch", "--loglevel", "WARNING"],
    )  # fmt: skip
    try:
        yield
    finally:
        celery.terminate()
        celery.wait(30)


@contextmanager
def bare(path: Path, pinned: str) -> Iterator[Callable[[str], float]]:
    """A process of its own that runs the pipeline once for each recipe it is sent, and says how long that took."""
    words = [sys.executable, "-m", "tests.bench.bench_take", str(path), pinned]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def call(recipe: str) -> float:
            assert process.stdin and process.stdout
            print(recipe, file=process.stdin, flush=True)
            return float(process.stdout.readline())

        try:
            yield call
        finally:
            process.terminate()


@contextmanager
def listener() -> Iterator[list[int]]:
    """How many previews and tellings an open page would have been sent."""
    from storyboard import live

    counted = [0, 0]
    channels = live.connection().pubsub(ignore_subscribe_messages=True)

    def count(place: int) -> Callable[[object], None]:
        def add(_: object) -> None:
            counted[place] += 1

        return add

    channels.subscribe(**{live.PREVIEWS.decode(): count(0), live.CHANNEL.decode(): count(1)})
    thread = channels.run_in_thread(daemon=True)
    try:
        yield counted
    finally:
        thread.stop()
        thread.join()


def made(shot: Shot, by: User) -> Take:
    from storyboard.models import Take

    take = Take.objects.ask(shot.project, [shot], 1, by, engine="ltx:bench", seed=1)[0]
    deadline = time.monotonic() + 300
    while take.is_waiting:
        if time.monotonic() > deadline:
            raise SystemExit("The take was not made within five minutes.")
        time.sleep(0.02)
        take.refresh_from_db()
    assert take.status == "finished", take.error
    return take


def measured(take: Callable[[], Take], call: Callable[[str], float]) -> list[tuple[Take, float]]:
    recipe = take().recipe
    call(recipe)  # both have loaded, and read the words
    rounds = []
    for number in range(ROUNDS):
        seconds = call(recipe) if number % 2 else 0.0
        one = take()
        rounds.append((one, seconds or call(recipe)))
    return rounds


def report(rounds: list[tuple[Take, float]], heard: list[int]) -> None:
    assert {take.report["facts"]["plan"] for take, _ in rounds} == {"resident"}
    phases = [take.report["facts"]["seconds"] for take, _ in rounds]
    ours = [each["run the pipeline"] + each["check the frames"] for each in phases]  # the bare call ends with floats
    theirs = [seconds for _, seconds in rounds]
    whole = [(take.finished_at - take.started_at).total_seconds() for take, _ in rounds]
    waited = [(take.started_at - take.queued_at).total_seconds() for take, _ in rounds]
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    recipe = rounds[0][0].frozen
    print(
        f"LTX geometry, 9.1 M, {recipe.width}x{recipe.height}, {recipe.frames} frames, {recipe.steps} steps, {ROUNDS} "
        "rounds in turn, medians"
    )
    print(f"the bare pipeline call (baseline)      {median(theirs):6.2f} s")
    print(f"the same inside a worker's take        {median(ours):6.2f} s, ratio {median(ratios):.3f}")
    best = min(theirs), min(ours)
    print(f"the quickest of each                   {best[0]:6.2f} and {best[1]:.2f} s, ratio {best[1] / best[0]:.3f}")
    print(f"begun until playable, all in           {median(whole):6.2f} s")
    print(f"asked until begun, the line is empty   {1000 * median(waited):6.0f} ms")
    print(f"sent to a page: {heard[0]} previews, {heard[1]} tellings in {ROUNDS + 1} takes")


def stand_by(path: str, pinned: str) -> None:
    """The other process: weights loaded once, then the bare call for every line."""
    import torch
    from diffusers import LTXConditionPipeline

    from generation.diffusion import plan as planning
    from generation.diffusion import residence

    pipe = residence.settle(Path(path), pinned, LTXConditionPipeline, planning.plans("cpu")[0]).pipe
    for line in sys.stdin:
        recipe = Recipe.parse(line)
        began = time.perf_counter()
        with torch.inference_mode():
            pipe(
                prompt=recipe.words.prompt(), negative_prompt=recipe.negative, width=recipe.width, height=recipe.height,
                num_frames=recipe.frames, frame_rate=float(recipe.fps), num_inference_steps=recipe.steps,
                guidance_scale=recipe.guidance, image_cond_noise_scale=recipe.settings["image_cond_noise_scale"],
                decode_timestep=recipe.settings["decode_timestep"],
                decode_noise_scale=recipe.settings["decode_noise_scale"],
                generator=torch.Generator("cpu").manual_seed(recipe.seed), output_type="np",
            )  # fmt: skip
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        stand_by(*sys.argv[1:])
    else:
        main()

"""One process that makes a take alone, so that its seconds, its memory and its bits are its own.

    python -m generation.training.speed FOLDER RECIPE.json CORES [--whole]

It prints one JSON object. With --whole the take is also stored and made playable, as a worker does.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from generation.recipe import Recipe

ROUNDS = 3


def measured(folder: Path, recipe: Recipe, cores: int, whole: bool = False) -> dict[str, Any]:
    """What a fresh process on so many cores finds; raises CalledProcessError with what it said where it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "recipe.json")
        path.write_text(recipe.canonical())
        threads = {name: str(max(1, cores - 1)) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        alone = os.environ | threads | {"OMP_WAIT_POLICY": "PASSIVE", "CUDA_VISIBLE_DEVICES": ""}
        words = [sys.executable, "-m", "generation.training.speed", str(folder), str(path), str(cores)]
        ran = subprocess.run([*words, *(["--whole"] if whole else [])], env=alone, capture_output=True, text=True)
    if ran.returncode:
        print(ran.stderr[-2000:], file=sys.stderr)
        ran.check_returncode()
    return json.loads(ran.stdout.splitlines()[-1])


def main(folder: Path, recipe: Recipe, cores: int, whole: bool) -> dict[str, Any]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
    began = time.monotonic()
    import numpy as np

    from generation import catalogue, ffmpeg
    from generation.training.desk import EvaluationDesk

    desk = EvaluationDesk(folder)
    engine = catalogue.load(recipe.engine)
    imported = time.monotonic() - began
    took, bits, playable = [], "", 0.0
    for number in range(ROUNDS + 1):
        began = time.monotonic()
        frames = np.stack(list(engine.run(recipe, desk).frames))
        took.append(time.monotonic() - began)
        bits = bits if number else hashlib.sha256(frames.tobytes()).hexdigest()
    memory = peak_bytes()  # before ffmpeg's programs are started from here
    if whole:
        with tempfile.TemporaryDirectory() as scratch:
            began = time.monotonic()
            master = Path(scratch, "master.mp4")
            with ffmpeg.Encoder(master, recipe.width, recipe.height, recipe.rate) as encoder:
                for frame in engine.run(recipe, desk).frames:
                    encoder.write(frame)
            ffmpeg.derive(master, Path(scratch))
            playable = time.monotonic() - began
    return {
        "imported": imported,
        "loaded": max(0.0, took[0] - min(took[1:])),
        "takes": took[1:],
        "memory": memory,
        "bits": bits,
        "playable": playable,
    }


def peak_bytes() -> int:
    """The most memory this process has held. The kernel's own mark where it can be read: getrusage of a child begins
    with what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    folder, path, cores, *more = sys.argv[1:]
    print(json.dumps(main(Path(folder), Recipe.parse(Path(path).read_text()), int(cores), "--whole" in more)))

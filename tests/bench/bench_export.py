"""Exporting a cut of sixty shots, against one plain command that does the same encode.

    python -m tests.bench.bench_export [shots] [frames a shot]

Prints wall seconds and the ratio for a first export, for one with burn-ins, for one after a single shot changed, and
for joining alone.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from generation import ffmpeg
from generation.ffmpeg.program import executable
from storyboard.cut import Cut, CutShot
from storyboard.exporters import animatic

SIZE = (1280, 720)
RATE = (24, 1)
LENGTHS = 5


def main(shots: int = 60, frames: int = 48) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [_clip(folder / f"{n}.mp4", frames, n) for n in range(LENGTHS)]
        cut = Cut("Bench", RATE, *SIZE, tuple(_shot(n, clips[n % LENGTHS], frames) for n in range(shots)))
        changed = dataclasses.replace(cut, shots=(dataclasses.replace(cut.shots[0], frames=frames - 1), *cut.shots[1:]))
        work = folder / "work"
        baseline = _seconds(lambda: _plain(cut, folder / "plain.mp4"))
        print(f"{shots} shots of {frames} frames at {SIZE[0]}x{SIZE[1]}; one plain command: {baseline:.2f} s")
        for words, run in (
            ("first export", lambda: _export(cut, folder, work)),
            ("with burn-ins", lambda: _export(cut, folder, work, burn_ins=True)),
            ("after one shot changed", lambda: _export(changed, folder, work)),
            ("nothing changed", lambda: _export(cut, folder, work)),
        ):
            taken = _seconds(run)
            print(f"{words:>24}: {taken:6.2f} s, ratio {taken / baseline:.2f}")
        size = (folder / "film.mp4").stat().st_size
        print(f"{'film':>24}: {size / 1e6:.1f} MB, plain {(folder / 'plain.mp4').stat().st_size / 1e6:.1f} MB")


def _clip(path: Path, frames: int, seed: int) -> Path:
    """A moving gradient with film grain: neither trivial nor impossible to encode."""
    random = np.random.default_rng(seed)
    across = np.linspace(0, 4 * np.pi, 640) + np.linspace(0, 2 * np.pi, 360)[:, None]
    with ffmpeg.Encoder(path, 640, 360, RATE) as encoder:
        for n in range(frames):
            light = 128 + 80 * np.sin(across + n / 9 + seed)
            grain = random.normal(0, 4, (360, 640, 1))
            encoder.write(np.clip(light[..., None] * (1, 0.8, 0.6) + grain, 0, 255).astype(np.uint8))
    return path


def _shot(n: int, clip: Path, frames: int) -> CutShot:
    return CutShot(n, f"{n:03}", "1", "INT. ROOM", "pick", frames, source=clip, source_frames=frames, take_number=1,
                   in_frame=n // LENGTHS % 3)  # fmt: skip


def _plain(cut: Cut, target: Path) -> None:
    """What a person would type: every clip opened, trimmed, scaled, joined and encoded in one go."""
    inputs = [part for shot in cut.shots for part in ("-i", str(shot.source))]
    size = f"scale={SIZE[0]}:{SIZE[1]},setsar=1"
    hold = "tpad=stop=-1:stop_mode=clone"
    chains = [
        f"[{n}:v]{hold},trim=start_frame={shot.in_frame}:end_frame={shot.in_frame + shot.frames},setpts=PTS-STARTPTS,{size}[v{n}]"
        for n, shot in enumerate(cut.shots)
    ]
    joined = "".join(f"[v{n}]" for n in range(len(cut.shots))) + f"concat=n={len(cut.shots)}[v]"
    encode = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "12", "-bf", "0",
              "-sc_threshold", "0"]  # fmt: skip
    command = [executable(), "-v", "error", "-y", *inputs, "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo",
               "-filter_complex", ";".join([*chains, joined]), "-map", "[v]", "-map", f"{len(cut.shots)}:a", "-shortest",
               *encode, "-c:a", "aac", "-movflags", "+faststart", str(target)]  # fmt: skip
    subprocess.run(command, check=True)
    assert ffmpeg.probe(target, decode=False).frames == cut.frames


def _export(cut: Cut, folder: Path, work: Path, burn_ins: bool = False) -> None:
    facts = animatic.export(cut, folder / "film.mp4", burn_ins=burn_ins, work=work)
    assert facts.frames == cut.frames


def _seconds(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""Exporting a cut of sixty shots, against one plain command that does the same encode.

    python -m tests.bench.bench_export [shots] [frames a shot]

Prints wall and processor seconds, and the ratio of each, for a first export, for one with burn-ins, for one after a
single shot changed, and for joining alone. On a busy machine believe the processor seconds.
"""

from __future__ import annotations

import dataclasses
import os
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
CLIPS = 5


def main(shots: int = 60, frames: int = 24) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [_clip(folder / f"{n}.mp4", frames + shots // CLIPS, n) for n in range(CLIPS)]
        cut = Cut("Bench", RATE, *SIZE, tuple(_shot(n, clips[n % CLIPS], frames) for n in range(shots)))
        changed = dataclasses.replace(cut, shots=(dataclasses.replace(cut.shots[0], frames=frames - 1), *cut.shots[1:]))
        work = folder / "work"
        wall, processor = _seconds(lambda: _plain(cut, folder / "plain.mp4"))
        print(f"{shots} shots of {frames} frames at {SIZE[0]}x{SIZE[1]}")
        print(f"{'one plain command':>24}: {wall:6.2f} s wall, {processor:6.2f} s processor")
        for words, run in (
            ("first export", lambda: _export(cut, folder, work)),
            ("with burn-ins", lambda: _export(cut, folder, work, burn_ins=True)),
            ("after one shot changed", lambda: _export(changed, folder, work)),
            ("nothing changed", lambda: _export(cut, folder, work)),
        ):
            took, used = _seconds(run)
            print(
                f"{words:>24}: {took:6.2f} s wall, {used:6.2f} s processor; {took / wall:.2f}, {used / processor:.2f}"
            )
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
    """No two shots show the same frames, so that no piece serves twice."""
    return CutShot(n, f"{n:03}", "1", "INT. ROOM", "pick", frames, source=clip, source_frames=frames, take_number=1,
                   in_frame=n // CLIPS)  # fmt: skip


def _plain(cut: Cut, target: Path) -> None:
    """What a person would type: every clip opened, trimmed, scaled, joined and encoded in one go."""
    inputs = [part for shot in cut.shots for part in ("-i", str(shot.source))]
    fit = f"setpts=PTS-STARTPTS,scale={SIZE[0]}:{SIZE[1]},setsar=1"
    chains = []
    for n, shot in enumerate(cut.shots):
        trim = f"trim=start_frame={shot.in_frame}:end_frame={shot.in_frame + shot.frames}"
        chains.append(f"[{n}:v]{trim},{fit}[v{n}]")
    joined = "".join(f"[v{n}]" for n in range(len(cut.shots))) + f"concat=n={len(cut.shots)}[v]"
    encode = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "12", "-bf", "0",
              "-sc_threshold", "0"]  # fmt: skip
    command = [executable(), "-v", "error", "-y", *inputs, "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo",
               "-filter_complex", ";".join([*chains, joined]), "-map", "[v]", "-map", f"{len(cut.shots)}:a",
               "-shortest", *encode, "-c:a", "aac", "-movflags", "+faststart", str(target)]  # fmt: skip
    subprocess.run(command, check=True)
    assert ffmpeg.probe(target, decode=False).frames == cut.frames


def _export(cut: Cut, folder: Path, work: Path, burn_ins: bool = False) -> None:
    facts = animatic.export(cut, folder / "film.mp4", burn_ins=burn_ins, work=work)
    assert facts.frames == cut.frames


def _seconds(run: Callable[[], None]) -> tuple[float, float]:
    """Wall seconds, and processor seconds of this process and its children."""
    before, started = os.times(), time.perf_counter()
    run()
    after, ended = os.times(), time.perf_counter()
    return ended - started, sum(after[:4]) - sum(before[:4])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

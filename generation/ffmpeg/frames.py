"""The frames of a clip as numbers: counted by decoding, in the colours that the clip says it is stored in.

Turned to RGB the quick way, a clip comes out one to two levels darker than it went in, and a take that goes on from a
take that went on from another would be darker with each.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from generation.ffmpeg import runner
from generation.ffmpeg.recipes import ACCURATE
from generation.ffmpeg.sandbox import STANDARD, Limits


def frames(path: Path, first: int, count: int, limits: Limits = STANDARD) -> Iterator[np.ndarray]:
    """Frames `first` to first + count - 1, from 0, as uint8 RGB (height, width, 3); fewer where the clip ends before.

    Raises Unreadable, TookTooLong.
    """
    pick = f"select=between(n\\,{first}\\,{first + count - 1})"
    args = [
        "-nostats", *runner.source(path), "-map", "0:V:0", "-vf", pick, "-sws_flags", ACCURATE, "-frames:v", str(count),
        "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as errors:
        child = runner.start(args, limits, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        try:
            assert child.stdout is not None
            yield from _pictures(child.stdout)
            child.wait(timeout=limits.seconds)
        finally:
            runner.stop(child)
        runner.check(child.returncode, runner.tail(errors), limits)


def _pictures(stream: IO[bytes]) -> Iterator[np.ndarray]:
    """Portable pixmaps one behind another: "P6", width and height, 255, each behind a line's end, then the pixels."""
    while stream.readline():
        width, height = map(int, stream.readline().split())
        stream.readline()
        pixels = stream.read(width * height * 3)
        if len(pixels) < width * height * 3:
            return
        yield np.frombuffer(pixels, np.uint8).reshape(height, width, 3)

"""The master of a take, frame by frame."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import ffmpeg

from generation.ffmpeg import runner
from generation.ffmpeg.errors import MediaError
from generation.ffmpeg.movies import opened
from generation.ffmpeg.recipes import aac, colored, h264
from generation.ffmpeg.sandbox import STANDARD, Limits
from generation.ffmpeg.tags import tags

if TYPE_CHECKING:
    import numpy as np

MASTER_CRF = 14


class Encoder:
    """Writes uint8 RGB frames (height, width, 3) to an H.264 MP4 at exactly `rate`, moved into place when whole.

        with Encoder(path, 640, 360, (24, 1), {"comment": recipe.canonical(), "title": "010 T3"}) as encoder:
            for frame in frames:
                encoder.write(frame)

    `sound` is a file as long as the take, to be heard with it. An error inside the block leaves no file. Raises NoSpace
    when the disk fills, MediaError for any other failure, ValueError for a frame or size that does not fit.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        rate: tuple[int, int],
        metadata: Mapping[str, str] | None = None,
        limits: Limits = STANDARD,
        sound: Path | None = None,
    ) -> None:
        if width % 2 or height % 2 or min(width, height) < 2:
            raise ValueError(f"a take is {width} x {height} pixels; both must be even and at least 2")
        self.path, self.width, self.height, self.rate = Path(path), width, height, rate
        self.metadata, self.limits, self.sound = dict(metadata or {}), limits, sound
        self.frames = 0
        self._temporary = self.path.with_name(f".{self.path.stem}.{secrets.token_hex(4)}.part.mp4")

    def __enter__(self) -> Self:
        self._errors = tempfile.TemporaryFile()
        self._child = runner.start(
            self._arguments(), self.limits, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._errors
        )
        return self

    def write(self, frame: np.ndarray) -> None:
        """Adds one frame."""
        if frame.shape != (self.height, self.width, 3) or frame.dtype != "uint8":
            raise ValueError(
                f"frame {self.frames} is {frame.dtype} {frame.shape}; expected uint8 {(self.height, self.width, 3)}"
            )
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(frame.tobytes())
        except OSError as error:
            self._fail(error)
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            runner.stop(self._child)
            self._errors.close()
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        if not self.frames:
            raise MediaError("The engine made no frames; a take needs at least one")
        assert self._child.stdin is not None
        try:
            self._child.stdin.close()
        except OSError as error:
            self._fail(error)
        self._child.wait(timeout=self.limits.seconds)
        runner.check(self._child.returncode, runner.tail(self._errors), self.limits)
        os.replace(self._temporary, self.path)

    def _fail(self, error: OSError) -> None:
        self._child.wait(timeout=30)
        runner.check(self._child.returncode, runner.tail(self._errors), self.limits)
        raise MediaError(f"The encoder stopped taking frames: {error}", runner.tail(self._errors)) from error

    def _arguments(self) -> list[str]:
        size, rate = f"{self.width}x{self.height}", "{}/{}".format(*self.rate)
        picture = ffmpeg.input("pipe:0", f="rawvideo", pix_fmt="rgb24", s=size, framerate=rate)
        target, options = runner.address(self._temporary), h264(self.rate, MASTER_CRF)
        if self.sound is None:
            args = colored(picture).output(target, **options).get_args()
        else:
            args = ffmpeg.output(colored(picture), opened(self.sound)["a:0"], target, **options, **aac()).get_args()
        return [*args[:-1], *tags(self.metadata), args[-1]]

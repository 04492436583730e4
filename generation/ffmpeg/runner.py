"""The one place that starts ffmpeg: from a list, behind walls, with a time limit, leaving whole files or none."""

from __future__ import annotations

import os
import re
import secrets
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from generation.ffmpeg.errors import MediaError, NoSpace, TookTooLong, Unreadable
from generation.ffmpeg.kinds import DEMUXERS, sniff
from generation.ffmpeg.program import executable
from generation.ffmpeg.sandbox import STANDARD, Limits, walls

DECODERS = (
    "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,libdav1d,av1,prores,dnxhd,mjpeg,mpeg4,mpeg2video,png,webp,rawvideo,qtrle,ffv1,"
    "aac,mp3,mp3float,opus,libopus,vorbis,flac,alac,ac3,eac3,"
    "pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le"
)
THREADS = 2
STDOUT_CAP = 512 << 20
STDERR_CAP = 64 << 10
_TICK = 0.25

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Ran:
    """What a finished run printed."""

    stdout: bytes
    stderr: str


def address(path: Path) -> str:
    """How a file is named to ffmpeg: absolute and with its protocol, so that no name can be an option or a URL."""
    return f"file:{Path(path).absolute()}"


def reading(path: Path) -> dict[str, str]:
    """Input options for a file nobody vouches for; raises Unreadable when its bytes are of no accepted kind."""
    return {
        "protocol_whitelist": "file,pipe",
        "format_whitelist": ",".join(sorted({*DEMUXERS.values(), "mp4", "webm"})),
        "codec_whitelist": DECODERS,
        "f": DEMUXERS[kind_of(path)],
    }


def kind_of(path: Path) -> str:
    """As `sniff`, but raises Unreadable with a sentence when there is nothing to read or no accepted kind."""
    try:
        kind = sniff(path)
    except OSError as error:
        raise Unreadable(f"{Path(path).name} cannot be opened: {error.strerror}") from None
    if kind is None:
        size = Path(path).stat().st_size
        found = "is empty" if not size else "is not a video, sound or picture of a kind that is accepted"
        raise Unreadable(f"{Path(path).name} {found}; send MP4, MOV, MKV, WebM, WAV, MP3, PNG or JPEG")
    return kind


def source(path: Path) -> list[str]:
    """The arguments that open `path` as an input, hardened."""
    return [*(part for name, value in reading(path).items() for part in (f"-{name}", value)), "-i", address(path)]


def run(
    args: Sequence[str],
    *,
    writes: Sequence[Path] = (),
    on_progress: Progress | None = None,
    limits: Limits = STANDARD,
    stdout_cap: int = STDOUT_CAP,
) -> Ran:
    """Runs ffmpeg with `args` (without the program) and returns what it printed.

    Every file in `writes`, named in `args` by `address(path)`, is written under a temporary name beside its place and
    moved there once the run has succeeded; whatever happens otherwise, nothing is left behind.
    `on_progress(frame)` is called about four times a second with the frames written so far; what it raises stops the
    run and passes through. It takes over standard output.
    Raises NoSpace, TookTooLong, or Unreadable when the program refused its input.
    """
    with _placed(writes) as temporary:
        names = {address(final): address(temporary[final]) for final in temporary}
        heading = ["-nostats", "-progress", "pipe:1", "-stats_period", str(_TICK)] if on_progress else ["-nostats"]
        command = [*heading, *(names.get(arg, arg) for arg in args)]
        with tempfile.TemporaryFile() as errors:
            child = start(command, limits, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
            try:
                stdout = _listen(child, on_progress, limits, stdout_cap)
                child.wait()
            finally:
                stop(child)
            check(child.returncode, tail(errors), limits)
            return Ran(stdout, head(errors))


def start(
    args: Sequence[str],
    limits: Limits,
    *,
    stdin: int,
    stdout: int,
    stderr: IO[bytes],
) -> subprocess.Popen[bytes]:
    """Starts ffmpeg inside the walls with an almost empty environment."""
    command = [executable(), "-hide_banner", "-nostdin", "-y", "-threads", str(THREADS), *args]
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd="/" if os.name == "posix" else None,
        env={"PATH": os.defpath, "LC_ALL": "C", "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
        preexec_fn=walls(limits),
        start_new_session=True,
    )


def stop(child: subprocess.Popen[bytes]) -> None:
    """Ends the child if it still runs, and reaps it."""
    if child.poll() is None:
        child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def check(returncode: int, stderr: str, limits: Limits) -> None:
    """Raises the error that a finished child stands for."""
    if returncode == 0:
        return
    if "No space left on device" in stderr or "Disk quota exceeded" in stderr:
        raise NoSpace("The disk is full; free some space and try again", stderr)
    if "File too large" in stderr or returncode == -25:
        raise NoSpace(f"The file would grow past {limits.file_bytes >> 20} MB; ask for less at once", stderr)
    if returncode == -24:
        raise TookTooLong(f"The work took more than {limits.cpu_seconds} processor seconds and was stopped", stderr)
    raise Unreadable(f"The media could not be processed: {_reason(stderr) or f'exit status {returncode}'}", stderr)


def tail(errors: IO[bytes]) -> str:
    """The last of what was printed, at most STDERR_CAP bytes."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - STDERR_CAP))
    return errors.read().decode("utf-8", "replace")


def head(errors: IO[bytes]) -> str:
    """The first of what was printed, at most STDERR_CAP bytes."""
    errors.seek(0)
    return errors.read(STDERR_CAP).decode("utf-8", "replace")


@contextmanager
def _placed(finals: Sequence[Path]) -> Iterator[dict[Path, Path]]:
    token = secrets.token_hex(4)
    temporary = {final: final.with_name(f".{final.stem}.{token}.part{final.suffix}") for final in map(Path, finals)}
    try:
        yield temporary
        for final, made in temporary.items():
            os.replace(made, final)
    finally:
        for made in temporary.values():
            made.unlink(missing_ok=True)


def _listen(child: subprocess.Popen[bytes], on_progress: Progress | None, limits: Limits, cap: int) -> bytes:
    """Collects standard output until it closes, calling `on_progress` at least once a tick."""
    assert child.stdout is not None
    deadline = time.monotonic() + limits.seconds
    collected, frame = bytearray(), 0
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(_TICK):
                chunk = os.read(child.stdout.fileno(), 1 << 16)
                if not chunk:
                    return bytes(collected)
                collected += chunk
            if time.monotonic() > deadline:
                raise TookTooLong(f"The work took more than {limits.seconds} seconds and was stopped")
            if len(collected) > cap:
                raise MediaError(f"The program printed more than {cap >> 20} MB and was stopped")
            if on_progress:
                frame = max(frame, _last_frame(collected))
                on_progress(frame)


def _last_frame(printed: bytearray) -> int:
    """The newest `frame=` number, forgetting all complete reports read so far."""
    found = re.findall(rb"^frame=\s*(\d+)", printed, re.MULTILINE)
    del printed[: printed.rfind(b"\n") + 1]
    return int(found[-1]) if found else 0


def _reason(stderr: str) -> str:
    """The first line that says what is wrong, without the program's own addresses."""
    lines = [re.sub(r"^\[[^\]]*\]\s*", "", line).strip() for line in stderr.splitlines()]
    telling = [line for line in lines if re.search(r"not found|nvalid|rror|whitelist|moov|nable|truncat", line)]
    return re.sub(r"'?file:/[^\s'\"]*/", "", (telling or lines or [""])[0])[:200].rstrip(".")

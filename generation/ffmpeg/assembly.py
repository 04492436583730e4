"""A film from parts: every part brought to one gauge once, then joined without touching a picture again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from generation.ffmpeg.recipes import colored, h264, squared, timescale
from generation.ffmpeg.runner import THREADS, Progress, address, kind_of, reading, run
from generation.ffmpeg.sandbox import STANDARD, Limits

SAMPLE_RATE = 48000
STILLS = ("png", "jpeg", "webp")


@dataclass(frozen=True)
class Gauge:
    """What all parts of one film share: size in pixels (even), rate, and how hard the encoder tries."""

    width: int
    height: int
    rate: tuple[int, int]
    crf: int = 20
    preset: str = "veryfast"


@dataclass(frozen=True)
class Overlay:
    """Neutral grey pictures laid over a part at (x, y): a PNG with alpha, or, with `size`, raw 8-bit grey frames of
    that width and height, one for each frame of the part."""

    path: Path
    x: int
    y: int
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Sound:
    """A sound file under a film: `gain` is a factor, `offset` samples at 48 kHz are left out at its beginning.

    A negative offset is silence before it begins.
    """

    path: Path
    gain: float = 1.0
    offset: int = 0


def conform(
    source: Path,
    target: Path,
    gauge: Gauge,
    frames: int,
    *,
    in_frame: int = 0,
    source_rate: tuple[int, int] | None = None,
    overlays: Sequence[Overlay] = (),
    on_progress: Progress | None = None,
    limits: Limits = STANDARD,
    threads: int = THREADS,
) -> None:
    """Writes exactly `frames` frames of `source` in `gauge`, letterboxed, without sound.

    Frame k shows source frame in_frame + floor(k * source rate / gauge rate); past the end the last frame is held. A
    picture is held throughout. Raises Unreadable, NoSpace, TookTooLong.
    """
    picture = ffmpeg.input(address(source), **reading(source)).video
    held = kind_of(source) in STILLS
    rate = gauge.rate if held or source_rate is None else source_rate
    endless = picture.filter("tpad", stop=-1, stop_mode="clone")
    begun = endless.filter("trim", start_frame=in_frame) if in_frame and not held else endless
    picture = begun.filter("settb", f"{rate[1]}/{rate[0]}").filter("setpts", "N")
    if Fraction(*rate) > Fraction(*gauge.rate):
        picture = _boxed(_retimed(picture, gauge.rate), gauge)
    else:
        picture = _retimed(_boxed(picture, gauge), gauge.rate)
    for overlay in overlays:
        upper = _opened(overlay, gauge)
        picture = picture.overlay(upper, x=overlay.x, y=overlay.y, format="yuv420", eof_action="repeat")
    options = h264(gauge.rate, gauge.crf, gauge.preset) | {"frames:v": frames, "threads": threads}
    options["x264-params"] = "stitchable=1"
    run(picture.output(address(target), **options).get_args(), writes=[target], on_progress=on_progress, limits=limits)


def concatenate(
    parts: Sequence[Path],
    target: Path,
    gauge: Gauge,
    frames: int,
    *,
    sound: Sound | None = None,
    metadata: Mapping[str, str] | None = None,
    on_progress: Progress | None = None,
    limits: Limits = STANDARD,
) -> None:
    """Joins parts that `conform` made in this gauge, `frames` frames in all, and lays sound under them.

    Pictures are copied as they are and numbered anew, so that every frame lasts exactly one tick of the rate. Sound is
    48 kHz stereo of exactly the picture's length, silence where there is none: every film then has the same two
    streams. Raises Unreadable, NoSpace, TookTooLong.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed, words = Path(folder, "parts.txt"), Path(folder, "words.txt")
        listed.write_text("".join(f"file '{_quoted(address(part))}'\n" for part in parts))
        words.write_text(_ffmetadata(metadata or {}))
        ticks = timescale(gauge.rate) * gauge.rate[1] // gauge.rate[0]
        args = [
            "-protocol_whitelist", "file", "-f", "concat", "-safe", "0", "-i", address(listed),
            "-protocol_whitelist", "file", "-f", "ffmetadata", "-i", address(words),
            *_sound_input(sound),
            "-map", "0:v", "-map", "2:a", "-map_metadata", "1", "-map_chapters", "-1",
            "-c:v", "copy", "-bsf:v", f"setts=ts=N*{ticks}:duration={ticks}:time_base=1/{timescale(gauge.rate)}",
            "-video_track_timescale", str(timescale(gauge.rate)),
            "-filter:a", _sound_filter(sound, _samples(frames, gauge.rate)),
            "-c:a", "aac", "-b:a", "160k", "-movflags", "+faststart", "-f", "mp4", address(target),
        ]  # fmt: skip
        run(args, writes=[target], on_progress=on_progress, limits=limits)


def _retimed(picture: Any, rate: tuple[int, int]) -> Any:
    """`round=up`: a source frame first shows at the first new frame that does not begin before it."""
    return picture.filter("fps", fps="{}/{}".format(*rate), start_time=0, round="up")


def _boxed(picture: Any, gauge: Gauge) -> Any:
    width, height = gauge.width, gauge.height
    fitted = squared(picture).filter(
        "scale", width, height, force_original_aspect_ratio="decrease", force_divisible_by=2,
        out_color_matrix="bt709", out_range="tv",
    )  # fmt: skip
    return colored(fitted.filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2"))


def _opened(overlay: Overlay, gauge: Gauge) -> Any:
    if overlay.size is None:
        return ffmpeg.input(address(overlay.path), **reading(overlay.path))
    size, rate = "{}x{}".format(*overlay.size), "{}/{}".format(*gauge.rate)
    return ffmpeg.input(address(overlay.path), f="rawvideo", pix_fmt="gray", s=size, framerate=rate)


def _samples(frames: int, rate: tuple[int, int]) -> int:
    return frames * rate[1] * SAMPLE_RATE // rate[0]


def _sound_input(sound: Sound | None) -> list[str]:
    if sound is None:
        return ["-f", "lavfi", "-i", f"anullsrc=r={SAMPLE_RATE}:cl=stereo"]
    opened = reading(sound.path)
    return [*(part for name, value in opened.items() for part in (f"-{name}", value)), "-i", address(sound.path)]


def _sound_filter(sound: Sound | None, samples: int) -> str:
    shaped = f"aresample={SAMPLE_RATE},aformat=channel_layouts=stereo"
    if sound is not None:
        later = f"adelay=delays={-sound.offset}S:all=1" if sound.offset < 0 else f"atrim=start_sample={sound.offset}"
        shaped += f",asetpts=N,{later},asetpts=N,volume={sound.gain:.4f}"
    return f"{shaped},apad,atrim=end_sample={samples}"


def _quoted(name: str) -> str:
    return name.replace("'", r"'\''")


def _ffmetadata(words: Mapping[str, str]) -> str:
    def escaped(text: str) -> str:
        return "".join("\\" + letter if letter in "=;#\\\n" else letter for letter in text.replace("\r", ""))

    return ";FFMETADATA1\n" + "".join(f"{escaped(key)}={escaped(value)}\n" for key, value in words.items())

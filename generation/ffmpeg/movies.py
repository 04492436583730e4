"""A whole clip written anew, at its own rate, in the form this house stores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from generation.ffmpeg.facts import Probe, probe
from generation.ffmpeg.recipes import aac, bounded, h264, timescale
from generation.ffmpeg.runner import Progress, address, reading, run
from generation.ffmpeg.sandbox import STANDARD, Limits


@dataclass(frozen=True)
class Size:
    """The longer edge in pixels at most, and the quality (x264's crf; lower is better)."""

    edge: int
    crf: int


PROXY = Size(960, 20)
MASTER = Size(1920, 16)
HIGH_RANGE_CURVES = ("smpte2084", "arib-std-b67")


def proxy(
    source: Path,
    target: Path,
    facts: Probe | None = None,
    on_progress: Progress | None = None,
    size: Size = PROXY,
    limits: Limits = STANDARD,
) -> Probe:
    """Writes an MP4 that every browser seeks exactly, upright, at the source's own rate, with stereo sound if any.

    Returns the facts of the new file. A source whose frames come at uneven times is brought to `facts.rate`.
    Raises Unreadable, NoSpace, TookTooLong.
    """
    facts = facts or probe(source)
    target = Path(target)
    output = movie_output(opened(source), facts, target, size)
    run(output.get_args(), writes=[target], on_progress=on_progress, limits=limits)
    return probe(target)


def opened(path: Path) -> Any:
    """The file as a hardened input."""
    return ffmpeg.input(address(path), **reading(path))


def steady(movie: Any, facts: Probe) -> Any:
    """The picture with frame n exactly at n / rate, so that counting and time agree whatever the container's clock."""
    numerator, denominator = facts.rate
    picture = _standard(movie["V:0"], facts)
    if facts.constant_rate:
        return picture.filter("settb", f"{denominator}/{numerator}").filter("setpts", "N")
    return picture.filter("fps", f"{numerator}/{denominator}", start_time=0)


def _standard(picture: Any, facts: Probe) -> Any:
    """The picture in standard dynamic range: phones film in high, which looks flat and pale when taken as it is."""
    if not any(curve in facts.color for curve in HIGH_RANGE_CURVES):
        # Some decoders name a curve that the scaler does not know and then gives up on.
        return picture.filter("setparams", color_trc="bt709")
    linear = picture.filter("zscale", t="linear", npl=203).filter("format", "gbrpf32le").filter("zscale", p="bt709")
    return linear.filter("tonemap", "mobius", desat=0, peak=5).filter("zscale", t="bt709", m="bt709", r="tv")


def movie_output(movie: Any, facts: Probe, target: Path, size: Size, picture: Any = None) -> Any:
    """What writes `movie` to `target`; `picture` is its steady picture where another output shares it."""
    scaled = bounded(steady(movie, facts) if picture is None else picture, size.edge)
    options = h264(facts.rate, size.crf) | {"map_metadata": -1, "map_chapters": -1}
    if facts.channels:
        return ffmpeg.output(scaled, stereo(movie["a:0"], facts.channels), address(target), **options, **aac())
    return ffmpeg.output(scaled, address(target), **options)


def copied_output(movie: Any, facts: Probe, target: Path) -> Any:
    """What writes the same pictures and sound to `target`, without the words."""
    streams = [movie["V:0"], *([movie["a:0"]] if facts.channels else [])]
    options = {"c": "copy", "map_metadata": -1, "map_chapters": -1, "movflags": "+faststart", "f": "mp4"}
    return ffmpeg.output(*streams, address(target), **options, video_track_timescale=timescale(facts.rate))


def stereo(sound: Any, channels: int) -> Any:
    """Two channels of however many: layouts with a name by their usual mix, larger ones odd to the left, even right."""
    if channels <= 8:
        return sound.filter("aformat", channel_layouts="stereo")
    sides = ("+".join(f"{2 / channels:.4f}*c{n}" for n in range(first, channels, 2)) for first in (0, 1))
    return sound.filter("pan", args="stereo|c0={}|c1={}".format(*sides))

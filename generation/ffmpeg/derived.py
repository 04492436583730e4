"""What the pages show of a take: a seekable proxy, a poster, and a filmstrip to scrub."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from PIL import Image

from generation.ffmpeg.facts import Probe, is_proxy, probe
from generation.ffmpeg.recipes import aac, bounded, h264
from generation.ffmpeg.runner import Progress, address, reading, run
from generation.ffmpeg.sandbox import STANDARD, Limits

PROXY_EDGE = 960
PROXY_CRF = 20
POSTER_WIDTH = 480
TILES = 24
TILE_WIDTH = 240


@dataclass(frozen=True)
class Filmstrip:
    """One row of `tiles` pictures, each `width` x `height` pixels; `frames` says which frame each one is."""

    path: Path
    tiles: int
    width: int
    height: int
    frames: tuple[int, ...]


@dataclass(frozen=True)
class Derived:
    """The three files made from a take; `facts` are those of the proxy."""

    proxy: Path
    poster: Path
    filmstrip: Path
    tiles: int
    strip: Filmstrip
    facts: Probe


def proxy(source: Path, target: Path, facts: Probe | None = None, on_progress: Progress | None = None) -> Probe:
    """Writes an MP4 that every browser seeks exactly, at the source's own rate, longer edge at most 960.

    Returns the facts of the proxy. A source whose frames come at uneven times is brought to `facts.rate`.
    Raises Unreadable, NoSpace, TookTooLong.
    """
    facts = facts or probe(source)
    target = Path(target)
    run(_proxy_output(_opened(source), facts, target).get_args(), writes=[target], on_progress=on_progress)
    return probe(target)


def poster(source: Path, target: Path, frame: int | None = None, facts: Probe | None = None) -> int:
    """Writes a JPEG 480 wide and returns the frame it shows; without `frame`, the most telling of a few."""
    facts = facts or probe(source)
    target = Path(target)
    if frame is None:
        candidates = spread(facts.frames, 8)
        row = _tile_row(_steady(_opened(source).video, facts), candidates, 120)
        arguments = row.output("pipe:1", vframes=1, f="image2pipe", vcodec="png").get_args()
        frame = _most_telling(io.BytesIO(run(arguments).stdout), candidates)
    chosen = _steady(_opened(source).video, facts).filter("select", f"eq(n,{frame})")
    scaled = chosen.filter("scale", POSTER_WIDTH, -2, in_color_matrix="bt709", out_range="pc")
    run(scaled.output(address(target), **_still("mjpeg", **{"q:v": 3})).get_args(), writes=[target])
    return frame


def filmstrip(
    source: Path, target: Path, tiles: int = TILES, width: int = TILE_WIDTH, facts: Probe | None = None
) -> Filmstrip:
    """Writes one row of evenly spaced frames, the first among them, as WEBP (or JPEG by the suffix)."""
    facts = facts or probe(source)
    target = Path(target)
    chosen = spread(facts.frames, tiles)
    row = _tile_row(_steady(_opened(source).video, facts), chosen, width)
    run(_strip_output(row, target).get_args(), writes=[target])
    return _measured_strip(target, chosen)


def derive(
    source: Path,
    folder: Path,
    facts: Probe | None = None,
    on_progress: Progress | None = None,
    limits: Limits = STANDARD,
) -> Derived:
    """Proxy, poster and filmstrip into `folder`, the source decoded once. A source that already is a proxy is used
    as it stands: then `proxy` is the source's own path.
    """
    facts = facts or probe(source)
    folder = Path(folder)
    movie, strip = folder / "proxy.mp4", folder / "filmstrip.webp"
    chosen = spread(facts.frames, TILES)
    opened = _opened(source)
    if is_proxy(facts, PROXY_EDGE):
        row = _tile_row(_steady(opened.video, facts), chosen, TILE_WIDTH)
        run(_strip_output(row, strip).get_args(), writes=[strip], limits=limits, on_progress=on_progress)
        movie, made = Path(source), facts
    else:
        twin = _steady(opened.video, facts).filter_multi_output("split")
        outputs = ffmpeg.merge_outputs(
            _proxy_output(opened, facts, movie, twin.stream(0)),
            _strip_output(_tile_row(twin.stream(1), chosen, TILE_WIDTH), strip),
        )
        run(outputs.get_args(), writes=[movie, strip], limits=limits, on_progress=on_progress)
        made = probe(movie)
    measured = _measured_strip(strip, chosen)
    picture = folder / "poster.jpg"
    poster(movie, picture, _most_telling(strip, chosen), made)
    return Derived(movie, picture, strip, measured.tiles, measured, made)


def spread(frames: int, tiles: int) -> tuple[int, ...]:
    """Up to `tiles` frame numbers, evenly spaced, beginning with 0."""
    tiles = max(1, min(tiles, frames))
    return tuple(n * frames // tiles for n in range(tiles))


def _opened(path: Path) -> Any:
    return ffmpeg.input(address(path), **reading(path))


def _steady(picture: Any, facts: Probe) -> Any:
    """The picture with frame n exactly at n / rate, so that counting and time agree whatever the container's clock."""
    numerator, denominator = facts.rate
    if facts.constant_rate:
        return picture.filter("settb", f"{denominator}/{numerator}").filter("setpts", "N")
    return picture.filter("fps", f"{numerator}/{denominator}", start_time=0)


def _proxy_output(opened: Any, facts: Probe, target: Path, picture: Any = None) -> Any:
    picture = _steady(opened.video, facts) if picture is None else picture
    scaled = bounded(picture, PROXY_EDGE)
    options = h264(facts.rate, PROXY_CRF)
    if facts.channels:
        return ffmpeg.output(scaled, opened.audio, address(target), **options, **aac())
    return ffmpeg.output(scaled, address(target), **options)


def _tile_row(picture: Any, chosen: tuple[int, ...], width: int) -> Any:
    wanted = "+".join(f"eq(n,{n})" for n in chosen)
    return picture.filter("select", wanted).filter("scale", width, -2).filter("tile", f"{len(chosen)}x1")


def _strip_output(row: Any, target: Path) -> Any:
    if Path(target).suffix == ".webp":
        return row.output(address(target), **_still("libwebp", quality=70, compression_level=2))
    return row.output(address(target), **_still("mjpeg", **{"q:v": 4}))


def _still(codec: str, **options: Any) -> dict[str, Any]:
    return {"c:v": codec, "frames:v": 1, "fps_mode": "passthrough", "f": "image2", "update": 1, **options}


def _measured_strip(path: Path, chosen: tuple[int, ...]) -> Filmstrip:
    with Image.open(path) as strip:
        return Filmstrip(path, len(chosen), strip.width // len(chosen), strip.height, chosen)


def _most_telling(row: Path | io.BytesIO, chosen: tuple[int, ...]) -> int:
    """The frame with the most contrast that is neither black nor white; the first wins among near equals."""
    with Image.open(row) as strip:
        grey = np.asarray(strip.convert("L"), dtype=np.float32)
    scores = []
    for tile in np.array_split(grey, len(chosen), axis=1):
        lit = 0.1 if tile.mean() < 16 or tile.mean() > 239 else 1.0
        scores.append(lit * float(tile.std()))
    return chosen[next(n for n, score in enumerate(scores) if score >= 0.97 * max(scores))]

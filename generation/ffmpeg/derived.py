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
from generation.ffmpeg.movies import PROXY, copied_output, movie_output, opened, steady
from generation.ffmpeg.runner import Progress, address, run
from generation.ffmpeg.sandbox import STANDARD, Limits

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


def poster(source: Path, target: Path, frame: int | None = None, facts: Probe | None = None) -> int:
    """Writes a JPEG 480 wide and returns the frame it shows; without `frame`, the most telling of a few."""
    facts = facts or probe(source)
    target = Path(target)
    if frame is None:
        candidates = spread(facts.frames, 8)
        row = _tile_row(steady(opened(source), facts), candidates, 120)
        arguments = row.output("pipe:1", vframes=1, f="image2pipe", vcodec="png").get_args()
        frame = _most_telling(io.BytesIO(run(arguments).stdout), candidates)
    chosen = steady(opened(source), facts).filter("select", f"eq(n,{frame})")
    run(
        pictured(chosen, POSTER_WIDTH).output(address(target), **_still("mjpeg", **{"q:v": 3})).get_args(),
        writes=[target],
    )
    return frame


def filmstrip(
    source: Path, target: Path, tiles: int = TILES, width: int = TILE_WIDTH, facts: Probe | None = None
) -> Filmstrip:
    """Writes one row of evenly spaced frames, the first among them, as WEBP (or JPEG by the suffix)."""
    facts = facts or probe(source)
    target = Path(target)
    chosen = spread(facts.frames, tiles)
    row = _tile_row(steady(opened(source), facts), chosen, width)
    run(_strip_output(row, target).get_args(), writes=[target])
    return _measured_strip(target, chosen)


def derive(
    source: Path,
    folder: Path,
    facts: Probe | None = None,
    on_progress: Progress | None = None,
    limits: Limits = STANDARD,
) -> Derived:
    """Proxy, poster and filmstrip into `folder`, the source decoded once.

    A source that already is a proxy is copied without encoding again, and without its words: a proxy is shown to
    guests, who may not see the recipe.
    """
    facts = facts or probe(source)
    movie, target, strip = opened(source), Path(folder, "proxy.mp4"), Path(folder, "filmstrip.webp")
    chosen = spread(facts.frames, TILES)
    if is_proxy(facts, PROXY.edge):
        playable, picture = copied_output(movie, facts, target), steady(movie, facts)
    else:
        twin = steady(movie, facts).filter_multi_output("split")
        playable, picture = movie_output(movie, facts, target, PROXY, twin.stream(0)), twin.stream(1)
    outputs = ffmpeg.merge_outputs(playable, _strip_output(_tile_row(picture, chosen, TILE_WIDTH), strip))
    run(outputs.get_args(), writes=[target, strip], limits=limits, on_progress=on_progress)
    made = probe(target, decode=False)
    still = Path(folder, "poster.jpg")
    poster(target, still, _most_telling(strip, chosen), made)
    measured = _measured_strip(strip, chosen)
    return Derived(target, still, strip, measured.tiles, measured, made)


def spread(frames: int, tiles: int) -> tuple[int, ...]:
    """Up to `tiles` frame numbers, evenly spaced, beginning with 0."""
    tiles = max(1, min(tiles, frames))
    return tuple(n * frames // tiles for n in range(tiles))


def _tile_row(picture: Any, chosen: tuple[int, ...], width: int) -> Any:
    wanted = "+".join(f"eq(n,{n})" for n in chosen)
    return picture.filter("select", wanted).filter("scale", width, -2).filter("tile", f"{len(chosen)}x1")


def pictured(picture: Any, width: object = "iw", full_range: bool = True) -> Any:
    """The picture in the colours that JPEG (full range) and WebP (limited range) are always read in: BT.601."""
    scaled = picture.filter("scale", width, -2, out_color_matrix="bt601", out_range="pc" if full_range else "tv")
    return scaled.filter("format", "yuvj420p" if full_range else "yuv420p")


def _strip_output(row: Any, target: Path) -> Any:
    if Path(target).suffix == ".webp":
        return pictured(row, full_range=False).output(
            address(target), **_still("libwebp", quality=70, compression_level=2)
        )
    return pictured(row).output(address(target), **_still("mjpeg", **{"q:v": 4}))


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

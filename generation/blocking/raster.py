"""Facets to pixels, far ones first: a picture of facet numbers, from which greys, depth and masks are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .camera import NEAR, View
from .specks import SIZES, in_sizes, stamp

_SHIFT = 4
_FAR_OUT = 30000
_STRIP = 32
_COLUMNS = 32766
# Twice the area, in pixels, under which a facet is too small to be missed.
_SPECK = 0.3


class Canvas:
    """A picture of facet numbers, kept from frame to frame."""

    def __init__(self, height: int, width: int) -> None:
        self.number = np.zeros((height, width), np.int32)


@dataclass(frozen=True)
class Scene:
    """(n, 3) points with (n,) greys, (m, 4) facets over them, (m,) owners, (m,) metres to sort each one nearer by."""

    points: np.ndarray
    grey: np.ndarray
    facets: np.ndarray
    owner: np.ndarray
    nearer: np.ndarray


@dataclass(frozen=True)
class Drawn:
    """`canvas.number` (h, w) holds 0 for nothing and i + 1 for facet i. `grey` and `nearness` (1/distance) hold planes
    a*x + b*y + c over each facet's pixels, `owner` whose each facet is, `box` the part of the picture drawn on."""

    canvas: Canvas
    grey: np.ndarray
    nearness: np.ndarray
    owner: np.ndarray
    box: tuple[int, int, int, int]


def together(scenes: Sequence[Scene]) -> Scene:
    starts = np.cumsum([0, *(len(scene.points) for scene in scenes[:-1])])
    return Scene(
        np.concatenate([scene.points for scene in scenes]),
        np.concatenate([scene.grey for scene in scenes]),
        np.concatenate([scene.facets + start for scene, start in zip(scenes, starts, strict=True)]),
        np.concatenate([scene.owner for scene in scenes]),
        np.concatenate([scene.nearer for scene in scenes]),
    )


def draw(view: View, scene: Scene, canvas: Canvas) -> Drawn:
    """Paints facets' numbers into the canvas, far ones first. Corners are kept as four rows: x, y and depth (4, m)."""
    height, width = canvas.number.shape
    seen = view.to_camera(scene.points)
    depth = np.ascontiguousarray(seen[:, 2])
    pixels = view.to_pixels(np.where(depth[:, None] > NEAR, seen, [0.0, 0.0, 1.0]))
    facets = np.ascontiguousarray(scene.facets.T)
    x, y = pixels[:, 0][facets], pixels[:, 1][facets]
    keep = np.flatnonzero(_visible(x, y, width, height) & (depth > NEAR)[facets].all(axis=0))
    away = depth[facets[:, keep]]
    order = np.argsort(scene.nearer[keep] - away.mean(axis=0), kind="stable")
    keep, away = keep[order], away[:, order]
    x, y, facets = x[:, keep], y[:, keep], facets[:, keep]
    _number(canvas.number, _sixteenths(x), _sixteenths(y))
    grey, near = _planes(x, y, scene.grey[facets]), _planes(x, y, 1.0 / away)
    return Drawn(canvas, grey, near, scene.owner[keep], _box(x, y, width, height))


def _number(number: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Large facets one by one, far ones first; small ones together, each over whatever lies farther."""
    height, width = number.shape
    half = 1 << (_SHIFT - 1)
    left, right = (x.min(axis=0) + half) >> _SHIFT, (x.max(axis=0) + half) >> _SHIFT
    top, bottom = (y.min(axis=0) + half) >> _SHIFT, (y.max(axis=0) + half) >> _SHIFT
    sides = np.maximum(right - left, bottom - top) + 1
    small = (sides <= SIZES[-1]) & (left >= 0) & (top >= 0) & (right < width) & (bottom < height)
    number[:] = 0
    fill = cv2.fillConvexPoly
    large = np.flatnonzero(~small)
    for i, outline in zip((large + 1).tolist(), np.stack((x.T[large], y.T[large]), axis=-1), strict=True):
        fill(number, outline, i, cv2.LINE_8, _SHIFT)
    for size, chosen in in_sizes(np.flatnonzero(small), sides):
        at, extent = (left[chosen], top[chosen]), (right[chosen] - left[chosen], bottom[chosen] - top[chosen])
        stamp(number, x[:, chosen], y[:, chosen], at, extent, chosen + 1, size)


def _sixteenths(pixels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pixels * (1 << _SHIFT)), -_FAR_OUT * 16, _FAR_OUT * 16).astype(np.int32)


def _visible(x: np.ndarray, y: np.ndarray, width: int, height: int) -> np.ndarray:
    """Facing the lens and at least partly in the picture."""
    front = (x[2] - x[0]) * (y[3] - y[1]) - (y[2] - y[0]) * (x[3] - x[1]) > _SPECK
    within = (x.max(axis=0) >= 0) & (x.min(axis=0) < width)
    return front & within & (y.max(axis=0) >= 0) & (y.min(axis=0) < height)


def _box(x: np.ndarray, y: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    if not x.size:
        return 0, 0, 0, 0
    left, top = int(np.floor(x.min())) - 1, int(np.floor(y.min())) - 1
    right, bottom = int(np.ceil(x.max())) + 2, int(np.ceil(y.max())) + 2
    return max(0, left), max(0, top), min(width, right), min(height, bottom)


def _planes(x: np.ndarray, y: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Rows (a, b, c) of the plane through a facet's middle that rises along its two diagonals as its corners do."""
    x0, x1, y0, y1 = x[2] - x[0], x[3] - x[1], y[2] - y[0], y[3] - y[1]
    v0, v1 = values[2] - values[0], values[3] - values[1]
    det = x0 * y1 - y0 * x1
    fit = np.abs(det) > 1.0
    centre = x.mean(axis=0), y.mean(axis=0)
    inverse = np.where(fit, 1.0 / np.where(fit, det, 1.0), 0.0)
    a, b = (v0 * y1 - v1 * y0) * inverse, (x0 * v1 - x1 * v0) * inverse
    x, y, middle = x - centre[0], y - centre[1], values.mean(axis=0)
    # Seen edge on, a bent facet has no such plane, and one through its diagonals shoots far past its corners.
    wild = np.abs(a * x + b * y + middle - values).max(axis=0) > values.max(axis=0) - values.min(axis=0)
    a[wild] = b[wild] = 0.0
    return np.stack((a, b, middle - a * centre[0] - b * centre[1])).astype(np.float32)


def filled(drawn: Drawn, planes: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """The value of every drawn pixel in a box; pixels of nothing hold rubbish and are masked by the caller."""
    return np.concatenate([values for _, _, values in _strips(drawn, planes, box)])


def paint(picture: np.ndarray, drawn: Drawn) -> None:
    """Writes the facets' greys (0..1) into an 8-bit picture."""
    if drawn.box[2] <= drawn.box[0]:
        return
    for here, number, values in _strips(drawn, drawn.grey, drawn.box):
        np.maximum(values, 0.0, out=values)
        cv2.copyTo(cv2.convertScaleAbs(values, alpha=255.0), (number > 0).view(np.uint8), picture[here])


def _strips(
    drawn: Drawn, planes: np.ndarray, box: tuple[int, int, int, int]
) -> Iterator[tuple[tuple[slice, slice], np.ndarray, np.ndarray]]:
    """A box in strips few enough in rows to stay near the processor: where each is, its facet numbers and values."""
    left, top, right, bottom = box
    a, b, c = np.concatenate((np.zeros((3, 1), np.float32), planes), axis=1)
    across = np.arange(left, right, dtype=np.float32)[None]
    for first in range(top, bottom, _STRIP):
        here = slice(first, min(first + _STRIP, bottom)), slice(left, right)
        number = drawn.canvas.number[here]
        values, falls = _looked_up(a, number), _looked_up(b, number)
        values *= across
        falls *= np.arange(here[0].start, here[0].stop, dtype=np.float32)[:, None]
        values += falls
        values += _looked_up(c, number)
        yield here, number, values


def _looked_up(table: np.ndarray, number: np.ndarray) -> np.ndarray:
    """`table[number]`. OpenCV looks up several times faster, and reads a number as a column and row of 16 bits each."""
    if len(table) > _COLUMNS:
        return np.take(table, number, mode="clip")
    places = number.view("<i2").reshape(*number.shape, 2)
    return cv2.remap(table[None], places, None, cv2.INTER_NEAREST)  # type: ignore[call-overload, no-any-return]

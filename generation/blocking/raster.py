"""Facets to pixels, far ones first: a picture of facet numbers, from which greys, depth and masks are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .camera import NEAR, View

_SHIFT = 4
_FAR_OUT = 30000
_SPARSE = 0.3
# Twice the area, in pixels, under which a facet is too small to be missed.
_SPECK = 0.3


class Canvas:
    """A picture of facet numbers and the working space to read it, kept from frame to frame."""

    def __init__(self, height: int, width: int) -> None:
        self.number = np.zeros((height, width), np.int32)
        self.values = np.zeros((height, width), np.float32)
        self.spare = np.zeros((height, width), np.float32)


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
    """Paints facets' numbers into the canvas, far ones first."""
    height, width = canvas.number.shape
    seen = view.to_camera(scene.points)
    depth = seen[:, 2]
    pixels = view.to_pixels(np.where(depth[:, None] > NEAR, seen, [0.0, 0.0, 1.0]))
    corners = pixels[scene.facets]
    keep = np.flatnonzero(_visible(corners, width, height) & _all(depth[scene.facets] > NEAR))
    corner_depth = depth[scene.facets[keep]]
    order = np.argsort(scene.nearer[keep] - _mean(corner_depth), kind="stable")
    keep, corner_depth = keep[order], corner_depth[order]
    facets, corners = scene.facets[keep], corners[keep]
    canvas.number[:] = 0
    outlines = np.clip(np.rint(corners * (1 << _SHIFT)), -_FAR_OUT * 16, _FAR_OUT * 16).astype(np.int32)
    fill = cv2.fillConvexPoly
    for i, outline in enumerate(outlines, start=1):
        fill(canvas.number, outline, i, cv2.LINE_8, _SHIFT)
    grey, near = _planes(corners, scene.grey[facets]), _planes(corners, 1.0 / corner_depth)
    return Drawn(canvas, grey, near, scene.owner[keep], _box(corners, width, height))


def _all(four: np.ndarray) -> np.ndarray:
    return four[:, 0] & four[:, 1] & four[:, 2] & four[:, 3]


def _mean(four: np.ndarray) -> np.ndarray:
    return (four[:, 0] + four[:, 1] + four[:, 2] + four[:, 3]) / 4


def _visible(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """Facing the lens and at least partly in the picture."""
    x, y = np.ascontiguousarray(corners[..., 0].T), np.ascontiguousarray(corners[..., 1].T)
    front = (x[2] - x[0]) * (y[3] - y[1]) - (y[2] - y[0]) * (x[3] - x[1]) > _SPECK
    left, right = x.min(axis=0), x.max(axis=0)
    top, bottom = y.min(axis=0), y.max(axis=0)
    return front & (right >= 0) & (left < width) & (bottom >= 0) & (top < height)


def _box(corners: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    if not len(corners):
        return 0, 0, 0, 0
    left, top = np.floor(corners.min(axis=(0, 1))).astype(int) - 1
    right, bottom = np.ceil(corners.max(axis=(0, 1))).astype(int) + 2
    return max(0, left), max(0, top), min(width, right), min(height, bottom)


def _planes(corners: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Rows (a, b, c) of the plane through a facet's middle that rises along its two diagonals as its corners do."""
    d0, d1 = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    v0, v1 = values[:, 2] - values[:, 0], values[:, 3] - values[:, 1]
    det = d0[:, 0] * d1[:, 1] - d0[:, 1] * d1[:, 0]
    fit = np.abs(det) > 1.0
    inverse = np.where(fit, 1.0 / np.where(fit, det, 1.0), 0.0)
    a = (v0 * d1[:, 1] - v1 * d0[:, 1]) * inverse
    b = (d0[:, 0] * v1 - d1[:, 0] * v0) * inverse
    c = _mean(values) - a * _mean(corners[..., 0]) - b * _mean(corners[..., 1])
    return np.stack((a, b, c), axis=0).astype(np.float32)


def filled(drawn: Drawn, planes: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """The value of every drawn pixel in a box; pixels of nothing hold rubbish and are masked by the caller.

    The answer lives in the canvas and is good until the next call.
    """
    left, top, right, bottom = box
    here = (slice(top, bottom), slice(left, right))
    number, values, spare = drawn.canvas.number[here], drawn.canvas.values[here], drawn.canvas.spare[here]
    rise = np.concatenate((np.zeros((3, 1), np.float32), planes), axis=1)
    np.take(rise[0], number, out=values, mode="clip")
    values *= np.arange(left, right, dtype=np.float32)[None]
    np.take(rise[1], number, out=spare, mode="clip")
    spare *= np.arange(top, bottom, dtype=np.float32)[:, None]
    values += spare
    np.take(rise[2], number, out=spare, mode="clip")
    values += spare
    return values


def paint(picture: np.ndarray, drawn: Drawn) -> None:
    """Writes the facets' greys (0..1) into an 8-bit picture."""
    left, top, right, bottom = drawn.box
    if right <= left or bottom <= top:
        return
    number = drawn.canvas.number[top:bottom, left:right]
    if cv2.countNonZero(number) < _SPARSE * number.size:
        _paint_few(picture, drawn)
        return
    values = filled(drawn, drawn.grey, drawn.box)
    np.maximum(values, 0.0, out=values)
    bright = cv2.convertScaleAbs(values, alpha=255.0)
    cv2.copyTo(bright, (number > 0).view(np.uint8), picture[top:bottom, left:right])


def _paint_few(picture: np.ndarray, drawn: Drawn) -> None:
    """The same, pixel by drawn pixel: quicker where most of the picture shows none."""
    number = drawn.canvas.number
    where = np.flatnonzero(number)
    facet = number.ravel()[where] - 1
    y, x = np.divmod(where.astype(np.int32), np.int32(number.shape[1]))
    a, b, c = drawn.grey[:, facet]
    values = a * x.astype(np.float32) + b * y.astype(np.float32) + c
    picture.reshape(-1)[where] = np.clip(np.rint(values * 255.0), 0, 255).astype(np.uint8)

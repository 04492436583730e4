"""Facets to pixels, far ones first: a picture of facet numbers, from which greys, depth and masks are read."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import NEAR, View

_SHIFT = 4
_FAR_OUT = 30000


@dataclass(frozen=True)
class Drawn:
    """`number` (h, w) holds 0 for nothing and i + 1 for facet i; `slopes` are planes a*x + b*y + c over the pixels of a
    facet, for greys and for 1/distance; `owner` says whose each facet is."""

    number: np.ndarray
    grey: np.ndarray
    nearness: np.ndarray
    owner: np.ndarray
    box: tuple[int, int, int, int]


def draw(
    view: View, points: np.ndarray, grey: np.ndarray, facets: np.ndarray, owner: np.ndarray, size: tuple[int, int]
) -> Drawn:
    """Paints (m, 4) facets over (n, 3) points with (n,) greys into a (height, width) picture of numbers."""
    height, width = size
    seen = view.to_camera(points)
    depth = seen[:, 2]
    whole = (depth > NEAR)[facets].all(axis=1)
    facets, owner = facets[whole], owner[whole]
    safe = np.where(depth[:, None] > NEAR, seen, [0.0, 0.0, 1.0])
    pixels = view.to_pixels(safe)
    corners = pixels[facets]
    visible = _visible(corners, width, height)
    facets, owner, corners = facets[visible], owner[visible], corners[visible]
    corner_depth = depth[facets]
    order = np.argsort(-corner_depth.mean(axis=1), kind="stable")
    facets, owner, corners, corner_depth = facets[order], owner[order], corners[order], corner_depth[order]
    number = np.zeros((height, width), np.int32)
    outlines = np.clip(np.round(corners * (1 << _SHIFT)), -_FAR_OUT * 16, _FAR_OUT * 16).astype(np.int32)
    for i, outline in enumerate(outlines, start=1):
        cv2.fillConvexPoly(number, outline, i, cv2.LINE_8, _SHIFT)
    return Drawn(
        number,
        _planes(corners, grey[facets]),
        _planes(corners, 1.0 / corner_depth),
        owner,
        _box(corners, width, height),
    )


def _visible(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    a, b = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    front = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] > 0
    low, high = corners.min(axis=1), corners.max(axis=1)
    return front & (high[:, 0] >= 0) & (low[:, 0] < width) & (high[:, 1] >= 0) & (low[:, 1] < height)


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
    middle = corners.mean(axis=1)
    c = values.mean(axis=1) - a * middle[:, 0] - b * middle[:, 1]
    return np.stack((a, b, c), axis=0).astype(np.float32)


def filled(drawn: Drawn, planes: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """The value of every drawn pixel in a box; pixels of nothing hold rubbish and are masked by the caller."""
    left, top, right, bottom = box
    number = drawn.number[top:bottom, left:right]
    padded = np.concatenate((np.zeros((3, 1), np.float32), planes), axis=1)
    values = padded[0].take(number)
    values *= np.arange(left, right, dtype=np.float32)[None]
    rise = padded[1].take(number)
    rise *= np.arange(top, bottom, dtype=np.float32)[:, None]
    values += rise
    values += padded[2].take(number)
    return values


def paint(picture: np.ndarray, drawn: Drawn) -> None:
    """Writes the facets' greys (0..1) into an 8-bit picture."""
    left, top, right, bottom = drawn.box
    if right <= left or bottom <= top:
        return
    bright = cv2.convertScaleAbs(np.maximum(filled(drawn, drawn.grey, drawn.box), 0.0), alpha=255.0)
    mask = (drawn.number[top:bottom, left:right] > 0).view(np.uint8)
    cv2.copyTo(bright, mask, picture[top:bottom, left:right])

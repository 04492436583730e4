"""Flat painted surfaces: floors, walls, house fronts. Lit and painted once, then seen in perspective every frame."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .camera import NEAR, View


@dataclass(frozen=True)
class Panel:
    """A parallelogram from `corner` along `across` and `along` (metres); `levels` are its 8-bit picture at full size,
    half, quarter and so on, row 0 at `corner`. Seen only from the side that `front` points to."""

    corner: np.ndarray
    across: np.ndarray
    along: np.ndarray
    front: np.ndarray
    levels: tuple[np.ndarray, ...]
    owner: int = 0

    @property
    def corners(self) -> np.ndarray:
        return np.stack(
            (self.corner, self.corner + self.across, self.corner + self.across + self.along, self.corner + self.along)
        )


def panel(
    corner: ArrayLike, across: ArrayLike, along: ArrayLike, front: ArrayLike, picture: np.ndarray, owner: int = 0
) -> Panel:
    """Makes a panel from greys 0..1 (rows along, columns across)."""
    levels: list[np.ndarray] = [np.clip(picture * 255.0 + 0.5, 0, 255).astype(np.uint8)]
    while min(levels[-1].shape) > 16 and len(levels) < 6:
        levels.append(cv2.pyrDown(levels[-1]))
    return Panel(
        np.asarray(corner, float),
        np.asarray(across, float),
        np.asarray(along, float),
        np.asarray(front, float),
        tuple(levels),
        owner,
    )


def clipped(seen: np.ndarray, near: float, far: float = np.inf) -> np.ndarray:
    """A camera-space polygon cut to near <= z <= far; may come back empty."""
    kept = _cut(seen, seen[:, 2] - near)
    return _cut(kept, far - kept[:, 2]) if len(kept) and np.isfinite(far) else kept


def _cut(points: np.ndarray, inside: np.ndarray) -> np.ndarray:
    level = inside.tolist()
    if min(level) >= 0:
        return points
    if max(level) < 0:
        return points[:0]
    out = []
    for i in range(len(points)):
        j = (i + 1) % len(points)
        if inside[i] >= 0:
            out.append(points[i])
        if (inside[i] >= 0) != (inside[j] >= 0):
            t = inside[i] / (inside[i] - inside[j])
            out.append(points[i] + (points[j] - points[i]) * t)
    return np.array(out).reshape(-1, 3)


def faces(surface: Panel, view: View) -> bool:
    return float(np.dot(view.eye - surface.corner, surface.front)) > 0


def outline(surface: Panel, view: View) -> np.ndarray:
    """Its visible polygon in pixels, or an empty array."""
    seen = clipped(view.to_camera(surface.corners), NEAR)
    return view.to_pixels(seen) if len(seen) > 2 else np.zeros((0, 2))


def paint(picture: np.ndarray, surface: Panel, view: View, beyond: float = NEAR) -> None:
    """Draws the panel from `beyond` metres on into an 8-bit picture, each band of distance from its own level."""
    seen = view.to_camera(surface.corners)
    nearest, farthest = float(seen[:, 2].min()), float(seen[:, 2].max())
    for level, (near, far) in enumerate(_bands(surface, view)):
        near = max(near, beyond)
        if far <= max(near, nearest) or near > farthest:
            continue
        part = clipped(seen, near, far)
        if len(part) > 2:
            _paint_level(picture, surface, view, view.to_pixels(part), level)


def in_sight(surface: Panel, view: View) -> bool:
    """Not wholly behind the lens nor wholly beyond one edge of the picture."""
    x, y, z = view.to_camera(surface.corners).T
    wide, high = (view.centre[0] + 1) / view.focal * z, (view.centre[1] + 1) / view.focal * z
    return not bool((z < NEAR).all() or (x > wide).all() or (-x > wide).all() or (y > high).all() or (-y > high).all())


def _bands(surface: Panel, view: View) -> list[tuple[float, float]]:
    """Distances at which one texture pixel shrinks to half a picture pixel, a quarter, and so on, seen at its slant."""
    texels = surface.levels[0].shape[1] / np.linalg.norm(surface.across)
    height = abs(float(np.dot(view.eye - surface.corner, surface.front)))
    first = 1.4 * np.sqrt(view.focal * max(height, 0.3) / texels)
    steps = [first * 2 ** (i / 2) for i in range(len(surface.levels) - 1)]
    edges = [NEAR, *steps, np.inf]
    return list(itertools.pairwise(edges))


def _paint_level(picture: np.ndarray, surface: Panel, view: View, polygon: np.ndarray, level: int) -> None:
    height, width = picture.shape
    left, top = np.maximum(np.floor(polygon.min(axis=0)), 0).astype(int)
    right, bottom = np.minimum(np.ceil(polygon.max(axis=0)) + 1, (width, height)).astype(int)
    if right - left < 1 or bottom - top < 1:
        return
    texture = surface.levels[level]
    to_texture = _from_pixels(surface, view, texture.shape) @ np.array([[1.0, 0, left], [0, 1.0, top], [0, 0, 1.0]])
    size = (int(right - left), int(bottom - top))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpPerspective(texture, to_texture, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(drawn.shape, np.uint8)
    fill(mask, polygon - (left, top), 255)
    cv2.copyTo(drawn, mask, picture[top:bottom, left:right])


def fill(picture: np.ndarray, polygon: np.ndarray, value: int) -> None:
    cv2.fillConvexPoly(picture, pixels16(polygon), value, cv2.LINE_8, 4)


def pixels16(points: np.ndarray) -> np.ndarray:
    """Pixels to sixteenths of a pixel, as OpenCV takes them with a shift of 4."""
    return np.clip(np.round(points * 16), -480000, 480000).astype(np.int32)


def _from_pixels(surface: Panel, view: View, shape: tuple[int, ...]) -> np.ndarray:
    columns = np.stack((surface.across, surface.along, surface.corner - view.eye), axis=-1)
    to_pixels = view.lens @ view.basis @ columns
    texels = np.array([[shape[1], 0, -0.5], [0, shape[0], -0.5], [0, 0, 1.0]])
    return texels @ np.linalg.inv(to_pixels)


def covers(surface: Panel, view: View) -> float:
    """How far ahead of the lens everything in the picture's ground surely lies on this upright-axis panel."""
    low, high = surface.corners.min(axis=0), surface.corners.max(axis=0)
    room = min(view.eye[0] - low[0], high[0] - view.eye[0], view.eye[2] - low[2], high[2] - view.eye[2])
    corner = np.hypot(view.centre[0], view.centre[1]) / view.focal
    return float(max(NEAR, 0.97 * room / np.hypot(1.0, corner)))


def nearness(surface: Panel, view: View) -> tuple[float, float, float]:
    """1/distance as a plane over pixels: a*x + b*y + c."""
    normal = view.basis @ surface.front
    gap = float(np.dot(surface.corner - view.eye, surface.front))
    cx, cy = view.centre
    a, b = normal[0] / view.focal / gap, -normal[1] / view.focal / gap
    return float(a), float(b), float(normal[2] / gap - a * cx - b * cy)

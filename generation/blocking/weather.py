"""Rain, snow and mist between the lens and the scene: seeded, in world depth layers, drawn over the grey picture."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import View
from .light import INSIDE
from .staging import Staging


def fall(picture: np.ndarray, staging: Staging, frame: int, view: View) -> None:
    """Draws this frame's drops or flakes in place; indoors nothing falls."""
    if staging.place.kind in INSIDE or staging.weather not in ("rain", "snow"):
        return
    fine = np.zeros_like(picture)
    second = staging.rate[0] / staging.rate[1]
    if staging.weather == "rain":
        _rain(fine, staging.place.seed, (frame + staging.clock) / second, view)
    else:
        _snow(fine, staging.place.seed, (frame + staging.clock) / second, view)
    cv2.add(picture, fine, dst=picture)


def _scatter(seed: int, count: int, salt: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64([seed, salt])).random((count, 4))


def _rain(fine: np.ndarray, seed: int, time: float, view: View) -> None:
    height, width = fine.shape
    for layer, (count, speed, long, grey) in enumerate(
        ((150, 2.2, 0.05, 26), (90, 3.2, 0.09, 38), (36, 4.6, 0.16, 52))
    ):
        drops = _scatter(seed, count, layer)
        y = np.mod(drops[:, 1] + time * speed * (0.9 + 0.2 * drops[:, 2]), 1.3) - 0.15
        x = np.mod(drops[:, 0] + 0.06 * y - _drift(view), 1.0)
        top = np.stack((x * width, y * height), axis=-1)
        end = top + np.array([-0.05 * long * width * 0.5, long * height])
        ends = np.stack((top, end), axis=1)
        cv2.polylines(fine, list(np.round(ends * 8).astype(np.int32)), False, grey, 1, cv2.LINE_AA, 3)


def _snow(fine: np.ndarray, seed: int, time: float, view: View) -> None:
    height, width = fine.shape
    for layer, (count, speed, radius, grey) in enumerate(
        ((220, 0.16, 0.0022, 90), (110, 0.24, 0.0036, 130), (36, 0.36, 0.006, 150))
    ):
        flakes = _scatter(seed, count, layer + 10)
        y = np.mod(flakes[:, 1] + time * speed * (0.8 + 0.4 * flakes[:, 2]), 1.06) - 0.03
        x = np.mod(flakes[:, 0] + 0.015 * np.sin(6.28 * (time * 0.4 + flakes[:, 3])) - _drift(view), 1.0)
        size = max(6, round(radius * height * 16))
        for px, py in zip(np.round(x * width * 16).astype(int), np.round(y * height * 16).astype(int), strict=True):
            cv2.circle(fine, (int(px), int(py)), size, grey, -1, cv2.LINE_AA, 4)


def _drift(view: View) -> float:
    """How far the air has moved across the frame because the camera turned."""
    right = np.arctan2(view.basis[2][0], view.basis[2][2])
    return float(right * view.focal / (2 * view.centre[0] + 1))

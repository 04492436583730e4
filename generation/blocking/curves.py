"""Smooth curves through keys: the one rule by which figures, cameras and lenses move."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def smooth(x: float) -> float:
    """0 below 0, 1 above 1, at rest at both ends."""
    x = min(1.0, max(0.0, x))
    return x * x * (3.0 - 2.0 * x)


def through(frames: Sequence[int], values: np.ndarray, at: float) -> np.ndarray:
    """A cubic through (frame, value) keys, at rest at the first and last; held before and after.

    Inner slopes follow Fritsch and Carlson's monotone rule, so that nobody overshoots a mark.
    """
    if at <= frames[0] or len(frames) == 1:
        return values[0]
    if at >= frames[-1]:
        return values[-1]
    right = next(i for i, frame in enumerate(frames) if frame > at)
    left = right - 1
    span = frames[right] - frames[left]
    t = (at - frames[left]) / span
    return _hermite(
        values[left], values[right], span * _slope(frames, values, left), span * _slope(frames, values, right), t
    )


def _hermite(a: np.ndarray, b: np.ndarray, da: np.ndarray, db: np.ndarray, t: float) -> np.ndarray:
    t2, t3 = t * t, t * t * t
    return (2 * t3 - 3 * t2 + 1) * a + (t3 - 2 * t2 + t) * da + (-2 * t3 + 3 * t2) * b + (t3 - t2) * db


def _slope(frames: Sequence[int], values: np.ndarray, i: int) -> np.ndarray:
    if i == 0 or i == len(frames) - 1:
        return np.zeros_like(values[0])
    h0, h1 = frames[i] - frames[i - 1], frames[i + 1] - frames[i]
    d0, d1 = (values[i] - values[i - 1]) / h0, (values[i + 1] - values[i]) / h1
    w0, w1 = 2 * h1 + h0, h1 + 2 * h0
    same = d0 * d1 > 0
    safe0, safe1 = np.where(same, d0, 1.0), np.where(same, d1, 1.0)
    return np.where(same, (w0 + w1) / (w0 / safe0 + w1 / safe1), 0.0)


def unwrapped(turns: Sequence[float] | np.ndarray) -> np.ndarray:
    """Degrees without jumps: each turn goes the short way round from the one before."""
    return np.degrees(np.unwrap(np.radians(np.asarray(turns, float))))


def short_way(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0


def wave(at: float, seed: float, period: float) -> float:
    """A quiet, smooth, repeatable wandering between about -1 and 1: three sines that never line up."""
    x = 2 * math.pi * at / period
    parts = (math.sin(x + seed), 0.6 * math.sin(1.73 * x + 2.1 * seed), 0.4 * math.sin(2.91 * x + 3.7 * seed))
    return sum(parts) / 2.0

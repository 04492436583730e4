"""Looks at decoded frames before anybody else does: a broken decode becomes a reason, never a black take."""

from __future__ import annotations

import math

import numpy as np

from generation.report import Refused

BLACK, FLAT = 2 / 255, 1 / 255


def sound(frames: np.ndarray, dtype: str) -> np.ndarray:
    """uint8 (N, H, W, 3) from floats in 0..1; raises Refused where they are not pictures.

    One frame after the other, so that each stays in the processor's cache: a clip of five seconds has half a gigabyte.
    """
    shown = np.empty(frames.shape, np.uint8)
    total = squares = 0.0
    for frame, pixels in zip(frames, shown, strict=True):
        values = frame.ravel()
        total += float(values.sum())
        squares += float(values @ values)
        if not math.isfinite(total):
            raise Refused(
                f"The decoder returned values that are not numbers, as happens when {dtype} is too narrow for these "
                "weights. Check the weights (manage.py weights check), then try again, or choose others."
            )
        scaled = np.clip(frame, 0, 1)
        scaled *= 255
        pixels[...] = np.rint(scaled, out=scaled)
    mean = total / frames.size
    if mean < BLACK and squares / frames.size - mean * mean < FLAT * FLAT:
        raise Refused(
            f"The decoder returned nothing but black frames, as happens when {dtype} is too narrow for these weights "
            "or when they are incomplete. Check the weights (manage.py weights check), then try again."
        )
    return shown

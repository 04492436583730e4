"""Looks at decoded frames before anybody else does: a broken decode becomes a reason, never a black take."""

from __future__ import annotations

import numpy as np

from generation.report import Refused

BLACK, FLAT = 2 / 255, 1 / 255


def sound(frames: np.ndarray, dtype: str) -> np.ndarray:
    """uint8 (N, H, W, 3) from floats in 0..1; raises Refused where they are not pictures."""
    if not np.isfinite(frames).all():
        raise Refused(
            f"The decoder returned values that are not numbers, as happens when {dtype} is too narrow for these "
            "weights. Check the weights (manage.py weights check), then try again, or choose others."
        )
    if frames.mean() < BLACK and frames.std() < FLAT:
        raise Refused(
            f"The decoder returned nothing but black frames, as happens when {dtype} is too narrow for these weights "
            "or when they are incomplete. Check the weights (manage.py weights check), then try again."
        )
    return (np.clip(frames, 0, 1) * 255).round().astype(np.uint8)

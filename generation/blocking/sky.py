"""Sky and the glow around sun or moon, by the direction each pixel looks."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import View
from .light import Light

_COARSE = 16


def sky(light: Light, view: View, size: tuple[int, int]) -> np.ndarray:
    """8-bit greys (height, width)."""
    height, width = size
    x = np.linspace(0, width - 1, max(2, width // _COARSE))
    y = np.linspace(0, height - 1, max(2, height // _COARSE))
    rays = _rays(view, *np.meshgrid(x, y))
    lift = np.clip(rays[..., 1], 0, 1)
    grey = light.sky_low + (light.sky_top - light.sky_low) * lift**0.55
    glow = np.clip(rays @ light.towards, 0, 1)
    grey = grey + (1 - grey) * 0.35 * glow**14 * min(1.0, 1.6 * light.strength + 0.1)
    grey = np.where(rays[..., 1] < 0.0, light.haze, grey)
    return cv2.resize(np.clip(grey * 255, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)


def _rays(view: View, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    seen = np.stack(((x - view.centre[0]) / view.focal, (view.centre[1] - y) / view.focal, np.ones_like(x)), axis=-1)
    rays = seen @ view.basis
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)

"""Soft shadows of figures on the ground, thrown by the key or by the nearest lamp."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import NEAR, View
from .light import Light
from .motion import Body
from .panel import clipped, fill
from .skeleton import PART, posed
from .staging import Figure, Staging

_BONES = (
    ("pelvis", "chest", 0.075),
    ("chest", "head", 0.06),
    ("head", "head", 0.055),
    ("l_arm", "l_fore", 0.03),
    ("r_arm", "r_fore", 0.03),
    ("l_fore", "l_hand", 0.025),
    ("r_fore", "r_hand", 0.025),
    ("l_thigh", "l_shin", 0.045),
    ("r_thigh", "r_shin", 0.045),
    ("l_shin", "l_foot", 0.035),
    ("r_shin", "r_foot", 0.035),
)
_CIRCLE = np.stack((np.sin(np.arange(10) * 0.62832), np.zeros(10), np.cos(np.arange(10) * 0.62832)), axis=-1)
_SCALE = 4


class Shadows:
    def __init__(self, staging: Staging, light: Light) -> None:
        self.staging, self.light = staging, light
        self.depth = min(0.62, 0.28 + 0.5 * light.strength + 0.3 * bool(light.lamps))

    def cast(self, picture: np.ndarray, ground: np.ndarray, view: View, bodies: dict[str, Body]) -> np.ndarray:
        """Darkens the ground in sight under and beside every figure."""
        small = (max(2, picture.shape[1] // _SCALE), max(2, picture.shape[0] // _SCALE))
        low = cv2.resize(ground, small, interpolation=cv2.INTER_AREA)
        if not low.any():
            return picture
        mask = np.zeros((small[1], small[0]), np.uint8)
        for figure in self.staging.figures:
            self._figure(mask, figure, bodies[figure.name], view, small[0] / picture.shape[1])
        if not mask.any():
            return picture
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.8, small[0] / 200))
        soft = cv2.multiply(soft, low, scale=self.depth / 255)
        keep = cv2.resize(cv2.bitwise_not(soft), (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
        return cv2.multiply(picture, keep, scale=1 / 255)

    def _figure(self, mask: np.ndarray, figure: Figure, now: Body, view: View, scale: float) -> None:
        _turns, places = posed(now.angles)
        angle = np.radians(now.turn)
        s, c = np.sin(angle), np.cos(angle)
        places = places @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T * figure.height + now.place
        floor = now.place[1]
        for a, b, radius in _BONES:
            self._bone(mask, places[PART[a]], places[PART[b]], radius * figure.height, floor, view, scale)
        pelvis = places[PART["pelvis"]]
        under = np.array([(now.place[0] + pelvis[0]) / 2, floor + 0.01, (now.place[2] + pelvis[2]) / 2])
        self._patch(mask, under + _CIRCLE * 0.2 * figure.height, view, scale, 150)

    def _bone(
        self, mask: np.ndarray, a: np.ndarray, b: np.ndarray, radius: float, floor: float, view: View, scale: float
    ) -> None:
        ends = np.concatenate([self._landed(point, floor) + _CIRCLE * radius for point in (a, b)])
        hull = cv2.convexHull(ends[:, [0, 2]].astype(np.float32))[:, 0]
        flat = np.stack((hull[:, 0], np.full(len(hull), floor + 0.005), hull[:, 1]), axis=-1)
        self._patch(mask, flat, view, scale, 255)

    def _landed(self, point: np.ndarray, floor: float) -> np.ndarray:
        away = self._away(point)
        fall = max(0.0, point[1] - floor) / max(0.25, -away[1])
        return np.array([point[0] + away[0] * fall, floor + 0.005, point[2] + away[2] * fall])

    def _away(self, point: np.ndarray) -> np.ndarray:
        near = [
            lamp for lamp in self.light.lamps if (lamp.x - point[0]) ** 2 + (lamp.z - point[2]) ** 2 < lamp.reach**2
        ]
        if not near:
            return -self.light.towards
        lamp = min(near, key=lambda each: (each.x - point[0]) ** 2 + (each.z - point[2]) ** 2)
        away = point - (lamp.x, max(lamp.y, point[1] + 0.6), lamp.z)
        return away / np.linalg.norm(away)

    @staticmethod
    def _patch(mask: np.ndarray, polygon: np.ndarray, view: View, scale: float, value: int) -> None:
        seen = clipped(view.to_camera(polygon), NEAR)
        if len(seen) > 2:
            fill(mask, view.to_pixels(seen) * scale, value)

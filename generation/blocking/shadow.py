"""Soft shadows of figures on the ground, thrown by the key or by the nearest lamp."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import NEAR, View
from .light import Light
from .motion import Body
from .panel import clipped, fill, pixels16
from .skeleton import PART
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
_FROM = np.array([PART[name] for name, _, _ in _BONES])
_TO = np.array([PART[name] for _, name, _ in _BONES])
_RADII = np.array([radius for _, _, radius in _BONES])
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
        joints, floor = now.joints(figure.height), float(now.place[1])
        landed = self._landed(joints, floor)[:, None]
        rims = _CIRCLE * (_RADII * figure.height)[:, None, None]
        bones = np.concatenate((landed[_FROM] + rims, landed[_TO] + rims), axis=1)
        self._patches(mask, bones, view, scale, 255)
        pelvis = joints[PART["pelvis"]]
        under = np.array([(now.place[0] + pelvis[0]) / 2, floor + 0.01, (now.place[2] + pelvis[2]) / 2])
        self._patches(mask, under + _CIRCLE[None] * 0.2 * figure.height, view, scale, 150)

    def _landed(self, points: np.ndarray, floor: float) -> np.ndarray:
        """Where the shadows of points (n, 3) meet the floor."""
        away = self._away(points)
        fall = np.maximum(0.0, points[:, 1] - floor) / np.maximum(0.25, -away[:, 1])
        landed = points + away * fall[:, None]
        landed[:, 1] = floor + 0.005
        return landed

    def _away(self, points: np.ndarray) -> np.ndarray:
        """From what lights each point: the nearest lamp that reaches it, or the key."""
        away = np.broadcast_to(-self.light.towards, points.shape)
        if not self.light.lamps:
            return away
        lamps = np.array([(lamp.x, lamp.y, lamp.z, lamp.reach) for lamp in self.light.lamps])
        square = (lamps[:, 0] - points[:, :1]) ** 2 + (lamps[:, 2] - points[:, 2:]) ** 2
        square[square >= lamps[:, 3] ** 2] = np.inf
        nearest = lamps[square.argmin(axis=1), :3]
        nearest[:, 1] = np.maximum(nearest[:, 1], points[:, 1] + 0.6)
        from_lamp = points - nearest
        from_lamp /= np.linalg.norm(from_lamp, axis=1, keepdims=True)
        return np.where(np.isfinite(square.min(axis=1))[:, None], from_lamp, away)

    @staticmethod
    def _patches(mask: np.ndarray, groups: np.ndarray, view: View, scale: float, value: int) -> None:
        """Fills what each group of floor points (groups, n, 3) encloses."""
        seen = view.to_camera(groups)
        if (seen[..., 2] > NEAR).all():
            for outline in pixels16(view.to_pixels(seen) * scale):
                cv2.fillConvexPoly(mask, cv2.convexHull(outline), value, cv2.LINE_8, 4)
            return
        for group in groups:
            hull = cv2.convexHull(group[:, [0, 2]].astype(np.float32))[:, 0]
            flat = np.stack((hull[:, 0], np.full(len(hull), group[0, 1]), hull[:, 1]), axis=-1)
            part = clipped(view.to_camera(flat), NEAR)
            if len(part) > 2:
                fill(mask, view.to_pixels(part) * scale, value)

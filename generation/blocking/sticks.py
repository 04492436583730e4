"""Figures as the coloured sticks that pose-following engines were taught with: the 18 points of COCO as OpenPose
draws them (its point order, limb order and colours), so that a staging can lead them."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import NEAR, View, view_at
from .motion import Body, bodies_at
from .skeleton import PART
from .staging import Figure, Staging

POINTS = (
    "nose", "neck", "r_shoulder", "r_elbow", "r_wrist", "l_shoulder", "l_elbow", "l_wrist", "r_hip", "r_knee",
    "r_ankle", "l_hip", "l_knee", "l_ankle", "r_eye", "l_eye", "r_ear", "l_ear",
)  # fmt: skip
LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
COLOURS = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255),
    (255, 0, 255), (255, 0, 170), (255, 0, 85),
)  # fmt: skip
LIMB_LIGHT = 0.6  # limbs are darker than the points they join

_PARTS = {
    "r_shoulder": "r_arm", "r_elbow": "r_fore", "r_wrist": "r_hand", "r_hip": "r_thigh", "r_knee": "r_shin",
    "r_ankle": "r_foot", "l_shoulder": "l_arm", "l_elbow": "l_fore", "l_wrist": "l_hand", "l_hip": "l_thigh",
    "l_knee": "l_shin", "l_ankle": "l_foot", "r_eye": "r_eye", "l_eye": "l_eye",
}  # fmt: skip
_NOSE, _EAR = (0.0, 0.035, 0.075), (0.058, 0.045, 0.0)
_FACE = {"nose": 0.0, "r_eye": 0.25, "l_eye": 0.25}
_BEHIND = -0.35


def sticks(staging: Staging, n: int, width: int, height: int) -> np.ndarray:
    """Frame n as poses: uint8 RGB (height, width, 3), black where nobody is; the nearest figure lies on top."""
    picture = np.zeros((height, width, 3), np.uint8)
    view = view_at(staging, n, width, height)
    bodies = bodies_at(staging, n)
    away = {figure.name: -float(view.to_camera(bodies[figure.name].place)[2]) for figure in staging.figures}
    for figure in sorted(staging.figures, key=lambda each: away[each.name]):
        _draw(picture, view, _points(figure, bodies[figure.name]), _shown(figure, bodies[figure.name], view))
    return picture


def _points(figure: Figure, now: Body) -> np.ndarray:
    """Where the 18 points are in the world, (18, 3)."""
    joints = now.joints(figure.height)
    head = now.spin @ now.hung[0][PART["head"]]
    found = {name: joints[PART[part]] for name, part in _PARTS.items()}
    found["neck"] = (found["r_shoulder"] + found["l_shoulder"]) / 2
    found["nose"] = joints[PART["head"]] + head @ np.array(_NOSE) * figure.height
    for side, sign in (("l", -1.0), ("r", 1.0)):
        ear = np.array((sign * _EAR[0], _EAR[1], _EAR[2]))
        found[f"{side}_ear"] = joints[PART["head"]] + head @ ear * figure.height
    return np.array([found[name] for name in POINTS])


def _shown(figure: Figure, now: Body, view: View) -> np.ndarray:
    """Which points somebody looking at the picture would mark: a face turned away has no nose, a far ear is hidden."""
    head = now.spin @ now.hung[0][PART["head"]]
    towards = view.eye - now.joints(figure.height)[PART["head"]]
    right, _, ahead = head.T @ (towards / np.linalg.norm(towards))
    shown = np.ones(len(POINTS), bool)
    for name, least in _FACE.items():
        side = {"r": right, "l": -right}.get(name[0] if name != "nose" else "", 0.0)
        shown[POINTS.index(name)] = ahead + least * side > (0.0 if name == "nose" else 0.05)
    shown[POINTS.index("r_ear")] = right > _BEHIND
    shown[POINTS.index("l_ear")] = -right > _BEHIND
    return shown


def _draw(picture: np.ndarray, view: View, points: np.ndarray, shown: np.ndarray) -> None:
    seen = view.to_camera(points)
    shown = shown & (seen[:, 2] > NEAR)
    far = np.where(shown[:, None], seen, (0.0, 0.0, 1.0))
    pixels = np.clip(view.to_pixels(far), -30_000, 30_000)
    thick = max(2, round(picture.shape[0] / 128))
    for (a, b), colour in zip(LIMBS, COLOURS, strict=False):
        if shown[a] and shown[b]:
            dark = tuple(LIMB_LIGHT * channel for channel in colour)
            cv2.line(picture, _at(pixels[a]), _at(pixels[b]), dark, 2 * thick, cv2.LINE_AA)
    for i, colour in enumerate(COLOURS):
        if shown[i]:
            cv2.circle(picture, _at(pixels[i]), thick, colour, -1, cv2.LINE_AA)


def _at(pixel: np.ndarray) -> tuple[int, int]:
    return round(float(pixel[0])), round(float(pixel[1]))

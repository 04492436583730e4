"""The clay figure: one smooth shape for each bone, and a head that shows where it looks. One unit tall."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from .curves import through
from .mesh import Mesh, ellipsoid, grid, joined, lathe
from .skeleton import FOREARM, PART, SHIN, THIGH, UPPER_ARM, eye_socket

HAIR = ("short", "long", "bun", "bald", "cap")
DRESS = ("shirt", "coat", "skirt", "jacket")


@lru_cache(maxsize=64)
def body(tone: float, hair: str, dress: str, detail: int, head_scale: float = 1.0) -> Mesh:
    """`detail` 0 is for a figure far away, 1 for one in a medium shot, 2 for a face that fills the picture."""
    skin, cloth, legs = 0.34 + 0.48 * tone, 0.10 + 0.60 * tone, 0.08 + 0.42 * tone
    parts = [*_trunk(cloth, legs, skin, detail), *_head(skin, tone, hair, detail, head_scale)]
    for side in ("l", "r"):
        parts += _arm(side, cloth, skin, detail) + _leg(side, legs, cloth, detail, dress)
    return joined(parts)


def _turned(rows: Sequence[tuple[float, ...]], grey: float, part: str, detail: int, around: int) -> Mesh:
    """A lathe whose rows are smoothed and multiplied with the detail, so that neighbours sort cleanly by distance."""
    table = np.array([(*row, 0.0)[:4] for row in rows], float)
    count = round(len(rows) * (1, 1.4, 4)[detail])
    at = np.linspace(0, len(rows) - 1, count)
    fine = np.array([through(range(len(rows)), table, x) if 0 < x < len(rows) - 1 else table[round(x)] for x in at])
    linear = np.array([np.interp(at, range(len(rows)), table[:, i]) for i in range(4)]).T
    return lathe([tuple(row) for row in (0.5 * fine + 0.5 * linear)], grey, PART[part], around)


def _trunk(cloth: float, legs: float, skin: float, detail: int) -> list[Mesh]:
    around = (10, 16, 26)[detail]
    pelvis = [
        (-0.06, 0.04, 0.04),
        (-0.03, 0.078, 0.06),
        (0.02, 0.086, 0.062),
        (0.06, 0.076, 0.054),
        (0.085, 0.06, 0.045),
    ]
    spine = [(-0.03, 0.06, 0.044), (0.0, 0.07, 0.049), (0.04, 0.073, 0.05), (0.08, 0.073, 0.049), (0.1, 0.05, 0.04)]
    chest = [
        (-0.045, 0.06, 0.042),
        (-0.03, 0.08, 0.054),
        (0.0, 0.083, 0.056, 0.002),
        (0.05, 0.094, 0.064, 0.005),
        (0.09, 0.106, 0.063, 0.003),
        (0.118, 0.112, 0.055, -0.001),
        (0.138, 0.092, 0.046, -0.004),
        (0.154, 0.05, 0.037, -0.005),
        (0.168, 0.034, 0.034, -0.004),
    ]
    neck = [
        (-0.02, 0.038, 0.037),
        (0.0, 0.033, 0.034),
        (0.03, 0.029, 0.031),
        (0.06, 0.029, 0.03),
        (0.075, 0.022, 0.024),
    ]
    return [
        _turned(pelvis, legs, "pelvis", detail, around),
        _turned(spine, cloth, "spine", detail, around),
        _turned(chest, cloth, "chest", detail, around),
        _turned(neck, skin * 0.88, "neck", min(2, detail + 1), around),
    ]


def _arm(side: str, cloth: float, skin: float, detail: int) -> list[Mesh]:
    around = (6, 10, 22)[detail]
    upper = [
        (0.03, 0.01, 0.012),
        (0.022, 0.024, 0.027),
        (0.004, 0.0335, 0.036),
        (-0.03, 0.033, 0.034),
        (-0.09, 0.028, 0.029),
    ]
    upper += [(-UPPER_ARM, 0.0245, 0.025), (-UPPER_ARM - 0.02, 0.015, 0.015)]
    fore = [(0.02, 0.016, 0.016), (0.0, 0.0245, 0.025), (-0.04, 0.0255, 0.027), (-0.1, 0.021, 0.022)]
    fore += [(-FOREARM + 0.012, 0.0185, 0.02), (-FOREARM + 0.004, 0.016, 0.018)]
    wrist = [(0.025, 0.0115, 0.0135), (0.0, 0.012, 0.0145), (-0.02, 0.0135, 0.021), (-0.05, 0.013, 0.0235)]
    hand = [*wrist, (-0.078, 0.0105, 0.021), (-0.098, 0.008, 0.016), (-0.106, 0.005, 0.008)]
    thumb = ellipsoid((0.0, -0.036, 0.025), (0.0085, 0.027, 0.0095), skin, PART[f"{side}_hand"], 6, 5)
    thumb.points[:, 2] += 0.25 * (thumb.points[:, 1] + 0.036) * -1.0
    return [
        _turned(upper, cloth, f"{side}_arm", detail, around),
        _turned(fore, cloth * 1.04, f"{side}_fore", detail, around),
        _turned(hand, skin, f"{side}_hand", min(detail, 1), around),
        thumb,
    ]


def _leg(side: str, legs: float, cloth: float, detail: int, dress: str) -> list[Mesh]:
    around = (7, 11, 16)[detail]
    thigh = [(0.05, 0.03, 0.035), (0.03, 0.046, 0.05), (-0.02, 0.051, 0.057), (-0.1, 0.046, 0.05), (-0.19, 0.037, 0.04)]
    thigh += [(-THIGH, 0.034, 0.036), (-THIGH - 0.028, 0.022, 0.024)]
    shin = [(0.025, 0.022, 0.024), (0.0, 0.033, 0.035), (-0.06, 0.034, 0.038, -0.006), (-0.14, 0.029, 0.031, -0.006)]
    shin += [(-SHIN + 0.02, 0.026, 0.028), (-SHIN, 0.024, 0.026)]
    foot = ellipsoid((0.0, -0.018, 0.03), (0.027, 0.026, 0.074), cloth * 0.4, PART[f"{side}_foot"], around, 8)
    foot.points[:, 1] = np.maximum(foot.points[:, 1], -0.042)
    found = [
        _turned(thigh, legs, f"{side}_thigh", detail, around),
        _turned(shin, legs, f"{side}_shin", detail, around),
        foot,
    ]
    if dress in ("coat", "skirt"):
        found.append(_tail(side, cloth, dress, detail, around))
    return found


def _tail(side: str, cloth: float, dress: str, detail: int, around: int) -> Mesh:
    """Half of a coat or skirt, hung on one thigh so that it sits, walks and runs with the legs."""
    inward = 0.012 if side == "l" else -0.012
    wide, long = (0.078, 0.235) if dress == "coat" else (0.07, 0.20)
    rows = [
        (0.07, 0.05, 0.05),
        (0.04, 0.066, 0.06),
        (-0.03, 0.066, 0.069),
        (-long * 0.6, wide * 0.94, 0.072),
        (-long, wide, 0.074),
    ]
    tail = _turned([*rows, (-long - 0.006, wide * 0.86, 0.064)], cloth * 0.94, f"{side}_thigh", detail, around)
    tail.points[:, 0] += inward
    return tail


def _head(skin: float, tone: float, hair: str, detail: int, scale: float) -> list[Mesh]:
    around, rings = ((14, 11), (28, 22), (72, 64))[detail]
    points, direction = _skull(around, rings)
    grey = _complexion(direction, skin, detail)
    thatch = _hairline(direction, hair, (0.12, 0.06, 0.03)[detail])
    points = points * (1.0 + 0.075 * thatch[..., None])
    grey = grey * (1 - thatch) + thatch * _hair_grey(tone)
    middle = np.array([0.0, 0.05, 0.008])
    head = grid((points + middle) * scale, grey, PART["head"])
    return [head, *_eyes(detail, skin, scale), *_extra_hair(hair, tone, detail, scale)]


def _hair_grey(tone: float) -> float:
    return 0.07 + 0.05 * tone


def _skull(around: int, rings: int) -> tuple[np.ndarray, np.ndarray]:
    """Points around the middle of the head, and the unit direction of each; both denser on the face."""
    level = np.linspace(-np.pi / 2, np.pi / 2, rings)
    even = np.arange(around) * 2 * np.pi / around
    angle = even - 0.45 * np.sin(even)
    x = np.cos(level)[:, None] * np.sin(angle)
    z = np.cos(level)[:, None] * np.cos(angle)
    y = np.sin(level)[:, None] + 0 * angle
    direction = np.stack((x, y, z), axis=-1)
    low = np.clip((-y - 0.05) / 0.95, 0, 1)
    wide = 0.047 * (1 - 0.22 * low) * (1 + 0.06 * (z < 0) * (y > 0))
    deep = np.where(z > 0, 0.054 * (1 - 0.03 * low), 0.058 * (1 - 0.42 * low))
    relief = _face(x, y, z)
    points = np.stack((x * wide, y * 0.069, z * deep), axis=-1)
    return points * (1 + relief)[..., None], direction


def _bump(x: np.ndarray, y: np.ndarray, at: tuple[float, float], size: tuple[float, float]) -> np.ndarray:
    return np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2)


def _face(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    front = np.clip(z / 0.2, 0, 1)
    side = np.abs(x)
    slope = np.clip((0.20 - y) / 0.40, 0, 1) ** 0.9 * np.clip((y + 0.32) / 0.09, 0, 1)
    nose = 0.25 * slope * np.exp(-((x / (0.07 + 0.05 * slope)) ** 2))
    wings = 0.05 * _bump(side, y, (0.13, -0.19), (0.07, 0.07))
    sockets = -0.10 * _bump(side, y, (0.38, 0.07), (0.19, 0.12))
    brow = 0.055 * np.exp(-(((y - 0.25) / 0.09) ** 2)) * np.exp(-((x / 0.6) ** 4))
    cheeks = 0.05 * _bump(side, y, (0.52, -0.14), (0.2, 0.16))
    hollow = -0.03 * _bump(side, y, (0.55, -0.5), (0.2, 0.2))
    lips = 0.065 * _bump(x, y, (0.0, -0.44), (0.24, 0.06)) + 0.07 * _bump(x, y, (0.0, -0.565), (0.21, 0.06))
    crease = -0.04 * _bump(x, y, (0.0, -0.505), (0.26, 0.025)) - 0.05 * _bump(x, y, (0.0, -0.68), (0.26, 0.06))
    chin = 0.05 * _bump(x, y, (0.0, -0.86), (0.26, 0.12))
    jaw = 0.05 * _bump(side, y, (0.72, -0.62), (0.25, 0.2))
    ears = 0.16 * _bump(z, y, (-0.14, 0.0), (0.13, 0.21)) * np.clip((side - 0.8) / 0.1, 0, 1)
    return front * (nose + wings + sockets + brow + cheeks + hollow + lips + crease + chin) + jaw + ears


def _complexion(direction: np.ndarray, skin: float, detail: int) -> np.ndarray:
    """Skin with brows, lids and lips; from afar the sockets are simply dark, so that a face still has a front."""
    x, y, z = np.moveaxis(direction, -1, 0)
    front, side = z > 0, np.abs(x)
    sockets = _bump(side, y, (0.38, 0.08), (0.22, 0.10)) * (0.55, 0.25, 0.22)[detail]
    lids = _bump(side, y, (0.38, 0.145), (0.17, 0.03)) * 0.45
    arch = y - 0.30 - 0.05 * np.cos((side - 0.42) * 5)
    brows = np.exp(-((arch / 0.04) ** 2)) * np.clip((0.27 - np.abs(side - 0.42)) / 0.06, 0, 1) * 0.55
    mouth = np.exp(-(((y + 0.505) / 0.022) ** 2)) * np.exp(-((x / 0.25) ** 6)) * 0.6
    lips = np.exp(-(((y + 0.505) / 0.085) ** 2)) * np.exp(-((x / 0.24) ** 4)) * 0.22
    nostrils = _bump(side, y, (0.09, -0.27), (0.05, 0.03)) * 0.35
    under = np.clip((-y - 0.75) / 0.25, 0, 1)
    dark = front * (sockets + lids + brows + mouth + lips + nostrils) + 0.3 * under
    return skin * (1 - np.clip(dark, 0, 0.85))


def _hairline(direction: np.ndarray, hair: str, edge: float) -> np.ndarray:
    """1 where hair grows, 0 where not."""
    x, y, z = np.moveaxis(direction, -1, 0)
    if hair == "bald":
        return np.zeros(x.shape)
    nape = -0.30 if hair in ("short", "cap") else -0.55
    front = 0.60 + 0.07 * np.cos(np.clip(np.abs(x) / 0.6, 0, 1) * np.pi)
    temple = np.clip((0.35 - z) / 0.3, 0, 1)
    line = front * (1 - temple) + 0.12 * temple
    back = np.clip((-0.2 - z) / 0.18, 0, 1)
    line = line * (1 - back) + nape * back
    return np.clip((y - line) / edge + 0.5, 0, 1)


def _extra_hair(hair: str, tone: float, detail: int, scale: float) -> list[Mesh]:
    grey, part, around = _hair_grey(tone), PART["head"], (8, 12, 18)[detail]
    if hair == "bun":
        return [ellipsoid((0, 0.085 * scale, -0.062 * scale), (0.024, 0.024, 0.022), grey, part, around, 8)]
    if hair == "long":
        rows = [
            (0.085, 0.03, 0.03, -0.03),
            (0.05, 0.046, 0.034, -0.034),
            (-0.02, 0.05, 0.028, -0.042),
            (-0.08, 0.04, 0.016, -0.046),
        ]
        return [lathe([(y * scale, a * scale, b * scale, c * scale) for y, a, b, c in rows], grey, part, around)]
    if hair == "cap":
        crown = ellipsoid((0, 0.093 * scale, 0.0), (0.05, 0.034, 0.062), grey, part, around, 8)
        peak = ellipsoid((0, 0.088 * scale, 0.055), (0.036, 0.005, 0.038), grey * 0.8, part, around, 6)
        return [crown, peak]
    return []


def _eyes(detail: int, skin: float, scale: float) -> list[Mesh]:
    if detail == 0:
        return []
    around, rings = ((10, 9), (22, 22))[detail - 1]
    balls = [_eye(part, around, rings, skin, scale) for part in ("l_eye", "r_eye")]
    mouth = ellipsoid(
        (0, 0, 0), (0.0125 * scale, 0.0062 * scale, 0.0062 * scale), 0.16 * skin, PART["mouth"], around, 7
    )
    return [*balls, mouth, *(_lid(sign, skin, around, scale) for sign in (-1.0, 1.0))]


def _lid(sign: float, skin: float, around: int, scale: float) -> Mesh:
    """A cap over the ball from above, its rim dark, so that an eye has a look in it and not a stare."""
    level = np.radians(np.linspace(14.0, 90.0, 7))[:, None]
    angle = np.arange(around) * 2 * np.pi / around
    dip = np.cos(angle) * 0.10
    ball = np.stack(
        (np.cos(level) * np.sin(angle), np.sin(level) - dip * np.cos(level) ** 2, np.cos(level) * np.cos(angle)),
        axis=-1,
    )
    grey = skin * np.where(level < np.radians(15.0), 0.4, 0.92)
    socket = np.array(eye_socket(sign))
    return grid((0.0097 * ball + socket) * scale, np.repeat(grey, around, axis=1), PART["lids"])


def _eye(part: str, around: int, rings: int, skin: float, scale: float) -> Mesh:
    """A ball with its pole forward, so that iris and pupil are clean rings."""
    level = np.pi * np.linspace(0.0, 1.0, rings) ** 1.3
    angle = np.arange(around) * 2 * np.pi / around
    ring = np.sin(level)[:, None]
    ball = np.stack((ring * np.sin(angle), ring * np.cos(angle), np.cos(level)[:, None] + 0 * angle), axis=-1)
    look = np.degrees(level)
    grey = np.where(look < 16, 0.02, np.where(look < 37, 0.12, min(0.8, 0.25 + 0.8 * skin)))
    return grid(0.0086 * scale * ball, np.repeat(grey[:, None], around, axis=1), PART[part])

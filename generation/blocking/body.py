"""The clay figure: one smooth shape for each bone, and a head that shows where it looks. One unit tall."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .mesh import Mesh, ellipsoid, grid, joined, lathe
from .skeleton import FOREARM, PART, SHIN, THIGH, UPPER_ARM

HAIR = ("short", "long", "bun", "bald", "cap")
DRESS = ("shirt", "coat", "skirt", "jacket")


@lru_cache(maxsize=64)
def body(tone: float, hair: str, dress: str, detail: int, head_scale: float = 1.0) -> Mesh:
    """`detail` 0 is for a figure far away, 1 for one in a medium shot, 2 for a face that fills the picture."""
    skin, cloth, legs = 0.36 + 0.5 * tone, 0.10 + 0.62 * tone, 0.08 + 0.45 * tone
    around = (8, 14, 18)[detail]
    parts = [*_trunk(cloth, legs, skin, around), *_head(skin, tone, hair, detail, head_scale)]
    for side in ("l", "r"):
        parts += _arm(side, cloth, skin, around) + _leg(side, legs, cloth, around)
    if dress in ("coat", "skirt"):
        parts.append(_skirt(cloth, dress, around))
    return joined(parts)


def _trunk(cloth: float, legs: float, skin: float, around: int) -> list[Mesh]:
    pelvis = [
        (-0.055, 0.045, 0.045),
        (-0.02, 0.083, 0.062),
        (0.03, 0.085, 0.06),
        (0.075, 0.073, 0.05),
        (0.09, 0.05, 0.04),
    ]
    spine = [(-0.02, 0.066, 0.046), (0.02, 0.074, 0.05), (0.07, 0.078, 0.053), (0.12, 0.08, 0.05)]
    chest = [
        (-0.03, 0.06, 0.042),
        (0.0, 0.082, 0.056, 0.002),
        (0.06, 0.098, 0.066, 0.006),
        (0.105, 0.104, 0.064, 0.004),
        (0.135, 0.09, 0.05, -0.002),
        (0.155, 0.05, 0.036, -0.004),
        (0.165, 0.03, 0.03, -0.004),
    ]
    neck = [(-0.02, 0.034, 0.034), (0.02, 0.029, 0.031), (0.06, 0.029, 0.031)]
    return [
        lathe(pelvis, legs, PART["pelvis"], around),
        lathe(spine, cloth, PART["spine"], around),
        lathe(chest, cloth, PART["chest"], around),
        lathe(neck, skin * 0.86, PART["neck"], around),
    ]


def _arm(side: str, cloth: float, skin: float, around: int) -> list[Mesh]:
    around = max(6, around - 4)
    upper = [(0.028, 0.018, 0.018), (0.018, 0.032, 0.032), (0.0, 0.036, 0.037), (-0.04, 0.032, 0.033)]
    upper += [(-0.1, 0.028, 0.029), (-UPPER_ARM, 0.024, 0.025), (-UPPER_ARM - 0.02, 0.015, 0.015)]
    fore = [(0.02, 0.016, 0.016), (0.0, 0.0245, 0.025), (-0.04, 0.0255, 0.027), (-0.1, 0.021, 0.021)]
    fore += [(-FOREARM, 0.016, 0.018), (-FOREARM - 0.008, 0.012, 0.014)]
    hand = [
        (0.012, 0.012, 0.014),
        (-0.01, 0.013, 0.019),
        (-0.045, 0.013, 0.024),
        (-0.075, 0.01, 0.02),
        (-0.1, 0.006, 0.01),
    ]
    sign = -1.0 if side == "l" else 1.0
    thumb = ellipsoid((-0.3 * sign * 0.02, -0.035, 0.027), (0.008, 0.026, 0.009), skin, PART[f"{side}_hand"], 6, 5)
    return [
        lathe(upper, cloth, PART[f"{side}_arm"], around),
        lathe(fore, cloth * 1.05, PART[f"{side}_fore"], around),
        lathe(hand, skin, PART[f"{side}_hand"], max(6, around - 2)),
        thumb,
    ]


def _leg(side: str, legs: float, cloth: float, around: int) -> list[Mesh]:
    around = max(6, around - 2)
    thigh = [(0.045, 0.03, 0.035), (0.03, 0.045, 0.05), (-0.02, 0.05, 0.057), (-0.1, 0.045, 0.05), (-0.2, 0.036, 0.039)]
    thigh += [(-THIGH, 0.033, 0.036), (-THIGH - 0.025, 0.022, 0.024)]
    shin = [(0.025, 0.022, 0.024), (0.0, 0.033, 0.035), (-0.06, 0.034, 0.038, -0.006), (-0.14, 0.028, 0.03, -0.006)]
    shin += [(-SHIN, 0.024, 0.026), (-SHIN - 0.012, 0.02, 0.022)]
    foot = ellipsoid((0.0, -0.018, 0.03), (0.027, 0.026, 0.072), cloth * 0.45, PART[f"{side}_foot"], around, 7)
    sole = np.where(foot.points[:, 1] < -0.04, -0.042, foot.points[:, 1])
    foot.points[:, 1] = np.maximum(sole, -0.042)
    return [lathe(thigh, legs, PART[f"{side}_thigh"], around), lathe(shin, legs, PART[f"{side}_shin"], around), foot]


def _skirt(cloth: float, dress: str, around: int) -> Mesh:
    length = 0.3 if dress == "coat" else 0.24
    flare = 0.12 if dress == "coat" else 0.105
    rows = [(0.06, 0.07, 0.052), (0.03, 0.08, 0.058), (-0.04, 0.093, 0.07), (-length * 0.6, flare * 0.93, 0.09)]
    rows += [(-length, flare, 0.1), (-length - 0.004, flare * 0.9, 0.09)]
    return lathe(rows, cloth * 0.95, PART["skirt"], around)


def _head(skin: float, tone: float, hair: str, detail: int, scale: float) -> list[Mesh]:
    around, rings = ((12, 9), (28, 22), (60, 50))[detail]
    points, direction = _skull(around, rings)
    grey = _complexion(direction, skin)
    thatch = _hairline(direction, hair)
    points = points * (1.0 + 0.075 * thatch[..., None])
    grey = grey * (1 - thatch) + thatch * _hair_grey(tone)
    middle = np.array([0.0, 0.05, 0.008])
    head = grid((points + middle) * scale, grey, PART["head"])
    extras = _eyes(detail, scale) + _extra_hair(hair, tone, detail, scale)
    return [head, *extras]


def _hair_grey(tone: float) -> float:
    return 0.12 if tone > 0.45 else 0.3


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
    wide = 0.0445 * (1 - 0.30 * low) * (1 + 0.06 * (z < 0) * (y > 0))
    deep = np.where(z > 0, 0.054 * (1 - 0.06 * low), 0.058 * (1 - 0.42 * low))
    relief = _face(x, y, z)
    points = np.stack((x * wide, y * 0.069, z * deep), axis=-1)
    return points * (1 + relief)[..., None], direction


def _bump(x: np.ndarray, y: np.ndarray, at: tuple[float, float], size: tuple[float, float]) -> np.ndarray:
    return np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2)


def _face(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    front = z > 0
    ridge = np.clip((0.22 - y) / 0.42, 0, 1) * np.clip((y + 0.34) / 0.1, 0, 1)
    nose = 0.30 * ridge * np.exp(-((x / (0.075 + 0.06 * ridge)) ** 2))
    sockets = -0.12 * (_bump(np.abs(x), y, (0.37, 0.08), (0.17, 0.13)))
    brow = 0.05 * np.exp(-(((y - 0.27) / 0.09) ** 2)) * np.exp(-((x / 0.55) ** 4))
    cheeks = 0.05 * _bump(np.abs(x), y, (0.5, -0.16), (0.2, 0.16))
    lips = 0.05 * _bump(x, y, (0.0, -0.47), (0.26, 0.12)) - 0.05 * _bump(x, y, (0.0, -0.66), (0.3, 0.07))
    chin = 0.07 * _bump(x, y, (0.0, -0.86), (0.28, 0.12))
    temples = -0.03 * _bump(np.abs(x), y, (0.85, 0.2), (0.15, 0.3))
    ears = 0.13 * _bump(z, y, (-0.12, 0.02), (0.12, 0.2)) * (np.abs(x) > 0.7)
    return front * (nose + sockets + brow + cheeks + lips + chin + temples) + ears


def _complexion(direction: np.ndarray, skin: float) -> np.ndarray:
    x, y, z = np.moveaxis(direction, -1, 0)
    front = z > 0
    eyes = _bump(np.abs(x), y, (0.37, 0.1), (0.2, 0.1))
    brows = np.exp(-(((y - 0.3 + 0.12 * (np.abs(x) - 0.38) ** 2) / 0.045) ** 2)) * (np.abs(np.abs(x) - 0.38) < 0.2)
    mouth = np.exp(-(((y + 0.5) / 0.035) ** 2)) * np.exp(-((x / 0.27) ** 6))
    lips = np.exp(-(((y + 0.5) / 0.1) ** 2)) * np.exp(-((x / 0.26) ** 4))
    under = np.clip((-y - 0.75) / 0.25, 0, 1)
    dark = front * (0.35 * eyes + 0.5 * brows + 0.55 * mouth + 0.18 * lips) + 0.3 * under
    return skin * (1 - np.clip(dark, 0, 0.8))


def _hairline(direction: np.ndarray, hair: str) -> np.ndarray:
    if hair == "bald":
        return np.zeros(direction.shape[:2])
    x, y, z = np.moveaxis(direction, -1, 0)
    line = np.where(
        z > 0, 0.62 - 0.25 * (np.abs(x) > 0.55) - 0.3 * np.clip(np.abs(x) - 0.6, 0, 1), -0.45 - 0.2 * (hair != "short")
    )
    line = np.where((z <= 0) & (z > -0.3), np.minimum(0.28, line + 1.5 * (z + 0.3) / 0.3), line)
    return np.clip((y - line) / 0.06, 0, 1)


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


def _eyes(detail: int, scale: float) -> list[Mesh]:
    if detail == 0:
        return []
    around, rings = ((10, 8), (20, 16))[detail - 1]
    return [_eye(part, around, rings, scale) for part in ("l_eye", "r_eye")]


def _eye(part: str, around: int, rings: int, scale: float) -> Mesh:
    """A ball with its pole forward, so that iris and pupil are clean rings."""
    level = np.linspace(0.0, np.pi, rings) ** 1.0
    angle = np.arange(around) * 2 * np.pi / around
    radius = 0.0082 * scale
    ring = np.sin(level)[:, None]
    points = radius * np.stack(
        (ring * np.sin(angle), ring * np.cos(angle), np.cos(level)[:, None] + 0 * angle), axis=-1
    )
    look = np.degrees(level)
    grey = np.where(look < 15, 0.02, np.where(look < 33, 0.14, 0.8))
    return grid(points, np.repeat(grey[:, None], around, axis=1), PART[part])

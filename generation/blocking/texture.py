"""What floors, walls and fronts are made of: reflectance 0..1 over metres, soft where pixels are wider than details."""

from __future__ import annotations

import cv2
import numpy as np


def _tile() -> np.ndarray:
    rough = np.random.default_rng(11).random((256, 256)).astype(np.float32)
    soft = cv2.GaussianBlur(np.tile(rough, (3, 3)), (0, 0), 1.2)[256:512, 256:512]
    return (soft - soft.mean()) / (3.0 * soft.std())


_TILE = _tile()


def noise(x: np.ndarray, z: np.ndarray, metres: float) -> np.ndarray:
    """Soft unevenness between about -1 and 1 with features this many metres wide."""
    scale = 3.0 / metres
    u, v = np.mod(x * scale, 256.0).astype(np.float32), np.mod(z * scale, 256.0).astype(np.float32)
    return cv2.remap(_TILE, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def lines(x: np.ndarray, every: float, wide: float, pixel: float) -> np.ndarray:
    """1 on thin lines at multiples of `every` metres, 0 between; fades where lines get finer than pixels."""
    off = np.abs(np.mod(x + every / 2, every) - every / 2)
    half = max(wide, pixel) / 2
    sharp = np.clip((half + pixel / 2 - off) / max(pixel, 1e-6), 0, 1)
    return sharp * min(1.0, wide / max(pixel, 1e-6)) * np.clip(every / (3 * pixel) - 0.3, 0, 1)


def _cells(i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """A steady number 0..1 for each whole-numbered cell."""
    mixed = np.sin(i * 12.9898 + j * 78.233) * 437.5453
    return mixed - np.floor(mixed)


def floor(kind: str, x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    """Reflectance of a floor at (x, z) for pixels `pixel` metres wide."""
    return FLOORS.get(kind, _concrete)(x, z, pixel)


def _planks(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    wide, long = 0.22, 2.4
    row = np.floor(x / wide)
    shift = _cells(row, row * 0 + 3) * long
    board = np.floor((z + shift) / long)
    grey = 0.43 + 0.10 * (_cells(row, board) - 0.5) * np.clip(1.6 - pixel / wide, 0, 1)
    grey = grey + 0.03 * noise(x * 6, z * 0.5, 0.5)
    gaps = np.maximum(lines(x, wide, 0.012, pixel), lines(z + shift, long, 0.012, pixel))
    return grey * (1 - 0.55 * gaps)


def _tiles(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    size = 0.6
    check = np.mod(np.floor(x / size) + np.floor(z / size), 2)
    contrast = 0.13 * np.clip(1.8 - pixel / size * 2, 0, 1)
    grey = 0.50 + contrast * (check - 0.5) + 0.02 * noise(x, z, 0.7)
    joints = np.maximum(lines(x, size, 0.012, pixel), lines(z, size, 0.012, pixel))
    return grey * (1 - 0.35 * joints)


def _carpet(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    return 0.40 + 0.03 * noise(x, z, 0.15) + 0.03 * noise(x, z, 1.6) - 0.05 * lines(x, 0.5, 0.03, pixel)


def _concrete(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    joints = np.maximum(lines(x, 2.0, 0.02, pixel), lines(z, 2.0, 0.02, pixel))
    return (0.50 + 0.045 * noise(x, z, 1.3) + 0.03 * noise(x, z, 0.25)) * (1 - 0.35 * joints)


def _grass(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    fine = np.clip(1.3 - pixel * 4, 0, 1)
    rows = 0.5 + 0.5 * np.sin(2 * np.pi * (x + 0.25 * noise(x, z, 3.0)) / 1.5)
    grey = 0.36 + 0.07 * noise(x, z, 5.0) + 0.05 * noise(x, z, 0.9) + fine * 0.06 * noise(x * 2.2, z, 0.16)
    return grey + 0.045 * (rows - 0.5) * np.clip(1.4 - pixel, 0, 1)


def _forest(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    path = np.exp(-(((x - 1.4 * np.sin(z / 7.0)) / 1.3) ** 2))
    litter = 0.30 + 0.08 * noise(x, z, 1.1) + np.clip(1.3 - pixel * 4, 0, 1) * 0.09 * noise(x, z, 0.2)
    return litter + 0.14 * path + 0.05 * noise(x, z, 6.0)


def _snow(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    return 0.80 + 0.05 * noise(x, z, 4.0) + 0.03 * noise(x, z, 0.6)


def _sand(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    ripples = np.sin(2 * np.pi * (z + 0.5 * noise(x, z, 2.0)) / 0.5) * np.clip(1.3 - pixel * 5, 0, 1)
    return 0.62 + 0.05 * noise(x, z, 3.0) + 0.03 * ripples


def _asphalt(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    """A street along z: a road eight metres wide with a broken middle line, kerbs and paved pavements."""
    road = 0.30 + 0.03 * noise(x, z, 0.3) + 0.03 * noise(x, z, 3.0)
    dash = lines(x + 1e-4, 400.0, 0.14, pixel) * (np.mod(z, 4.0) < 2.2) * np.clip(2 - pixel, 0, 1)
    road = road + 0.34 * dash
    crossing = (np.abs(z - 6.0) < 1.5) * (np.mod(x + 0.25, 1.0) < 0.5) * np.clip(1.5 - 2 * pixel, 0, 1)
    road = road + 0.28 * crossing * (np.abs(x) < 3.8)
    joints = np.maximum(lines(x, 0.75, 0.02, pixel), lines(z, 0.75, 0.02, pixel))
    paved = (0.50 + 0.03 * noise(x, z, 1.0)) * (1 - 0.3 * joints)
    kerb = np.clip((0.16 - np.abs(np.abs(x) - 4.1)) / max(pixel, 0.02), 0, 1)
    mixed = np.where(np.abs(x) > 4.1, paved, road)
    return mixed + (0.62 - mixed) * kerb


def _water(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    return 0.20 + 0.05 * noise(x * 0.5, z * 1.6, 1.2) + 0.04 * noise(x * 0.4, z * 1.4, 5.0)


def _furrows(x: np.ndarray, z: np.ndarray, pixel: float) -> np.ndarray:
    rows = np.sin(2 * np.pi * (x + 0.1 * noise(x, z, 2.0)) / 0.8) * np.clip(1.5 - pixel * 2.4, 0, 1)
    return 0.38 + 0.08 * rows + 0.05 * noise(x, z, 0.4)


FLOORS = {
    "planks": _planks,
    "tiles": _tiles,
    "carpet": _carpet,
    "concrete": _concrete,
    "grass": _grass,
    "forest": _forest,
    "snow": _snow,
    "sand": _sand,
    "asphalt": _asphalt,
    "water": _water,
    "furrows": _furrows,
}


def wall(u: np.ndarray, v: np.ndarray, seed: int) -> np.ndarray:
    """An inner wall: paint above, a darker dado below, a skirting board."""
    grey = 0.62 + 0.02 * noise(u, v, 1.5)
    if seed % 3 == 0:
        grey = np.where(v < 1.0, grey * 0.8, grey)
        grey = np.where(np.abs(v - 1.0) < 0.025, 0.66, grey)
    if seed % 3 == 1:
        grey = grey + 0.015 * np.sign(np.sin(2 * np.pi * u / 0.3))
    return np.where(v < 0.11, 0.40, grey)


def window(
    grey: np.ndarray, u: np.ndarray, v: np.ndarray, at: float, wide: float, low: float, high: float, pane: float
) -> np.ndarray:
    """Cuts a framed window with two bars into a wall; `pane` is its brightness, already lit."""
    du, inside = np.abs(u - at), (np.abs(u - at) < wide / 2) & (v > low) & (v < high)
    frame = (du < wide / 2 + 0.07) & (v > low - 0.09) & (v < high + 0.07)
    grey = np.where(frame, 0.66, grey)
    sky = pane * (0.86 + 0.14 * (v - low) / (high - low))
    grey = np.where(inside, sky, grey)
    bars = inside & ((du < 0.025) | (np.abs(v - (low + 0.62 * (high - low))) < 0.022))
    return np.where(bars, 0.5, grey)


def door(grey: np.ndarray, u: np.ndarray, v: np.ndarray, at: float) -> np.ndarray:
    du = np.abs(u - at)
    grey = np.where((du < 0.56) & (v < 2.16), 0.68, grey)
    grey = np.where((du < 0.46) & (v < 2.06), 0.38, grey)
    for low, high in ((0.2, 0.95), (1.08, 1.92)):
        panel = (du < 0.33) & (v > low) & (v < high)
        inner = (du < 0.30) & (v > low + 0.03) & (v < high - 0.03)
        grey = np.where(panel, 0.30, grey)
        grey = np.where(inner, 0.41, grey)
    return np.where((np.hypot(u - at - 0.38, v - 1.0) < 0.035), 0.8, grey)


def picture(grey: np.ndarray, u: np.ndarray, v: np.ndarray, at: float, wide: float, high: float) -> np.ndarray:
    du, dv = np.abs(u - at), np.abs(v - 1.65)
    grey = np.where((du < wide / 2) & (dv < high / 2), 0.28, grey)
    return np.where((du < wide / 2 - 0.04) & (dv < high / 2 - 0.04), 0.62 + 0.12 * noise(u, v, 0.4), grey)


def front(u: np.ndarray, v: np.ndarray, seed: int, dark: bool) -> tuple[np.ndarray, np.ndarray]:
    """A house front: reflectance, and the light its own windows give."""
    tone = 0.40 + 0.22 * float(_cells(np.array(seed), np.array(5)))
    bay, storey = 2.4 + 0.25 * (seed % 4), 3.2
    i, j = np.floor(u / bay), np.floor(v / storey)
    du, dv = np.abs(np.mod(u, bay) - bay / 2), np.mod(v, storey)
    grey = tone + 0.025 * noise(u, v, 2.0) - 0.06 * (dv < 0.12)
    upstairs = (du < 0.5) & (dv > 0.95) & (dv < 2.55) & (j > 0)
    frames = (du < 0.6) & (dv > 0.85) & (dv < 2.65) & (j > 0)
    shop = (j == 0) & (du < bay / 2 - 0.25) & (dv > 0.5) & (dv < 2.6)
    entry = shop & (_cells(i, i + seed) < 0.35)
    grey = np.where(frames, tone * 1.18, grey)
    grey = np.where(upstairs, 0.22 + 0.1 * _cells(i, j + seed), grey)
    grey = np.where(shop, 0.26, grey)
    grey = np.where(entry & (du < 0.55), 0.36, grey)
    glow = np.zeros_like(grey)
    if dark:
        lit = _cells(i + 7, j + seed) < 0.3
        glow = np.where(upstairs & lit, 0.55 + 0.2 * _cells(i, j), 0.0) + np.where(
            shop & (_cells(i + 3, j + seed) < 0.4), 0.5, 0.0
        )
    return grey, glow

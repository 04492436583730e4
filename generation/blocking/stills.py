"""Stills as a backdrop under a camera move: each is shown exactly at its own frame, with eased moves and dissolves
between."""

from __future__ import annotations

import cv2
import numpy as np

from .curves import smooth, wave

_REACH = 0.14


def covering(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture scaled to cover the frame, cut evenly at the sides or at top and bottom. RGB in, RGB out."""
    found_height, found_width = picture.shape[:2]
    scale = max(width / found_width, height / found_height)
    size = (max(width, round(found_width * scale)), max(height, round(found_height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(picture, size, interpolation=way) if size != (found_width, found_height) else picture
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


class Stills:
    """`held` maps a frame to the picture shown exactly there, already at the frame's size; `frames` is the clip's."""

    def __init__(self, held: dict[int, np.ndarray], move: str, frames: int, seed: int) -> None:
        self.at = sorted(held)
        self.held, self.move, self.frames, self.seed = held, move, frames, seed

    def frame(self, n: int) -> np.ndarray:
        if n in self.held:
            return self.held[n]
        before = [at for at in self.at if at < n]
        after = [at for at in self.at if at > n]
        if not after:
            return self._moved(self.held[before[-1]], (n - before[-1]) / max(1, self.frames - 1 - before[-1]), n)
        if not before:
            return self._moved(self.held[after[0]], -(after[0] - n) / max(1, after[0]), n)
        return self._between(before[-1], after[0], n)

    def _between(self, left: int, right: int, n: int) -> np.ndarray:
        t = (n - left) / (right - left)
        leaving = self._moved(self.held[left], t, n)
        coming = self._moved(self.held[right], t - 1.0, n)
        weight = smooth((t - 0.2) / 0.6)
        return cv2.addWeighted(leaving, 1.0 - weight, coming, weight, 0.0)

    def _moved(self, picture: np.ndarray, t: float, n: int) -> np.ndarray:
        """The picture as seen t of the way (-1..1) along the move from where it fills the frame."""
        height, width = picture.shape[:2]
        zoom, x, y, roll = self._window(t, n)
        scale = 1.0 / zoom
        turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), roll, scale)
        turn[:, 2] -= (x * width * scale, y * height * scale)
        return cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)

    def _window(self, t: float, n: int) -> tuple[float, float, float, float]:
        """Size of the seen window (1 is the whole picture), its shift right and down in widths, and its roll."""
        far = smooth(abs(t))
        name, _, way = self.move.partition("-")
        inward = 1.0 - _REACH * far
        room = (1.0 - inward) / 2
        sign = (1.0 if way in ("right", "down") else -1.0) * (1.0 if t > 0 else -1.0)
        if name in ("pan", "truck"):
            return inward, sign * room, 0.0, 0.0
        if name in ("tilt", "pedestal", "crane"):
            return inward, 0.0, sign * room, 0.0
        if name == "handheld":
            return (
                inward,
                0.6 * room * wave(n, self.seed % 97, 40),
                0.6 * room * wave(n, self.seed % 89, 33),
                0.5 * far * wave(n, 5, 51),
            )
        if name == "static":
            return 1.0, 0.0, 0.0, 0.0
        outward = (way == "out") == (t > 0)
        if name in ("dolly", "zoom") and outward:
            return 1.0 + 0.6 * _REACH * far, 0.0, 0.0, 0.0
        drift = 0.25 * (self.seed % 3 - 1) * (name == "")
        return 1.0 - (_REACH if name else 0.6 * _REACH) * far, drift * room, 0.0, 0.0

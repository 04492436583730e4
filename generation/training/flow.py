"""Where the picture goes, by optical flow (DIS; Kroeger et al. 2016): which way a camera moves, and how evenly.

It has learned nothing; how often it is right about real clips is told beside it. The judge looks at such a flow too, so
the two can disagree, but what misleads the flow may mislead both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

STRIDE = 2  # frames between the two that are compared for the way of a camera
TEXTURED = 0.5  # levels of 255 a pixel; where less changes, flow is a guess
LEAST = 0.25  # of what real clips of such a move show; with less, a camera is taken to rest

# Which way the picture goes when the camera makes a move, as signs of (right, down, larger).
GOES: dict[str, tuple[int, int, int]] = {
    "pan-left": (1, 0, 0),
    "pan-right": (-1, 0, 0),
    "truck-left": (1, 0, 0),
    "truck-right": (-1, 0, 0),
    "tilt-up": (0, 1, 0),
    "tilt-down": (0, -1, 0),
    "dolly-in": (0, 0, 1),
    "dolly-out": (0, 0, -1),
}


@dataclass(frozen=True)
class Way:
    """How far a clip's picture goes in all: pixels to the right, pixels down, and growth as a natural logarithm."""

    right: float
    down: float
    larger: float

    @property
    def amounts(self) -> tuple[float, float, float]:
        return self.right, self.down, self.larger


def between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Flow (H, W, 2) in pixels from one RGB picture to another."""
    return followed(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), cv2.cvtColor(other, cv2.COLOR_RGB2GRAY))


def followed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The same from one grey picture, uint8, to another."""
    flow: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    return flow.calc(one, other, None)


def textured(picture: np.ndarray) -> np.ndarray:
    """Where a picture has enough in it for its flow to be believed: bool (H, W), everywhere where that is nowhere."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    slope = np.abs(cv2.Sobel(grey, -1, 1, 0, scale=1 / 8)) + np.abs(cv2.Sobel(grey, -1, 0, 1, scale=1 / 8))
    found = slope > TEXTURED
    return found if found.any() else np.ones_like(found)


def way(frames: np.ndarray) -> Way:
    """Medians over what has texture, so that a figure which crosses counts for little, added up over the clip."""
    total = np.zeros(3)
    for one, other in zip(frames[::STRIDE], frames[STRIDE::STRIDE], strict=False):
        total += _shift(between(one, other), textured(one))
    return Way(*total.tolist())


def _shift(flow: np.ndarray, where: np.ndarray) -> np.ndarray:
    """What one field does as a whole: its median, and the median growth away from the middle once that is taken off."""
    height, width = flow.shape[:2]
    y, x = np.nonzero(where)
    moved = flow[y, x]
    middle = np.median(moved, axis=0)
    from_middle = np.stack([x - (width - 1) / 2, y - (height - 1) / 2], axis=1)
    far = np.square(from_middle).sum(1)
    outside = far > (height / 6) ** 2
    if not outside.any():
        return np.array([*middle, 0.0])
    growth = ((moved - middle) * from_middle).sum(1)[outside] / far[outside]
    return np.array([*middle, np.log1p(max(-0.5, float(np.median(growth))))])


def usual(ways: list[tuple[str, Way]]) -> tuple[float, float, float]:
    """How far real clips go along each axis when their move asks for it: medians over (move, way) pairs."""
    found = []
    for axis in range(3):
        along = [abs(each.amounts[axis]) for move, each in ways if GOES.get(move, (0, 0, 0))[axis]]
        found.append(float(np.median(along)) if along else 1.0)
    return found[0], found[1], found[2]


def goes(found: Way, move: str, scale: tuple[float, float, float]) -> bool:
    """Whether a clip goes the way that a move asks for, by LEAST of what is usual there; `move` is one of GOES."""
    along = sum(amount / usual * sign for amount, usual, sign in zip(found.amounts, scale, GOES[move], strict=True))
    return along >= LEAST


def motion_step(frames: np.ndarray, at: int) -> float:
    """How much motion changes at frame `at`: the mean difference of the flow that leads there and the one that leads
    on, in pixels, over one pixel more than the flow before it; small where things move on as they moved."""
    before, after = between(frames[at - 1], frames[at]), between(frames[at], frames[at + 1])
    where = textured(frames[at])
    change = np.linalg.norm(after - before, axis=-1)[where].mean()
    return float(change / (1 + np.linalg.norm(before, axis=-1)[where].mean()))

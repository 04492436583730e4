"""Formulas over clips, uint8 RGB (N, H, W, 3): likeness, steps between frames, seams, what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import cv2
import numpy as np

FINE = 8  # pixels of what the codec writes at once; its cells are two of them
SEEN = 3.0  # levels of 255 from which a straight step of a cell's length is counted as seen
NEAR = 3  # frames around the one a still was given for
TIE = 0.5  # dB by which a neighbour may be nearer to a still and both count as showing it
PATCH = 16  # pixels of the side of a patch that is looked for again
PATCHES = 6
QUIET = 0.5  # levels; so that a ratio of two steps in a clip that rests is not one of noise


def db(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """PSNR in dB of each frame, 100 where they are the same; two arrays of one shape (N, H, W, 3)."""
    squared = np.square(one.astype(np.float32) - other.astype(np.float32)).reshape(len(one), -1).mean(1)
    return 10 * np.log10(255**2 / np.maximum(squared, 255**2 / 1e10))


def whole_db(one: np.ndarray, other: np.ndarray) -> float:
    """PSNR in dB of a clip as one: of the mean squared error over all its frames."""
    return float(db(one.reshape(1, -1), other.reshape(1, -1))[0])


def steps(frames: np.ndarray) -> np.ndarray:
    """How far each frame is from the one before it: mean absolute difference in levels of 255, (N - 1,)."""
    return np.array([float(np.mean(cv2.absdiff(one, other))) for one, other in pairwise(frames)])


def jump(frames: np.ndarray, at: int = 0, after: int = 8) -> float:
    """The step behind frame `at`, as a multiple of the usual one among the `after` steps that follow it."""
    found = steps(frames[at : at + after + 2])
    return float((found[0] + QUIET) / (np.median(found[1:]) + QUIET))


def colour_step(frames: np.ndarray, at: int, around: int = 4) -> float:
    """How far the mean colour moves behind frame `at`, as a multiple of how far it usually does around (RGB)."""
    first = max(0, at - around)
    means = frames[first : at + around + 2].reshape(-1, frames[0].size // 3, 3).mean(1)
    found = np.linalg.norm(np.diff(means, axis=0), axis=1)
    others = np.delete(found, at - first)
    return float((found[at - first] + QUIET) / (np.median(others) + QUIET))


def nearest_to(frames: np.ndarray, still: np.ndarray, at: int) -> bool:
    """Whether a still is shown at frame `at`: none of the frames around is nearer to it by more than TIE."""
    first, last = max(0, at - NEAR), min(len(frames), at + NEAR + 1)
    found = db(frames[first:last], np.broadcast_to(still, frames[first:last].shape))
    return bool(found[at - first] >= found.max() - TIE)


def seen_seams(frames: np.ndarray, side: int) -> float:
    """The share of edges between cells of `side` pixels that stand out, less the share of such lines inside cells.

    An edge stands out where the step across it, averaged along the cell, differs from the steps beside it by more than
    SEEN levels: a gradient has no such edge, and an edge of what is shown falls as often anywhere else. Lines inside
    are at least two pixels from any edge of FINE. `frames` may also be signed errors.
    """
    both = [_standing_out(turned, side) for turned in (frames, frames.swapaxes(1, 2))]
    return float(np.mean([edges for edges, _ in both]) - np.mean([inside for _, inside in both]))


def _standing_out(frames: np.ndarray, side: int) -> tuple[float, float]:
    grey = frames.astype(np.float32).mean(-1)
    count, height, width = grey.shape
    rows = grey[:, : height // side * side].reshape(count, -1, side, width).mean(2)
    across = np.diff(rows, axis=-1)
    alone = np.abs(across[..., 1:-1] - (across[..., :-2] + across[..., 2:]) / 2)  # [k]: the step to column k + 2
    column = np.arange(alone.shape[-1]) + 2
    inside = (column % FINE > 1) & (column % FINE < FINE - 1)
    return float((alone[..., column % side == 0] > SEEN).mean()), float((alone[..., inside] > SEEN).mean())


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's, of two arrays of one shape; 0 where either has no variety."""
    a, b = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length > 1e-12 else 0.0


def spread(takes: Sequence[np.ndarray]) -> float:
    """How far takes of one recipe differ: the mean absolute difference over all pairs, in levels of 255."""
    return float(np.mean([np.mean(cv2.absdiff(one, other)) for one, other in combinations(takes, 2)]))


def patches(picture: np.ndarray, where: np.ndarray) -> list[np.ndarray]:
    """Up to PATCHES squares of a picture, at least half in the mask `where`, those with most in them first."""
    grey = picture.astype(np.float32).mean(-1)
    size = (PATCH, PATCH)
    mean, square = cv2.boxFilter(grey, -1, size), cv2.boxFilter(grey * grey, -1, size)
    inside = cv2.boxFilter(where.astype(np.float32), -1, size)
    worth = np.where(inside >= 0.5, np.sqrt(np.maximum(square - mean * mean, 0)), 0)
    half = PATCH // 2
    worth[:half], worth[-half:], worth[:, :half], worth[:, -half:] = 0, 0, 0, 0
    found: list[np.ndarray] = []
    while len(found) < PATCHES:
        y, x = np.unravel_index(int(worth.argmax()), worth.shape)
        if worth[y, x] < SEEN:
            break
        found.append(picture[y - half : y + half, x - half : x + half])
        worth[max(0, y - PATCH + 1) : y + PATCH, max(0, x - PATCH + 1) : x + PATCH] = 0
    return found


def lost(wanted: Sequence[np.ndarray], frames: np.ndarray) -> float:
    """How far from each patch the place most like it is in each frame: root mean squared difference in levels of 255,
    averaged over patches and frames. A patch may move, but not turn darker or lose its shape."""
    best = [cv2.matchTemplate(frame, patch, cv2.TM_SQDIFF).min() / patch.size for frame in frames for patch in wanted]
    return float(np.mean(np.sqrt(np.maximum(best, 0))))


def kept(made: float, real: float, strange: float) -> float:
    """What was kept, of how much is lost in a take, in the real clip and in strangers': 1 as in the real one, 0 as in
    clips of others elsewhere."""
    return (strange - made) / (strange - real)

"""Small facets, many at once: a call for each would cost more than its few pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

SIZES = (4, 6, 8, 11)
_HALF = 8  # of a pixel, in sixteenths


def in_sizes(which: np.ndarray, sides: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Facets `which` by the smallest square of SIZES that holds each; `sides` (m,) are their longer sides in pixels."""
    fits = np.searchsorted(SIZES, sides[which])
    for i, size in enumerate(SIZES):
        if len(chosen := which[fits == i]):
            yield size, chosen


def stamp(
    number: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    at: tuple[np.ndarray, np.ndarray],
    extent: tuple[np.ndarray, np.ndarray],
    names: np.ndarray,
    size: int,
) -> None:
    """Writes the names of facets into a picture of names, wherever no greater one lies already.

    Corners `x`, `y` (4, n) are in sixteenths of a pixel; `at` is the first column and row of each, `extent` how many
    more follow, fewer than `size`, all in the picture. A pixel belongs to a facet as OpenCV has it: its middle lies
    inside, or an edge passes by within half a pixel. Whole numbers this small are exact in float32, so every machine
    agrees.
    """
    x, y = x - at[0] * 16, y - at[1] * 16
    run, rise = x[[1, 2, 3, 0]] - x, y[[1, 2, 3, 0]] - y
    offset = rise * x - run * y + _HALF * np.maximum(np.abs(run), np.abs(rise))
    planes = np.stack((-rise * 16, run * 16, offset), axis=-1).astype(np.float32)
    cells, within = _cells(size)
    inside = np.minimum(planes[0] @ cells, planes[1] @ cells)
    np.minimum(inside, planes[2] @ cells, out=inside)
    np.minimum(inside, planes[3] @ cells, out=inside)
    facet, cell = np.nonzero((inside >= 0) & within[extent[1] * size + extent[0]])
    row, column = np.divmod(np.arange(size * size), size)
    width = number.shape[1]
    pixel = (at[1].astype(np.intp) * width + at[0])[facet] + (row * width + column)[cell]
    np.maximum.at(number.reshape(-1), pixel, names.astype(np.int32)[facet])


@lru_cache(maxsize=8)
def _cells(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows x, y, 1 of every cell of a square, and for each extent which of its cells lie within."""
    y, x = np.divmod(np.arange(size * size), size)
    cells = np.stack((x, y, np.ones_like(x))).astype(np.float32)
    return cells, (y <= y[:, None]) & (x <= x[:, None])

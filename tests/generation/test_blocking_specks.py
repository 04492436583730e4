"""Small facets drawn together must look as if each had been drawn alone."""

import cv2
import numpy as np
import pytest

from generation.blocking import raster
from generation.blocking.specks import SIZES


def some_facets(count: int, side: float, seed: int, width: int = 320, height: int = 180) -> np.ndarray:
    """Convex quadrilaterals (count, 4, 2) of up to `side` pixels, in sixteenths of a pixel, anywhere in a picture."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform((side, side), (width - side, height - side), (count, 1, 2))
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 4)), axis=1)[..., None]
    reach = rng.uniform(0.2, 0.5, (count, 1, 2)) * side
    return np.rint((middle + reach * np.concatenate((np.cos(turn), np.sin(turn)), axis=-1)) * 16).astype(np.int32)


def numbered(facets: np.ndarray) -> np.ndarray:
    picture = np.zeros((180, 320), np.int32)
    raster._number(picture, np.ascontiguousarray(facets[..., 0].T), np.ascontiguousarray(facets[..., 1].T))
    return picture


def one_by_one(facets: np.ndarray) -> np.ndarray:
    picture = np.zeros((180, 320), np.int32)
    for i, facet in enumerate(facets, start=1):
        cv2.fillConvexPoly(picture, facet, i, cv2.LINE_8, 4)
    return picture


@pytest.mark.parametrize("side", [2.0, 4.0, 7.0, 10.0])
def test_a_small_facet_covers_the_pixels_it_covered_alone_but_for_some_on_its_rim(side: float) -> None:
    for facet in some_facets(60, side, seed=int(side)):
        alone, together = one_by_one(facet[None]) > 0, numbered(facet[None]) > 0
        inside = cv2.erode(alone.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        around = cv2.dilate(alone.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert not (inside & ~together).any()
        assert not (together & ~around).any()


def test_of_two_facets_the_nearer_one_is_seen_whichever_is_small() -> None:
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    large, small = (square * 60 + 40) * 16, (square * 6 + 60) * 16
    assert SIZES[0] < 6 < SIZES[-1] < 60
    assert numbered(np.stack((large, small)).astype(np.int32))[63, 63] == 2
    assert numbered(np.stack((small, large)).astype(np.int32))[63, 63] == 1 + 1
    assert numbered(np.stack((small, large)).astype(np.int32))[45, 45] == 2


def test_neighbours_that_share_an_edge_leave_no_gap_between_them() -> None:
    x, y = np.meshgrid(np.arange(0, 300, 5.3) + 8, np.arange(0, 150, 4.7) + 8)
    points = np.rint(np.stack((x + 0.3 * y, y), axis=-1) * 16).astype(np.int32)
    facets = np.stack((points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]), axis=2).reshape(-1, 4, 2)
    inner = facets[(facets[..., 0].max(axis=1) < 300 * 16)]
    alone, together = one_by_one(inner), numbered(inner)
    assert not ((alone > 0) & (together == 0)).sum() > 0.002 * (alone > 0).sum()
    assert (numbered(inner) == together).all()


def test_a_facet_that_leaves_the_picture_is_cut_at_its_border() -> None:
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    over_the_corner = ((square * 6 - 3) * 16).astype(np.int32)[None]
    assert (numbered(over_the_corner) == one_by_one(over_the_corner)).all()
    assert numbered(over_the_corner)[0, 0] == 1


@pytest.mark.parametrize("count", [100, raster._COLUMNS + 10])
def test_a_table_is_looked_up_alike_whether_opencv_or_numpy_does_it(count: int) -> None:
    table = np.random.default_rng(3).random(count).astype(np.float32)
    number = np.random.default_rng(4).integers(0, count, (40, 60), dtype=np.int32)
    assert (raster._looked_up(table, number[5:30, 10:50]) == table[number[5:30, 10:50]]).all()

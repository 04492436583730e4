"""Which sizes an engine makes of those that pitches have."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from generation.recipe import Recipe
from storyboard.forms import SIZES
from tests.generation.built_in import ROW

ASKED = [tuple(map(int, code.split("x"))) for code, _, _ in SIZES] + [(1920, 1080), (64, 64), (1920, 64), (64, 1920)]


@pytest.mark.parametrize("size", ASKED)
@pytest.mark.parametrize("most", [288 * 160, 512 * 320])
def test_an_engine_of_small_pictures_draws_every_size_smaller_in_nearly_its_shape(
    size: tuple[int, int], most: int
) -> None:
    row = replace(ROW, drawn_pixels=most, max_pixels=most)
    width, height = row.legal_size(*size)
    assert width % 32 == height % 32 == 0 and width * height <= most
    assert row.legal_size(width, height) == (width, height), "what is drawn is itself legal"
    row.check(Recipe(engine="sketch", weights="sketch@0", width=width, height=height, frames=49))
    if max(size) / min(size) <= 2:
        assert abs(math.log(width / height * size[1] / size[0])) < 0.16


def test_the_usual_sizes_are_drawn_as_it_was_trained() -> None:
    assert [ROW.legal_size(*size) for size in ((640, 360), (1280, 720), (854, 480))] == [(288, 160)] * 3
    assert ROW.legal_size(360, 640) == (160, 288) and ROW.legal_size(256, 160) == (256, 160)


def test_an_engine_of_large_pictures_makes_the_nearest_size() -> None:
    assert replace(ROW, drawn_pixels=0).legal_size(640, 360) == (640, 352)

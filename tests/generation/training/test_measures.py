"""The formulas of the evaluation, on clips made to have known answers."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from generation.training import flow, measures
from generation.training.intervals import mean, share, student

SIZE = (96, 128)


def wall(seed: int = 0) -> np.ndarray:
    """A large picture with enough in it to be followed: uint8 RGB (200, 300, 3)."""
    rng = np.random.default_rng(seed)
    grey = cv2.GaussianBlur(rng.uniform(0, 255, (200, 300)).astype(np.float32), (0, 0), 3)
    grey = (grey - grey.min()) * (230 / np.ptp(grey))
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8)


def panned(right: float, down: float = 0.0, frames: int = 17, larger: float = 1.0, seed: int = 0) -> np.ndarray:
    """A clip in which the picture goes so many pixels a frame, and grows by so much."""
    height, width = SIZE
    found = []
    for n in range(frames):
        scale = larger**n
        middle = np.array([width / 2 - 0.5, height / 2 - 0.5])
        source = np.array([149.5, 99.5])
        shift = middle - scale * source + np.array([right * n, down * n])
        turn = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        found.append(cv2.warpAffine(wall(seed), turn, (width, height), flags=cv2.INTER_LINEAR))
    return np.stack(found)


# Intervals -----------------------------------------------------------------------------------------------------------


def test_a_share_has_wilsons_interval():
    found = share(45, 50)
    assert (found.value, found.n) == (0.9, 50)
    assert found.low == pytest.approx(0.7864, abs=1e-3) and found.high == pytest.approx(0.9565, abs=1e-3)
    assert share(10, 10).high == pytest.approx(1) and share(10, 10).low == pytest.approx(0.7225, abs=1e-3)


@pytest.mark.parametrize(("freedom", "expected"), [(1, 12.706), (3, 3.182), (4, 2.776), (9, 2.262), (47, 2.012)])
def test_students_t_is_that_of_the_tables(freedom: int, expected: float):
    assert student(freedom) == pytest.approx(expected, rel=2e-3)


def test_a_mean_has_students_interval():
    found = mean([1, 2, 3, 4, 5])
    assert found.value == 3 and found.high - 3 == pytest.approx(2.776 * math.sqrt(2.5 / 5), rel=1e-3)
    assert math.isinf(mean([7.0]).high), "one value says nothing of how far it is off"
    with pytest.raises(ValueError, match="nothing"):
        share(0, 0)


# Likeness and steps --------------------------------------------------------------------------------------------------


def test_ten_levels_off_are_28_db():
    grey = np.full((2, 8, 8, 3), 100, np.uint8)
    assert measures.db(grey, grey + 10) == pytest.approx([20 * math.log10(25.5)] * 2, abs=1e-4)
    assert measures.whole_db(grey, grey) == pytest.approx(100)


def test_a_jump_at_frame_one_is_a_step_unlike_those_after_it():
    calm = panned(1.0)
    torn = calm.copy()
    torn[0] = panned(1.0, seed=5)[0]
    assert measures.jump(calm) == pytest.approx(1, abs=0.15)
    assert measures.jump(torn) > 3


def test_a_change_of_light_at_a_join_is_a_step_of_colour():
    clip = panned(1.0)
    darker = clip.copy()
    darker[9:] = darker[9:] // 2
    assert measures.colour_step(clip, 8) < 2 < 10 < measures.colour_step(darker, 8)
    assert measures.colour_step(darker, 4) < 2, "elsewhere in the same clip nothing happened"


def test_a_still_is_found_at_the_frame_it_was_given_for_and_not_two_later():
    clip = panned(3.0)
    assert measures.nearest_to(clip, clip[10], 10)
    assert not measures.nearest_to(clip, clip[10], 8)
    assert measures.nearest_to(clip, clip[16], 16), "at the end too"
    rests = np.repeat(clip[:1], 17, axis=0)
    assert measures.nearest_to(rests, rests[10], 8), "where nothing moves every frame shows it"


# Seams ---------------------------------------------------------------------------------------------------------------


def blocks(levels: int) -> np.ndarray:
    """A smooth ramp, with every second cell of 16 pixels so many levels lighter."""
    y, x = np.mgrid[:96, :128]
    grey = 60 + x * 0.5 + levels * ((x // 16 + y // 16) % 2)
    return np.repeat(grey[None, :, :, None], 3, axis=-1).astype(np.uint8)


def test_seams_count_from_the_height_at_which_they_are_seen():
    assert measures.seen_seams(blocks(12), 16) == pytest.approx(1.0)
    assert measures.seen_seams(blocks(2), 16) == 0
    assert measures.seen_seams(blocks(0), 16) == 0
    assert measures.seen_seams(blocks(12), 8) == pytest.approx(0.5, abs=0.1), "every second line of 8 is an edge of 16"


def test_what_is_shown_makes_no_seams():
    assert abs(measures.seen_seams(panned(1.3, 0.7), 16)) < 0.05


# Depth, spread, what was kept ----------------------------------------------------------------------------------------


def test_correlation_knows_no_scale_but_a_sign():
    near = np.random.default_rng(1).random((7, 5, 8))
    assert measures.correlation(near, 3 * near + 1) == pytest.approx(1)
    assert measures.correlation(near, 1 - near) == pytest.approx(-1)
    assert measures.correlation(near, np.ones_like(near)) == 0


def test_spread_is_the_mean_over_pairs():
    takes = [np.full((2, 4, 4, 3), grey, np.uint8) for grey in (0, 10, 40)]
    assert measures.spread(takes) == pytest.approx((10 + 40 + 30) / 3)


def test_what_moves_is_kept_and_what_is_exchanged_is_not():
    clip, stranger = panned(1.5), panned(1.5, seed=9)
    wanted = measures.patches(clip[0], np.ones(SIZE, bool))
    assert len(wanted) == measures.PATCHES
    real, strange = measures.lost(wanted, clip[[4, 8]]), measures.lost(wanted, stranger[[4, 8]])
    dimmed = measures.lost(wanted, clip[[4, 8]] // 2)
    assert real < 2 and strange > real + 5
    assert measures.kept(real, real, strange) == 1 and measures.kept(strange, real, strange) == 0
    assert measures.kept(dimmed, real, strange) < 0.5, "a figure that turned dark is another figure"


def test_patches_lie_where_the_mask_says():
    left = np.zeros(SIZE, bool)
    left[:, :40] = True
    picture = panned(0)[0].copy()
    picture[:, :48] = picture[:, :48] // 2
    assert measures.patches(picture, left)
    assert max(float(each.max()) for each in measures.patches(picture, left)) <= 128
    assert measures.patches(np.full_like(picture, 90), left) == [], "nothing is in a plain wall to be found again"


# Flow ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("move", "right", "down", "larger"),
    [
        ("pan-left", 2.0, 0.0, 1.0),
        ("pan-right", -2.0, 0.0, 1.0),
        ("tilt-up", 0.0, 1.5, 1.0),
        ("tilt-down", 0.0, -1.5, 1.0),
        ("dolly-in", 0.0, 0.0, 1.012),
        ("dolly-out", 0.0, 0.0, 1 / 1.012),
    ],
)
def test_a_camera_goes_the_way_it_went_and_no_other(move: str, right: float, down: float, larger: float):
    found = flow.way(panned(right, down, larger=larger))
    assert found.right == pytest.approx(16 * right, abs=4) and found.down == pytest.approx(16 * down, abs=4)
    assert found.larger == pytest.approx(16 * math.log(larger), abs=0.04)
    scale = (32.0, 24.0, 0.19)
    went = {each for each in flow.GOES if flow.goes(found, each, scale)}
    assert went == {each for each, way in flow.GOES.items() if way == flow.GOES[move]}


def test_a_camera_that_rests_goes_nowhere():
    found = flow.way(np.repeat(panned(0)[:1], 17, axis=0))
    assert not any(flow.goes(found, move, (32.0, 24.0, 0.19)) for move in flow.GOES)


def test_what_is_usual_is_the_median_of_the_clips_that_were_asked_to_go_there():
    ways = [("pan-left", flow.Way(30, 1, 0)), ("truck-right", flow.Way(-50, 0, 0)), ("tilt-up", flow.Way(9, 20, 0))]
    assert flow.usual(ways) == (40, 20, 1)


def test_motion_that_turns_at_a_join_is_a_step():
    clip = panned(2.0)
    turned = np.concatenate([clip[:9], clip[7:0:-1]])
    stops = np.concatenate([clip[:9], np.repeat(clip[8:9], 8, axis=0)])
    assert flow.motion_step(clip, 8) < 0.2 < flow.motion_step(stops, 8) < flow.motion_step(turned, 8)

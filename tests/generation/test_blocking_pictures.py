"""What is in the picture is what the shot asked for, measured in the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generation.blocking import Renderer, instant, render
from generation.blocking.camera import camera_values, view_at
from generation.blocking.motion import bodies_at
from generation.blocking.render import head_place
from generation.blocking.staging import Camera, CameraKey

from .blocking_set import HEIGHT, WIDTH, box_of, flow, grey, masks_at, staged, still, words

SIZES = ("ECU", "CU", "MCU", "MS", "MWS", "WS", "EWS")
# Height of the whole figure in frame heights: what each size means on a set, with room for a director's taste.
BANDS = {
    "ECU": (6.0, 10.0),
    "CU": (3.2, 5.0),
    "MCU": (2.2, 3.3),
    "MS": (1.4, 2.1),
    "MWS": (1.0, 1.4),
    "WS": (0.55, 0.9),
    "EWS": (0.1, 0.3),
}


def figure_height(staging, frame: int = 24) -> float:
    """The whole figure's height in frame heights, at the distance of its face."""
    view = view_at(staging, frame, WIDTH, HEIGHT)
    figure = staging.figures[0]
    face = head_place(figure, bodies_at(staging, frame)[figure.name])
    return float(view.focal / view.to_camera(face)[2] * figure.height / HEIGHT)


@pytest.mark.parametrize("seed", range(4))
def test_every_size_is_in_its_band_and_tighter_than_the_next(seed):
    heights = []
    for size in SIZES:
        staging = staged(words("INGRID waits.", cast=("INGRID",), size=size), seed=seed)
        heights.append(figure_height(staging))
        low, high = BANDS[size]
        assert low <= heights[-1] <= high, f"{size} shows {heights[-1]:.2f} figures a frame"
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_shot_holds_the_figure_from_head_to_foot(seed):
    mask = masks_at(staged(words("TOMAS waits.", "EXT. FIELD - DAY", ("TOMAS",), size="WS"), seed), 24)["TOMAS"]
    left, top, right, bottom = box_of(mask)
    assert top > 2 and bottom < HEIGHT - 2 and left > 2 and right < WIDTH - 2
    assert 0.5 < (bottom - top) / HEIGHT < 0.9


def test_a_close_up_fills_much_of_the_frame_and_an_extreme_wide_shot_hardly_any():
    close = masks_at(staged(words("INGRID waits.", cast=("INGRID",), size="CU")), 24)["INGRID"].mean()
    far = masks_at(staged(words("INGRID waits.", cast=("INGRID",), size="EWS")), 24)["INGRID"].mean()
    assert close > 0.2
    assert 0.0002 < far < 0.02


def _moved(move: str, seed: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    staging = staged(words("", "INT. LIVING ROOM - DAY", size="WS", move=move), seed)
    renderer = Renderer(staging, WIDTH, HEIGHT)
    return flow(renderer.frame(22), renderer.frame(24)), camera_values(staging, 0), camera_values(staging, 47)


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [
        ("pan-left", 0, 1),
        ("pan-right", 0, -1),
        ("truck-left", 0, 1),
        ("truck-right", 0, -1),
        ("tilt-up", 1, 1),
        ("tilt-down", 1, -1),
        ("pedestal-up", 1, 1),
        ("pedestal-down", 1, -1),
    ],
)
def test_the_picture_slides_against_the_camera(move, axis, sign):
    seen, _, _ = _moved(move)
    assert sign * float(np.median(seen[..., axis])) > 0.25
    assert abs(float(np.median(seen[..., 1 - axis]))) < abs(float(np.median(seen[..., axis])))


@pytest.mark.parametrize(("move", "sign"), [("dolly-in", 1), ("dolly-out", -1), ("zoom-in", 1), ("zoom-out", -1)])
def test_the_picture_grows_or_shrinks_from_its_middle(move, sign):
    seen, before, after = _moved(move)
    x, y = np.meshgrid(np.arange(WIDTH) - WIDTH / 2, np.arange(HEIGHT) - HEIGHT / 2)
    outward = float(np.mean(seen[..., 0] * x + seen[..., 1] * y) / np.mean(x * x + y * y))
    assert sign * outward > 0.002
    rode, zoomed = np.linalg.norm(after[:3] - before[:3]), after[6] / before[6]
    assert (rode > 0.3 and zoomed == 1) if move.startswith("dolly") else (rode == 0 and abs(zoomed - 1) > 0.3)


@pytest.mark.parametrize(("move", "sign"), [("crane-up", 1), ("crane-down", -1)])
def test_a_crane_lifts_the_camera_and_keeps_looking_at_the_same_place(move, sign):
    _, before, after = _moved(move)
    assert sign * (after[1] - before[1]) > 1.0
    assert sign * (after[4] - before[4]) < -5.0


def test_a_static_camera_leaves_an_empty_room_alone():
    renderer = Renderer(staged(words("", move="static")), WIDTH, HEIGHT)
    assert np.array_equal(renderer.frame(0), renderer.frame(40))


def test_a_handheld_camera_is_never_still_and_never_leaves():
    staging = staged(words("INGRID waits.", cast=("INGRID",), size="MS", move="handheld"))
    path = np.array([camera_values(staging, frame) for frame in range(48)])
    assert np.all(np.linalg.norm(np.diff(path[:, :5], axis=0), axis=1) > 0)
    assert np.ptp(path[:, :3], axis=0).max() < 0.4
    assert 0.2 < np.ptp(path[:, 3]) < 8.0


@pytest.mark.parametrize("angle", ["high", "low", "overhead", "dutch", "eye"])
def test_an_angle_is_where_it_says(angle):
    staging = staged(words("INGRID waits.", "EXT. FIELD - DAY", ("INGRID",), size="MWS", angle=angle))
    _, y, _, _, tilt, roll, _ = camera_values(staging, 24)
    expected = {
        "high": tilt < -18 and y > 1.9,
        "low": tilt > 8 and y < 0.9,
        "overhead": tilt < -70,
        "dutch": abs(roll) > 9,
        "eye": abs(tilt) < 12 and roll == 0,
    }
    assert expected[angle]


def test_over_the_shoulder_sees_both_and_one_is_near():
    staging = staged(words("INGRID tells TOMAS.", cast=("INGRID", "TOMAS"), angle="ots", size="MCU"))
    layers = Renderer(staging, WIDTH, HEIGHT).layers(24, ("depth", "masks"))
    depths = sorted(float(np.median(layers.depth[mask])) for mask in layers.masks.values())
    assert len(depths) == 2
    assert depths[1] > depths[0] + 0.6


def test_a_point_of_view_leaves_its_owner_out_of_the_picture():
    staging = staged(words("INGRID looks at TOMAS.", cast=("INGRID", "TOMAS"), angle="pov"))
    assert [figure.name for figure in staging.figures] == ["TOMAS"]
    assert masks_at(staging, 24)["TOMAS"].any()


def test_day_is_brighter_than_dusk_and_dusk_than_night():
    outside = [
        grey(render(staged(words("", f"EXT. STREET - {time}")), 0, WIDTH, HEIGHT)).mean()
        for time in ("DAY", "DUSK", "NIGHT")
    ]
    inside = [
        grey(render(staged(words("", f"INT. ROOM - {time}")), 0, WIDTH, HEIGHT)).mean() for time in ("DAY", "NIGHT")
    ]
    assert outside[0] > outside[1] + 10 > outside[2] + 20
    assert inside[0] > inside[1] + 20


def test_the_night_leans_blue_and_the_day_stays_neutral():
    night = render(staged(words("", "EXT. FIELD - NIGHT")), 0, WIDTH, HEIGHT).reshape(-1, 3).mean(axis=0)
    day = render(staged(words("", "EXT. FIELD - DAY")), 0, WIDTH, HEIGHT).reshape(-1, 3).mean(axis=0)
    assert night[2] > 1.06 * night[0]
    assert abs(day[2] / day[0] - 1) < 0.08


@pytest.mark.parametrize("weather", ["Rain.", "Snow."])
def test_what_falls_moves_in_every_frame_and_only_outside(weather):
    outside = Renderer(staged(words(weather, "EXT. STREET - NIGHT", move="static")), WIDTH, HEIGHT)
    inside = Renderer(staged(words(weather, "INT. ROOM - NIGHT", move="static")), WIDTH, HEIGHT)
    changed = np.abs(outside.frame(1).astype(int) - outside.frame(2)).max(axis=2) > 8
    assert 0.002 < changed.mean() < 0.4
    assert np.array_equal(inside.frame(1), inside.frame(2))


def test_depth_agrees_with_where_things_stand():
    staging = still(staged(words("INGRID and TOMAS wait.", "EXT. FIELD - DAY", ("INGRID", "TOMAS"), size="WS")))
    layers = Renderer(staging, WIDTH, HEIGHT).layers(10, ("depth", "masks"))
    view, bodies = view_at(staging, 10, WIDTH, HEIGHT), bodies_at(staging, 10)
    for name, mask in layers.masks.items():
        expected = view.to_camera(bodies[name].place + np.array((0.0, 1.0, 0.0)))[2]
        assert abs(float(np.median(layers.depth[mask])) - expected) < 0.35


def test_the_floor_gets_farther_up_the_picture_and_the_sky_is_endless():
    staging = replace(staged(words("", "EXT. FIELD - DAY", size="WS", move="static"), seed=3), props=())
    depth = Renderer(staging, WIDTH, HEIGHT).layers(0, ("depth",)).depth
    column = depth[HEIGHT * 3 // 4 :, 4]
    assert np.all(np.diff(column) < 0)
    assert np.isinf(depth[2, WIDTH // 2])
    row = HEIGHT - 1
    view = view_at(staging, 0, WIDTH, HEIGHT)
    ray = np.array([(4 - view.centre[0]) / view.focal, (view.centre[1] - row) / view.focal, 1.0]) @ view.basis
    assert depth[row, 4] == pytest.approx(-view.eye[1] / ray[1], rel=0.02)


def test_masks_never_overlap_and_name_every_figure():
    staging = staged(words("Three soldiers wait.", "EXT. FIELD - DAY", size="WS"))
    masks = masks_at(staging, 12)
    assert len(masks) == 3
    assert all(mask.any() for mask in masks.values())
    assert np.sum(list(masks.values()), axis=0).max() == 1


def test_two_people_never_wear_the_same_grey_and_keep_theirs_from_shot_to_shot():
    shots = [
        staged(words("INGRID and TOMAS wait.", heading, ("INGRID", "TOMAS")), seed)
        for seed, heading in enumerate(("INT. BAR - DAY", "EXT. STREET - NIGHT"))
    ]
    tones = [{figure.name: figure.tone for figure in shot.figures} for shot in shots]
    assert tones[0] == tones[1]
    assert len(set(tones[0].values())) == 2


@pytest.mark.parametrize("size", [(16, 16), (1, 1), (33, 17), (108, 192), (641, 97)])
def test_any_frame_size_comes_out_at_that_size(size):
    frame = render(staged(words("INGRID walks.", cast=("INGRID",))), 5, *size)
    assert frame.shape == (size[1], size[0], 3)
    assert frame.dtype == np.uint8


def test_nothing_tears_when_the_lens_is_among_the_furniture():
    staging = staged(words("INGRID sits at the table.", "INT. KITCHEN - DAY", ("INGRID",)))
    low = Camera(
        (CameraKey(0, 0.0, 0.12, -0.4, 0.0, 4.0, 0.0, 24.0), CameraKey(24, 0.0, 0.14, 1.2, 30.0, 0.0, 8.0, 24.0))
    )
    renderer = Renderer(replace(staging, camera=low), WIDTH, HEIGHT)
    frames = [renderer.frame(n).astype(int) for n in range(0, 24, 2)]
    assert all(np.isfinite(renderer.layers(n, ("depth",)).depth).mean() > 0.9 for n in (0, 12))
    assert all(frame.std() > 1 for frame in frames)


def test_other_words_do_not_change_what_a_seed_means_to_the_dice():
    assert instant(words("INGRID walks."), 5) == instant(words("INGRID walks."), 5)

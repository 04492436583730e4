"""Poses drawn from a staging lie on the figures that the same staging shows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.blocking import Renderer, Staging, instant, sticks
from generation.blocking.camera import view_at
from generation.blocking.motion import bodies_at
from generation.blocking.skeleton import PART
from generation.blocking.sticks import COLOURS, LIMBS, POINTS
from generation.recipe import Words

WIDTH, HEIGHT = 320, 180


def staged(action: str, seed: int = 1) -> Staging:
    return instant(Words(heading="EXT. FIELD - DAY", action=action, size="WS"), seed, 48)


def lit(picture: np.ndarray) -> np.ndarray:
    return picture.max(axis=2) > 60


@pytest.mark.parametrize("action", ["A woman runs across a field.", "Two men sit at a table and talk."])
@pytest.mark.parametrize("n", [0, 30])
def test_sticks_lie_on_the_figures(action: str, n: int) -> None:
    staging = staged(action)
    masks = Renderer(staging, WIDTH, HEIGHT).layers(n, ("masks",)).masks
    assert masks is not None
    people = np.logical_or.reduce(list(masks.values())).astype(np.uint8)
    near = cv2.dilate(people, np.ones((9, 9), np.uint8)) > 0
    drawn = lit(sticks(staging, n, WIDTH, HEIGHT))
    assert drawn.any()
    assert (drawn & near).sum() > 0.9 * drawn.sum()


def test_every_limb_joins_two_points_and_every_point_has_a_colour() -> None:
    assert len(POINTS) == len(COLOURS) == 18
    assert {i for limb in LIMBS for i in limb} == set(range(18))


def test_a_face_turned_away_has_no_nose() -> None:
    towards, away = staged("A man walks towards us.", 1), staged("A woman walks away.", 3)
    assert max(angle_to_lens(towards, n) for n in (0, 24, 47)) < 30
    assert all(has_nose(towards, n) for n in (0, 24, 47))
    assert min(angle_to_lens(away, n) for n in (12, 24, 36)) > 100
    assert not any(has_nose(away, n) for n in (12, 24, 36))


def has_nose(staging: Staging, n: int) -> bool:
    nose = np.array(COLOURS[POINTS.index("nose")])
    return bool((np.abs(sticks(staging, n, 640, 360).astype(int) - nose).max(axis=2) < 12).any())


def angle_to_lens(staging: Staging, n: int) -> float:
    """Degrees between where the first figure's head looks and the lens."""
    figure = staging.figures[0]
    body = bodies_at(staging, n)[figure.name]
    ahead = body.spin @ body.hung[0][PART["head"]] @ np.array([0.0, 0.0, 1.0])
    towards = view_at(staging, n, 640, 360).eye - body.joints(figure.height)[PART["head"]]
    return float(np.degrees(np.arccos(ahead @ towards / np.linalg.norm(towards))))


def test_an_empty_set_is_black() -> None:
    empty = instant(Words(heading="EXT. FIELD - DAY", action="An empty field."), 1, 12)
    assert not empty.figures and not sticks(empty, 0, WIDTH, HEIGHT).any()

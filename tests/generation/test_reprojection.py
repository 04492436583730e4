"""A picture carried along with the camera, against what geometry says of it and against what blocking draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from generation.blocking.camera import GATE_HEIGHT, camera_values, view_of
from generation.diffusion.reprojection import (
    Poses,
    carried,
    cutouts,
    filled,
    joined,
    relative,
    rotations,
    seen,
    vectors,
)
from generation.recipe import Words
from generation.training.scenes import Scene, renderer

HEIGHT, WIDTH = 80, 144
LENS = 1.5  # heights of the picture


def poses(count: int = 1, **moved: list[float]) -> Poses:
    """So many moments at which the camera stands alike; `turned`, `gone` or `closer` where it has moved."""
    turned, gone = (torch.tensor([moved.get(name, [0.0] * 3)]).expand(count, -1) for name in ("turned", "gone"))
    return Poses(turned, gone, torch.tensor(moved.get("closer", [0.0])).expand(count))


def stripes(shift: float = 0.0) -> torch.Tensor:
    """A smooth pattern (3, HEIGHT, WIDTH), moved to the left by so many pixels."""
    x = torch.arange(WIDTH) + shift
    return (torch.sin(x / 9) * torch.cos(torch.arange(HEIGHT) / 7)[:, None]).expand(3, -1, -1)


def test_what_somebody_uncovers_is_filled_from_the_set_and_they_go_before_it() -> None:
    picture = torch.zeros(3, 40, 80)
    picture[:, :, 20:40] = 1
    people = torch.zeros(40, 80, dtype=torch.bool)
    people[:, 20:40] = True
    near = torch.where(people, 2.0, 1.0)
    gone = torch.zeros(2, 40, 80, 3)
    gone[1, :, 20:40, 0] = 0.3
    rest = poses(2)
    clip = filled(seen(picture, near, 1.0, rest, ~people))
    assert clip.abs().max() < 0.01, "the set alone"
    colours, share = cutouts(picture, people.float(), near, 1.0, rest, gone)
    at = 20 + round(0.3 * 2 * 40)
    for n, start in enumerate((20, at)):
        assert (share[n, :, :, start + 2 : start + 18] == 1).all() and (
            colours[n, :, :, start + 2 : start + 18] > 0.99
        ).all()
        assert not share[n, :, :, : start - 2].any() and not share[n, :, :, start + 22 :].any()
    away = torch.zeros(2, 40, 80, 3)
    away[1, ..., 0] = 9
    assert not cutouts(picture, people.float(), near, 1.0, rest, away)[1][1].any(), "who has left is not seen"


@pytest.mark.parametrize(("rows", "goes_on"), [(slice(20, 40), True), (slice(10, 30), False), (slice(0, 20), False)])
def test_whom_the_lower_edge_cuts_off_goes_on_below_it(rows: slice, goes_on: bool) -> None:
    people = torch.zeros(40, 80)
    people[rows, 30:50] = 1
    up = torch.zeros(1, 40, 80, 3)
    up[..., 1] = 0.2
    _, share = cutouts(torch.zeros(3, 40, 80), people, torch.ones(40, 80), 1.0, poses(1), up)
    below, beside = share[0, 0, -4:, 33:47], share[0, 0, -4:, [*range(25), *range(55, 80)]]
    assert bool((below > 0.9).all()) == goes_on and bool(below.any()) == goes_on and not beside.any()


def test_past_a_pictures_edges_is_beyond_and_what_somebody_hid_is_not() -> None:
    picture, near = stripes(), torch.full((40, 72), 0.5)
    among = torch.ones(40, 72, dtype=torch.bool)
    among[10:30, 20:30] = False
    turn = 0.3
    found = seen(picture, near, LENS, poses(turned=[0.0, -turn, 0.0]), among)
    edge = WIDTH / 2 + LENS * HEIGHT * math.tan(math.atan(WIDTH / 2 / (LENS * HEIGHT)) - turn)
    middle = found.beyond[0, 0, HEIGHT // 2]
    assert middle[math.ceil(edge) + 3 :].all() and not middle[: math.floor(edge) - 3].any()
    assert not found.known[0, 0, 30:50, 8:20].any(), "who stood there is not carried"
    assert not (found.known & found.beyond).any()
    half_round = seen(picture, near, LENS, poses(turned=[0.0, math.pi * 0.6, 0.0]))
    assert half_round.beyond.float().mean() > 0.99, "nothing of it is seen any more"


def test_what_is_beyond_one_picture_is_taken_from_another_and_nothing_else_is() -> None:
    away = poses(turned=[0.0, -math.atan(36 / (LENS * HEIGHT)), 0.0])
    near = torch.full((40, 72), 0.5)
    one, other = seen(stripes(), near, LENS, away), seen(torch.ones(3, HEIGHT, WIDTH), near, LENS, poses())
    both = joined(one, other)
    assert torch.equal(both.shown[one.beyond.expand_as(both.shown)].unique(), torch.ones(1))
    assert (both.known == one.known | one.beyond).all() and not both.beyond.any()
    away_from_it = torch.nn.functional.max_pool2d(one.beyond.float(), 9, 1, 4) == 0
    kept = (one.known & away_from_it).expand_as(one.shown)
    assert torch.equal(both.shown[kept], one.shown[kept])
    seam = (one.known & ~away_from_it).expand_as(one.shown)
    assert (both.shown[seam] >= one.shown[seam]).all() and (both.shown[seam] > one.shown[seam]).any(), "it passes over"


def test_a_camera_at_rest_sees_the_same():
    picture = stripes()
    shown = carried(picture, torch.rand(40, 72) + 0.5, LENS, poses(3))
    assert shown.shape == (3, 3, HEIGHT, WIDTH)
    assert torch.allclose(shown, picture.expand(3, -1, -1, -1), atol=1e-5)


def test_a_pan_moves_what_is_ahead_by_the_lens_times_the_turn():
    shift = 12
    angle = math.atan(shift / (LENS * HEIGHT))
    right = carried(stripes(), torch.zeros(HEIGHT, WIDTH) + 1e-6, LENS, poses(turned=[0.0, -angle, 0.0]))[0]
    ahead = slice(WIDTH // 2 - 8, WIDTH // 2 + 8)
    left = carried(stripes(), torch.zeros(HEIGHT, WIDTH) + 1e-6, LENS, poses(turned=[0.0, angle, 0.0]))[0]
    middle = slice(HEIGHT // 2 - 4, HEIGHT // 2 + 4)
    offsets = {
        way: _shift_of(each[:, middle, ahead], middle, ahead) for way, each in (("right", right), ("left", left))
    }
    assert sorted(offsets.values()) == [-shift, shift]


def _shift_of(shown: torch.Tensor, rows: slice, columns: slice) -> int:
    """By how many pixels to the left the pattern has gone."""
    errors = {n: float((shown - stripes(n)[:, rows, columns]).abs().mean()) for n in range(-20, 21)}
    return min(errors, key=lambda n: errors[n])


def test_near_things_go_further_than_far_ones_and_hide_them():
    picture, near = torch.full((3, HEIGHT, WIDTH), -1.0), torch.full((HEIGHT, WIDTH), 0.1)
    picture[:, 20:60, 60:80], near[20:60, 60:80] = 1.0, 1.0  # a light box in front of a dark wall
    gone = 0.1
    shown = carried(picture, near, LENS, poses(gone=[gone, 0.0, 0.0]))[0, 0]
    moved = round(gone * 1.0 * LENS * HEIGHT)
    assert (shown[24:56, 62 - moved : 78 - moved] > 0.9).all()
    assert (shown[24:56, 84 - moved :] < 0).all()


def test_what_grows_has_no_cracks():
    picture, near = torch.full((3, HEIGHT, WIDTH), -1.0), torch.full((HEIGHT, WIDTH), 0.05)
    picture[:, 30:50, 62:82], near[30:50, 62:82] = 1.0, 1.0
    shown = carried(picture, near, LENS, poses(gone=[0.0, 0.0, 0.45]))[0, 0]
    assert (shown[26:54, 58:86] > 0.9).all()


def test_a_longer_lens_shows_the_middle_larger():
    shown = carried(stripes(), torch.ones(HEIGHT, WIDTH), LENS, poses(closer=[math.log(2)]))[0, 0]
    inner = stripes()[0, HEIGHT // 4 : 3 * HEIGHT // 4, WIDTH // 4 : 3 * WIDTH // 4]
    large = torch.nn.functional.interpolate(inner[None, None], (HEIGHT, WIDTH), mode="bilinear")[0, 0]
    assert (shown - large).abs()[4:-4, 4:-4].mean() < 0.05  # a place is found again to half a pixel


def test_what_was_never_seen_is_filled_from_around():
    picture = stripes()
    shown = carried(picture, torch.ones(HEIGHT, WIDTH), LENS, poses(gone=[0.6, 0.0, 0.0]))[0]
    assert torch.isfinite(shown).all() and shown.min() >= picture.min() and shown.max() <= picture.max()
    behind = carried(picture, torch.ones(HEIGHT, WIDTH), LENS, poses(gone=[0.0, 0.0, 2.0]))
    assert torch.isfinite(behind).all()


def test_turns_are_read_back_as_they_were_made():
    turns = torch.randn(20, 3) * 0.7
    assert torch.allclose(vectors(rotations(turns)), turns, atol=1e-4)


def test_seen_from_another_moment_that_moment_rests_and_the_rest_follows():
    way = Poses(torch.randn(5, 3) * 0.3, torch.randn(5, 3), torch.randn(5) * 0.2)
    at = Poses(*(each[2:3].expand_as(each) for each in way))
    seen = relative(way, at)
    assert all(torch.allclose(each[2], torch.zeros_like(each[2]), atol=1e-4) for each in seen)
    point = torch.randn(3)

    def there(pose: Poses, point: torch.Tensor, n: int) -> torch.Tensor:
        return rotations(pose.turned[n]) @ (point - pose.gone[n])

    for n in range(5):
        assert torch.allclose(there(seen, there(way, point, 2), n), there(way, point, n), atol=1e-4)


@pytest.mark.parametrize("move", ["pan-left", "tilt-up", "dolly-in", "truck-right", "crane-up"])
def test_a_set_that_blocking_draws_is_carried_to_where_it_draws_it(move: str):
    words = Words(heading="INT. OFFICE - DAY", size="MS", move=move)
    draw = renderer(Scene(3, words, "MS", move, "office", 0, ""), 49, WIDTH, HEIGHT)
    depth = draw.layers(0, ("depth",)).depth
    assert depth is not None
    near = torch.from_numpy(np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > 0)).float()
    moments = [12, 24, 36]
    first, *later = (view_of(camera_values(draw.staging, n), WIDTH, HEIGHT) for n in (0, *moments))
    way = Poses(
        vectors(torch.tensor(np.stack([each.basis @ first.basis.T for each in later]))).float(),
        torch.tensor(np.stack([first.basis @ (each.eye - first.eye) for each in later])).float(),
        torch.tensor([math.log(each.focal / first.focal) for each in later]),
    )
    lens = float(camera_values(draw.staging, 0)[6] / GATE_HEIGHT)
    picture = torch.from_numpy(draw.frame(0)).permute(2, 0, 1).float() / 127.5 - 1
    shown = ((carried(picture, near, lens, way) + 1) * 127.5).permute(0, 2, 3, 1).numpy()
    for frame, made in zip(moments, shown, strict=True):
        true = draw.frame(frame).astype(np.float32)
        still = np.square(true - draw.frame(0)).mean()
        assert np.square(true - made).mean() < 0.5 * still

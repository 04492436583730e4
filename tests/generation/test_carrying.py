"""Pictures carried along a clip: where camera and people go, and what is drawn of what comes into sight."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor

from generation.diffusion import carrying
from generation.diffusion.artist import Artist
from generation.diffusion.carrying import between
from generation.diffusion.cleanup import Cleanup
from generation.diffusion.lots import USUAL, Timing, lot
from generation.diffusion.sampling import Kept
from generation.diffusion.surveyor import COLUMNS, KNOTS, POSE, ROWS, Survey, Surveyor
from generation.diffusion.thumbnails import DRAWN, Thumbnails

WORDS = (torch.tensor([[1, 2, 3]]), torch.ones(1, 3, dtype=torch.long))
FRAMES = 25


@dataclass
class Says:
    """A surveyor that finds the same in every picture."""

    survey: Survey
    dtype: torch.dtype = torch.float32
    asked: list[Tensor] = field(default_factory=list)

    def __call__(self, picture: Tensor, words: Tensor, heard: Tensor, moment: Tensor) -> Survey:
        self.asked.append(picture)
        return self.survey


@dataclass
class Draws:
    """Who fills what comes into sight with white, and remembers what they were shown."""

    seen: list[tuple[Tensor, Tensor, Tensor, float]] = field(default_factory=list)

    def __call__(self, view: Tensor, known: Tensor, people: Tensor, moment: float) -> Tensor:
        self.seen.append((view, known, people, moment))
        return torch.where(known, view, 1.0)


def surveyed(walk: float = 0.0, turn: float = 0.0, people: slice | None = None, near: float = 1.0) -> Survey:
    """The camera turns to the right, evenly, and who stands in these columns goes to the right, in front of a set."""
    along = torch.linspace(0, 1, KNOTS)[None, :, None]
    there = torch.full((1, ROWS, COLUMNS), -9.0)
    nearness = torch.ones(1, ROWS, COLUMNS)
    if people:
        there[:, :, people], nearness[:, :, people] = 9, near
    knots = along * torch.tensor([0.0, -turn, 0, 0, 0, 0, 0])
    return Survey(nearness, torch.ones(1), knots, there, along * torch.tensor([walk, 0, 0]))


def dark(people: slice | None = None) -> Tensor:
    """A picture with who stands there in grey."""
    picture = torch.full((3, ROWS, COLUMNS), -1.0)
    if people:
        picture[:, :, people] = 0
    return picture


# Lots ----------------------------------------------------------------------------------------------------------------


def test_a_lot_says_how_far_and_when_camera_and_people_go():
    survey = surveyed(walk=0.4, turn=0.3, people=slice(60, 80))
    at = torch.linspace(0, 1, 5)
    usual = survey.poses(at)
    turned = usual.turned[:, 1].abs()
    assert lot(torch.zeros(4)) == USUAL
    far = survey.poses(at, Timing(far=1.5))
    assert torch.allclose(far.turned, 1.5 * usual.turned) and usual.turned.any()
    late, early = (survey.poses(at, Timing(late=each)).turned[:, 1].abs() for each in (0.5, -0.5))
    assert torch.allclose(late[[0, -1]], turned[[0, -1]]) and torch.allclose(early[[0, -1]], late[[0, -1]])
    assert (late[1:-1] < turned[1:-1]).all() and (turned[1:-1] < early[1:-1]).all()
    walked, farther = (survey.gone(at, at[:1], Timing(far=each)) for each in (1.0, 2.0))
    assert walked is not None and farther is not None
    assert walked.any() and torch.allclose(farther, 2 * walked)
    extremes = [lot(4 * torch.tensor([x, x, x, x])) for x in (-1.0, 1.0)]
    for each in extremes:
        steps = each.camera.at(torch.linspace(0, 1, 50)).diff()
        assert (steps > 0).all(), "nothing goes back the way it came"


# Carried -------------------------------------------------------------------------------------------------------------


def test_people_who_walk_are_carried_along_and_the_set_stays() -> None:
    who = slice(4, 24)
    clip, sure = between(Says(surveyed(0.3, people=who, near=1.5)), [(dark(who), 0)], FRAMES, *WORDS)
    grey = (clip[0, :, 40] > -0.5).float()
    right = (grey * torch.arange(COLUMNS)).amax(1)
    assert right[0] == 23 and right[-1] == pytest.approx(23 + 0.3 * 1.5 * ROWS, abs=2) and (right.diff() >= 0).all()
    assert (clip[0, -1, :, :24] < -0.95).all(), "where they stood is the set"
    assert not sure[0, -1, :, 6:22].any() and sure[0, -1, :, 70:].all(), "and nobody saw that it is"
    assert torch.equal(clip[..., 72:], clip[:, :1, :, 72:].expand(-1, FRAMES, -1, -1))


def test_who_walks_is_as_flat_as_a_cut_out_and_keeps_an_outline():
    people = torch.full((1, ROWS, COLUMNS), -9.0)
    people[:, 20:60, 40:60] = 9
    near = torch.full((1, ROWS, COLUMNS), 0.5)
    near[:, 20:60, 40:60] = 2 + 0.2 * torch.randn(1, 40, 20, generator=torch.Generator().manual_seed(1))
    none = torch.zeros(1, KNOTS, 3)
    found = Survey(near, torch.ones(1), torch.zeros(1, KNOTS, POSE), people, none)
    assert found.who.sum() == 42 * 22 and found.who[19, 39] and not found.who[18, 39]
    flat = found.evened
    assert flat[20:60, 40:60].std() < 0.05 < near[0, 20:60, 40:60].std()
    assert flat[19, 39] == pytest.approx(2, abs=0.2) and (flat[~found.who] == 0.5).all()
    assert found.gone(torch.tensor([0.0, 1.0]), torch.zeros(1)) is None, "nobody goes anywhere"


def test_a_surveyor_carries_from_the_nearest_picture_and_leaves_those_as_they_are():
    torch.manual_seed(0)
    surveyor = Surveyor(known=8, heard=8, widths=(4, 4, 8), posed=8).eval()
    given = [(torch.rand(3, 64, 96) * 2 - 1, 20), (torch.rand(3, 64, 96) * 2 - 1, 4)]
    with torch.no_grad():
        clip, again = (between(surveyor, given, 25, *WORDS)[0] for _ in range(2))
    assert clip.shape == (3, 25, 64, 96) and torch.equal(clip, again)
    assert torch.equal(clip[:, 20], given[0][0]) and torch.equal(clip[:, 4], given[1][0])
    alone, _ = between(surveyor, given[1:], 25, *WORDS)
    assert torch.allclose(alone[:, :10], clip[:, :10]) and not torch.allclose(alone[:, 16:], clip[:, 16:])


def test_half_way_one_picture_dissolves_into_the_next():
    runs = carrying._runs([0, 24], 25)
    assert runs == [range(16), range(10, 25)]
    assert carrying._runs([4, 6, 20], 25) == [range(6), range(6, 17), range(11, 25)]
    light = [torch.full((3, len(run), 2, 2), float(n)) for n, run in enumerate(runs)]
    clip, sure = carrying._dissolved(
        [carrying.Part(run, each, each[:1]) for run, each in zip(runs, light, strict=True)], 25
    )
    shades = clip[0, :, 0, 0].tolist()
    assert shades == pytest.approx([0] * 10 + [n / 7 for n in range(1, 7)] + [1] * 9) and torch.equal(sure, clip[:1])
    assert carrying._runs([7], 25) == [range(25)]


# What comes into sight -----------------------------------------------------------------------------------------------


def test_what_comes_into_sight_is_drawn_once_and_carried_back() -> None:
    draws, says = Draws(), Says(surveyed(turn=0.4))
    clip, sure = between(says, [(dark(), 0)], FRAMES, *WORDS, USUAL, draws)
    ((view, known, people, moment),) = draws.seen
    assert moment == 1 and not people.any()
    assert not known[0, ROWS // 2, 102:].any() and known[0, ROWS // 2, :96].all(), "0.4 in radians to the right"
    white = (clip[0, :, ROWS // 2] > 0.9).sum(-1)
    assert white[0] == 0 and (white.diff() >= 0).all() and white[-1] == (~known[0, ROWS // 2]).sum()
    assert sure.mean() > 0.97 and torch.equal(says.asked[1][0], torch.where(known, view, 1.0))
    filled, unsure = between(says, [(dark(), 0)], FRAMES, *WORDS)
    assert (filled < -0.99).all() and not unsure[0, -1, :, -20:].any(), "without one, more of the same"


def test_who_walks_is_not_in_what_is_drawn_and_comes_before_it() -> None:
    who, draws = slice(100, 120), Draws()
    clip, _ = between(Says(surveyed(0.5, 0.4, who)), [(dark(who), 0)], FRAMES, *WORDS, USUAL, draws)
    ((view, _, people, _),) = draws.seen
    assert (view < -0.9).all() and not people.any()
    assert ((clip[0, -1, 40] > -0.1) & (clip[0, -1, 40] < 0.1)).sum() > 8, "they have walked into it"


def test_people_who_rest_are_marked_for_who_draws() -> None:
    who, draws = slice(60, 80), Draws()
    between(Says(surveyed(0, 0.4, who)), [(dark(who), 0)], FRAMES, *WORDS, USUAL, draws)
    ((view, _, people, _),) = draws.seen
    grey = view[0, 40] > -0.5
    assert grey.sum() > 15 and (people[0, 40] == grey).float().mean() > 0.95


def test_a_camera_that_hardly_turns_has_nothing_drawn() -> None:
    draws = Draws()
    between(Says(surveyed(turn=0.02)), [(dark(), 0)], FRAMES, *WORDS, USUAL, draws)
    assert not draws.seen


def test_a_picture_in_the_middle_of_a_clip_has_both_ways_drawn() -> None:
    draws = Draws()
    clip, _ = between(Says(surveyed(turn=0.8)), [(dark(), 12)], FRAMES, *WORDS, USUAL, draws)
    assert [round(moment, 2) for *_, moment in draws.seen] == [0, 1]
    left, right = (clip[0, at, ROWS // 2] > 0.9 for at in (0, -1))
    assert left[:10].all() and not left[80:].any() and right[-10:].all() and not right[:60].any()


def turning(along: Tensor) -> Survey:
    """The camera turns to the right by so many radians (KNOTS)."""
    survey = surveyed()
    survey.knots = -along[None, :, None] * torch.eye(POSE)[1]
    return survey


def test_what_comes_into_sight_is_drawn_where_most_does() -> None:
    draws, out_and_back = Draws(), torch.linspace(0, math.pi, KNOTS).sin()
    clip, _ = between(Says(turning(0.5 * out_and_back)), [(dark(), 0)], FRAMES, *WORDS, USUAL, draws)
    assert [moment for *_, moment in draws.seen] == [0.5]
    white = (clip[0, :, ROWS // 2] > 0.9).sum(-1)
    assert white[12] == white.max() > 40 and white[-1] < 3


def test_what_was_drawn_is_known_when_more_is_drawn() -> None:
    draws, both_sides = Draws(), torch.linspace(0, 2 * math.pi, KNOTS).sin()
    between(Says(turning(0.6 * both_sides)), [(dark(), 0)], FRAMES, *WORDS, USUAL, draws)
    assert sorted(moment for *_, moment in draws.seen) == [0.25, 0.75], "to the right, and to the left"
    draws, once = Draws(), (torch.linspace(-1, 1, KNOTS)).abs()
    between(Says(turning(0.6 * once)), [(dark(), 12)], FRAMES, *WORDS, USUAL, draws)
    assert len(draws.seen) == 1, "what is seen again at the end was drawn at the beginning"


def test_nothing_is_drawn_of_what_nobody_is_shown() -> None:
    draws = Draws()
    between(Says(surveyed(turn=0.8)), [(dark(), 12)], FRAMES, *WORDS, USUAL, draws, 12)
    assert [moment for *_, moment in draws.seen] == [1]
    draws = Draws()
    between(Says(surveyed(turn=0.8)), [(dark(), 4), (dark(), 20)], FRAMES, *WORDS, USUAL, draws, 20)
    assert [moment for *_, moment in draws.seen] == [1]


def test_at_its_own_frame_a_picture_is_sure_and_of_two_the_first_is_meant() -> None:
    who = slice(40, 60)
    white, says = torch.ones(3, ROWS, COLUMNS), Says(surveyed(0.5, 0.3, who))
    clip, sure = between(says, [(dark(who), 7), (white, 7), (white, 20)], FRAMES, *WORDS)
    assert torch.equal(clip[:, 7], dark(who)) and sure[:, 7].all() and sure.min() >= 0 and sure.max() <= 1
    assert clip[:, :8].max() < 0.1 and clip.abs().max() <= 1
    alone, all_sure = between(says, [(white, 0), (dark(who), 0)], 1, *WORDS)
    assert torch.equal(alone[:, 0], white) and all_sure.all()


# The artist ----------------------------------------------------------------------------------------------------------


def artist(seed: int = 1) -> Artist:
    torch.manual_seed(0)
    thumbnails = Thumbnails(known=8, widths=(4, 8), heads=2, glances=1).eval()
    cleanup = Cleanup(known=8, heard=8, widths=(8, 8, 8)).eval()
    for each in (thumbnails, cleanup):
        torch.nn.init.normal_(each.write.weight, std=0.5)
    return Artist(thumbnails, cleanup, WORDS, WORDS, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(160, 256), (96, 160)])
def test_around_what_is_known_the_rest_is_drawn_by_lot(size: tuple[int, int]) -> None:
    view = torch.rand(3, *size, generator=torch.Generator().manual_seed(2)) * 2 - 1
    known = torch.ones(1, *size, dtype=torch.bool)
    known[..., size[1] // 2 :] = False
    people = torch.zeros(1, ROWS, COLUMNS)
    drawn, again, other = (artist(seed).beyond(view, known, people, 1.0) for seed in (1, 1, 2))
    assert torch.equal(drawn, again) and drawn.abs().max() <= 1
    assert torch.equal(drawn[..., : size[1] // 2 - 8], view[..., : size[1] // 2 - 8])
    assert (drawn - view)[..., size[1] // 2 :].abs().mean() > 0.1 < (drawn - other)[..., size[1] // 2 :].abs().mean()


def test_how_much_stays_is_never_less_than_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[Tensor] = []
    put = Kept.put
    monkeypatch.setattr(Kept, "put", lambda kept, made: shares.append(kept.share) or put(kept, made))  # type: ignore[func-returns-value]
    known = torch.rand(1, 96, 160, generator=torch.Generator().manual_seed(3)) > 0.5
    artist().beyond(torch.zeros(3, 96, 160), known, torch.zeros(1, ROWS, COLUMNS), 1.0)
    assert shares and min(float(each.min()) for each in shares) >= 0 and max(float(each.max()) for each in shares) <= 1


def test_an_artist_draws_in_half_precision_what_it_is_given_in_full() -> None:
    drawing = artist()
    for each in (drawing.thumbnails, drawing.cleanup):
        each.bfloat16()
    view, known = torch.rand(3, 160, 256), torch.zeros(1, 160, 256, dtype=torch.bool)
    drawn = drawing.beyond(view, known, torch.zeros(1, ROWS, COLUMNS), 1.0)
    assert drawn.dtype == torch.float32 and drawn.isfinite().all()


@pytest.mark.parametrize(("left", "right", "cut_off"), [(10, 40, False), (50, 80, True), (100, 120, False)])
def test_nobody_is_drawn_but_who_is_cut_off(
    left: int, right: int, cut_off: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, known = torch.zeros(1, ROWS, COLUMNS), torch.zeros(1, 160, 288, dtype=torch.bool)
    who[:, :, left:right], known[..., :144] = 1, True
    drawing, found = artist(), list[Tensor]()
    make = drawing.cleanup.make

    def watched(noise: Tensor, dots: Tensor, *rest: Any) -> Tensor:
        found.append(dots)
        return make(noise, dots, *rest)

    monkeypatch.setattr(drawing.cleanup, "make", watched)
    drawing.beyond(torch.zeros(3, 160, 288), known, who, 0.5)
    assert found[0].shape == (1, DRAWN, 20, 36)
    there, past = found[0][:, 3, :, :18], found[0][:, 3, :, 18:]
    wanted = 2 * torch.nn.functional.interpolate(who[None], (20, 36), mode="area")[:, 0] - 1
    assert torch.equal(there, wanted[..., :18]) and torch.equal(past, wanted[..., 18:]) != cut_off


def test_what_is_kept_gives_way_where_less_of_it_stays() -> None:
    made, there = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    share = torch.tensor([[0, 0.25], [0.5, 1]])[None, None]
    assert torch.equal(Kept(there, share).put(made), share.expand(1, 3, -1, -1))

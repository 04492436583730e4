"""The cut is gathered from rows: for each shot the best it has."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from storyboard.gather import gather
from storyboard.models import Panel, Project, Shot, Sound, User
from tests import factories


def shows(project: Project) -> list[tuple[str, int | None]]:
    return [(shot.shows, shot.take_number) for shot in gather(project).shots]


def test_a_shot_with_nothing_is_a_card_with_its_line(kite: Project, shot: Shot) -> None:
    (only,) = gather(kite).shots
    assert (only.shows, only.source, only.line) == ("card", None, "A woman runs across a field.")
    assert only.label == "010 card"


def test_a_shot_that_is_only_spoken_shows_what_is_said(kite: Project) -> None:
    factories.shot(kite, action="", dialogue="MARA: It is gone.")
    assert gather(kite).shots[0].line == "MARA: It is gone."


def test_a_shot_climbs_from_panel_to_take_to_circle_to_pick(kite: Project, shot: Shot, alice: User) -> None:
    picture = factories.clip_media(kite)["poster"]
    Panel.objects.create(project=kite, shot=shot, media=picture)
    assert shows(kite) == [("panel", None)]
    first = factories.ready_take(shot, alice)
    factories.ready_take(shot, alice)
    assert shows(kite) == [("take", 2)]
    first.circle(alice)
    assert shows(kite) == [("pick", 1)]
    second = shot.takes.get(number=2)
    shot.pick(second, by=alice)
    assert shows(kite) == [("pick", 2)]


def test_a_rejected_take_is_in_no_cut(kite: Project, shot: Shot, alice: User) -> None:
    factories.ready_take(shot, alice)
    factories.ready_take(shot, alice).reject(alice)
    assert shows(kite) == [("take", 1)]
    shot.takes.get(number=1).reject(alice)
    assert shows(kite) == [("card", None)]


def test_a_take_that_is_not_finished_is_in_no_cut(kite: Project, shot: Shot, alice: User) -> None:
    factories.ask(shot, alice)
    assert shows(kite) == [("card", None)]


def test_the_first_panel_stands_for_a_shot(kite: Project, shot: Shot) -> None:
    media = factories.clip_media(kite)
    behind = Panel.objects.create(project=kite, shot=shot, media=media["filmstrip"], position=2)
    first = Panel.objects.create(project=kite, shot=shot, media=media["poster"], position=1)
    assert behind.pk < first.pk
    assert gather(kite).shots[0].source == first.media.path


def test_shots_come_in_order_and_omitted_ones_not_at_all(kite: Project, alice: User) -> None:
    first = factories.shot(kite)
    second = first.insert_after(alice)
    gone = first.insert_after(alice)
    gone.omit(alice)
    assert [shot.code for shot in gather(kite).shots] == [first.code, second.code]


def test_a_trim_is_the_length_in_the_cut(kite: Project, shot: Shot, alice: User) -> None:
    factories.ready_take(shot, alice)
    shot.trim(alice, 3, 30)
    cut = gather(kite)
    assert (cut.shots[0].in_frame, cut.shots[0].frames, cut.frames) == (3, 30, 30)
    assert cut.shots[0].source_frames == 12


def test_a_trim_past_the_end_of_a_shorter_take_holds_its_last_frame(kite: Project, shot: Shot, alice: User) -> None:
    factories.ready_take(shot, alice)
    shot.trim(alice, 500, 10)
    assert gather(kite).shots[0].in_frame == 11


def test_sound_lies_under_the_cut_with_its_gain(kite: Project, shot: Shot, alice: User) -> None:
    media = factories.clip_media(kite)["master"]
    Sound.objects.lay(kite, media, alice, gain_db=-6.0, offset_frames=12)
    cut = gather(kite)
    assert cut.sound == media.path
    assert cut.sound_gain == pytest.approx(0.501, abs=0.001)
    assert cut.sound_offset == 12


def test_the_number_of_queries_does_not_grow_with_the_shots(alice: User) -> None:
    small, large = factories.board(alice, 3, takes=2), factories.board(alice, 60, takes=2)
    counts = []
    for project in (small, large):
        with CaptureQueriesContext(connection) as captured:
            assert all(shot.shows == "take" for shot in gather(project).shots)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 4

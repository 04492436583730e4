"""The page of one shot: what it opens on, and for whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from storyboard.models import Comment, Shot, Take, User
from tests import factories
from tests.views.doors import as_, get

pytestmark = pytest.mark.django_db


def shown(user: User, shot: Shot, query: str = "") -> Take | None:
    return get(user, f"/shots/{shot.pk}/{query}").context["take"]


def test_the_room_opens_on_the_take_in_the_cut(shot: Shot, alice: User) -> None:
    first, second = (factories.ready_take(shot, alice) for _ in range(2))
    shot.pick(first, alice)
    second.circle(alice)
    assert shown(alice, shot) == first


def test_without_a_pick_the_room_opens_on_the_newest_finished_take(shot: Shot, alice: User) -> None:
    finished = factories.ready_take(shot, alice)
    factories.ask(shot, alice)
    assert shown(alice, shot) == finished


def test_the_address_says_which_take_and_frame_are_shown(shot: Shot, alice: User) -> None:
    first, _ = (factories.ready_take(shot, alice) for _ in range(2))
    assert shown(alice, shot, "?take=1&f=7") == first
    assert 'data-frame="7"' in get(alice, f"/shots/{shot.pk}/?take=1&f=7").content.decode()


def test_a_take_number_there_is_none_of_falls_back_on_what_would_be_shown(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    assert shown(alice, shot, "?take=99") == take


def test_an_address_with_nonsense_is_refused_with_a_sentence(shot: Shot, alice: User) -> None:
    answer = get(alice, f"/shots/{shot.pk}/?take=two")
    assert answer.status_code == 422
    assert "expected a whole number" in answer.content.decode()


def test_a_shot_without_takes_says_what_to_do(shot: Shot, alice: User) -> None:
    assert "No take yet. Ask for some on the right." in get(alice, f"/shots/{shot.pk}/").content.decode()


def test_a_stranger_does_not_learn_that_the_shot_exists(shot: Shot, charlie: User) -> None:
    assert get(charlie, f"/shots/{shot.pk}/").status_code == 404


def test_somebody_who_is_not_signed_in_is_sent_to_the_door_and_back(shot: Shot) -> None:
    answer = Client().get(f"/shots/{shot.pk}/")
    assert answer["Location"] == f"/sign-in/?next=/shots/{shot.pk}/"


def test_a_viewer_is_offered_no_way_to_change_anything(shot: Shot, alice: User, vera: User) -> None:
    factories.ready_take(shot, alice)
    page = get(vera, f"/shots/{shot.pk}/").content.decode()
    for mark in ('data-deed="', 'data-card-deed="', 'data-part="generate"', 'data-part="composer"', "data-add-guide"):
        assert mark not in page


def test_a_reviewer_may_judge_and_speak_but_not_ask(shot: Shot, alice: User, bob: User) -> None:
    factories.ready_take(shot, alice)
    page = get(bob, f"/shots/{shot.pk}/").content.decode()
    assert 'data-deed="circle"' in page and 'data-part="composer"' in page
    assert 'data-part="generate"' not in page and 'data-deed="again"' not in page


def test_neighbours_are_the_active_shots_before_and_behind_across_scenes(shot: Shot, alice: User) -> None:
    omitted = factories.shot(shot.project)
    omitted.omit(alice)
    behind = factories.shot(shot.project, factories.scene(shot.project, "INT. BARN - NIGHT"))
    context = get(alice, f"/shots/{shot.pk}/").context
    assert (context["previous"], context["next"][0]) == (None, behind.pk)
    between = get(alice, f"/shots/{omitted.pk}/").context
    assert (between["previous"][0], between["next"][0]) == (shot.pk, behind.pk)


def test_the_page_carries_the_number_of_the_log_it_was_drawn_at(shot: Shot, alice: User) -> None:
    shot.project.refresh_from_db()
    assert f'data-event="{shot.project.last_event}"' in get(alice, f"/shots/{shot.pk}/").content.decode()


def test_the_room_costs_the_same_queries_for_three_takes_as_for_nine(
    shot: Shot, alice: User, django_assert_max_num_queries: Any
) -> None:
    client = as_(alice)

    def grow(count: int) -> None:
        for _ in range(count):
            take = factories.ready_take(shot, alice)
            take.circle(alice)
            Comment.objects.say(take, alice, "Good.", 3)

    grow(3)
    client.get(f"/shots/{shot.pk}/?take=1")
    with django_assert_max_num_queries(40) as few:
        client.get(f"/shots/{shot.pk}/?take=1")
    grow(6)
    with django_assert_max_num_queries(len(few)):
        client.get(f"/shots/{shot.pk}/?take=1")

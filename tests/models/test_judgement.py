"""Circles, picks, rejections and the trash: what a team says of takes, and what then is in the cut."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.models import Pick, Role, Take
from storyboard.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> dict[str, Any]:
    alice, bob = factories.person("Alice"), factories.person("Bob")
    project = factories.project(alice)
    factories.member(project, bob, Role.REVIEWER)
    return {"alice": alice, "bob": bob, "shot": factories.shot(project)}


def in_the_cut(shot: Any) -> Take | None:
    pick = Pick.objects.filter(shot=shot).first()
    return pick.take if pick else None


def test_the_first_circled_take_goes_into_the_cut(team: dict[str, Any]) -> None:
    first, second = (factories.ready_take(team["shot"], team["alice"]) for _ in range(2))
    second.circle(team["alice"])
    first.circle(team["bob"])
    assert in_the_cut(team["shot"]) == second


def test_two_people_circle_the_same_take_and_each_takes_back_only_their_own(team: dict[str, Any]) -> None:
    take = factories.ready_take(team["shot"], team["alice"])
    take.circle(team["alice"])
    take.circle(team["bob"])
    take.uncircle(team["bob"])
    assert [circle.by for circle in take.circles.all()] == [team["alice"]]


def test_a_picked_take_gives_way_to_another_pick(team: dict[str, Any]) -> None:
    first, second = (factories.ready_take(team["shot"], team["alice"]) for _ in range(2))
    team["shot"].pick(first, team["alice"])
    team["shot"].pick(second, team["bob"])
    assert in_the_cut(team["shot"]) == second
    assert Pick.objects.filter(shot=team["shot"]).count() == 1


def test_rejecting_the_take_in_the_cut_lets_the_next_circled_one_stand_in(team: dict[str, Any]) -> None:
    first, second = (factories.ready_take(team["shot"], team["alice"]) for _ in range(2))
    first.circle(team["alice"])
    second.circle(team["alice"])
    first.reject(team["bob"], "motion")
    assert in_the_cut(team["shot"]) == second
    assert not first.circles.exists()
    assert first.rejection.get_reason_display() == "Bad motion"


def test_circling_a_rejected_take_takes_the_rejection_back(team: dict[str, Any]) -> None:
    take = factories.ready_take(team["shot"], team["alice"])
    take.reject(team["bob"], "framing")
    take.circle(team["alice"])
    assert Take.objects.get(pk=take.pk, rejection=None) == take


def test_a_take_that_is_not_ready_cannot_be_judged(team: dict[str, Any]) -> None:
    (take,) = factories.ask(team["shot"], team["alice"])
    for judge in (take.circle, take.reject):
        with pytest.raises(Refusal, match="Take 1 is queued; only a finished take can be"):
            judge(team["alice"])


def test_an_unknown_reason_is_refused_with_those_there_are(team: dict[str, Any]) -> None:
    take = factories.ready_take(team["shot"], team["alice"])
    with pytest.raises(Refusal, match="action, framing, identity, motion, picture, taste"):
        take.reject(team["alice"], "ugly")


def test_a_take_in_the_trash_leaves_the_cut_and_comes_back_with_its_circles(team: dict[str, Any]) -> None:
    take = factories.ready_take(team["shot"], team["alice"])
    take.circle(team["alice"])
    take.trash(team["alice"])
    assert in_the_cut(team["shot"]) is None
    assert not Take.objects.ready().filter(pk=take.pk).exists()
    take.restore(team["bob"])
    assert in_the_cut(team["shot"]) == take
    assert take.circles.count() == 1


def test_a_take_in_the_trash_cannot_be_judged_or_continued(team: dict[str, Any]) -> None:
    take = factories.ready_take(team["shot"], team["alice"])
    take.trash(team["alice"])
    for act in (take.circle, take.reject, lambda by: team["shot"].pick(take, by), lambda by: take.continue_from(0, by)):
        with pytest.raises(Refusal, match=r"in the trash\. Restore it first"):
            act(team["alice"])


def test_a_take_that_is_still_being_made_is_cancelled_before_it_can_be_trashed(team: dict[str, Any]) -> None:
    (take,) = factories.ask(team["shot"], team["alice"])
    with pytest.raises(Refusal, match="Cancel it first"):
        take.trash(team["alice"])


def test_what_a_card_says_costs_the_same_queries_for_one_take_as_for_many(
    team: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        take = factories.ready_take(team["shot"], team["alice"])
        take.circle(team["alice"])
    with django_assert_max_num_queries(4):
        for card in team["shot"].takes.carded():
            assert (card.talked, card.unresolved) == (0, 0)
            assert [circle.by.initials for circle in card.circles.all()] == ["A"]
            assert card.proxy.url and card.poster.url and card.version.number == 1
            assert card.shot.code and card.parent is None

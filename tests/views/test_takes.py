"""Takes through the doors of the shot room: asked for, made again, continued, judged, put away and brought back."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from storyboard.models import Circle, Pick, Shot, Take, User
from tests import factories
from tests.together import together
from tests.views.doors import as_, delete, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(shot: Shot, alice: User) -> Take:
    return factories.ready_take(shot, alice)


def test_asking_queues_as_many_takes_as_were_asked(shot: Shot, erin: User) -> None:
    answer = post(erin, f"/shots/{shot.pk}/takes/", {"count": 3, "key": "one"})
    assert answer.status_code == 201
    assert answer.json()["numbers"] == [1, 2, 3]
    assert len({take.seed for take in Take.objects.filter(shot=shot)}) == 3


def test_the_same_key_again_asks_nothing_more(shot: Shot, erin: User) -> None:
    first, second = (post(erin, f"/shots/{shot.pk}/takes/", {"count": 2, "key": "one"}).json() for _ in range(2))
    assert first == second
    assert Take.objects.filter(shot=shot).count() == 2


def test_a_seed_that_was_given_is_the_first_takes_own(shot: Shot, erin: User) -> None:
    post(erin, f"/shots/{shot.pk}/takes/", {"count": 2, "seed": "41"})
    assert list(Take.objects.filter(shot=shot).values_list("seed", flat=True)) == [41, 42]


def test_an_unknown_engine_is_refused_with_a_sentence(shot: Shot, erin: User) -> None:
    answer = post(erin, f"/shots/{shot.pk}/takes/", {"engine": "dream"})
    assert answer.status_code == 422
    assert "No engine is called 'dream'" in answer.json()["error"]


def test_a_number_that_is_none_is_refused_by_its_name(shot: Shot, erin: User) -> None:
    answer = post(erin, f"/shots/{shot.pk}/takes/", {"count": "many"})
    assert (answer.status_code, answer.json()["error"]) == (422, "count is 'many'; expected a whole number.")


def test_again_keeps_the_recipe_and_draws_another_seed(take: Take, erin: User) -> None:
    post(erin, f"/takes/{take.pk}/again/", {})
    made = Take.objects.get(number=2)
    assert made.seed != take.seed
    assert made.frozen.words == take.frozen.words


def test_again_exactly_is_the_very_same_recipe(take: Take, erin: User) -> None:
    post(erin, f"/takes/{take.pk}/again/", {"exactly": True})
    assert Take.objects.get(number=2).digest == take.digest


def test_a_double_press_of_again_makes_one_take(take: Take, erin: User) -> None:
    for _ in range(2):
        post(erin, f"/takes/{take.pk}/again/", {"key": "press"})
    assert Take.objects.filter(shot=take.shot).count() == 2


def test_continuing_goes_on_from_the_frame_that_was_named(take: Take, erin: User) -> None:
    post(erin, f"/takes/{take.pk}/continuations/", {"frame": 5, "count": 2})
    made = Take.objects.filter(parent=take)
    assert [each.parent_frame for each in made] == [5, 5]
    assert made[0].frozen.ingredient("continue").source_frame == 5  # type: ignore[union-attr]


def test_continuing_without_a_frame_goes_on_from_the_last(take: Take, erin: User) -> None:
    post(erin, f"/takes/{take.pk}/continuations/")
    assert Take.objects.get(parent=take).parent_frame == take.frames - 1


def test_a_take_can_be_continued_into_another_shot(take: Take, erin: User) -> None:
    other = factories.shot(take.project)
    answer = post(erin, f"/takes/{take.pk}/continuations/", {"frame": 3, "shot": other.pk})
    assert answer.json()["shot"] == other.pk
    assert Take.objects.get(parent=take).shot == other


def test_a_take_cannot_be_continued_into_a_strangers_shot(take: Take, erin: User, charlie: User) -> None:
    theirs = factories.shot(factories.project(charlie))
    assert post(erin, f"/takes/{take.pk}/continuations/", {"shot": theirs.pk}).status_code == 404
    assert not Take.objects.filter(parent=take).exists()


def test_continuing_past_the_end_is_refused_with_the_frames_there_are(take: Take, erin: User) -> None:
    answer = post(erin, f"/takes/{take.pk}/continuations/", {"frame": 12})
    assert (answer.status_code, answer.json()["error"]) == (422, "Take 1 has frames 0 to 11; 12 was asked.")


def test_a_reviewer_circles_and_takes_the_circle_back(take: Take, bob: User) -> None:
    assert post(bob, f"/takes/{take.pk}/circle/").status_code == 204
    assert Circle.objects.get(take=take).by == bob
    delete(bob, f"/takes/{take.pk}/circle/")
    assert not Circle.objects.exists()


def test_a_viewer_is_told_who_may_circle(take: Take, vera: User) -> None:
    answer = post(vera, f"/takes/{take.pk}/circle/")
    assert answer.status_code == 403
    assert answer.json()["error"] == "You are viewer here; this needs reviewer. Ask an owner of “The Kite”."


def test_a_reviewer_judges_but_does_not_generate(take: Take, bob: User) -> None:
    for address in ("again", "continuations", "cancellation", "retrial", "restoration"):
        assert post(bob, f"/takes/{take.pk}/{address}/").status_code == 403
    assert post(bob, f"/shots/{take.shot_id}/takes/").status_code == 403
    assert delete(bob, f"/takes/{take.pk}/").status_code == 403


def test_picking_puts_the_take_in_the_cut_and_deleting_takes_it_out(take: Take, bob: User) -> None:
    post(bob, f"/takes/{take.pk}/pick/")
    assert Pick.objects.get(shot=take.shot).take == take
    delete(bob, f"/takes/{take.pk}/pick/")
    assert not Pick.objects.exists()


def test_taking_out_a_take_that_was_replaced_meanwhile_leaves_the_other_in(take: Take, alice: User, bob: User) -> None:
    other = factories.ready_take(take.shot, alice)
    post(bob, f"/takes/{take.pk}/pick/")
    post(alice, f"/takes/{other.pk}/pick/")
    delete(bob, f"/takes/{take.pk}/pick/")
    assert Pick.objects.get(shot=take.shot).take == other


def test_a_rejection_carries_its_reason_onto_the_card(take: Take, bob: User) -> None:
    post(bob, f"/takes/{take.pk}/rejection/", {"reason": "motion"})
    assert "Rejected: Bad motion" in as_(bob).get(f"/takes/{take.pk}/card/").content.decode()
    delete(bob, f"/takes/{take.pk}/rejection/")
    assert "Rejected" not in as_(bob).get(f"/takes/{take.pk}/card/").content.decode()


def test_a_reason_nobody_knows_is_refused(take: Take, bob: User) -> None:
    assert post(bob, f"/takes/{take.pk}/rejection/", {"reason": "ugly"}).status_code == 422


def test_cancelling_what_is_ready_is_a_conflict(take: Take, alice: User) -> None:
    answer = post(alice, f"/takes/{take.pk}/cancellation/")
    assert (answer.status_code, answer.json()["error"]) == (409, "This is ready already; there is nothing to cancel.")


def test_a_cancelled_take_can_be_tried_again(shot: Shot, erin: User) -> None:
    (queued,) = factories.ask(shot, erin)
    post(erin, f"/takes/{queued.pk}/cancellation/")
    assert Take.objects.get(pk=queued.pk).status == "cancelled"
    post(erin, f"/takes/{queued.pk}/retrial/")
    assert Take.objects.get(pk=queued.pk).status == "queued"


def test_a_trashed_take_leaves_the_strip_and_can_be_restored_there(take: Take, erin: User) -> None:
    assert delete(erin, f"/takes/{take.pk}/").status_code == 204
    strip = as_(erin).get(f"/shots/{take.shot_id}/strip/").content.decode()
    assert f'id="take-{take.pk}"' not in strip
    assert f'data-restore="{take.pk}"' in strip
    post(erin, f"/takes/{take.pk}/restoration/")
    assert f'id="take-{take.pk}"' in as_(erin).get(f"/shots/{take.shot_id}/strip/").content.decode()


def test_a_waiting_card_says_its_place(shot: Shot, erin: User) -> None:
    _, second = factories.ask(shot, erin, 2)
    assert "#2 in queue" in as_(erin).get(f"/takes/{second.pk}/card/").content.decode()


def test_a_failed_card_says_why_and_offers_to_try_again(shot: Shot, erin: User) -> None:
    (take,) = factories.ask(shot, erin)
    take.begin()
    take.fail("The engine ran out of memory. Ask for fewer frames.")
    card = as_(erin).get(f"/takes/{take.pk}/card/").content.decode()
    assert "The engine ran out of memory. Ask for fewer frames." in card
    assert 'data-card-deed="retry"' in card


def test_a_card_shows_lineage_and_staleness(take: Take, erin: User) -> None:
    onward = factories.finished(take.continue_from(4, erin)[0])
    take.shot.revise(erin, action="She stops.")
    card = as_(erin).get(f"/takes/{onward.pk}/card/").content.decode()
    assert "↳ from T1 f 4" in card
    assert "made of version 1" in card


def test_an_exact_frame_comes_as_png_and_may_be_kept(take: Take, vera: User) -> None:
    answer = as_(vera).get(f"/takes/{take.pk}/frames/7.png")
    assert answer["Content-Type"] == "image/png"
    assert "immutable" in answer["Cache-Control"]
    picture = Image.open(io.BytesIO(answer.content)).convert("L")
    bright = [x for x in range(picture.width) if picture.getpixel((x, 18)) > 200]  # type: ignore[operator]
    assert abs(bright[0] - 28) <= 1, "the bright square of frame 7 begins at 7 x 4 pixels"


def test_a_frame_past_the_end_is_refused(take: Take, vera: User) -> None:
    answer = as_(vera).get(f"/takes/{take.pk}/frames/12.png", headers={"Accept": "application/json"})
    assert answer.status_code == 422


def test_the_strip_costs_the_same_queries_for_three_takes_as_for_ten(
    shot: Shot, alice: User, django_assert_max_num_queries: Any
) -> None:
    client = as_(alice)
    for _ in range(3):
        factories.ready_take(shot, alice).circle(alice)
    client.get(f"/shots/{shot.pk}/strip/")
    with django_assert_max_num_queries(14) as few:
        client.get(f"/shots/{shot.pk}/strip/")
    for _ in range(7):
        factories.ready_take(shot, alice).circle(alice)
    with django_assert_max_num_queries(len(few)):
        client.get(f"/shots/{shot.pk}/strip/")


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_who_circle_at_once_both_count_and_leave_one_take_in_the_cut(
    shot: Shot, alice: User, bob: User
) -> None:
    first, second = (factories.ready_take(shot, alice) for _ in range(2))
    answers = together(
        lambda: post(alice, f"/takes/{first.pk}/circle/").status_code,
        lambda: post(bob, f"/takes/{second.pk}/circle/").status_code,
    )
    assert answers == [204, 204]
    assert Circle.objects.count() == 2
    assert Pick.objects.filter(shot=shot).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_who_pick_at_once_leave_one_pick_and_no_error(shot: Shot, alice: User, bob: User) -> None:
    first, second = (factories.ready_take(shot, alice) for _ in range(2))
    answers = together(
        lambda: post(alice, f"/takes/{first.pk}/pick/").status_code,
        lambda: post(bob, f"/takes/{second.pk}/pick/").status_code,
    )
    assert answers == [204, 204]
    assert Pick.objects.get(shot=shot).take in (first, second)


@pytest.mark.django_db(transaction=True)
def test_circling_and_rejecting_at_once_never_leaves_both(shot: Shot, alice: User, bob: User) -> None:
    take = factories.ready_take(shot, alice)
    answers = together(
        lambda: post(alice, f"/takes/{take.pk}/circle/").status_code,
        lambda: post(bob, f"/takes/{take.pk}/rejection/", {"reason": "taste"}).status_code,
    )
    assert answers == [204, 204]
    rejected, circled = Take.objects.exclude(rejection=None).exists(), take.circles.exists()
    assert rejected != circled
    assert Pick.objects.filter(take=take).exists() == circled


@pytest.mark.django_db(transaction=True)
def test_the_same_press_arriving_twice_at_once_asks_once(shot: Shot, erin: User) -> None:
    answers = together(*[lambda: post(erin, f"/shots/{shot.pk}/takes/", {"count": 2, "key": "k"}).json()] * 2)
    assert answers[0] == answers[1]
    assert Take.objects.filter(shot=shot).count() == 2

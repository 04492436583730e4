"""A take's life, from asking to judgement."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from generation.recipe import Recipe
from storyboard.models import Circle, Lost, Pick, Project, Shot, Status, Take, User
from storyboard.refusal import Conflict, Refusal, TooMuch
from storyboard.sweep import release
from tests import factories
from tests.together import together


def test_every_take_carries_a_complete_recipe_with_a_seed_of_its_own(shot: Shot, alice: User) -> None:
    takes = factories.ask(shot, alice, 3)
    recipes = [take.frozen for take in takes]
    assert [take.number for take in takes] == [1, 2, 3]
    assert len({recipe.seed for recipe in recipes}) == 3
    assert all(recipe.words.action == "A woman runs across a field." and recipe.frames == 12 for recipe in recipes)
    assert all(take.digest == Recipe.parse(take.recipe).digest for take in takes)


def test_a_double_press_asks_once(shot: Shot, alice: User) -> None:
    first = factories.ask(shot, alice, 2, key="press-1")
    second = factories.ask(shot, alice, 2, key="press-1")
    assert [take.pk for take in first] == [take.pk for take in second]
    assert shot.takes.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_press_at_the_same_moment_asks_once(shot: Shot, alice: User) -> None:
    answers = together(*[lambda: factories.ask(shot, alice, 2, key="press-1")] * 3)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert shot.takes.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_asking_at_once_get_numbers_of_their_own(shot: Shot, alice: User, erin: User) -> None:
    answers = together(lambda: factories.ask(shot, alice, 3), lambda: factories.ask(shot, erin, 3))
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sorted(shot.takes.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_too_many_takes_are_refused_with_the_limit(kite: Project, alice: User, settings) -> None:
    settings.TAKES_MAX_AT_ONCE = 5
    shots = [factories.shot(kite) for _ in range(3)]
    with pytest.raises(TooMuch, match="at most 5 can be asked at once"):
        Take.objects.ask(kite, shots, 2, alice)
    assert not Take.objects.exists()


def test_turns_go_round_between_people(shot: Shot, alice: User, erin: User) -> None:
    factories.ask(shot, alice, 4)
    factories.ask(shot, erin, 2)
    assert [take.by for take in Take.objects.in_line()] == [alice, erin, alice, erin, alice, alice]


def test_who_asked_for_much_does_not_hold_up_who_comes_later(shot: Shot, alice: User, erin: User) -> None:
    factories.ask(shot, alice, 4)
    for _ in range(2):
        Take.objects.claim()
    factories.ask(shot, erin, 1)
    assert Take.objects.claim().by == erin or Take.objects.claim().by == erin


def test_the_front_of_the_queue_comes_first(shot: Shot, alice: User, erin: User) -> None:
    factories.ask(shot, alice, 2)
    urgent = factories.ask(shot, erin, 1, front=True)[0]
    assert Take.objects.claim() == urgent


@pytest.mark.django_db(transaction=True)
def test_a_take_is_claimed_by_one_worker_only(shot: Shot, alice: User) -> None:
    factories.ask(shot, alice, 2)
    claimed = together(*[Take.objects.claim] * 4)
    taken = [take.pk for take in claimed if take is not None]
    assert len(taken) == 2
    assert len(set(taken)) == 2


def test_a_worker_that_was_given_up_on_changes_nothing(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    slow = Take.objects.claim()
    quick = Take.objects.get(pk=take.pk)
    quick.give_up_on_worker()
    quick = Take.objects.claim()
    with pytest.raises(Lost):
        slow.beat(5, 12, "rendering")
    with pytest.raises(Lost):
        slow.finish(report={}, **factories.clip_media(shot.project))
    quick.finish(report={"frames": 12}, **factories.clip_media(shot.project))
    take.refresh_from_db()
    assert (take.status, take.tries) == (Status.FINISHED, 2)


def test_a_take_whose_worker_dies_every_time_fails_with_a_reason(shot: Shot, alice: User, settings) -> None:
    settings.ATTEMPTS_MAX = 2
    take = factories.ask(shot, alice)[0]
    for _ in range(2):
        Take.objects.claim().give_up_on_worker()
    take.refresh_from_db()
    assert take.status == Status.FAILED
    assert "2 times" in take.error


def test_cancelling_what_waits_ends_it_at_once(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    take.cancel(alice)
    assert take.status == Status.CANCELLED
    assert Take.objects.claim() is None


def test_cancelling_what_runs_is_heard_at_the_next_beat(shot: Shot, alice: User) -> None:
    factories.ask(shot, alice)
    worker = Take.objects.claim()
    assert worker.beat(1, 12, "rendering") is False
    Take.objects.get(pk=worker.pk).cancel(alice)
    assert worker.beat(2, 12, "rendering") is True
    worker.stopped()
    assert worker.status == Status.CANCELLED


def test_a_finished_take_cannot_be_cancelled(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    with pytest.raises(Conflict, match="ready already"):
        take.cancel(alice)


def test_a_cancelled_take_can_be_tried_again_with_the_same_recipe(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    digest = take.digest
    take.cancel(alice)
    take.retry(alice)
    assert (take.status, take.digest, take.cancel_wanted) == (Status.QUEUED, digest, False)
    assert Take.objects.claim() == take


def test_again_exactly_keeps_every_input(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    shot.revise(alice, action="She stands still.")
    again = take.again(alice, exactly=True)
    assert (again.digest, again.version) == (take.digest, take.version)


def test_again_with_another_seed_keeps_all_but_the_seed(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    again = take.again(alice, exactly=False)
    assert again.seed != take.seed
    assert again.frozen.words == take.frozen.words


def test_continuing_names_the_clip_and_the_frame(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    on = take.continue_from(7, alice)[0]
    ingredient = on.frozen.ingredient("continue")
    assert ingredient is not None
    assert (ingredient.sha256, ingredient.source_frame) == (take.master.sha256, 7)
    assert (on.parent, on.parent_frame) == (take, 7)


def test_a_frame_past_the_end_cannot_be_continued(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    with pytest.raises(Refusal, match="frames 0 to 11; 12 was asked"):
        take.continue_from(12, alice)


def test_the_database_refuses_a_finished_take_without_media(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    with pytest.raises(IntegrityError, match="finished_take_has_media"), transaction.atomic():
        Take.objects.filter(pk=take.pk).update(status=Status.FINISHED)


def test_the_first_circled_take_goes_into_the_cut(shot: Shot, alice: User, bob: User) -> None:
    first, second = factories.ready_take(shot, alice), factories.ready_take(shot, alice)
    second.circle(bob)
    first.circle(alice)
    assert Pick.objects.get(shot=shot).take == second


def test_a_shot_with_a_circled_take_keeps_one_in_the_cut(shot: Shot, alice: User) -> None:
    first, second = factories.ready_take(shot, alice), factories.ready_take(shot, alice)
    first.circle(alice)
    second.circle(alice)
    shot.unpick(alice)
    assert Pick.objects.get(shot=shot).take == second
    shot.unpick(alice)
    assert Pick.objects.get(shot=shot).take == first


def test_the_only_circled_take_cannot_leave_the_cut_and_nobody_is_told_that_it_did(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    take.circle(alice)
    with pytest.raises(Refusal, match="only circled take of 010, so it stays in the cut"):
        shot.unpick(alice)
    assert Pick.objects.get(shot=shot).take == take
    assert not shot.project.events.filter(kind="take.unpicked").exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_circling_at_once_leave_one_pick(shot: Shot, alice: User, bob: User) -> None:
    first, second = factories.ready_take(shot, alice), factories.ready_take(shot, alice)
    answers = together(lambda: first.circle(alice), lambda: second.circle(bob))
    assert answers == [None, None]
    assert Circle.objects.count() == 2
    assert Pick.objects.filter(shot=shot).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_picking_at_once_leave_one_pick(shot: Shot, alice: User, erin: User) -> None:
    first, second = factories.ready_take(shot, alice), factories.ready_take(shot, alice)
    answers = together(lambda: shot.pick(first, alice), lambda: shot.pick(second, erin))
    assert answers == [None, None]
    assert Pick.objects.filter(shot=shot).count() == 1


def test_a_rejected_take_leaves_the_cut_and_says_why(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    take.circle(alice)
    take.reject(alice, "motion")
    assert not Pick.objects.filter(shot=shot).exists()
    assert not take.circles.exists()
    assert take.rejection.reason == "motion"


def test_only_a_finished_take_can_be_circled(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    with pytest.raises(Refusal, match="only a finished take can be circled"):
        take.circle(alice)


def test_a_take_of_an_older_version_is_stale_and_stays(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    shot.revise(alice, action="She stands still.")
    take = Take.objects.get(pk=take.pk)
    assert take.is_stale
    assert take.version.action == "A woman runs across a field."


def test_the_shown_take_is_the_pick_then_the_circled_then_the_newest(shot: Shot, alice: User) -> None:
    takes = [factories.ready_take(shot, alice) for _ in range(3)]
    assert Take.objects.shown().get() == takes[2]
    takes[0].circle(alice)
    takes[1].circle(alice)
    assert Take.objects.shown().get() == takes[0]
    shot.pick(takes[1], alice)
    assert Take.objects.shown().get() == takes[1]


def test_a_scene_that_goes_on_keeps_the_light_of_the_one_before(kite: Project, alice: User) -> None:
    factories.scene(kite, "EXT. PIER - NIGHT", time="NIGHT")
    factories.scene(kite, "INT. WHEELHOUSE - CONTINUOUS", time="CONTINUOUS")
    last = factories.shot(kite, factories.scene(kite, "EXT. PIER - MOMENTS LATER", time="MOMENTS LATER"))
    assert factories.ask(last, alice)[0].frozen.words.heading == "EXT. PIER - MOMENTS LATER (NIGHT)"


def test_a_worker_that_is_told_to_stop_gives_its_take_back_without_spending_a_try(shot: Shot, alice: User) -> None:
    factories.ask(shot, alice)
    mine = Take.objects.claim()
    release()
    mine.refresh_from_db()
    assert (mine.status, mine.tries, mine.attempt) == (Status.QUEUED, 0, 2)


def test_what_another_machine_has_under_way_is_left_to_it(shot: Shot, alice: User) -> None:
    factories.ask(shot, alice)
    theirs = Take.objects.claim()
    Take.objects.filter(pk=theirs.pk).update(worker="elsewhere:7")
    release()
    theirs.refresh_from_db()
    assert theirs.status == Status.RUNNING

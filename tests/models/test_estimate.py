"""What takes are said to last, kept beside what they lasted."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from storyboard.estimate import Pace
from storyboard.models import Shot, Status, Take, User
from tests import factories
from tests.together import together

AMOUNT = 12 * 640 * 360


def lasted(take: Take, seconds: float) -> Take:
    factories.finished(take)
    Take.objects.filter(pk=take.pk).update(spent=seconds)
    return take


def run_for(take: Take, seconds: float) -> None:
    """Puts a running take's beginning and last beat so far apart."""
    now = timezone.now()
    Take.objects.filter(pk=take.pk).update(started_at=now - timedelta(seconds=seconds), beat_at=now)


def test_a_take_keeps_the_estimate_it_was_given(shot: Shot, alice: User) -> None:
    for seconds, take in zip((10, 20, 30), factories.ask(shot, alice, 3), strict=True):
        assert take.estimate is None
        lasted(take, seconds)
    first, second = factories.ask(shot, alice, 2)
    assert first.estimate["middle"] == pytest.approx(20)
    assert 0 <= first.estimate["low"] < 10
    assert first.estimate["high"] > 30
    assert first.estimate["wait"]["middle"] == 0
    assert second.estimate["wait"]["middle"] == pytest.approx(20)


def test_where_nothing_is_known_nothing_is_kept(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    assert Take.objects.filter(pk=take.pk, estimate__isnull=True).exists()
    lasted(take, 5)
    assert Take.objects.coverage() == (0, 0)
    assert Take.objects.coverage().share is None


def test_four_of_five_takes_stay_inside_the_range_they_were_given(shot: Shot, alice: User) -> None:
    chance = random.Random(7)
    for _ in range(100):
        lasted(factories.ask(shot, alice)[0], 20 * chance.lognormvariate(0, 0.4))
    told = Take.objects.coverage()
    assert told.of == 97  # before the first three nobody could say anything
    assert told.share is not None
    assert 0.7 <= told.share <= 0.9


def test_weights_and_steps_have_paces_of_their_own(shot: Shot, alice: User) -> None:
    for weights, steps, seconds in (("a@1", 30, 30), ("a@1", 8, 16), ("b@1", 30, 300)):
        for take in factories.ask(shot, alice, 3):
            lasted(take, seconds)
            Take.objects.filter(pk=take.pk).update(weights=weights, steps=steps, amount=AMOUNT * steps)
    kinds = [("blocking", "a@1", 30), ("blocking", "a@1", 8), ("blocking", "b@1", 30), ("blocking", "c@1", 30)]
    paces = Pace.of_all(kinds)
    told = [pace and round(pace.seconds(AMOUNT * steps).middle) for (_, _, steps), pace in paces.items()]
    assert told == [30, 16, 300, None]


def test_takes_with_other_steps_speak_for_a_count_nobody_tried(shot: Shot, alice: User) -> None:
    for take in factories.ask(shot, alice, 3):
        lasted(take, 30)
    Take.objects.update(weights="a@1", steps=30, amount=AMOUNT * 30)
    pace = Pace.of("blocking", "a@1", 10)
    assert pace is not None
    assert pace.seconds(AMOUNT * 10).middle == pytest.approx(10)


def test_many_kinds_are_looked_up_in_one_query(shot: Shot, alice: User) -> None:
    lasted(factories.ask(shot, alice)[0], 5)
    with CaptureQueriesContext(connection) as captured:
        Pace.of_all([("blocking", f"w{n}@1", steps) for n in range(5) for steps in (8, 30)])
    assert len(captured) == 1


def test_computing_that_was_kept_counts_apart_from_what_was_dropped(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    take.begin()
    run_for(take, 30)
    take.give_up_on_worker()
    take.begin()
    run_for(take, 20)
    take.finish(report={"frames": 12}, **factories.clip_media(shot.project))
    assert take.spent == pytest.approx(20, abs=3)
    assert take.wasted == pytest.approx(30, abs=3)


def test_a_cancelled_run_is_wasted_and_one_that_never_ran_costs_nothing(shot: Shot, alice: User) -> None:
    ran, waited = factories.ask(shot, alice, 2)
    ran.begin()
    run_for(ran, 10)
    ran.cancel(alice)
    ran.stopped()
    waited.cancel(alice)
    assert (ran.status, waited.status) == (Status.CANCELLED, Status.CANCELLED)
    assert ran.wasted == pytest.approx(10, abs=3)
    assert (waited.spent, waited.wasted) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_who_end_a_take_at_once_count_its_time_once(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    take.begin()
    run_for(take, 10)
    mine, theirs = (Take.objects.get(pk=take.pk) for _ in range(2))
    together(lambda: mine.fail("It broke. Try again."), lambda: theirs.give_up_on_worker())
    take.refresh_from_db()
    assert take.wasted == pytest.approx(10, abs=5)

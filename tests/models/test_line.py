"""The line of takes: what is passed over, who may arrange what, times and budgets, and two workers at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from storyboard.estimate import Line
from storyboard.models import Project, Shot, Status, Take, User
from storyboard.refusal import Conflict, Refusal
from tests import factories
from tests.together import together

pytestmark = pytest.mark.django_db


def line() -> list[int]:
    return list(Take.objects.in_line().values_list("pk", flat=True))


def lasting(takes: list[Take], seconds: float) -> None:
    estimate = {"low": seconds, "middle": seconds, "high": seconds, "wait": None}
    Take.objects.filter(pk__in=[take.pk for take in takes]).update(estimate=estimate)


# Who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "deed",
    [
        lambda take, by: take.cancel(by),
        lambda take, by: take.to_front(by),
        lambda take, by: take.pause(by),
        lambda take, by: take.need_by(timezone.now() + timedelta(hours=1), by),
        lambda take, by: take.amend(by, "blocking"),
    ],
)  # fmt: skip
def test_only_who_asked_or_an_owner_touches_what_waits(
    shot: Shot, alice: User, erin: User, deed: Callable[[Take, User], None]
) -> None:
    hers, his = factories.ask(shot, erin)[0], factories.ask(shot, alice)[0]
    with pytest.raises(PermissionDenied, match="Alice asked for this; only they or an owner of “The Kite” can"):
        deed(his, erin)
    deed(hers, erin)
    deed(factories.ask(shot, erin)[0], alice)


def test_what_a_person_asked_who_is_gone_an_owner_can_cancel(kite: Project, shot: Shot, alice: User) -> None:
    dora = factories.person("Dora")
    take = factories.ask(shot, dora)[0]
    dora.delete()
    take.refresh_from_db()
    take.cancel(alice)
    assert take.status == Status.CANCELLED


# Passed over -------------------------------------------------------------------------------------------------------


def test_a_paused_take_is_passed_over_and_keeps_its_turn(shot: Shot, erin: User) -> None:
    first, second = factories.ask(shot, erin, 2)
    first.pause(erin)
    assert line() == [second.pk]
    first.resume(erin)
    assert line() == [first.pk, second.pk]
    with pytest.raises(Conflict):
        first.resume(erin)


def test_what_is_kept_back_lets_nobody_jump_the_line(shot: Shot, alice: User, erin: User) -> None:
    factories.ask(shot, erin)[0].pause(erin)
    many = factories.ask(shot, alice, 4)
    Take.objects.filter(pk=many[0].pk).update(status=Status.CANCELLED)
    served = Take.objects.get(pk=many[1].pk).turn
    assert factories.ask(shot, factories.person("Dora"))[0].turn == served > 1


def test_finals_that_wait_let_no_draft_jump_the_line(shot: Shot, alice: User, erin: User) -> None:
    final = factories.ask(shot, erin)[0]
    Take.objects.filter(pk=final.pk).update(is_final=True)
    many = factories.ask(shot, alice, 4)
    Take.objects.filter(pk=many[0].pk).update(status=Status.CANCELLED)
    newcomer = factories.ask(shot, factories.person("Dora"))[0]
    assert line() == [many[1].pk, newcomer.pk, many[2].pk, many[3].pk, final.pk]


def test_what_is_tried_again_long_after_stands_in_the_round_that_is_served(shot: Shot, alice: User, erin: User) -> None:
    early = factories.ask(shot, erin)[0]
    early.cancel(erin)
    many = factories.ask(shot, alice, 4)
    Take.objects.filter(pk__in=[take.pk for take in many[:3]]).update(status=Status.CANCELLED)
    early.retry(erin)
    assert early.turn == many[3].turn


def test_all_of_one_persons_pause_and_nobody_elses(kite: Project, shot: Shot, alice: User, erin: User) -> None:
    factories.ask(shot, erin, 3)
    his = factories.ask(shot, alice)[0]
    elsewhere = factories.ask(factories.shot(factories.project(erin, "Other")), erin)[0]
    assert Take.objects.pause_all(kite, erin) == 3
    assert set(line()) == {his.pk, elsewhere.pk}
    assert Take.objects.resume_all(kite, erin) == 3
    assert len(line()) == 5


def test_what_runs_on_an_engine_that_cannot_stop_is_not_paused(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    take.begin()
    with pytest.raises(Conflict, match="cannot stop half-way"):
        take.pause(erin)


def test_a_paused_projects_takes_are_passed_over_and_others_are_not(kite: Project, shot: Shot, alice: User) -> None:
    factories.ask(shot, alice)
    dora = factories.person("Dora")
    elsewhere = factories.ask(factories.shot(factories.project(dora, "Elsewhere")), dora)[0]
    kite.pause_line(alice)
    assert line() == [elsewhere.pk]
    kite.pause_line(alice, paused=False)
    assert len(line()) == 2


def test_a_final_does_not_wait_for_a_draft_that_is_kept_back(shot: Shot, erin: User) -> None:
    final, draft = factories.ask(shot, erin, 2)
    Take.objects.filter(pk=final.pk).update(is_final=True)
    final.refresh_from_db()
    final.begin()
    assert final.wants_to_stop()
    draft.pause(erin)
    assert not final.wants_to_stop()


# Budget ------------------------------------------------------------------------------------------------------------


def test_a_used_up_budget_keeps_back_what_waits_until_it_is_raised(kite: Project, shot: Shot, alice: User) -> None:
    made, wasted, waiting = factories.ask(shot, alice, 3)
    factories.finished(made)
    Take.objects.filter(pk=made.pk).update(spent=40)
    Take.objects.filter(pk=wasted.pk).update(wasted=25)
    kite.set_budget(65, alice)
    assert kite.computed == pytest.approx(65)
    assert line() == []
    with pytest.raises(Refusal, match="budget of “The Kite” is used up: 65 s of 65 s"):
        factories.ask(shot, alice)
    kite.set_budget(66, alice)
    assert line() == [wasted.pk, waiting.pk]
    kite.set_budget(None, alice)
    factories.ask(shot, alice)


@pytest.mark.parametrize("seconds", [-1, 1e12])
def test_a_budget_beyond_reason_is_refused(kite: Project, alice: User, seconds: float) -> None:
    with pytest.raises(Refusal, match="A budget is 0 to 10000 hours"):
        kite.set_budget(seconds, alice)


# Order -------------------------------------------------------------------------------------------------------------


def test_own_takes_change_places_and_nobody_elses_turn_moves(
    kite: Project, shot: Shot, alice: User, erin: User
) -> None:
    a, b, c = factories.ask(shot, erin, 3)
    x, y = factories.ask(shot, alice, 2)
    assert line() == [a.pk, x.pk, b.pk, y.pk, c.pk]
    Take.objects.arrange(kite, erin, [c.pk, b.pk, a.pk])
    assert line() == [c.pk, x.pk, b.pk, y.pk, a.pk]


def test_takes_that_share_a_turn_still_change_places(kite: Project, shot: Shot, erin: User) -> None:
    a, b = factories.ask(shot, erin, 2)
    Take.objects.update(turn=3)
    Take.objects.arrange(kite, erin, [b.pk, a.pk])
    assert line() == [b.pk, a.pk]


def test_what_is_not_theirs_or_runs_already_is_not_arranged(kite: Project, shot: Shot, alice: User, erin: User) -> None:
    mine, running = factories.ask(shot, erin, 2)
    his = factories.ask(shot, alice)[0]
    running.begin()
    for ids in ([mine.pk, his.pk], [mine.pk, running.pk]):
        with pytest.raises(Conflict):
            Take.objects.arrange(kite, erin, ids)


# Needed by ---------------------------------------------------------------------------------------------------------


def test_what_would_be_late_goes_before_its_turn(shot: Shot, alice: User, erin: User) -> None:
    many = factories.ask(shot, alice, 4)
    late = factories.ask(shot, erin, 3)[2]
    lasting([*many, late], 60)
    assert Take.objects.all().next_for("") == many[0].pk
    late.need_by(timezone.now() + timedelta(hours=3), erin)
    assert Take.objects.all().next_for("") == many[0].pk
    late.need_by(timezone.now() + timedelta(minutes=2), erin)
    assert Take.objects.all().next_for("") == late.pk
    assert Line.now().queued[0].pk == late.pk


def test_after_two_in_a_row_somebody_whose_turn_it_is_goes(shot: Shot, alice: User, erin: User) -> None:
    regular = factories.ask(shot, alice, 2)
    needed = factories.ask(shot, erin, 4)
    lasting([*regular, *needed], 60)
    for take in needed:
        take.need_by(timezone.now() + timedelta(minutes=4), erin)
    foreseen = [take.pk for take in Line.now().queued]
    taken = []
    while (take := Take.objects.all().claim()) is not None:
        taken.append(take.pk)
        Take.objects.filter(pk=take.pk).update(status=Status.CANCELLED)
    assert taken[:3] == [needed[0].pk, needed[1].pk, regular[0].pk]
    assert foreseen[:3] == taken[:3]


def test_a_time_that_is_over_is_refused_and_one_that_passed_presses_nobody(shot: Shot, alice: User, erin: User) -> None:
    first, needed = factories.ask(shot, alice)[0], factories.ask(shot, erin, 2)[1]
    with pytest.raises(Refusal, match="That time is over"):
        needed.need_by(timezone.now() - timedelta(seconds=1), erin)
    Take.objects.filter(pk=needed.pk).update(needed_by=timezone.now() - timedelta(hours=1))
    assert Take.objects.all().next_for("") == first.pk


def test_a_final_that_is_needed_soon_does_not_step_aside(shot: Shot, erin: User) -> None:
    final, _ = factories.ask(shot, erin, 2)
    lasting([final], 600)
    Take.objects.filter(pk=final.pk).update(is_final=True)
    final.refresh_from_db()
    final.begin()
    assert final.wants_to_stop()
    final.need_by(timezone.now() + timedelta(minutes=11), erin)
    assert not final.wants_to_stop()


# Changed while it waits --------------------------------------------------------------------------------------------


def test_what_waits_is_made_of_the_words_as_they_are_now(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    before = (take.digest, take.turn, take.seed)
    shot.revise(erin, {}, action="A man sits in a field.")
    take.refresh_from_db()
    take.amend(erin, "blocking", handles=6)
    assert take.version == Shot.objects.get(pk=shot.pk).current
    assert "A man sits in a field." in take.recipe
    assert take.frozen.digest == take.digest != before[0]
    assert (take.turn, take.seed) == before[1:]
    assert take.frozen.frames == take.of == 18


def test_what_has_begun_is_not_changed(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    take.begin()
    with pytest.raises(Conflict, match="has begun"):
        take.amend(erin, "blocking")


@pytest.mark.django_db(transaction=True)
def test_a_change_and_a_worker_at_once_never_mix_two_recipes(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    begun, changed = together(
        lambda: Take.objects.all().claim(), lambda: Take.objects.get(pk=take.pk).amend(erin, "blocking", seed=77)
    )
    take.refresh_from_db()
    assert isinstance(begun, Take)
    assert begun.frozen.digest == begun.digest == take.digest
    assert begun.seed == take.seed
    assert (take.seed == 77) == (changed is None)


# Two at once -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_take_every_take_once(shot: Shot, alice: User, erin: User) -> None:
    asked = {take.pk for by in (alice, erin) for take in factories.ask(shot, by, 12)}

    def work() -> list[int]:
        taken = []
        while (take := Take.objects.all().claim()) is not None:
            taken.append(take.pk)
        return taken

    taken = together(work, work, work, work)
    assert sorted(pk for each in taken for pk in each) == sorted(asked)


@pytest.mark.django_db(transaction=True)
def test_a_pause_and_a_worker_at_once_end_in_one_of_the_two(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    begun, paused = together(lambda: Take.objects.all().claim(), lambda: Take.objects.get(pk=take.pk).pause(erin))
    take.refresh_from_db()
    assert take.status == (Status.QUEUED if begun is None else Status.RUNNING)
    assert begun is not None or paused is None


def test_seconds_saved_come_from_each_takes_own_speed(shot: Shot, erin: User, tmp_path: Path) -> None:
    take = factories.ask(shot, erin)[0]
    take.begin()
    state = tmp_path / "state"
    state.write_bytes(b"x")
    take.hold(state, 4, 10)
    ended = timezone.now()
    Take.objects.filter(pk=take.pk).update(started_at=ended - timedelta(seconds=20), held_at=ended)
    assert Take.objects.all().seconds_saved() == pytest.approx(30, rel=0.01)

"""What a shot asks for, and its place on the board."""

from __future__ import annotations

import pytest

from storyboard import codes
from storyboard.models import Project, Shot, User, Version
from storyboard.refusal import Conflict, Refusal
from tests import factories
from tests.together import together


def order(project: Project) -> list[str]:
    return [shot.code for shot in Shot.objects.filter(project=project).active().in_order()]


def test_a_version_without_takes_is_changed_in_place(shot: Shot, alice: User) -> None:
    shot.revise(alice, action="She waits.")
    assert (shot.versions.count(), shot.current.action) == (1, "She waits.")


def test_a_version_with_takes_is_kept_and_a_new_one_made(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    shot.revise(alice, action="She waits.")
    assert shot.current.number == 2
    assert Version.objects.get(pk=take.version_id).action == "A woman runs across a field."


def test_going_back_asks_for_what_the_version_asked(shot: Shot, alice: User) -> None:
    first = shot.current
    factories.ask(shot, alice)
    shot.revise(alice, action="She waits.")
    shot.go_back_to(first, alice)
    shot.refresh_from_db()
    assert shot.current == first


@pytest.mark.django_db(transaction=True)
def test_two_people_editing_different_fields_both_keep_their_edit(shot: Shot, alice: User, erin: User) -> None:
    answers = together(
        lambda: Shot.objects.get(pk=shot.pk).revise(alice, {"action": shot.current.action}, action="She waits."),
        lambda: Shot.objects.get(pk=shot.pk).revise(erin, {"dialogue": ""}, dialogue="Now."),
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    version = Shot.objects.get(pk=shot.pk).current
    assert (version.action, version.dialogue) == ("She waits.", "Now.")


@pytest.mark.django_db(transaction=True)
def test_two_people_editing_the_same_field_get_one_conflict(shot: Shot, alice: User, erin: User) -> None:
    seen = {"action": shot.current.action}
    answers = together(
        lambda: Shot.objects.get(pk=shot.pk).revise(alice, seen, action="She waits."),
        lambda: Shot.objects.get(pk=shot.pk).revise(erin, seen, action="She leaves."),
    )
    conflicts = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(conflicts) == 1
    assert conflicts[0].facts["now"] == Shot.objects.get(pk=shot.pk).current.action


def test_a_length_past_the_limit_is_refused_and_nothing_changes(shot: Shot, alice: User) -> None:
    with pytest.raises(Refusal, match="1 to 1440 frames; 99999 was asked"):
        shot.revise(alice, frames=99999)
    assert Shot.objects.get(pk=shot.pk).current.frames == 12


def test_a_shot_inserted_between_gets_a_letter(kite: Project, alice: User) -> None:
    first, second = factories.shot(kite), factories.shot(kite)
    assert first.insert_after(alice).code == "010A"
    assert first.insert_after(alice).code == "010B"
    assert order(kite) == ["010", "010B", "010A", "020"]
    assert second.code == "020"


def test_letters_run_on_past_z() -> None:
    taken = {"010", *(f"010{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
    assert codes.inserted("010", taken) == "010AA"


def test_splitting_divides_the_words_and_the_length(kite: Project, alice: User) -> None:
    shot = factories.shot(kite, action="She opens the door. Nobody is there.", dialogue="ADA: Hello?", frames=48)
    second = shot.split(alice)
    shot.refresh_from_db()
    assert (shot.current.action, second.current.action) == ("She opens the door.", "Nobody is there.")
    assert shot.current.frames + second.current.frames == 48
    assert second.current.dialogue == "ADA: Hello?"


def test_one_sentence_cannot_be_split_without_a_place(shot: Shot, alice: User) -> None:
    with pytest.raises(Refusal, match="Put the cursor"):
        shot.split(alice)


def test_merging_takes_in_the_words_and_omits_the_next(kite: Project, alice: User) -> None:
    first, second = factories.shot(kite, action="She runs."), factories.shot(kite, action="She stops.")
    first.merge_next(alice)
    second.refresh_from_db()
    assert (first.current.action, first.current.frames) == ("She runs.\n\nShe stops.", 24)
    assert second.omitted


def test_a_cut_shot_stays_as_omitted(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    shot.omit(alice)
    assert order(shot.project) == []
    assert shot.takes.get() == take
    shot.restore(alice)
    assert order(shot.project) == ["010"]


def test_moving_puts_a_shot_behind_another(kite: Project, alice: User) -> None:
    first, second, third = (factories.shot(kite) for _ in range(3))
    first.move(alice, first.scene, after=third)
    assert order(kite) == ["020", "030", "010"]
    first.move(alice, first.scene, after=None)
    assert order(kite) == ["010", "020", "030"]
    assert second.code == "020"


def test_a_hundred_moves_into_the_same_gap_keep_the_order(kite: Project, alice: User) -> None:
    first, second, third = (factories.shot(kite) for _ in range(3))
    for _ in range(50):
        third.move(alice, third.scene, after=first)
        second.move(alice, second.scene, after=first)
        first.refresh_from_db()
    assert order(kite) == ["010", "020", "030"]


def test_a_shot_does_not_move_to_another_board(kite: Project, shot: Shot, alice: User) -> None:
    elsewhere = factories.scene(factories.project(alice, "Another"))
    with pytest.raises(Refusal, match="within its own board"):
        shot.move(alice, elsewhere, after=None)


def test_renumbering_gives_whole_tens_again(kite: Project, alice: User) -> None:
    first = factories.shot(kite)
    factories.shot(kite)
    first.insert_after(alice)
    Shot.objects.renumber(kite, alice)
    assert order(kite) == ["010", "020", "030"]


def test_locked_codes_are_not_renumbered(kite: Project, alice: User) -> None:
    kite.codes_locked = True
    with pytest.raises(Refusal, match="locked"):
        Shot.objects.renumber(kite, alice)

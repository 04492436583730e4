"""What a shot asks for: versions that stay once something was made of them, conflicts by field, and going back."""

from __future__ import annotations

import pytest

from generation.recipe import Ingredient, Recipe, Words
from storyboard.models import Media, Project, Shot, User, Version
from storyboard.refusal import Conflict, Refusal
from tests import factories
from tests.together import together

pytestmark = pytest.mark.django_db


def picture(project: Project, name: bytes = b"one") -> Media:
    return Media.objects.keep_bytes(project, name, "image/png")


def test_a_version_nothing_was_made_of_is_written_on(shot: Shot, alice: User) -> None:
    shot.revise(alice, action="She stops.")
    assert list(shot.versions.values_list("number", "action")) == [(1, "She stops.")]


def test_a_version_with_takes_stays_and_a_new_one_is_asked_for(shot: Shot, alice: User) -> None:
    take = factories.ready_take(shot, alice)
    shot.revise(alice, action="She stops.")
    take.refresh_from_db()
    assert take.version.action == "A woman runs across a field."
    assert take.is_stale
    assert shot.current.number == 2


def test_writing_what_already_stands_changes_nothing(shot: Shot, alice: User, kite: Project) -> None:
    before = Project.objects.get(pk=kite.pk).last_event
    shot.revise(alice, action=shot.current.action)
    assert Project.objects.get(pk=kite.pk).last_event == before


def test_a_field_that_somebody_else_changed_first_is_told_with_its_author(shot: Shot, alice: User, erin: User) -> None:
    shot.revise(erin, action="Erin's words.")
    shot.revise(alice, dialogue="ALICE: Mine.")
    with pytest.raises(Conflict, match="Erin changed this") as clash:
        shot.revise(alice, base={"action": "A woman runs across a field."}, action="Alice's words.")
    assert clash.value.facts == {"field": "action", "now": "Erin's words.", "by": "Erin"}
    assert shot.current.action == "Erin's words."


def test_a_conflict_changes_none_of_the_fields_that_came_with_it(shot: Shot, alice: User, erin: User) -> None:
    shot.revise(erin, action="Erin's words.")
    with pytest.raises(Conflict):
        shot.revise(alice, base={"action": "Old.", "dialogue": ""}, action="Alice's.", dialogue="Alice's too.")
    assert Shot.objects.get(pk=shot.pk).current.dialogue == ""


def test_changes_of_different_fields_both_stay(shot: Shot, alice: User, erin: User) -> None:
    factories.ready_take(shot, alice)
    shot.revise(alice, base={"action": shot.current.action}, action="She stops.")
    shot.revise(erin, base={"dialogue": ""}, dialogue="ADA: Wait!")
    current = Shot.objects.get(pk=shot.pk).current
    assert (current.action, current.dialogue, current.number) == ("She stops.", "ADA: Wait!", 2)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_write_different_fields_at_once_both_keep_theirs(shot: Shot, alice: User, erin: User) -> None:
    factories.ready_take(shot, alice)
    mine, theirs = Shot.objects.get(pk=shot.pk), Shot.objects.get(pk=shot.pk)
    answers = together(
        lambda: mine.revise(alice, base={"action": "A woman runs across a field."}, action="She stops.").number,
        lambda: theirs.revise(erin, base={"dialogue": ""}, dialogue="ADA: Wait!").number,
    )
    current = Shot.objects.get(pk=shot.pk).current
    assert answers == [2, 2]
    assert (current.action, current.dialogue) == ("She stops.", "ADA: Wait!")


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_write_the_same_field_at_once_one_is_asked(shot: Shot, alice: User, erin: User) -> None:
    base = {"action": "A woman runs across a field."}
    mine, theirs = Shot.objects.get(pk=shot.pk), Shot.objects.get(pk=shot.pk)
    answers = together(
        lambda: mine.revise(alice, base=base, action="Alice's."),
        lambda: theirs.revise(erin, base=base, action="Erin's."),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Version"]


@pytest.mark.django_db(transaction=True)
def test_a_take_asked_for_while_somebody_writes_belongs_to_one_version_that_never_changes(
    shot: Shot, alice: User, erin: User
) -> None:
    writing = Shot.objects.get(pk=shot.pk)
    together(lambda: factories.ask(shot, alice), lambda: writing.revise(erin, action="Erin's words."))
    take = shot.takes.get()
    assert take.frozen.words.action == Version.objects.get(pk=take.version_id).action


def test_going_back_asks_for_the_old_words_and_keeps_what_was_between(shot: Shot, alice: User) -> None:
    first = shot.current
    factories.ready_take(shot, alice)
    shot.revise(alice, action="She stops.")
    shot.go_back_to(first, alice)
    assert Shot.objects.get(pk=shot.pk).current == first
    shot.revise(alice, dialogue="ADA: On!")
    assert list(shot.versions.values_list("number", "action", "dialogue")) == [
        (3, "A woman runs across a field.", "ADA: On!"),
        (2, "She stops.", ""),
        (1, "A woman runs across a field.", ""),
    ]


def test_a_version_of_another_shot_cannot_be_gone_back_to(shot: Shot, alice: User) -> None:
    with pytest.raises(Refusal, match="belongs to another shot"):
        shot.go_back_to(factories.shot(shot.project).current, alice)


def test_history_says_newest_first_what_changed_and_what_was_made(shot: Shot, alice: User) -> None:
    factories.ready_take(shot, alice)
    shot.revise(alice, action="She stops.", frames=24)
    newest, oldest = Version.objects.history(shot)
    assert newest.changed == (("action", "A woman runs across a field.", "She stops."), ("frames", 12, 24))
    assert (newest.takes, oldest.takes, oldest.changed) == (0, 1, ())


def test_a_guide_is_held_and_taken_along_into_the_next_version(shot: Shot, alice: User) -> None:
    shot.guide(alice, "first", picture(shot.project))
    factories.ready_take(shot, alice)
    shot.guide(alice, "last", picture(shot.project, b"two"))
    assert [guide.kind for guide in shot.current.guides.all()] == ["first", "last"]
    assert [guide.kind for guide in shot.versions.get(number=1).guides.all()] == ["first"]
    assert Version.objects.history(shot)[0].guides_changed


def test_a_second_picture_at_the_same_place_replaces_the_first(shot: Shot, alice: User) -> None:
    shot.guide(alice, "key", picture(shot.project), at_frame=4)
    shot.guide(alice, "key", picture(shot.project, b"two"), at_frame=4)
    assert shot.current.guides.get().media == picture(shot.project, b"two")


def test_dropping_a_guide_leaves_the_version_with_takes_as_it_was(shot: Shot, alice: User) -> None:
    guide = shot.guide(alice, "first", picture(shot.project))
    take = factories.ask(shot, alice)[0]
    shot.drop_guide(guide, alice)
    assert not shot.current.guides.exists()
    assert take.frozen.ingredient("first") is not None
    assert take.version.guides.count() == 1


def test_a_guide_outside_of_the_shot_is_refused(shot: Shot, alice: User) -> None:
    with pytest.raises(Refusal, match="frames 0 to 11; a key frame at 12 was asked"):
        shot.guide(alice, "key", picture(shot.project), at_frame=12)
    with pytest.raises(Refusal, match="there are first, last, key"):
        shot.guide(alice, "mood", picture(shot.project))


def test_a_picture_is_no_clip_and_a_clip_no_picture(shot: Shot, alice: User) -> None:
    clip = factories.clip_media(shot.project)["master"]
    with pytest.raises(Refusal, match="A depth guide is a clip; a picture was given"):
        shot.guide(alice, "depth", picture(shot.project))
    with pytest.raises(Refusal, match="A first frame guide is a picture; a clip was given"):
        shot.guide(alice, "first", clip)


def test_a_clip_is_followed_from_its_first_frame(shot: Shot, alice: User) -> None:
    clip = factories.clip_media(shot.project)["master"]
    guide = shot.guide(alice, "motion", clip)
    assert guide.ingredient(12) == Ingredient("motion", clip.sha256, media="video")


def test_a_recipe_that_followed_a_clip_holds_it_and_what_shows_it_again(shot: Shot, alice: User) -> None:
    made = factories.clip_media(shot.project)
    shown = {"poster": made["poster"], "filmstrip": made["filmstrip"]}
    guide = shot.guide(alice, "depth", made["master"], **shown)
    recipe = Recipe(engine="cogvideox_control", words=Words(), frames=12, ingredients=(guide.ingredient(12),))
    factories.ask(shot, alice, without=["depth"])
    shot.drop_guide(shot.current.guides.get(), alice)
    assert shot.follow(recipe, alice) == []
    guide = Shot.objects.get(pk=shot.pk).current.guides.get()
    assert (guide.media, guide.poster, guide.filmstrip) == (made["master"], *shown.values())


def test_a_recipe_that_is_followed_becomes_what_the_shot_asks_for(shot: Shot, alice: User) -> None:
    held = picture(shot.project)
    recipe = Recipe(
        engine="blocking",
        words=Words(action="She flies.", characters=("ADA",), size="CU"),
        frames=48,
        ingredients=(
            Ingredient("first", held.sha256),
            Ingredient("last", "0" * 64),
            Ingredient("continue", held.sha256),
        ),
    )
    assert shot.follow(recipe, alice) == ["last", "continue"]
    current = Shot.objects.get(pk=shot.pk).current
    assert (current.action, current.characters, current.size, current.frames) == ("She flies.", ["ADA"], "CU", 48)
    assert current.guides.get().media == held

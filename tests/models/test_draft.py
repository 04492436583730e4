"""A script is kept as it came and goes onto the board by one click, whole or not at all."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from storyboard.models import Draft, Event, Project, Scene, Shot, User
from storyboard.refusal import Conflict, Refusal
from tests import factories
from tests.together import together

SCRIPT = b"""Title: The Kite

INT. KITCHEN - NIGHT

MARA stands at the window. She has not slept.

MARA
It is gone.

EXT. FIELD - DAY

A red kite lies in the grass.
"""


def codes(project: Project) -> list[str]:
    return [shot.code for shot in Shot.objects.filter(project=project).in_order()]


def test_keeping_a_script_puts_nothing_on_the_board(kite: Project, alice: User) -> None:
    draft = Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice)
    assert bytes(draft.data) == SCRIPT
    assert (Scene.objects.count(), Shot.objects.count()) == (0, 0)
    assert not Event.objects.filter(kind="draft.imported").exists()


def test_the_board_is_what_the_preview_showed(kite: Project, alice: User) -> None:
    draft = Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice)
    proposed = [shot for scene in draft.propose() for shot in scene.shots]
    made = draft.make_board(alice)
    assert [shot.current.action for shot in made] == [shot.action for shot in proposed]
    assert [shot.current.frames for shot in made] == [shot.frames for shot in proposed]
    assert [scene.heading for scene in Scene.objects.order_by("position")] == [
        "INT. KITCHEN - NIGHT",
        "EXT. FIELD - DAY",
    ]
    assert codes(kite) == [f"{n * 10:03d}" for n in range(1, len(made) + 1)]


def test_the_same_script_kept_twice_waits_once(kite: Project, alice: User) -> None:
    first = Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice)
    assert Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice) == first


def test_a_board_is_made_once(kite: Project, alice: User) -> None:
    draft = Draft.objects.bring_in(kite, SCRIPT, "kite.fountain", alice)
    before = codes(kite)
    with pytest.raises(Conflict, match="on the board already"):
        draft.make_board(alice)
    assert codes(kite) == before


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_board(kite: Project, alice: User) -> None:
    draft = Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice)
    answers = together(
        lambda: Draft.objects.get(pk=draft.pk).make_board(alice),
        lambda: Draft.objects.get(pk=draft.pk).make_board(alice),
    )
    assert [isinstance(answer, Conflict) for answer in answers].count(True) == 1
    assert Scene.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_scripts_at_once_give_every_shot_a_code_of_its_own(kite: Project, alice: User) -> None:
    one = Draft.objects.keep(kite, SCRIPT, "one.fountain", alice)
    two = Draft.objects.keep(kite, SCRIPT + b"\nThe string is cut.\n", "two.fountain", alice)
    answers = together(
        lambda: Draft.objects.get(pk=one.pk).make_board(alice),
        lambda: Draft.objects.get(pk=two.pk).make_board(alice),
    )
    assert [type(answer) for answer in answers] == [list, list]
    assert len(set(codes(kite))) == sum(len(made) for made in answers)


def test_another_script_comes_behind_what_is_there(kite: Project, alice: User) -> None:
    shot = factories.shot(kite)
    before = shot.current.values()
    made = Draft.objects.bring_in(kite, SCRIPT, "kite.fountain", alice)
    shot.refresh_from_db()
    assert shot.current.values() == before
    assert codes(kite)[0] == shot.code
    assert codes(kite)[1] == "020"
    assert made.board_made_at is not None


def test_codes_go_on_after_inserted_and_omitted_shots(kite: Project, alice: User) -> None:
    shot = factories.shot(kite)
    shot.insert_after(alice)
    shot.insert_after(alice).omit(alice)
    Draft.objects.bring_in(kite, SCRIPT, "kite.fountain", alice)
    assert codes(kite)[:4] == ["010", "010B", "010A", "020"]


def test_too_many_shots_leave_the_board_as_it_was(kite: Project, alice: User, settings: Settings) -> None:
    factories.shot(kite)
    draft = Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice)
    settings.SHOTS_MAX = 2
    with pytest.raises(Refusal, match="the limit is 2"):
        draft.make_board(alice)
    draft.refresh_from_db()
    assert draft.board_made_at is None
    assert Scene.objects.count() == 1


@pytest.mark.parametrize("data", [b"", b"   \n", bytes(range(256)) * 20, b"<FinalDraft><Content>"])
def test_what_cannot_be_read_is_refused_with_a_sentence(data: bytes, kite: Project, alice: User) -> None:
    with pytest.raises(Refusal) as refused:
        Draft.objects.keep(kite, data, "x.fountain", alice)
    assert len(str(refused.value)) > 20
    assert not Draft.objects.exists()


def test_a_script_over_the_limit_is_refused(kite: Project, alice: User, settings: Settings) -> None:
    settings.SCRIPT_MAX_BYTES = 100
    with pytest.raises(Refusal):
        Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice)


def test_a_waiting_script_can_be_forgotten_and_one_on_the_board_not(kite: Project, alice: User) -> None:
    draft = Draft.objects.keep(kite, SCRIPT, "kite.fountain", alice)
    draft.discard(alice)
    assert not Draft.objects.exists()
    kept = Draft.objects.bring_in(kite, SCRIPT, "kite.fountain", alice)
    with pytest.raises(Conflict):
        kept.discard(alice)


def test_a_script_of_more_scenes_than_a_board_holds_is_refused_before_any_shot_is_proposed(
    kite: Project, alice: User, settings: Settings
) -> None:
    settings.SHOTS_MAX = 3
    data = b"\n\n".join(b"INT. ROOM %d - DAY\n\nShe waits." % n for n in range(4))
    with pytest.raises(Refusal, match="has 4 scenes; a board holds at most 3 shots"):
        Draft.objects.keep(kite, data, "", alice)


def test_plain_text_has_a_limit_of_its_own(kite: Project, alice: User, settings: Settings) -> None:
    settings.SCRIPT_PLAIN_MAX_BYTES = 1000
    with pytest.raises(Refusal, match="a script may be at most"):
        Draft.objects.keep(kite, b"INT. ROOM - DAY\n\n" + b"She waits. " * 200, "", alice)

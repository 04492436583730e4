"""What comes through the door is something a project can keep, or it is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.models import Comment, Project, Shot, User
from tests import factories
from tests.views.doors import JSON, as_, get, post

pytestmark = pytest.mark.django_db

HUGE = str(10**30)


def refused(answer: Any) -> bool:
    return answer.status_code == 422 and bool(answer.json()["error"])


@pytest.mark.parametrize(
    "frames", ["Infinity", "-Infinity", "NaN", "1e400", HUGE, f'"{HUGE}"', "null", '""', "[]", "{}"]
)
def test_a_number_that_is_no_number_of_frames_is_refused(shot: Shot, erin: User, frames: str) -> None:
    for address in (f"/shots/{shot.pk}/version/", f"/shots/{shot.pk}/trim/"):
        body = f'{{"frames": {frames}, "in": 9e99}}'
        assert refused(as_(erin).post(address, body, content_type="application/json", headers=JSON))


def test_a_place_in_the_source_that_no_clip_reaches_is_refused(shot: Shot, erin: User) -> None:
    answer = post(erin, f"/shots/{shot.pk}/trim/", {"in": 1 << 40})
    assert answer.json()["error"] == "A shot begins 0 to 1439 frames into its source; 1099511627776 was asked."


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, '{"a": NaN}', "{", "\ufeff"])
def test_what_cannot_be_read_is_refused_however_deep_it_is(kite: Project, alice: User, body: str) -> None:
    address = f"/p/{kite.pk}/name/"
    assert refused(as_(alice).post(address, body, content_type="application/json", headers=JSON))


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udc00x"])
def test_a_character_that_cannot_be_kept_is_refused_wherever_it_stands(shot: Shot, erin: User, escape: str) -> None:
    take = factories.ready_take(shot, erin)
    text = f'"She{escape}"'
    stroke = f'{{"tool": "text", "color": "red", "size": 0.1, "points": [[0, 0, 1]], "text": {text}}}'
    for address, body in (
        (f"/p/{shot.project_id}/scenes/", f'{{"heading": {text}}}'),
        (f"/shots/{shot.pk}/version/", f'{{"characters": [{text}]}}'),
        (f"/shots/{shot.pk}/takes/", f'{{"count": 1, "key": {text}}}'),
        (f"/takes/{take.pk}/comments/", f'{{"text": {text}}}'),
        (f"/takes/{take.pk}/comments/", f'{{"drawing": {{"format": 1, "strokes": [{stroke}]}}}}'),
    ):
        assert refused(as_(erin).post(address, body, content_type="application/json", headers=JSON)), address
    assert not Comment.objects.exists()


def test_a_form_with_a_null_character_is_refused(kite: Project, alice: User) -> None:
    assert refused(as_(alice).post(f"/p/{kite.pk}/name/", {"name": "Ki\0te"}, headers=JSON))


def test_a_search_for_a_null_character_finds_what_the_words_around_it_find(shot: Shot, erin: User) -> None:
    assert get(erin, f"/p/{shot.project_id}/matches/?q=woman%00runs").json() == {"shots": [shot.pk]}


def test_cards_of_impossible_numbers_are_no_cards(kite: Project, erin: User) -> None:
    assert get(erin, f"/p/{kite.pk}/cards/?shots={'9' * 5000},{HUGE}").content.strip() == b""


def test_a_drawing_outside_every_number_is_refused(shot: Shot, erin: User) -> None:
    take = factories.ready_take(shot, erin)
    stroke = {"tool": "pen", "color": "red", "size": 0.1, "points": [[10**400, 0, 1]]}
    answer = post(erin, f"/takes/{take.pk}/comments/", {"drawing": {"format": 1, "strokes": [stroke]}})
    assert answer.json()["error"].startswith("A stroke of this drawing cannot be read")

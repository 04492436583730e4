"""Remarks through their doors."""

from __future__ import annotations

import html
import json
import re

import pytest

from storyboard.models import Comment, Shot, Take, User
from tests import factories
from tests.views.doors import delete, get, patch, post

pytestmark = pytest.mark.django_db
BOX = {"tool": "box", "color": "blue", "size": 0.01, "points": [[0.0, 0.0, 0.5], [1.0, 1.0, 0.5]]}
DRAWING = {"format": 1, "strokes": [BOX]}
PAYLOAD = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def take(shot: Shot, alice: User) -> Take:
    return factories.ready_take(shot, alice)


def talk(user: User, take: Take) -> str:
    return get(user, f"/takes/{take.pk}/comments/").content.decode()


def data_of(page: str, name: str) -> list[dict[str, object]]:
    found = re.search(rf'data-{name}="([^"]*)"', page)
    assert found
    return json.loads(html.unescape(found[1]))


def test_a_reviewer_says_something_at_a_frame_and_everyone_reads_it_there(take: Take, bob: User, vera: User) -> None:
    answer = post(bob, f"/takes/{take.pk}/comments/", {"text": "Hold longer.", "frame_in": 7})
    assert answer.status_code == 201
    page = talk(vera, take)
    assert "Hold longer." in page and "f 0007" in page
    assert data_of(page, "markers") == [{"in": 7, "out": 7, "id": answer.json()["id"]}]


def test_a_drawing_comes_back_on_its_frame(take: Take, bob: User) -> None:
    made = post(bob, f"/takes/{take.pk}/comments/", {"frame_in": 3, "drawing": DRAWING}).json()
    assert data_of(talk(bob, take), "drawings") == [{"id": made["id"], "frame": 3, "value": DRAWING}]


def test_a_viewer_reads_and_is_told_who_may_speak(take: Take, vera: User) -> None:
    answer = post(vera, f"/takes/{take.pk}/comments/", {"text": "Hello"})
    assert (answer.status_code, answer.json()["error"][:47]) == (403, "You are viewer here; this needs reviewer. Ask a")


def test_an_answer_to_a_remark_on_another_take_finds_nothing(take: Take, alice: User, bob: User) -> None:
    other = factories.ready_take(take.shot, alice)
    elsewhere = Comment.objects.say(other, alice, "There.")
    answer = post(bob, f"/takes/{take.pk}/comments/", {"text": "Here.", "parent": elsewhere.pk})
    assert answer.status_code == 404


def test_a_remark_is_rewritten_resolved_reopened_and_removed(take: Take, bob: User, alice: User) -> None:
    remark = Comment.objects.say(take, bob, "Frist.", 2)
    assert patch(bob, f"/comments/{remark.pk}/", {"text": "First."}).status_code == 204
    assert post(alice, f"/comments/{remark.pk}/resolution/").status_code == 204
    assert "is-resolved" in talk(alice, take)
    assert delete(alice, f"/comments/{remark.pk}/resolution/").status_code == 204
    assert "is-resolved" not in talk(alice, take)
    assert delete(bob, f"/comments/{remark.pk}/").status_code == 204
    assert "First." not in talk(alice, take)


def test_somebody_elses_remark_is_refused_with_whose_it_is(take: Take, bob: User, alice: User) -> None:
    remark = Comment.objects.say(take, bob, "Mine.")
    for answer in (patch(alice, f"/comments/{remark.pk}/", {"text": "x"}), delete(alice, f"/comments/{remark.pk}/")):
        assert answer.status_code == 422
        assert answer.json()["error"].startswith("Only Bob can")


def test_markup_in_a_remark_a_name_or_a_drawing_is_only_text(take: Take, bob: User, vera: User) -> None:
    bob.name = PAYLOAD[:80]
    bob.save()
    letters = {"format": 1, "strokes": [BOX | {"tool": "text", "text": PAYLOAD}]}
    post(bob, f"/takes/{take.pk}/comments/", {"text": PAYLOAD, "frame_in": 1, "drawing": letters})
    page = talk(vera, take)
    assert "<img src=x" not in page and "<script>" not in page
    assert html.escape(PAYLOAD) in page


def test_the_strip_counts_threads_and_how_many_are_open(take: Take, bob: User) -> None:
    first, _ = (Comment.objects.say(take, bob, "Fix.", n) for n in (1, 2))
    Comment.objects.say(take, bob, "Yes.", parent=first)
    first.resolve(bob)
    assert 'title="2 comments, 1 open"' in get(bob, f"/takes/{take.pk}/card/").content.decode()

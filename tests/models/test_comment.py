"""Remarks: where they sit, who may change them, and what a drawing may be."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.models import Comment, Project, Take, User
from storyboard.refusal import Conflict, Refusal
from tests import factories

pytestmark = pytest.mark.django_db
STROKE = {"tool": "pen", "color": "red", "size": 0.006, "points": [[0.1, 0.2, 0.5], [0.3, 0.4, 1.0]]}


@pytest.fixture
def take(shot: Any, alice: User) -> Take:
    return factories.ready_take(shot, alice)


def drawn(**change: Any) -> dict[str, Any]:
    return {"format": 1, "strokes": [STROKE | change]}


def test_a_remark_sits_at_a_frame_over_a_range_or_on_the_whole_take(take: Take, bob: User) -> None:
    places = [Comment.objects.say(take, bob, "Here.", *frames) for frames in ((), (3,), (9, 2))]
    assert [(each.frame_in, each.frame_out) for each in places] == [(None, None), (3, 3), (2, 9)]


def test_a_frame_the_take_has_not_is_refused(take: Take, bob: User) -> None:
    for frame in (-1, 12):
        with pytest.raises(Refusal, match="frames 0 to 11"):
            Comment.objects.say(take, bob, "Here.", frame)


def test_nothing_to_say_is_refused_and_a_drawing_alone_is_enough(take: Take, bob: User) -> None:
    with pytest.raises(Refusal, match="nothing to say"):
        Comment.objects.say(take, bob, "  ", 1, drawing={"format": 1, "strokes": []})
    assert Comment.objects.say(take, bob, "", 1, drawing=drawn()).drawing == drawn()


def test_an_answer_joins_the_thread_and_never_another(take: Take, bob: User, alice: User) -> None:
    top = Comment.objects.say(take, bob, "Too fast?", 3)
    first = Comment.objects.say(take, alice, "No.", 5, parent=top)
    second = Comment.objects.say(take, bob, "Well.", parent=first)
    assert (first.parent, first.frame_in, second.parent) == (top, None, top)
    other = factories.ready_take(take.shot, alice)
    with pytest.raises(Refusal, match="another take"):
        Comment.objects.say(other, bob, "Here?", parent=top)


def test_threads_stand_by_frame_with_their_answers_and_the_whole_take_first(take: Take, bob: User) -> None:
    late, early, whole = (
        Comment.objects.say(take, bob, word, *at) for word, *at in (("late", 9), ("early", 2), ("all",))
    )
    answer = Comment.objects.say(take, bob, "answer", parent=early)
    threads = Comment.objects.threads(take)
    assert [thread.top for thread in threads] == [whole, early, late]
    assert threads[1].replies == (answer,)


def test_a_removed_remark_goes_unless_it_was_answered(take: Take, bob: User) -> None:
    alone, answered = (Comment.objects.say(take, bob, "Hm.", 1) for _ in range(2))
    Comment.objects.say(take, bob, "Yes.", parent=answered)
    alone.remove(bob)
    answered.remove(bob)
    assert [thread.top for thread in Comment.objects.threads(take)] == [answered]


def test_only_its_author_changes_or_removes_a_remark(take: Take, bob: User, alice: User) -> None:
    remark = Comment.objects.say(take, bob, "Mine.")
    for act in (lambda: remark.rewrite("Hers.", alice), lambda: remark.remove(alice)):
        with pytest.raises(Refusal, match="Only Bob can"):
            act()


def test_a_remark_that_was_removed_meanwhile_cannot_be_rewritten(take: Take, bob: User) -> None:
    remark, same = Comment.objects.say(take, bob, "Mine."), Comment.objects.get()
    remark.remove(bob)
    with pytest.raises(Conflict, match="removed meanwhile"):
        same.rewrite("Again.", bob)


def test_a_remark_too_long_to_keep_is_refused_and_never_cut(take: Take, bob: User) -> None:
    remark = Comment.objects.say(take, bob, "Short.")
    for act in (lambda: Comment.objects.say(take, bob, "x" * 5001), lambda: remark.rewrite("x" * 5001, bob)):
        with pytest.raises(Refusal, match="5001 characters; at most 5000"):
            act()


def test_resolving_twice_tells_the_log_once(take: Take, bob: User) -> None:
    remark = Comment.objects.say(take, bob, "Fix.")
    before = Project.objects.get(pk=take.project_id).last_event
    remark.resolve(bob)
    remark.resolve(bob)
    assert Project.objects.get(pk=take.project_id).last_event == before + 1
    remark.reopen(bob)
    assert Comment.objects.get().resolved_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"tool": "laser"},
        {"color": "#ff0000"},
        {"color": "red;background:url(x)"},
        {"size": 0},
        {"size": 1.5},
        {"size": float("nan")},
        {"points": []},
        {"points": [[0.1, 0.2]]},
        {"points": [[0.1, 0.2, 0.5, 0.7]]},
        {"points": [[-0.1, 0.2, 0.5]]},
        {"points": [[0.1, 1.1, 0.5]]},
        {"points": [[0.1, float("nan"), 0.5]]},
        {"points": "0.1"},
        {"tool": "text"},
        {"tool": "text", "text": "x" * 501},
        {"tool": ["pen"]},
    ],
)
def test_a_stroke_that_is_none_is_refused(take: Take, bob: User, change: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        Comment.objects.say(take, bob, "", 1, drawing=drawn(**change))


def test_what_a_drawing_has_beside_its_strokes_is_not_kept(take: Take, bob: User) -> None:
    remark = Comment.objects.say(take, bob, "", 1, drawing=drawn(onclick="alert(1)") | {"note": "x"})
    assert remark.drawing == drawn()


def test_a_drawing_of_another_format_or_too_large_is_refused(take: Take, bob: User) -> None:
    with pytest.raises(Refusal, match="format this server does not know"):
        Comment.objects.say(take, bob, "", 1, drawing={"format": 2, "strokes": []})
    with pytest.raises(Refusal, match="too large"):
        Comment.objects.say(take, bob, "", 1, drawing={"format": 1, "strokes": [STROKE] * 501})

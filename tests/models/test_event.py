"""The log: numbers follow commits, and nothing is told that did not happen."""

from __future__ import annotations

import pytest
from django.db import transaction

from storyboard.models import Event, Project, Shot, User
from tests import factories
from tests.together import together


def test_events_are_numbered_from_one_without_a_hole(kite: Project, shot: Shot, alice: User) -> None:
    shot.omit(alice)
    shot.restore(alice)
    numbers = list(kite.events.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    kite.refresh_from_db()
    assert kite.last_event == numbers[-1]


def test_what_is_rolled_back_was_never_recorded(kite: Project, alice: User) -> None:
    before = kite.events.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        kite.record("shot.moved", by=alice)
        raise RuntimeError
    assert kite.events.count() == before
    assert kite.record("shot.moved", by=alice).number == before + 1


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_get_numbers_without_holes(kite: Project, alice: User) -> None:
    def write() -> None:
        for _ in range(20):
            Project.objects.get(pk=kite.pk).record("test.written", by=alice)

    assert together(*[write] * 4) == [None] * 4
    numbers = list(kite.events.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 80


def test_a_message_carries_ids_and_no_content(kite: Project, alice: User) -> None:
    shot = factories.shot(kite, action="A secret line")
    shot.revise(alice, action="Another secret line")
    message = Event.objects.filter(project=kite).last().to_message()
    assert message == {
        "n": message["n"], "kind": "shot.revised", "shot": shot.pk, "take": None, "id": shot.pk, "by": alice.pk,
    }  # fmt: skip


def test_a_stranger_sees_no_event(kite: Project, shot: Shot, charlie: User) -> None:
    assert not Event.objects.visible_to(charlie).exists()

"""A worker's side of a take: made once, published once, and ended with a reason when it cannot be made."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from generation import catalogue, ffmpeg, tasks
from generation.recipe import Recipe
from generation.report import Desk, DeviceLost, Made, Refused, Sound
from storyboard import live
from storyboard.models import Media, Project, Shot, Status, Take, User
from storyboard.sweep import sweep
from tests import factories
from tests.running import wait_until

pytestmark = pytest.mark.django_db(transaction=True)  # the heartbeat has a connection of its own


def engine(monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    """Puts `run` where the catalogue would load an engine from."""
    monkeypatch.setattr(catalogue, "load", lambda name: SimpleNamespace(run=run))


def grey(recipe: Recipe, desk: Desk) -> Made:
    def frames() -> Iterator[np.ndarray]:
        for n in range(recipe.frames):
            desk.step(n, recipe.frames, "rendering")
            yield np.full((recipe.height, recipe.width, 3), 40 + n, np.uint8)

    return Made(frames=frames(), sidecars={"staging": b"{}"})


def test_the_blocking_engine_makes_a_take_that_plays(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert (take.status, take.error) == (Status.FINISHED, "")
    facts = ffmpeg.probe(take.proxy.path)
    assert (facts.frames, facts.rate, facts.width, facts.height) == (12, (24, 1), 640, 360)
    assert ffmpeg.is_proxy(facts)
    assert take.poster.path.stat().st_size > 1000
    assert take.filmstrip.facts["tiles"] == 12
    assert take.report["engine"] == "blocking"
    assert take.report["seconds"]["make"] > 0


def test_a_take_with_sound_is_heard_where_it_is_seen(shot: Shot, alice: User, monkeypatch: Any) -> None:
    loud = Sound(np.full((24000, 2), 0.25, np.float32), 24000)
    engine(monkeypatch, lambda recipe, desk: replace(grey(recipe, desk), sound=loud))
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert (take.status, take.error) == (Status.FINISHED, "")
    for file in (take.master, take.proxy):
        facts = ffmpeg.probe(file.path)
        assert (facts.frames, facts.channels) == (12, 2) and abs(facts.samples / facts.sample_rate - 0.5) < 0.03


def test_the_file_carries_its_own_recipe(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert Recipe.parse(ffmpeg.read_recipe(take.master.path) or "").digest == take.digest


def test_the_same_recipe_gives_the_same_picture(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    again = Take.objects.get(pk=take.pk).again(alice, exactly=True)
    tasks.make_take()
    take.refresh_from_db()
    again.refresh_from_db()
    assert ffmpeg.frame(take.master.path, 5) == ffmpeg.frame(again.master.path, 5)


def test_a_bell_with_nothing_to_do_is_harmless(shot: Shot) -> None:
    tasks.make_take()
    assert not Take.objects.exists()


def test_an_engine_that_refuses_says_why_to_the_director(shot: Shot, alice: User, monkeypatch: Any) -> None:
    def refuse(recipe: Recipe, desk: Desk) -> Made:
        raise Refused("This engine needs a first frame. Give one, then try again.")

    engine(monkeypatch, refuse)
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert (take.status, take.error) == (Status.FAILED, "This engine needs a first frame. Give one, then try again.")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk that holds the takes is full"),
        (MemoryError(), "ran out of memory"),
        (ZeroDivisionError(), "did not expect (ZeroDivisionError)"),
    ],
)
def test_whatever_breaks_ends_in_a_reason(
    shot: Shot, alice: User, monkeypatch: Any, error: Exception, sentence: str
) -> None:
    def broken(recipe: Recipe, desk: Desk) -> Made:
        def frames() -> Iterator[np.ndarray]:
            yield np.zeros((recipe.height, recipe.width, 3), np.uint8)
            raise error

        return Made(frames=frames())

    engine(monkeypatch, broken)
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert take.status == Status.FAILED
    assert sentence in take.error


def test_a_cancelled_take_stops_and_leaves_no_file(shot: Shot, alice: User, monkeypatch: Any) -> None:
    made: list[int] = []

    def slow(recipe: Recipe, desk: Any) -> Made:
        def frames() -> Iterator[np.ndarray]:
            for n in range(recipe.frames):
                if n == 3:
                    Take.objects.get().cancel(alice)
                    wait_until(lambda: desk._unwanted, "the heartbeat to hear of it", 10)
                desk.step(n, recipe.frames, "rendering")
                made.append(n)
                yield np.zeros((recipe.height, recipe.width, 3), np.uint8)

        return Made(frames=frames())

    engine(monkeypatch, slow)
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert take.status == Status.CANCELLED
    assert made == [0, 1, 2]
    assert not Media.objects.exists()


def test_a_take_given_to_another_worker_is_published_by_that_one_only(
    shot: Shot, alice: User, monkeypatch: Any
) -> None:
    def overtaken(recipe: Recipe, desk: Desk) -> Made:
        made = grey(recipe, desk)
        Take.objects.get().give_up_on_worker()
        engine(monkeypatch, grey)
        tasks.make_take()
        return made

    engine(monkeypatch, overtaken)
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert (take.status, take.tries) == (Status.FINISHED, 2)
    assert shot.project.events.filter(kind="take.finished").count() == 1


def test_open_pages_are_told_of_progress_and_shown_previews(shot: Shot, alice: User, monkeypatch: Any) -> None:
    told: list[dict[str, Any]] = []
    shown: list[bytes] = []
    monkeypatch.setattr(live, "tell", lambda project, message: told.append(message))
    monkeypatch.setattr(live, "show", lambda project, take, done, of, jpeg: shown.append(jpeg))
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    assert {message["take"] for message in told} == {take.pk}
    assert told[-1]["of"] == 12
    assert shown[0][:3] == b"\xff\xd8\xff"


def test_the_sweep_begins_a_silent_workers_take_again(shot: Shot, alice: User, settings: Any) -> None:
    settings.LEASE_SECONDS = 0
    factories.ask(shot, alice)
    Take.objects.claim()
    sweep()
    take = Take.objects.get()
    assert (take.status, take.attempt) == (Status.QUEUED, 2)


def test_a_project_sees_only_its_own_guides(kite: Project, alice: User, monkeypatch: Any) -> None:
    other = factories.project(alice, "Another")
    secret = factories.clip_media(other, shade=33)["master"]

    def curious(recipe: Recipe, desk: Desk) -> Made:
        desk.ingredient(secret.sha256)
        raise AssertionError("it was handed over")

    engine(monkeypatch, curious)
    take = factories.ask(factories.shot(kite), alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert "no longer on the disk" in take.error


def test_a_card_that_vanishes_puts_the_take_back_and_ends_the_process(
    shot: Shot, alice: User, monkeypatch: Any, settings: Any
) -> None:
    settings.ATTEMPTS_MAX = 2
    ended: list[int] = []
    monkeypatch.setattr(tasks, "_leave", lambda: ended.append(1))

    def vanished(recipe: Recipe, desk: Desk) -> Made:
        raise DeviceLost("CUDA error: unspecified launch failure")

    engine(monkeypatch, vanished)
    take = factories.ask(shot, alice)[0]
    tasks.make_take()
    take.refresh_from_db()
    assert (take.status, take.tries, ended) == (Status.QUEUED, 1, [1])
    tasks.make_take()
    take.refresh_from_db()
    assert (take.status, ended) == (Status.FAILED, [1, 1])
    assert take.error.startswith("The graphics card failed 2 times while making this. Ask for something smaller")


@pytest.mark.parametrize("text", ['{"format": 0}', '{"format": 99}', "[]", '{"tempo": 3}', "{"])
def test_a_recipe_nobody_can_read_any_more_is_a_reason(shot: Shot, alice: User, text: str) -> None:
    take = factories.ask(shot, alice)[0]
    Take.objects.filter(pk=take.pk).update(recipe=text)
    tasks.make_take()
    take.refresh_from_db()
    assert take.status == Status.FAILED and "recipe" in take.error

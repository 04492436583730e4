"""Takes of a diffusion engine through the queue: looked at half-way, finished from there, stepping aside, expiring."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone
from safetensors import SafetensorError

from generation import catalogue, ffmpeg, tasks
from generation.diffusion import residence
from generation.recipe import Ingredient
from generation.weights import Weights
from storyboard import engines
from storyboard.models import Project, Shot, Status, Take, User
from storyboard.refusal import Conflict, Refusal
from storyboard.sweep import sweep
from tests import factories
from tests.generation.tiny import cogvideox, ltx

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    ltx.build(folder)
    return folder


@pytest.fixture
def weights(settings: LazySettings, tmp_path: Path, tiny: Path) -> Weights:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    return engines.registry().add(tiny, "tiny")


@pytest.fixture
def small(alice: User) -> Shot:
    project = factories.project(alice, width=64, height=64)
    return factories.shot(project, frames=20)


def made(take: Take) -> Take:
    tasks.make_take()
    take.refresh_from_db()
    return take


def ask(shot: Shot, by: User, **how: object) -> Take:
    return Take.objects.ask(shot.project, [shot], 1, by, engine="ltx:tiny", **how)[0]


def test_a_take_is_asked_for_with_legal_frames_and_pinned_weights(small: Shot, alice: User, weights: Weights) -> None:
    recipe = ask(small, alice).frozen
    assert (recipe.frames, recipe.weights, recipe.steps) == (25, weights.pinned, 30)


def test_a_take_comes_out_whole_and_says_what_made_it(small: Shot, alice: User, weights: Weights) -> None:
    take = made(ask(small, alice))
    assert (take.status, take.error) == (Status.FINISHED, "")
    assert ffmpeg.probe(take.proxy.path).frames == 25
    assert take.report["facts"]["weights"] == weights.pinned and "torch" in take.report["libraries"]


def test_an_audition_stops_at_its_share_and_shows_what_it_has(small: Shot, alice: User, weights: Weights) -> None:
    take = made(ask(small, alice, audition=True))
    assert (take.status, take.done, take.of) == (Status.HELD, 12, 30)
    assert take.poster is not None and take.poster.content_type == "image/webp"
    assert take.state_path is not None


def test_a_finished_audition_is_the_take_it_would_have_been(small: Shot, alice: User, weights: Weights) -> None:
    whole = made(ask(small, alice, seed=5))
    take = made(ask(small, alice, seed=5, audition=True))
    take.go_on(alice)
    state = take.state_path
    take = made(take)
    assert take.status == Status.FINISHED and take.report["facts"]["steps resumed"] == 12
    assert ffmpeg.frame(take.master.path, 20) == ffmpeg.frame(whole.master.path, 20)
    assert state is not None and not state.exists()


def test_an_audition_whose_state_is_gone_begins_again(small: Shot, alice: User, weights: Weights) -> None:
    take = made(ask(small, alice, audition=True))
    assert take.state_path is not None
    take.state_path.unlink()
    take.go_on(alice)
    take = made(take)
    assert take.status == Status.FINISHED and take.report["facts"]["steps resumed"] == 0


def test_a_truncated_state_begins_again(small: Shot, alice: User, weights: Weights) -> None:
    take = made(ask(small, alice, audition=True))
    assert take.state_path is not None
    take.state_path.write_bytes(take.state_path.read_bytes()[:100])
    take.go_on(alice)
    assert made(take).report["facts"]["steps resumed"] == 0


def test_two_people_finish_one_audition_once(small: Shot, alice: User, erin: User, weights: Weights) -> None:
    take = made(ask(small, alice, audition=True))
    Take.objects.get(pk=take.pk).go_on(alice)
    with pytest.raises(Conflict):
        take.go_on(erin)


def test_a_dismissed_audition_counts_as_computing_saved(small: Shot, alice: User, weights: Weights) -> None:
    take = made(ask(small, alice, audition=True))
    take.cancel(alice)
    assert take.status == Status.CANCELLED
    assert Take.objects.filter(project=small.project).seconds_saved() > 0


def test_auditions_nobody_finishes_expire(small: Shot, alice: User, weights: Weights) -> None:
    take = made(ask(small, alice, audition=True))
    state = take.state_path
    Take.objects.filter(pk=take.pk).update(held_at=timezone.now() - timedelta(days=8))
    sweep()
    take.refresh_from_db()
    assert take.status == Status.CANCELLED and "in time" in take.error
    assert state is not None and not state.exists()


def test_a_final_steps_aside_for_a_draft_and_loses_nothing(
    small: Shot, alice: User, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = made(ask(small, alice, seed=5))
    final = made(ask(small, alice, seed=5, audition=True))
    final.go_on(alice)
    draft = ask(small, alice)
    assert Take.objects.in_line().first() == draft  # the draft first, while both wait
    Take.objects.filter(pk=draft.pk).update(is_final=True, turn=99)
    from generation.desk import Desk

    monkeypatch.setattr(Desk, "hold", lambda desk, done, of: done == 20)
    final = made(final)
    assert (final.status, final.done) == (Status.QUEUED, 20)
    monkeypatch.undo()
    final = made(final)
    assert final.status == Status.FINISHED and final.report["facts"]["steps resumed"] == 20
    assert ffmpeg.frame(final.master.path, 20) == ffmpeg.frame(whole.master.path, 20)


def test_a_running_take_that_is_paused_saves_its_step_and_goes_on_to_the_same_frames(
    small: Shot, alice: User, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.desk import Desk

    whole, take = made(ask(small, alice, seed=5)), ask(small, alice, seed=5)
    heard = threading.Event()
    wants_to_stop, step = Take.wants_to_stop, Desk.step

    def hears(row: Take) -> bool:
        wants = wants_to_stop(row)
        heard.set() if wants else None
        return wants

    def pause_at_the_tenth(desk: Desk, done: int, of: int, phase: str) -> None:
        step(desk, done, of, phase)
        if done == 10 and not heard.is_set():
            Take.objects.get(pk=take.pk).pause(alice)
            assert heard.wait(10)

    monkeypatch.setattr(Take, "wants_to_stop", hears)
    monkeypatch.setattr(Desk, "step", pause_at_the_tenth)
    take = made(take)
    assert take.status == Status.QUEUED and take.paused_at is not None and 0 < take.done < take.of
    assert made(take).status == Status.QUEUED  # passed over
    take.resume(alice)
    done = take.done
    take = made(take)
    assert take.status == Status.FINISHED and take.report["facts"]["steps resumed"] == done
    assert ffmpeg.frame(take.master.path, 20) == ffmpeg.frame(whole.master.path, 20)


def test_takes_of_loaded_weights_go_first_within_a_round(small: Shot, alice: User, weights: Weights) -> None:
    first, second = ask(small, alice), ask(small, alice)
    Take.objects.filter(pk=first.pk).update(weights="other@0000000000000000")
    assert Take.objects.all().next_for("") == first.pk
    assert Take.objects.all().next_for(weights.pinned) == second.pk
    Take.objects.filter(pk=second.pk).update(turn=first.turn + 5)
    assert Take.objects.all().next_for(weights.pinned) == first.pk


def test_weights_removed_while_queued_are_a_reason(small: Shot, alice: User, weights: Weights) -> None:
    take = ask(small, alice)
    engines.registry().remove("tiny")
    take = made(take)
    assert take.status == Status.FAILED and "register them again" in take.error


def test_an_engine_that_cannot_stop_half_way_says_so(small: Shot, alice: User) -> None:
    with pytest.raises(Refusal, match="cannot stop half-way"):
        Take.objects.ask(small.project, [small], 1, alice, audition=True)


def test_an_engine_without_weights_is_no_choice_and_says_how_to_get_them(
    small: Shot, alice: User, settings: LazySettings, tmp_path: Path
) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "none"
    assert [each.name for each in engines.choices()] == ["blocking"]
    with pytest.raises(Refusal, match="weights add"):
        Take.objects.ask(small.project, [small], 1, alice, engine="ltx")


def test_a_full_disk_while_a_state_is_saved_is_a_reason(
    small: Shot, alice: User, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def full_as_safetensors_say_it(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    where = {
        "storyboard.models.audition.copyfile": full,
        "generation.diffusion.state.save_file": full_as_safetensors_say_it,
    }
    for name, fault in where.items():
        with monkeypatch.context() as patch:
            patch.setattr(name, fault)
            take = made(ask(small, alice, audition=True))
        assert take.status == Status.FAILED and take.error.startswith("The disk that holds the takes is full")


def test_the_project_is_asked_at_the_nearest_size_the_engine_makes(alice: User, weights: Weights) -> None:
    project: Project = factories.project(alice, width=640, height=360)
    recipe = ask(factories.shot(project), alice).frozen
    assert (recipe.width, recipe.height) == (640, 352)


def test_a_profile_is_asked_for_by_name_and_recorded_in_the_recipe(small: Shot, alice: User, weights: Weights) -> None:
    assert "profile" not in ask(small, alice).frozen.settings
    assert ask(small, alice, profile="draft").frozen.settings["profile"] == "draft"
    assert ask(small, alice, profile="fast").frozen.settings["profile"] == "fast"
    for profile in ("draft", "fast"):  # of blocking, which needs neither
        with pytest.raises(Refusal, match="Ask for it exact"):
            Take.objects.ask(small.project, [small], 1, alice, profile=profile)


def test_a_draft_without_a_threshold_is_asked_for_smaller_and_can_still_be_held(alice: User, tmp_path: Path) -> None:
    cogvideox.build(tmp_path)
    engines.registry().add(tmp_path, "cogvideox")
    small = factories.shot(factories.project(alice, width=640, height=368))
    [take] = Take.objects.ask(small.project, [small], 1, alice, engine="cogvideox:cogvideox", profile="draft")
    recipe, row = take.frozen, catalogue.engine("cogvideox")
    assert recipe.settings["draft_of"] == list(row.legal_size(640, 368))
    assert (recipe.width, recipe.height) == row.draft_size(*row.legal_size(640, 368)) and recipe.width < 640
    assert take.can_stop_half_way
    least = factories.shot(factories.project(alice, width=16, height=16))
    with pytest.raises(Refusal, match=r"nothing smaller than 16 × 16 .* Ask for it exact"):
        Take.objects.ask(least.project, [least], 1, alice, engine="cogvideox:cogvideox", profile="draft")


def test_a_worker_without_torch_leaves_takes_with_weights_to_others(
    small: Shot, alice: User, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_weights = ask(small, alice)
    without = Take.objects.ask(small.project, [small], 1, alice)[0]
    monkeypatch.setattr(tasks, "find_spec", lambda name: None)
    tasks.make_take()
    tasks.make_take()
    with_weights.refresh_from_db()
    without.refresh_from_db()
    assert (with_weights.status, without.status) == (Status.QUEUED, Status.FINISHED)


def test_a_guide_that_was_deleted_while_queued_is_a_reason(small: Shot, alice: User, weights: Weights) -> None:
    take = ask(small, alice)
    recipe = replace(take.frozen, ingredients=(Ingredient("first", "0" * 64),))
    Take.objects.filter(pk=take.pk).update(recipe=recipe.canonical())
    take = made(take)
    assert take.status == Status.FAILED and "no longer on the disk. Give it again" in take.error


def test_weights_exchanged_while_queued_are_a_reason_that_names_the_file(
    small: Shot, alice: User, weights: Weights, tiny: Path, tmp_path: Path
) -> None:
    residence.clear()
    copy = Path(shutil.copytree(tiny, tmp_path / "copy"))
    engines.registry().add(copy, "tiny")
    take = ask(small, alice)
    (copy / "vae" / "config.json").write_text("{}")
    take = made(take)
    assert take.status == Status.FAILED and "vae/config.json has 2 bytes" in take.error

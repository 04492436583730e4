"""Takes to be finished: asked for at twice the size, kept so while they wait, refused where the weights cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from storyboard import engines
from storyboard.advice import Advice
from storyboard.models import Shot, Take, User
from storyboard.refusal import Refusal
from tests.generation.tiny import ltx

SMALL, LARGE = (640, 352), (1280, 704)


@pytest.fixture(autouse=True)
def weights(settings: Any, tmp_path: Path) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    for name in ("plain", "finishing"):
        ltx.build(tmp_path / name)
    ltx.add_upsampler(tmp_path / "finishing")
    for name in ("plain", "finishing"):
        engines.registry().add(tmp_path / name, name)


def ask(shot: Shot, by: User, weights: str, **inputs: Any) -> Take:
    return Take.objects.ask(shot.project, [shot], 1, by, engine=f"ltx:{weights}", seed=3, **inputs)[0]


def size(take: Take) -> tuple[int, int]:
    return take.frozen.width, take.frozen.height


def test_it_is_asked_for_at_twice_the_size_it_is_composed_at(shot: Shot, alice: User) -> None:
    plain, finished = ask(shot, alice, "finishing"), ask(shot, alice, "finishing", finish=True)
    assert size(plain) == SMALL and size(finished) == LARGE
    assert finished.frozen.settings["finish"] is True and plain.frozen.settings["finish"] is False


def test_what_it_is_thought_to_last_counts_small_steps_as_small(shot: Shot, alice: User) -> None:
    finished = ask(shot, alice, "finishing", finish=True)
    recipe = finished.frozen
    assert recipe.steps == 30
    assert finished.amount == recipe.frames * LARGE[0] * LARGE[1] * (30 / 4 + 4)


def test_weights_without_an_upsampler_are_refused_before_anything_is_queued(shot: Shot, alice: User) -> None:
    with pytest.raises(Refusal, match=r"the folder latent_upsampler is missing\. Ask for it without finish"):
        ask(shot, alice, "plain", finish=True)
    assert not Take.objects.exists()


def test_an_engine_without_a_second_pass_is_refused(shot: Shot, alice: User) -> None:
    with pytest.raises(Refusal, match="Blocking has no second pass"):
        Take.objects.ask(shot.project, [shot], 1, alice, engine="blocking", finish=True)


def test_changed_while_it_waits_it_is_still_finished_where_the_weights_can(shot: Shot, alice: User) -> None:
    take = ask(shot, alice, "finishing", finish=True)
    take.amend(alice, "ltx:finishing", seed=9)
    assert size(take) == LARGE and take.frozen.settings["finish"]
    take.amend(alice, "ltx:plain")
    assert size(take) == SMALL and not take.frozen.settings["finish"]


@pytest.mark.parametrize(("name", "disabled"), [("plain", True), ("finishing", False)])
def test_the_form_offers_it_or_says_why_not(shot: Shot, name: str, disabled: bool) -> None:
    html = render_to_string("version/_engine.html", {"advice": Advice(engines.chosen(f"ltx:{name}"), shot)})
    box = html[html.index('data-part="finish"') :]
    assert ("disabled" in box[:40]) == disabled and ("latent_upsampler is missing" in box) == disabled

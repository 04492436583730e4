"""Ways to be quicker than exact: asked for by name, refused where they go wrong, and honest about what they saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from generation import catalogue
from generation.diffusion import residence
from generation.recipe import Recipe
from generation.report import Refused
from tests.generation.contract.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx", tmp_path_factory.mktemp("ltx"))


def draft(stage: Stage, **changes: Any) -> Recipe:
    recipe = stage.recipe(**{"steps": 20} | changes)
    return replace(recipe, settings=recipe.settings | {"profile": "draft"})


def with_threshold(monkeypatch: pytest.MonkeyPatch, threshold: float) -> None:
    """The row with another threshold, wherever it is asked for by name."""
    rows = tuple(replace(row, draft_threshold=threshold) if row.name == "ltx" else row for row in catalogue.ENGINES)
    monkeypatch.setattr(catalogue, "ENGINES", rows)


def test_nothing_lossy_is_on_unless_asked_for(stage: Stage) -> None:
    made = stage.made()
    assert made.facts["profile"] == "exact" and made.notes == ()


def test_a_draft_says_how_much_it_left_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with_threshold(monkeypatch, 10.0)
    made = stage.made(draft(stage))
    assert made.facts["profile"] == "draft"
    assert "left out 19 of 40 block runs" in made.notes[0]


def test_a_draft_that_left_nothing_out_says_so_and_equals_the_exact_take(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_threshold(monkeypatch, 1e-12)
    made = stage.made(draft(stage))
    assert "left nothing out" in made.notes[0]
    assert np.array_equal(np.stack(list(made.frames)), stage.run(stage.recipe(steps=20)))


def test_a_draft_leaves_nothing_behind_for_the_next_take(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stage.run()
    with_threshold(monkeypatch, 10.0)
    stage.run(draft(stage))
    assert np.array_equal(stage.run(), before)


def test_a_draft_is_not_stopped_half_way_because_its_memory_is_not_saved(stage: Stage) -> None:
    assert len(stage.run(draft(stage), stage.desk(hold_at=3))) == stage.tiny.FRAMES


def test_too_few_steps_for_a_draft_are_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="20 steps or more, this take has 4"):
        stage.run(draft(stage, steps=4))


def test_an_unknown_profile_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="there are exact and draft"):
        stage.run(stage.recipe(settings=stage.row.settings | {"profile": "warp"}))


def test_the_profile_that_goes_wrong_on_vace_is_refused_with_the_reason(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    vace = Stage.build("wan_vace", tmp_path_factory.mktemp("wan_vace"))
    with pytest.raises(Refused, match="guides twice"):
        vace.run(draft(vace))

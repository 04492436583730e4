"""What every engine promises, whichever weights it loads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generation.diffusion import residence
from generation.recipe import GUIDE_KINDS
from generation.report import Cancelled, Held, Refused
from tests.generation.contract.stage import Stage

STILLS = ("first", "last", "key")


def test_a_take_has_exactly_the_frames_and_the_size_it_was_asked_for(stage: Stage):
    recipe = stage.recipe(frames=stage.tiny.FRAMES - 3)
    frames = stage.run(recipe)
    assert frames.shape == (recipe.frames, recipe.height, recipe.width, 3) and frames.dtype == np.uint8


def test_legal_counts_are_never_below_what_was_asked(stage: Stage):
    for asked in range(1, 60):
        legal = stage.row.legal_frames(asked)
        assert legal >= asked and (legal - stage.row.frames_plus) % stage.row.frames_step == 0
        assert legal - asked < stage.row.frames_step or legal == stage.row.frames_plus


def test_a_size_the_engine_cannot_make_is_refused_with_the_nearest_it_can(stage: Stage):
    width, height = stage.tiny.SIZE
    with pytest.raises(Refused, match=f"ask for {width} x {height}"):
        stage.run(stage.recipe(width=width + 1))


def test_the_same_recipe_gives_the_same_frames(stage: Stage):
    assert np.array_equal(stage.plain, stage.run())


def test_the_same_recipe_gives_the_same_frames_in_another_process(
    stage: Stage, tmp_path: Path, elsewhere: Callable[[dict[str, Any]], str]
):
    recipe = stage.recipe()
    job = {
        "engine": stage.row.name,
        "recipe": recipe.canonical(),
        "folder": str(tmp_path),
        "registry": str(stage.registry.location),
        "files": {digest: str(path) for digest, path in stage.files.items()},
    }
    assert elsewhere(job) == hashlib.sha256(stage.plain.tobytes()).hexdigest()


def test_another_seed_gives_other_frames(stage: Stage):
    assert not np.array_equal(stage.plain, stage.run(stage.recipe(seed=8)))


def test_other_words_give_other_frames(stage: Stage):
    if "words" in getattr(stage.tiny, "DEAF", ()):
        assert "words" in stage.row.why_not
        return
    other = replace(stage.recipe().words, action="A red car waits at the kerb")
    assert not np.array_equal(stage.plain, stage.run(stage.recipe(words=other)))


def test_every_guide_it_claims_changes_the_take(stage: Stage):
    for kind in sorted(stage.row.honours - {"camera", "staging"}):
        recipe = stage.recipe(kind)
        others = tuple(each for each in recipe.ingredients if each.kind != kind)
        guided = stage.run(replace(recipe, ingredients=(*others, stage.ingredient(kind, tone=160))))
        assert not np.array_equal(stage.plain, guided), f"{kind} changed nothing"


def test_every_guide_it_does_not_claim_is_refused_with_a_reason(stage: Stage):
    for kind in sorted(set(GUIDE_KINDS) - stage.row.honours):
        assert stage.row.why_not[kind], f"{kind} has no reason"
        with pytest.raises(Refused, match="Take that guide off this shot"):
            stage.run(stage.recipe(kind))


def test_a_setting_it_does_not_know_is_refused_by_name(stage: Stage):
    recipe = stage.recipe()
    with pytest.raises(Refused, match=f"setting 'cache', which {re.escape(stage.row.label)} does not know; .*profile"):
        stage.run(replace(recipe, settings=recipe.settings | {"cache": "faster"}))


def test_a_key_frame_outside_the_take_is_refused(stage: Stage):
    if "key" not in stage.row.honours:
        assert stage.row.why_not["key"]
        return
    ingredients = (*stage.recipe().ingredients, stage.ingredient("key", at_frame=999))
    with pytest.raises(Refused, match="key frame is set at frame 999"):
        stage.run(stage.recipe(ingredients=ingredients))


def test_progress_never_goes_back_and_names_every_step(stage: Stage):
    steps = stage.watched.steps
    bar = [done / of for done, of, phase in steps if phase != "loading the weights"]
    assert bar == sorted(bar) and bar[-1] < 1
    said = {phase for _, _, phase in steps}
    assert {f"step {n} of {stage.steps}" for n in range(1, stage.steps + 1)} <= said and "decoding" in said


def test_previews_are_small_moving_pictures(stage: Stage):
    width, height = stage.tiny.SIZE
    previews = stage.watched.previews
    assert previews
    for movie in previews:
        assert movie.ndim == 4 and movie.shape[3] == 3 and movie.dtype == np.uint8
        assert max(movie.shape[1:3]) <= 320 and abs(movie.shape[2] / movie.shape[1] - width / height) < 0.05


def test_cancelled_takes_leave_the_next_one_as_it_would_have_been(stage: Stage):
    expected = stage.plain
    for phase in ("reading the words", "step 1", "step 2", f"step {stage.steps}", "decoding"):
        with pytest.raises(Cancelled):
            stage.run(desk=stage.desk(stop=lambda done, of, said, phase=phase: said.startswith(phase)))
    assert np.array_equal(stage.run(), expected)


def test_cancelling_is_felt_inside_a_step(stage: Stage):
    said = [phase for _, _, phase in stage.watched.steps]
    assert said.count(f"step 1 of {stage.steps}") >= 2


def test_a_held_take_goes_on_to_the_same_frames(stage: Stage):
    if not stage.row.holds:
        return
    expected = stage.plain
    for at in sorted({1, stage.steps // 2, stage.steps - 1}):
        with pytest.raises(Held) as held:
            stage.run(desk=stage.desk(hold_at=at))
        assert (held.value.done, held.value.of) == (at, stage.steps)
        if at == 1:
            residence.clear()  # as another worker would find it
        made = stage.made(desk=stage.desk(state=held.value.path))
        assert np.array_equal(np.stack(list(made.frames)), expected)
        assert made.facts["steps resumed"] == at


def test_too_little_memory_walks_down_one_plan_and_says_which(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    residence.clear()
    settle, plans = residence.settle, []

    def short(folder, pinned, kind, plan, dtypes):
        plans.append(plan.name)
        if len(plans) == 1:
            raise torch.OutOfMemoryError("tried to allocate 2 GiB")
        return settle(folder, pinned, kind, plan, dtypes)

    monkeypatch.setattr(residence, "settle", short)
    made = stage.made()
    assert made.facts["plan"] == plans[1] != plans[0]
    residence.clear()


def test_the_report_says_what_made_it(stage: Stage):
    facts = stage.made().facts
    assert facts["weights"] == stage.weights.pinned and facts["steps"] == stage.steps
    assert facts["dtype"] and facts["plan"] and facts["device"] and facts["seconds"]["run the pipeline"] > 0

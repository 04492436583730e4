"""What all engines share, proven on one: states, decodes that went wrong, too little memory, weights that are gone."""

from __future__ import annotations

import numpy as np
import pytest

from generation.diffusion import check, residence
from generation.report import Held, Refused
from tests.generation.contract.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx", tmp_path_factory.mktemp("ltx"))


def test_a_state_of_another_recipe_is_not_gone_on_from(stage: Stage):
    with pytest.raises(Held) as held:
        stage.run(desk=stage.desk(hold_at=2))
    other = stage.recipe(seed=99)
    made = stage.made(other, stage.desk(state=held.value.path))
    assert made.facts["steps resumed"] == 0 and np.array_equal(np.stack(list(made.frames)), stage.run(other))


def test_a_decode_that_is_not_a_number_fails_with_a_reason(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("generation.diffusion.shooting._frames", lambda _: np.full((2, 8, 8, 3), np.nan))
    with pytest.raises(Refused, match="not numbers"):
        stage.run()


def test_too_little_memory_for_every_plan_is_a_reason(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    def short(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(residence, "settle", short)
    with pytest.raises(Refused, match="Ask for fewer frames or a smaller size"):
        stage.run()


def test_weights_that_are_gone_give_one_sentence_and_the_command(stage: Stage):
    with pytest.raises(Refused, match=r"manage\.py weights add"):
        stage.run(stage.recipe(weights="elsewhere@0123456789abcdef"))


def test_weights_that_changed_since_are_not_silently_used(stage: Stage):
    with pytest.raises(Refused, match="have changed since"):
        stage.run(stage.recipe(weights=f"{stage.weights.name}@0123456789abcdef"))


def test_black_frames_fail_with_a_reason():
    with pytest.raises(Refused, match="nothing but black frames"):
        check.sound(np.zeros((3, 8, 8, 3), np.float32), "float16")

"""What only Wan has: 16 frames a second of its own, and in 2.2 one model for the early and one for the late steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.diffusion import residence
from generation.diffusion.plan import Plan
from generation.recipe import Recipe
from generation.report import Held, Refused
from tests.generation.contract.stage import STEPS, Stage
from tests.generation.tiny import wan, wan_5b


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    residence.clear()
    return Stage.build("wan", tmp_path)


@pytest.fixture
def two_models(stage: Stage, tmp_path: Path) -> Recipe:
    wan.build(tmp_path / "two", two_models=True)
    return stage.recipe(weights=stage.registry.add(tmp_path / "two").pinned)


def test_a_take_at_24_frames_a_second_shows_the_frame_that_is_on_screen_at_16(stage: Stage):
    shown, own = stage.run(stage.recipe(frames=25, rate=(24, 1))), stage.run(stage.recipe(frames=17))
    assert len(shown) == 25 and all(np.array_equal(shown[n], own[n * 16 // 24]) for n in range(25))


def test_the_longest_take_is_81_frames_of_its_own_at_any_rate(stage: Stage):
    with pytest.raises(Refused, match="makes up to 121"):
        stage.run(stage.recipe(frames=122, rate=(24, 1)))


def test_the_early_steps_are_the_first_models_and_the_late_ones_the_seconds(stage: Stage, two_models: Recipe):
    stage.run(two_models)
    pipe, ran = residence.resident().pipe, []
    for name in ("transformer", "transformer_2"):
        getattr(pipe, name).register_forward_pre_hook(lambda *_, name=name: ran.append(name))
    stage.run(two_models)
    assert ran == ["transformer"] * 4 + ["transformer_2"] * 4  # each step runs with and without the words


def test_the_late_model_has_its_own_guidance_where_one_is_given(stage: Stage, two_models: Recipe):
    other = replace(two_models, settings=two_models.settings | {"guidance_scale_2": 2.0})
    assert not np.array_equal(stage.run(two_models), stage.run(other))


@pytest.mark.parametrize("at", range(1, STEPS))
def test_a_take_held_on_either_side_of_the_change_goes_on_to_the_same_frames(stage: Stage, two_models: Recipe, at: int):
    expected = stage.run(two_models)
    with pytest.raises(Held) as held:
        stage.run(two_models, stage.desk(hold_at=at))
    residence.clear()
    assert np.array_equal(stage.run(two_models, stage.desk(state=held.value.path)), expected)


def test_8_bit_weights_are_meant_for_both_models(stage: Stage, two_models: Recipe):
    stage.run(two_models)
    pipe = residence.resident().pipe
    residence._place(pipe, Plan("cpu", "float32", casting=True))
    for part in (pipe.transformer, pipe.transformer_2):
        assert part.blocks[0].attn1.to_q.weight.dtype == torch.float8_e4m3fn
    residence.clear()


@pytest.mark.parametrize("name", ["wan", "wan_vace", "wan_i2v", "wan_5b", "wan_animate"])
def test_the_decoder_keeps_its_own_number_format(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    residence.clear()
    stage = Stage.build(name, tmp_path)
    half = Plan("cpu", "bfloat16")
    monkeypatch.setattr("generation.diffusion.plan.plans", lambda _: (half,))
    guides = stage.row.honours - {"motion"} if name == "wan_vace" else stage.row.honours - {"continue"}
    assert stage.made(stage.recipe(*sorted(guides))).facts["dtype"] == "bfloat16"
    pipe = residence.resident().pipe
    assert pipe.vae.dtype == torch.float32 and pipe.transformer.blocks[0].attn1.to_q.weight.dtype == torch.bfloat16


@pytest.mark.parametrize("name", ["wan_i2v", "wan_5b", "wan_animate"])
def test_a_strength_that_would_not_be_heard_is_refused(name: str, tmp_path: Path):
    stage = Stage.build(name, tmp_path)
    recipe = stage.recipe("reference" if name == "wan_animate" else "first")
    weaker = tuple(replace(each, strength=0.5) for each in recipe.ingredients)
    with pytest.raises(Refused, match="set their strength to 1"):
        stage.run(replace(recipe, ingredients=weaker))


def test_weights_of_the_5b_model_are_sent_to_their_own_engine(stage: Stage, tmp_path: Path):
    wan_5b.build(tmp_path / "5b")
    with pytest.raises(Refused, match="Choose the engine Wan 5B for them"):
        stage.run(stage.recipe(weights=stage.registry.add(tmp_path / "5b").pinned))


def test_weights_of_another_size_are_not_taken_for_the_5b_model(tmp_path: Path):
    stage = Stage.build("wan_5b", tmp_path)
    wan.build(tmp_path / "other")
    with pytest.raises(Refused, match=r"are not for Wan 5B\. Choose the engine Wan"):
        stage.run(stage.recipe(weights=stage.registry.add(tmp_path / "other").pinned))


def test_the_5b_model_keeps_the_first_frame_it_is_given_and_only_that(tmp_path: Path):
    stage = Stage.build("wan_5b", tmp_path)
    stage.run(stage.recipe("first"))
    pipe, times = residence.resident().pipe, []
    pipe.transformer.register_forward_pre_hook(
        lambda part, args, kwargs: times.append(kwargs["timestep"][0].reshape(5, -1)), with_kwargs=True
    )
    stage.run(stage.recipe("first"))
    assert len(times) == 2 * STEPS
    assert all((each[0] == 0).all() and (each[1:] > 0).all() for each in times)

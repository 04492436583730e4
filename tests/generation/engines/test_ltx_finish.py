"""LTX-Video finished: composed small as a take of that size is, enlarged, and drawn in at full size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.ltx import LTXLatentUpsamplerModel

from generation.diffusion import residence
from generation.recipe import Recipe
from generation.report import Cancelled, Held, Refused
from tests.generation.contract.stage import STEPS, Stage
from tests.generation.tiny import ltx

MORE = 2  # steps of the second pass: half of four


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    stage = Stage.build("ltx", tmp_path_factory.mktemp("ltx_finish"))
    folder = stage.folder / "finishing"
    ltx.build(folder)
    ltx.add_upsampler(folder)
    return replace(stage, weights=stage.registry.add(folder))


def finished(stage: Stage, *kinds: str, **changes: Any) -> Recipe:
    settings = {"finish": True, "finish_steps": 4, "finish_strength": 0.5} | changes.pop("how", {})
    fields = {"width": 128, "height": 128, "settings": stage.row.settings | settings}
    return stage.recipe(*kinds, **fields | changes)


def pipe_of(stage: Stage) -> Any:
    """The loaded pipeline, to be watched."""
    stage.run()
    here = residence.resident()
    assert here is not None
    return here.pipe


@pytest.fixture
def enlarged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What went into the upsampler and what came out, each time."""
    real, seen = LTXLatentUpsamplerModel.forward, []

    def spied(model: LTXLatentUpsamplerModel, latents: torch.Tensor) -> torch.Tensor:
        seen.append((latents, real(model, latents)))
        return seen[-1][1]

    monkeypatch.setattr(LTXLatentUpsamplerModel, "forward", spied)
    return seen


def test_it_is_twice_the_size_it_was_composed_at(stage: Stage, enlarged: list):
    frames = stage.run(finished(stage))
    ((small, large),) = enlarged
    assert frames.shape == (25, 128, 128, 3)
    assert small.shape == (1, 8, 4, 2, 2) and large.shape == (1, 8, 4, 4, 4)


@pytest.mark.parametrize("kinds", [(), ("first", "key", "last"), ("continue",)])
def test_it_is_composed_as_the_small_take_was(
    stage: Stage, enlarged: list, monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...]
):
    pipe, decoded = pipe_of(stage), []
    decode = pipe.vae.decode
    monkeypatch.setattr(
        pipe.vae, "decode", lambda latents, *a, **k: decoded.append(latents) or decode(latents, *a, **k)
    )
    large = finished(stage, *kinds)
    stage.run(replace(large, width=64, height=64, settings=dict(stage.row.settings)))
    stage.run(large)
    assert torch.equal(enlarged[0][0], decoded[0])


def test_the_second_pass_begins_from_what_was_enlarged_under_some_of_the_noise(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    pipe, given = pipe_of(stage), []
    prepare = pipe.prepare_latents
    monkeypatch.setattr(pipe, "prepare_latents", lambda *a, **k: given.append(k) or prepare(*a, **k))
    stage.run(finished(stage))
    assert [each["latents"] is None for each in given] == [True, False]
    assert given[1]["latents"].shape == (1, 8, 4, 4, 4) and 0 < float(given[1]["sigma"]) < 1


def test_a_key_frame_reaches_both_passes_at_its_frame_and_each_at_its_size(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    pipe, calls = pipe_of(stage), []
    forward = pipe.transformer.forward
    monkeypatch.setattr(pipe.transformer, "forward", lambda *a, **k: calls.append(k) or forward(*a, **k))
    stage.run(finished(stage, ingredients=(stage.ingredient("key", at_frame=16),)))
    for call, cells in ((calls[0], 4), (calls[STEPS], 16)):
        assert call["hidden_states"].shape[1] == (1 + 4) * cells
        assert {round(float(each) * 24, 3) for each in call["video_coords"][0, 0, :cells]} == {16.0}


def test_the_bar_counts_the_steps_of_both_passes(stage: Stage):
    desk = stage.desk()
    made = stage.made(finished(stage, "key"), desk)
    said = [phase for _, _, phase in desk.steps]
    bar = [done / of for done, of, phase in desk.steps if phase != "loading the weights"]
    assert all(f"step {n} of {STEPS + MORE}" in said for n in range(1, STEPS + MORE + 1))
    assert bar == sorted(bar) and made.facts["steps"] == STEPS + MORE and desk.previews


@pytest.mark.parametrize("at", [1, STEPS, STEPS + 1])
@pytest.mark.parametrize("kinds", [(), ("first", "last")])
def test_held_in_either_pass_it_goes_on_to_the_same_frames(stage: Stage, at: int, kinds: tuple[str, ...]):
    recipe = finished(stage, *kinds)
    with pytest.raises(Held) as held:
        stage.run(recipe, stage.desk(hold_at=at))
    made = stage.made(recipe, stage.desk(state=held.value.path))
    assert np.array_equal(np.stack(list(made.frames)), stage.run(recipe)) and made.facts["steps resumed"] == at


def test_cancelled_in_the_second_pass_it_leaves_the_next_take_as_it_would_have_been(stage: Stage):
    expected = stage.plain
    with pytest.raises(Cancelled):
        stage.run(finished(stage), stage.desk(stop=lambda done, of, said: said.startswith(f"step {STEPS + 1}")))
    assert np.array_equal(stage.run(), expected)


def test_weights_with_an_upsampler_make_the_same_plain_take_as_without(stage: Stage):
    without = stage.registry.get("tiny")
    assert np.array_equal(stage.run(), stage.run(stage.recipe(weights=without.pinned)))


def test_a_draft_can_be_finished(stage: Stage):
    recipe = finished(stage, steps=20, how={"profile": "draft"})
    assert "draft profile" in stage.made(recipe).notes[0]


def test_weights_without_an_upsampler_are_refused_with_what_to_do(stage: Stage):
    without = stage.registry.get("tiny")
    with pytest.raises(Refused, match="folder latent_upsampler put beside"):
        stage.run(finished(stage, weights=without.pinned))


def test_a_size_that_has_no_half_is_refused(stage: Stage):
    with pytest.raises(Refused, match="multiples of 64"):
        stage.run(finished(stage, width=96))


@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_a_strength_that_does_nothing_or_everything_is_refused(stage: Stage, strength: float):
    with pytest.raises(Refused, match="Set a strength below 1"):
        stage.run(finished(stage, how={"finish_strength": strength}))

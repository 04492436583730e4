"""LTX-2: where stills and earlier clips reach the transformer, in frames of the take, and the sound beside them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import AutoencoderKLLTX2Video
from diffusers.pipelines.ltx2 import LTX2Vocoder

from generation.diffusion import residence
from generation.recipe import Recipe
from generation.report import Held, Sound
from tests.generation.contract.stage import STEPS, Stage
from tests.generation.tiny import ltx2

RATE = 24
CELLS = 2 * 2  # of one latent frame at 64 x 64


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx2", tmp_path_factory.mktemp("ltx2"))


def heard(stage: Stage, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the transformer is called with, each time."""
    stage.run(stage.recipe(weights=recipe.weights))  # loads the pipeline
    here = residence.resident()
    assert here is not None
    calls: list[dict[str, Any]] = []
    forward = here.pipe.transformer.forward

    def listening(*args: Any, **kwargs: Any) -> Any:
        calls.append(kwargs)
        return forward(*args, **kwargs)

    monkeypatch.setattr(here.pipe.transformer, "forward", listening)
    stage.run(recipe)
    return calls


def sound(stage: Stage, recipe: Recipe | None = None, **how: Any) -> Sound:
    found = stage.made(recipe, stage.desk(**how)).sound
    assert found is not None
    return found


@pytest.mark.parametrize("at", [1, 7, 8, 9, 16, 40, 64])
def test_a_key_frame_reaches_the_model_at_its_own_frame(stage: Stage, monkeypatch: pytest.MonkeyPatch, at: int):
    recipe = stage.recipe(frames=65, ingredients=(stage.ingredient("key", at_frame=at),))
    call = heard(stage, recipe, monkeypatch)[0]
    assert call["hidden_states"].shape[1] == (9 + 1) * CELLS
    times = call["video_coords"][0, 0, -CELLS:] * RATE
    assert times[:, 0].tolist() == pytest.approx([at] * CELLS) and times[:, 1].tolist() == pytest.approx([at + 1] * 4)


def test_a_key_frame_is_told_in_the_same_time_as_the_clip(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    recipe = stage.recipe(frames=65, ingredients=(stage.ingredient("key", at_frame=40),))
    times = heard(stage, recipe, monkeypatch)[0]["video_coords"][0, 0] * RATE
    spans = times[: 9 * CELLS : CELLS]
    assert [round(float(begin)) for begin, _ in spans] == [0, 1, 9, 17, 25, 33, 41, 49, 57]
    assert float(spans[5, 0]) <= float(times[-1, 0]) < float(spans[5, 1])


def test_a_last_frame_stands_where_the_cut_ends_not_where_the_engine_does(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    recipe = stage.recipe(ingredients=(replace(stage.ingredient("last"), at_frame=19),))
    times = heard(stage, recipe, monkeypatch)[0]["video_coords"][0, 0, -CELLS:] * RATE
    assert times[:, 0].tolist() == pytest.approx([19] * CELLS)


def test_a_first_frame_is_kept_clean_from_the_first_step(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    noise = heard(stage, stage.recipe("first"), monkeypatch)[0]["timestep"][0].reshape(-1, CELLS)
    assert (noise[0] == 0).all() and (noise[1:] > 0).all()


def test_a_weaker_key_frame_is_held_to_less(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    weak = replace(stage.ingredient("key"), strength=0.25)
    noise = heard(stage, stage.recipe(ingredients=(weak,)), monkeypatch)[0]["timestep"][0]
    assert float(noise[-1] / noise[0]) == pytest.approx(0.75)


def test_a_continuation_begins_with_the_frame_it_was_asked_from(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    recipe = stage.recipe("continue")
    noise = heard(stage, recipe, monkeypatch)[0]["timestep"][0].reshape(-1, CELLS)
    assert len(noise) == (recipe.frames + 8 - 1) // 8 + 1  # eight earlier frames are seen and then dropped
    assert (noise[:2] == 0).all() and (noise[2:] > 0).all()
    assert len(stage.run(recipe)) == recipe.frames


def test_a_key_frame_of_a_continuation_counts_from_the_take_not_from_the_earlier_clip(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    recipe = stage.recipe(ingredients=(stage.ingredient("continue"), stage.ingredient("key", at_frame=12)))
    times = heard(stage, recipe, monkeypatch)[0]["video_coords"][0, 0, -CELLS:] * RATE
    assert times[:, 0].tolist() == pytest.approx([12 + 8] * CELLS)


def test_going_on_from_the_very_beginning_of_a_clip_uses_that_one_frame(stage: Stage):
    early = replace(stage.ingredient("continue"), source_frame=2)
    assert len(stage.run(stage.recipe(ingredients=(early,)))) == stage.tiny.FRAMES


def test_a_still_is_encoded_as_it_was_given(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    real, seen = AutoencoderKLLTX2Video.encode, []
    monkeypatch.setattr(
        AutoencoderKLLTX2Video, "encode", lambda vae, clip, *a, **k: seen.append(clip) or real(vae, clip, *a, **k)
    )
    stage.run(stage.recipe("first"))
    corner = (seen[0][0, :, 0, 0, 0] + 1) * 127.5
    assert seen[0].shape[2] == 1 and corner.tolist() == pytest.approx([255 - 60, 40, 60], abs=0.01)


def test_the_sound_lasts_as_long_as_the_clip(stage: Stage):
    heard = sound(stage)
    assert heard.samples.dtype == np.float32 and heard.samples.shape[1] == 2 and np.abs(heard.samples).max() <= 1
    assert len(heard.samples) / heard.rate == pytest.approx(stage.tiny.FRAMES / RATE, abs=0.04)


def test_the_sound_of_a_continuation_begins_with_its_first_frame(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    real, made = LTX2Vocoder.forward, []
    monkeypatch.setattr(LTX2Vocoder, "forward", lambda *a, **k: made.append(real(*a, **k)) or made[-1])
    heard = sound(stage, stage.recipe("continue"))
    assert np.array_equal(heard.samples, made[0][0].T[8 * heard.rate // RATE :])  # eight frames are dropped


def test_a_held_take_goes_on_to_the_same_sound(stage: Stage):
    with pytest.raises(Held) as held:
        stage.run(desk=stage.desk(hold_at=2))
    assert np.array_equal(sound(stage, state=held.value.path).samples, sound(stage).samples)


def test_weights_of_2_3_are_guided_by_what_they_say_unsure_of_themselves_and_deaf(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    calls = heard(stage, stage.recipe(), monkeypatch)
    assert len(calls) == 3 * STEPS and all(each["use_cross_timestep"] for each in calls)
    assert [each["spatio_temporal_guidance_blocks"] for each in calls[:3]] == [None, [28], None]
    assert [each["isolate_modalities"] for each in calls[:3]] == [False, False, True]


def test_weights_of_2_0_are_run_as_they_were_made(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    ltx2.build(tmp_path / "older", newer=False)
    weights = stage.registry.add(tmp_path / "older")
    calls = heard(stage, stage.recipe(weights=weights.pinned), monkeypatch)
    assert len(calls) == 2 * STEPS and not any(each["use_cross_timestep"] for each in calls)


def test_a_pipeline_folder_written_by_the_text_pipeline_is_taken_too(stage: Stage, tmp_path: Path):
    folder = tmp_path / "text"
    shutil.copytree(stage.folder / "tiny", folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["_class_name"] = "LTX2Pipeline"
    (folder / "model_index.json").write_text(json.dumps(index))
    weights = stage.registry.add(folder)
    assert weights.pipeline in stage.row.pipelines
    assert np.array_equal(stage.run(stage.recipe(weights=weights.pinned)), stage.run())

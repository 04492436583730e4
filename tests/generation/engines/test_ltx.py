"""LTX-Video: where stills and earlier clips reach the transformer, in frames of the take and not of the latents."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generation.diffusion import residence
from tests.generation.contract.stage import Stage

RATE = 24.0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx", tmp_path_factory.mktemp("ltx"))


def heard(stage: Stage, recipe: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the transformer is called with in the first step of this recipe."""
    stage.run()  # loads the pipeline
    here = residence.resident()
    assert here is not None
    calls: list[dict[str, Any]] = []
    forward = here.pipe.transformer.forward

    def listening(*args: Any, **kwargs: Any) -> Any:
        calls.append(kwargs)
        return forward(*args, **kwargs)

    monkeypatch.setattr(here.pipe.transformer, "forward", listening)
    stage.run(recipe)
    return calls[0]


def frames_of(coordinates: torch.Tensor, tokens: slice) -> list[float]:
    return sorted({round(float(each) * RATE, 3) for each in coordinates[0, 0, tokens]})


def test_a_key_frame_at_40_reaches_the_model_at_frame_40(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = stage.recipe(frames=65)
    recipe = replace(recipe, ingredients=(stage.ingredient("key", at_frame=40),))
    call = heard(stage, recipe, monkeypatch)
    cells = 2 * 2  # of one latent frame at 64 x 64
    clip = (65 - 1) // 8 + 1
    assert call["hidden_states"].shape[1] == (clip + 1) * cells
    assert frames_of(call["video_coords"], slice(0, cells)) == [40.0]


def test_a_last_frame_stands_where_the_cut_ends_not_where_the_engine_does(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(stage.recipe(frames=25), ingredients=(replace(stage.ingredient("last"), at_frame=19),))
    call = heard(stage, recipe, monkeypatch)
    assert frames_of(call["video_coords"], slice(0, 4)) == [19.0]


def test_a_first_frame_is_kept_clean_from_the_first_step(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    call = heard(stage, stage.recipe("first"), monkeypatch)
    noise = call["timestep"][0]
    assert (noise[:4] == 0).all() and (noise[4:] > 0).all()


def test_a_continuation_begins_with_the_frame_it_was_asked_from(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = stage.recipe("continue")
    call = heard(stage, recipe, monkeypatch)
    noise = call["timestep"][0].reshape(-1, 4)
    assert len(noise) == (recipe.frames + 8 - 1) // 8 + 1  # eight earlier frames are seen and then dropped
    assert (noise[:2] == 0).all() and (noise[2:] > 0).all()
    assert len(stage.run(recipe)) == recipe.frames


def test_going_on_from_the_very_beginning_of_a_clip_uses_that_one_frame(stage: Stage) -> None:
    recipe = stage.recipe("continue")
    early = tuple(replace(each, source_frame=2) for each in recipe.ingredients)
    assert len(stage.run(replace(recipe, ingredients=early))) == recipe.frames


def test_a_pipeline_folder_written_by_the_text_pipeline_is_taken_too(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "text"
    shutil.copytree(stage.folder / "tiny", folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["_class_name"] = "LTXPipeline"
    (folder / "model_index.json").write_text(json.dumps(index))
    weights = stage.registry.add(folder)
    assert weights.pipeline in stage.row.pipelines
    assert np.array_equal(stage.run(stage.recipe(weights=weights.pinned)), stage.run())

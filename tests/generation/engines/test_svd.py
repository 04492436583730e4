"""What only Stable Video Diffusion has: an amount of motion, and a picture instead of words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from diffusers import StableVideoDiffusionPipeline

from generation.diffusion import residence
from generation.report import Refused
from tests.generation.contract.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    residence.clear()
    return Stage.build("svd", tmp_path)


def test_the_amount_of_motion_is_a_setting_of_the_recipe(stage: Stage):
    calm = stage.run(stage.recipe(settings=stage.row.settings | {"motion_bucket_id": 10}))
    wild = stage.run(stage.recipe(settings=stage.row.settings | {"motion_bucket_id": 250}))
    assert not np.array_equal(calm, wild)


def test_the_chosen_frame_of_a_clip_is_what_a_take_goes_on_from(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    real, seen = StableVideoDiffusionPipeline._encode_image, []

    def spied(pipe, image, *rest):
        seen.append(np.asarray(image))
        return real(pipe, image, *rest)

    monkeypatch.setattr(StableVideoDiffusionPipeline, "_encode_image", spied)
    stage.run(stage.recipe("continue"))
    assert abs(int(seen[0][0, -1, 1]) - 3 * 20) < 8  # the clip's frame n is 3n green


def test_without_a_picture_there_is_a_reason(stage: Stage):
    with pytest.raises(Refused, match="give the shot a first frame"):
        stage.run(stage.recipe(ingredients=()))

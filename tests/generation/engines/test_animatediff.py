"""What only AnimateDiff has: a guide that may be missing, followed as strongly as it is asked to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AnimateDiffControlNetPipeline

from generation.diffusion import residence
from generation.report import Refused
from tests.generation.contract.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    residence.clear()
    return Stage.build("animatediff", tmp_path)


def test_each_frame_follows_the_guide_at_its_own_time(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    real, seen = AnimateDiffControlNetPipeline.prepare_video, []

    def spied(pipe, **how):
        seen.append(real(pipe, **how))
        return seen[-1]

    monkeypatch.setattr(AnimateDiffControlNetPipeline, "prepare_video", spied)
    stage.run(stage.recipe("depth", frames=28, rate=(24, 1)))
    green = seen[0].chunk(2)[0][:, 1, 0, -1] * 255
    assert torch.allclose(green, 3 * torch.tensor([0.0, 3, 6, 9, 12, 15, 18, 21, 24, 27]), atol=8)


def test_a_guide_of_no_strength_changes_nothing(stage: Stage):
    weak = replace(stage.ingredient("depth"), strength=0.0)
    full = replace(weak, strength=1.0)
    plain = stage.run()
    assert np.array_equal(stage.run(stage.recipe(ingredients=(weak,))), plain)
    assert not np.array_equal(stage.run(stage.recipe(ingredients=(full,))), plain)


def test_depth_and_motion_at_once_are_refused(stage: Stage):
    with pytest.raises(Refused, match="take one of them off"):
        stage.run(stage.recipe("depth", "motion"))

"""What only Wan Animate has: a person, a pose clip, and takes made in two segments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import WanAnimatePipeline

from generation import ffmpeg
from generation.blocking.stills import covering
from generation.diffusion import residence
from generation.engines import wan_animate
from generation.report import Held, Refused
from tests.generation.contract.stage import STEPS, Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("wan_animate", tmp_path_factory.mktemp("wan_animate"))


@pytest.fixture
def posed(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Every run of poses that is encoded, as (3, frames, height, width) between -1 and 1."""
    real, seen = WanAnimatePipeline.prepare_pose_latents, []

    def spied(pipe: WanAnimatePipeline, poses: torch.Tensor, *args, **kwargs):
        seen.append(poses[0])
        return real(pipe, poses, *args, **kwargs)

    monkeypatch.setattr(WanAnimatePipeline, "prepare_pose_latents", spied)
    return seen


@pytest.fixture
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes of 17 frames are made in two segments of 9 with one frame in common."""
    monkeypatch.setattr(wan_animate, "SEGMENT", 9)


@pytest.mark.parametrize(("rate", "frames"), [((30, 1), 17), ((24, 1), 14)])
def test_the_pose_clip_is_followed_frame_by_frame(stage: Stage, posed: list, rate: tuple[int, int], frames: int):
    motion = stage.ingredient("motion")
    stage.run(stage.recipe(rate=rate, frames=frames))
    clip = [covering(each, *stage.tiny.SIZE) for each in ffmpeg.frames(stage.files[motion.sha256], 0, 32)]
    assert posed[0].shape[1] == (21 if rate == (24, 1) else 17)
    for n in range(posed[0].shape[1]):
        expected = clip[-(-n * rate[0] // 30)] / 127.5 - 1
        assert np.abs(posed[0][:, n].permute(1, 2, 0).numpy() - expected).max() < 1e-3


def test_a_long_take_is_made_in_two_segments_of_the_same_poses(stage: Stage, posed: list, short_segments: None):
    frames = stage.run()
    assert len(frames) == 17 and [each.shape[1] for each in posed] == [9, 9]
    assert torch.equal(posed[0][:, 8], posed[1][:, 0])


def test_the_bar_counts_the_steps_of_both_segments(stage: Stage, short_segments: None):
    desk = stage.desk()
    stage.run(desk=desk)
    bar = [done / of for done, of, phase in desk.steps if phase != "loading the weights"]
    assert bar == sorted(bar) and f"step {2 * STEPS} of {2 * STEPS}" in {phase for _, _, phase in desk.steps}


@pytest.mark.parametrize("at", [2, STEPS, STEPS + 1, 2 * STEPS - 1])
def test_a_long_take_held_in_either_segment_goes_on_to_the_same_frames(stage: Stage, short_segments: None, at: int):
    expected = stage.run()
    with pytest.raises(Held) as held:
        stage.run(desk=stage.desk(hold_at=at))
    residence.clear()
    assert np.array_equal(stage.run(desk=stage.desk(state=held.value.path)), expected)


def test_a_long_take_held_in_both_segments_goes_on_to_the_same_frames(stage: Stage, short_segments: None):
    with pytest.raises(Held) as held:
        stage.run(desk=stage.desk(hold_at=STEPS + 1))
    with pytest.raises(Held) as again:
        stage.run(desk=stage.desk(state=held.value.path, hold_at=STEPS + 2))
    assert np.array_equal(stage.run(desk=stage.desk(state=again.value.path)), stage.run())


def test_a_shot_of_one_frame_is_made(stage: Stage):
    assert len(stage.run(stage.recipe(frames=1))) == 1


@pytest.mark.parametrize(("kind", "what"), [("reference", "a reference picture"), ("motion", "a motion clip")])
def test_what_it_needs_is_asked_for(stage: Stage, kind: str, what: str):
    recipe = stage.recipe()
    without = tuple(each for each in recipe.ingredients if each.kind != kind)
    with pytest.raises(Refused, match=f"exactly {what}.* gives 0"):
        stage.run(replace(recipe, ingredients=without))


def test_two_people_are_one_too_many(stage: Stage):
    recipe = stage.recipe()
    with pytest.raises(Refused, match="gives 2"):
        stage.run(replace(recipe, ingredients=(*recipe.ingredients, stage.ingredient("reference", tone=90))))

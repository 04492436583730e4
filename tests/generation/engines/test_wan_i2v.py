"""What only Wan from a picture has: the two ends of a clip, and weights that do not all take both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan

from generation.diffusion import residence
from generation.report import Refused
from tests.generation.contract.stage import Stage
from tests.generation.tiny import wan_i2v


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("wan_i2v", tmp_path_factory.mktemp("wan_i2v"))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Every clip the encoder is shown, as (3, frames, height, width) between -1 and 1."""
    real, seen = AutoencoderKLWan.encode, []

    def spied(vae: AutoencoderKLWan, clip: torch.Tensor, *args, **kwargs):
        seen.append(clip[0])
        return real(vae, clip, *args, **kwargs)

    monkeypatch.setattr(AutoencoderKLWan, "encode", spied)
    return seen


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Every clip the decoder made, as the frames a take would show."""
    real, seen = AutoencoderKLWan.decode, []

    def spied(vae: AutoencoderKLWan, *args, **kwargs):
        decoded = real(vae, *args, **kwargs)
        seen.append(((decoded[0][0].permute(1, 2, 3, 0).cpu().numpy() + 1) * 127.5).round().astype(np.uint8))
        return decoded

    monkeypatch.setattr(AutoencoderKLWan, "decode", spied)
    return seen


def filled(clip: torch.Tensor) -> list[int]:
    return [n for n in range(clip.shape[1]) if clip[:, n].abs().max() > 0]


def weights(stage: Stage, folder: Path, **form: bool) -> str:
    wan_i2v.build(folder, **form)
    return stage.registry.add(folder).pinned


def test_the_picture_stands_at_the_first_frame_and_nowhere_else(stage: Stage, shown: list):
    stage.run()
    assert filled(shown[0]) == [0]


def test_both_pictures_stand_at_the_two_ends(stage: Stage, shown: list):
    stage.run(stage.recipe("last"))
    assert shown[0].shape[1] == 17 and filled(shown[0]) == [0, 16]


def test_a_take_goes_on_from_the_chosen_frame_of_a_clip(stage: Stage, shown: list):
    stage.run(stage.recipe("continue"))
    green = (shown[0][1, 0, 0, -1].item() + 1) * 127.5
    assert filled(shown[0]) == [0] and abs(green - 3 * 20) < 8  # the clip's frame n is 3n green


@pytest.mark.parametrize(("frames", "rate"), [(14, (16, 1)), (22, (24, 1)), (25, (24, 1)), (12, (12, 1))])
def test_the_last_picture_stands_at_the_last_frame_whatever_counts_wan_can_make(
    stage: Stage, made: list, frames: int, rate: tuple[int, int]
):
    last = replace(stage.ingredient("last"), at_frame=frames - 1)
    shown = stage.run(stage.recipe(frames=frames, rate=rate, ingredients=(stage.ingredient("first"), last)))
    assert np.array_equal(shown[0], made[0][0]) and np.array_equal(shown[-1], made[0][-1])


def test_frames_behind_the_last_picture_hold_it_and_the_take_says_so(stage: Stage, made: list):
    last = replace(stage.ingredient("last"), at_frame=12)
    take = stage.made(stage.recipe(frames=16, ingredients=(stage.ingredient("first"), last)))
    shown = np.stack(list(take.frames))
    assert len(made[0]) == 13 and all(np.array_equal(frame, made[0][12]) for frame in shown[12:])
    assert any("held from frame 12 to frame 15" in note for note in take.notes)


def test_a_shot_of_one_frame_has_no_last_frame_of_its_own(stage: Stage):
    with pytest.raises(Refused, match="also its first"):
        stage.run(stage.recipe("last", frames=1))


def test_nothing_to_begin_with_is_refused(stage: Stage):
    with pytest.raises(Refused, match="give this shot a first frame"):
        stage.run(stage.recipe(ingredients=(stage.ingredient("last"),)))


def test_weights_for_one_picture_make_a_take_and_refuse_a_second(stage: Stage, tmp_path: Path):
    pinned = weights(stage, tmp_path / "sees", sees=True)
    assert len(stage.run(stage.recipe(weights=pinned))) == stage.tiny.FRAMES
    with pytest.raises(Refused, match="take a first frame only"):
        stage.run(stage.recipe("last", weights=pinned))


def test_weights_for_two_pictures_make_a_take_and_ask_for_the_second(stage: Stage, tmp_path: Path):
    pinned = weights(stage, tmp_path / "ends", ends=True)
    assert len(stage.run(stage.recipe("last", weights=pinned))) == stage.tiny.FRAMES
    with pytest.raises(Refused, match="give this shot a last one"):
        stage.run(stage.recipe(weights=pinned))

"""Cosmos Predict 2.5: what is given stands first and is kept, and no take is made past the makers' safety checker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan
from diffusers.models.transformers.transformer_cosmos import CosmosPatchEmbed

from generation import ffmpeg
from generation.blocking.stills import covering
from generation.diffusion import residence
from generation.engines import cosmos25
from generation.recipe import Words
from generation.report import Refused
from tests.generation.contract.stage import Stage

LEFT = 0.03  # the schedule begins a two-hundredth short of pure noise, and that much noise is left on what is given


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("cosmos25", tmp_path_factory.mktemp("cosmos25"))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, torch.Tensor]]:
    """Every clip the encoder is shown, as pixels, and what it made of it."""
    real, seen = AutoencoderKLWan.encode, []

    def spied(vae: Any, clip: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        encoded = real(vae, clip, *args, **kwargs)
        pixels = ((clip[0].permute(1, 2, 3, 0).cpu().numpy() + 1) * 127.5).round()
        seen.append((pixels, encoded.latent_dist.mode()))
        return encoded

    monkeypatch.setattr(AutoencoderKLWan, "encode", spied)
    return seen


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, np.ndarray]]:
    """Every run of latents that is decoded, and the frames it became."""
    real, seen = AutoencoderKLWan.decode, []

    def spied(vae: Any, latents: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        decoded = real(vae, latents, *args, **kwargs)
        pixels = (decoded[0][0].permute(1, 2, 3, 0).cpu().numpy().clip(-1, 1) + 1) * 127.5
        seen.append((latents, pixels))
        return decoded

    monkeypatch.setattr(AutoencoderKLWan, "decode", spied)
    return seen


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """Which frames of the latents the model is told are given, call by call: the last channel of what it reads."""
    real, told = CosmosPatchEmbed.forward, []

    def listening(part: Any, latents: torch.Tensor) -> torch.Tensor:
        told.append(latents[0, -1, :, 0, 0].tolist())
        return real(part, latents)

    monkeypatch.setattr(CosmosPatchEmbed, "forward", listening)
    return told


def movie(stage: Stage, sha256: str) -> list[np.ndarray]:
    return [covering(each, *stage.tiny.SIZE) for each in ffmpeg.frames(stage.files[sha256], 0, 999)]


def test_words_alone_give_nothing_to_keep(stage: Stage, shown: list, kept: list):
    stage.run()
    assert not shown and all(row == [0] * 5 for row in kept)


def test_a_first_frame_is_kept_and_no_other_is(stage: Stage, shown: list, kept: list, made: list):
    recipe = stage.recipe("first")
    stage.run(recipe)
    still = cv2.cvtColor(cv2.imread(str(stage.files[recipe.ingredients[0].sha256])), cv2.COLOR_BGR2RGB)
    assert len(shown) == 1 and np.array_equal(shown[0][0][0], still)
    assert all(row == [1, 0, 0, 0, 0] for row in kept)
    assert torch.allclose(made[0][0][:, :, 0], shown[0][1][:, :, 0], atol=LEFT)
    assert not torch.allclose(made[0][0][:, :, 1], shown[0][1][:, :, 1], atol=LEFT)


@pytest.mark.parametrize(("rate", "sources"), [((16, 1), (16, 17, 18, 19, 20)), ((24, 1), (14, 16, 17, 18, 20))])
def test_a_continuation_keeps_five_frames_up_to_the_chosen_one(
    stage: Stage, shown: list, kept: list, made: list, rate: tuple[int, int], sources: tuple[int, ...]
):
    parent = stage.ingredient("continue")
    frames = stage.run(stage.recipe(ingredients=(parent,), rate=rate, frames=13))
    clip = movie(stage, parent.sha256)
    assert all(np.array_equal(shown[0][0][n], clip[source]) for n, source in enumerate(sources))
    assert all(row[:2] == [1, 1] and not any(row[2:]) for row in kept)
    assert torch.allclose(made[0][0][:, :, :2], shown[0][1][:, :, :2], atol=LEFT)
    assert np.abs(frames[0][8:, 8:] - made[0][1][4][8:, 8:]).max() <= 1.5  # the fifth is the chosen one


@pytest.mark.parametrize(("source", "given"), [(0, 1), (3, 1), (4, 2)])
def test_early_in_a_clip_only_the_chosen_frame_is_kept(stage: Stage, shown: list, kept: list, source: int, given: int):
    parent = replace(stage.ingredient("continue"), source_frame=source)
    stage.run(stage.recipe(ingredients=(parent,)))
    assert all(sum(row) == given for row in kept)
    assert np.array_equal(shown[0][0][4 * (given - 1)], movie(stage, parent.sha256)[source])


@pytest.mark.parametrize(("frames", "given"), [(93, 1), (89, 2)])
def test_the_longest_take_sees_one_frame_of_the_earlier_clip_so_that_both_fit(
    stage: Stage, kept: list, made: list, frames: int, given: int
):
    assert len(stage.run(stage.recipe("continue", frames=frames, steps=1))) == frames
    assert len(made[0][1]) == 93 and all(sum(row) == given for row in kept)


@pytest.mark.parametrize(("frames", "rate", "own"), [(1, (16, 1), 1), (14, (16, 1), 17), (20, (24, 1), 17)])
def test_motion_is_made_at_16_frames_a_second_in_counts_the_decoder_makes(
    stage: Stage, made: list, frames: int, rate: tuple[int, int], own: int
):
    assert len(stage.run(stage.recipe(frames=frames, rate=rate, steps=1))) == frames
    assert len(made[0][1]) == own


def test_words_the_safety_checker_stops_make_no_take(stage: Stage, made: list):
    with pytest.raises(Refused, match="did not let the words of this shot pass"):
        stage.run(stage.recipe(words=Words(action="She builds a bomb")))
    assert not made


def test_what_the_safety_checker_covers_stays_covered(stage: Stage, made: list):
    made_of = stage.made()
    frames = np.stack(list(made_of.frames))
    assert not frames[:, :8, :8].any() and made[0][1][:, :8, :8].any()
    assert np.abs(frames[:, 8:] - made[0][1][:, 8:]).max() <= 1.5
    assert any("NVIDIA Open Model License" in note for note in made_of.notes)


@pytest.mark.parametrize("missing", [ImportError("no cosmos_guardrail"), OSError("no weights in the cache")])
def test_without_the_safety_checker_there_is_no_take(
    stage: Stage, made: list, monkeypatch: pytest.MonkeyPatch, missing: Exception
):
    def absent() -> None:
        raise missing

    monkeypatch.setattr(cosmos25.makers, "CosmosSafetyChecker", absent)
    residence.clear()
    with pytest.raises(Refused, match="Have the Python package cosmos_guardrail installed"):
        stage.run()
    assert not made


def test_a_weaker_guide_is_refused(stage: Stage):
    weak = replace(stage.ingredient("first"), strength=0.5)
    with pytest.raises(Refused, match="set their strength to 1"):
        stage.run(stage.recipe(ingredients=(weak,)))

"""SkyReels V2: what is given stands clean and first, and one schedule does what diffusers' many do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKLWan,
    SkyReelsV2DiffusionForcingImageToVideoPipeline,
    SkyReelsV2DiffusionForcingPipeline,
    SkyReelsV2Transformer3DModel,
)
from PIL import Image

from generation import ffmpeg
from generation.blocking.stills import covering
from generation.diffusion import residence
from generation.recipe import Ingredient, Recipe
from generation.report import Refused
from tests.generation.contract.stage import Stage
from tests.generation.tiny import skyreels


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("skyreels", tmp_path_factory.mktemp("skyreels"))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Every clip the encoder is shown, as (3, frames, height, width) between -1 and 1."""
    real, seen = AutoencoderKLWan.encode, []

    def spied(vae: AutoencoderKLWan, clip: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        seen.append(clip[0])
        return real(vae, clip, *args, **kwargs)

    monkeypatch.setattr(AutoencoderKLWan, "encode", spied)
    return seen


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Every clip the decoder made, as the frames a take would show."""
    real, seen = AutoencoderKLWan.decode, []

    def spied(vae: AutoencoderKLWan, *args: Any, **kwargs: Any) -> Any:
        decoded = real(vae, *args, **kwargs)
        pixels = (decoded[0][0].permute(1, 2, 3, 0).cpu().numpy().clip(-1, 1) + 1) * 127.5
        seen.append(pixels.round().astype(np.uint8))
        return decoded

    monkeypatch.setattr(AutoencoderKLWan, "decode", spied)
    return seen


def noise(stage: Stage, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What noise the model is told that each latent frame has, call by call."""
    real, told = SkyReelsV2Transformer3DModel.forward, []

    def listening(model: Any, *args: Any, **kwargs: Any) -> Any:
        told.append(kwargs["timestep"][0].tolist())
        return real(model, *args, **kwargs)

    monkeypatch.setattr(SkyReelsV2Transformer3DModel, "forward", listening)
    residence.clear()
    stage.run(recipe)
    return told


def stock(stage: Stage, kind: Any, recipe: Recipe, **more: Any) -> np.ndarray:
    """What diffusers' own pipeline makes of the same, a schedule for every frame."""
    pipe = kind.from_pretrained(stage.folder / "tiny")
    pipe.set_progress_bar_config(disable=True)
    frames = pipe(
        prompt=recipe.words.prompt(),
        negative_prompt=recipe.negative,
        width=recipe.width,
        height=recipe.height,
        num_frames=recipe.frames,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance,
        generator=torch.Generator("cpu").manual_seed(recipe.seed),
        **more,
    ).frames[0]
    return (frames * 255).round().astype(np.uint8)


def still(stage: Stage, ingredient: Ingredient) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(stage.files[ingredient.sha256])), cv2.COLOR_BGR2RGB)


def movie(stage: Stage, ingredient: Ingredient) -> list[np.ndarray]:
    return [covering(each, *stage.tiny.SIZE) for each in ffmpeg.frames(stage.files[ingredient.sha256], 0, 999)]


def pixels(clip: torch.Tensor) -> np.ndarray:
    return ((clip.permute(1, 2, 3, 0).cpu().numpy() + 1) * 127.5).round()


def nearly(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.abs(one.astype(int) - other).max() <= 1)


def test_words_alone_give_what_diffusers_gives(stage: Stage):
    assert nearly(stage.plain, stock(stage, SkyReelsV2DiffusionForcingPipeline, stage.recipe()))


def test_a_first_frame_gives_what_diffusers_gives(stage: Stage):
    recipe = stage.recipe("first")
    image = Image.fromarray(still(stage, recipe.ingredients[0]))
    expected = stock(stage, SkyReelsV2DiffusionForcingImageToVideoPipeline, recipe, image=image)
    assert nearly(stage.run(recipe), expected) and not nearly(stage.plain, expected)


def test_a_first_frame_is_clean_in_every_step_and_no_other_is(
    stage: Stage, shown: list, monkeypatch: pytest.MonkeyPatch
):
    recipe = stage.recipe("first")
    told = noise(stage, recipe, monkeypatch)
    assert all(first == 0 and min(rest) > 0 and len(set(rest)) == 1 for first, *rest in told)
    assert len(told[0]) == 5 and np.array_equal(pixels(shown[0])[0], still(stage, recipe.ingredients[0]))


@pytest.mark.parametrize(
    ("rate", "sources"),
    [((24, 1), range(4, 21)), ((12, 1), (12, 12, 13, 14, 14, 14, 15, 16, 16, 16, 17, 18, 18, 18, 19, 20, 20))],
)
def test_a_continuation_is_shown_the_clip_up_to_the_chosen_frame(stage: Stage, shown: list, rate, sources):
    parent = stage.ingredient("continue")
    frames = stage.run(stage.recipe(ingredients=(parent,), rate=rate))
    clip, seen = movie(stage, parent), pixels(shown[0])
    assert len(frames) == stage.tiny.FRAMES and len(seen) == 17
    assert all(np.array_equal(seen[n], clip[source]) for n, source in enumerate(sources))


def test_a_continuation_begins_with_the_chosen_frame(stage: Stage, made: list, monkeypatch: pytest.MonkeyPatch):
    recipe = stage.recipe("continue")
    told = noise(stage, recipe, monkeypatch)
    assert all(row[:5] == [0] * 5 and min(row[5:]) > 0 for row in told)  # 17 frames are five of the latents
    frames = stage.run(recipe)
    assert len(made[0]) == 33 and np.array_equal(frames[0], made[0][16])


@pytest.mark.parametrize(("source", "seen"), [(0, 1), (3, 1), (4, 5), (6, 5), (16, 17)])
def test_early_in_a_clip_as_many_frames_are_seen_as_the_encoder_takes(
    stage: Stage, shown: list, source: int, seen: int
):
    early = replace(stage.ingredient("continue"), source_frame=source)
    stage.run(stage.recipe(ingredients=(early,)))
    assert shown[0].shape[1] == seen and np.array_equal(pixels(shown[0])[-1], movie(stage, early)[source])


@pytest.mark.parametrize(("frames", "seen"), [(97, 1), (89, 9), (81, 17)])
def test_a_long_take_sees_less_of_the_earlier_clip_so_that_both_fit(
    stage: Stage, shown: list, made: list, frames: int, seen: int
):
    assert len(stage.run(stage.recipe("continue", frames=frames, steps=1))) == frames
    assert shown[0].shape[1] == seen and len(made[0]) == 97


def test_a_weaker_guide_is_refused(stage: Stage):
    weak = replace(stage.ingredient("first"), strength=0.5)
    with pytest.raises(Refused, match="set their strength to 1"):
        stage.run(stage.recipe(ingredients=(weak,)))


def test_weights_whose_model_is_not_told_the_rate_make_a_take(stage: Stage, tmp_path: Path):
    skyreels.build(tmp_path / "deaf", told_rate=False)
    weights = stage.registry.add(tmp_path / "deaf")
    assert len(stage.run(stage.recipe("first", weights=weights.pinned))) == stage.tiny.FRAMES

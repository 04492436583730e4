"""HunyuanVideo from a picture: where the picture goes, in each sort of weights, and what of the clip is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo, AutoencoderKLHunyuanVideo15, HunyuanVideoImageToVideoPipeline
from diffusers.models.transformers.transformer_hunyuan_video import HunyuanVideoPatchEmbed
from diffusers.models.transformers.transformer_hunyuan_video15 import HunyuanVideo15PatchEmbed
from diffusers.pipelines.hunyuan_video1_5.image_processor import HunyuanVideo15ImageProcessor
from PIL import Image

from generation import ffmpeg
from generation.blocking.stills import covering
from generation.diffusion import residence
from generation.recipe import Ingredient
from generation.report import Held, Refused
from tests.generation.contract.stage import Stage
from tests.generation.tiny import hunyuan_i2v

ENCODERS = (AutoencoderKLHunyuanVideo, AutoencoderKLHunyuanVideo15)
READERS = (HunyuanVideoPatchEmbed, HunyuanVideo15PatchEmbed)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("hunyuan_i2v", tmp_path_factory.mktemp("hunyuan_i2v"))


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("hunyuan15_i2v", tmp_path_factory.mktemp("hunyuan15_i2v"))


@pytest.fixture(params=["old", "new"])
def stage(request: pytest.FixtureRequest) -> Stage:
    return request.getfixturevalue(request.param)


@pytest.fixture
def beside(old: Stage) -> str:
    """Weights of the sort that is shown its picture beside the noise, registered with the others."""
    folder = old.folder / "beside"
    if not folder.exists():
        hunyuan_i2v.build(folder, "latent_concat")
    return old.registry.add(folder).pinned


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, torch.Tensor]]:
    """Every clip the encoder is shown, as pixels, and what it made of it."""
    seen: list[tuple[np.ndarray, torch.Tensor]] = []
    for kind in ENCODERS:

        def spied(vae: Any, clip: torch.Tensor, *args: Any, real: Any = kind.encode, **kwargs: Any) -> Any:
            encoded = real(vae, clip, *args, **kwargs)
            pixels = ((clip[0].permute(1, 2, 3, 0).cpu().numpy() + 1) * 127.5).round()
            seen.append((pixels, encoded.latent_dist.mode()))
            return encoded

        monkeypatch.setattr(kind, "encode", spied)
    return seen


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, np.ndarray]]:
    """Every run of latents that is decoded, and the frames it became."""
    seen: list[tuple[torch.Tensor, np.ndarray]] = []
    for kind in ENCODERS:

        def spied(vae: Any, latents: torch.Tensor, *args: Any, real: Any = kind.decode, **kwargs: Any) -> Any:
            decoded = real(vae, latents, *args, **kwargs)
            pixels = (decoded[0][0].permute(1, 2, 3, 0).cpu().numpy().clip(-1, 1) + 1) * 127.5
            seen.append((latents, pixels.round().astype(np.uint8)))
            return decoded

        monkeypatch.setattr(kind, "decode", spied)
    return seen


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """What the model reads, call by call: (channels, frames of the latents, height, width)."""
    seen: list[torch.Tensor] = []
    for kind in READERS:

        def spied(part: Any, latents: torch.Tensor, real: Any = kind.forward) -> Any:
            seen.append(latents[0])
            return real(part, latents)

        monkeypatch.setattr(kind, "forward", spied)
    return seen


def still(stage: Stage, ingredient: Ingredient) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(stage.files[ingredient.sha256])), cv2.COLOR_BGR2RGB)


def test_a_first_frame_reaches_the_encoder_as_it_is(stage: Stage, shown: list):
    recipe = stage.recipe()
    stage.run(recipe)
    assert len(shown) == 1 and np.array_equal(shown[0][0], still(stage, recipe.ingredients[0])[None])


def test_a_take_goes_on_from_the_chosen_frame_of_a_clip(stage: Stage, shown: list):
    parent = replace(stage.ingredient("continue"), source_frame=11)
    stage.run(stage.recipe(ingredients=(parent,)))
    clip = [covering(each, *stage.tiny.SIZE) for each in ffmpeg.frames(stage.files[parent.sha256], 0, 12)]
    assert len(shown) == 1 and np.array_equal(shown[0][0], clip[11][None])


def test_the_words_are_read_with_the_picture_before_them(old: Stage, monkeypatch: pytest.MonkeyPatch):
    real, seen = HunyuanVideoImageToVideoPipeline._get_llama_prompt_embeds, []

    def spied(pipe: Any, image: Image.Image, prompt: str, *args: Any, **kwargs: Any) -> Any:
        seen.append((np.asarray(image), prompt))
        return real(pipe, image, prompt, *args, **kwargs)

    monkeypatch.setattr(HunyuanVideoImageToVideoPipeline, "_get_llama_prompt_embeds", spied)
    recipe = old.recipe()
    old.run(recipe)
    assert len(seen) == 1 and np.array_equal(seen[0][0], still(old, recipe.ingredients[0]))
    assert seen[0][1] == recipe.words.prompt()


def test_the_picture_stands_in_the_place_of_the_first_frame(old: Stage, shown: list, made: list, read: list):
    frames = old.run()
    scale = residence.resident().pipe.vae.config.scaling_factor
    given = shown[0][1][0, :, 0]
    assert all(torch.equal(each[:, 0], given * scale) for each in read)
    assert torch.allclose(made[0][0][0, :, 0], given, atol=1e-6) and not torch.allclose(made[0][0][0, :, 1], given)
    assert np.array_equal(frames, made[0][1])


def test_the_picture_stands_beside_the_first_frame_of_the_noise_and_no_other(new: Stage, shown: list, read: list):
    new.run()
    given = shown[0][1][0, :, 0] * residence.resident().pipe.vae.config.scaling_factor
    for noise, picture, mask in (each.split((4, 4, 1)) for each in read):
        assert torch.equal(picture[:, 0], given) and not picture[:, 1:].any()
        assert mask[:, 0].all() and not mask[:, 1:].any() and not torch.allclose(noise[:, 0], given)


def test_weights_that_leave_out_what_they_make_first_still_fill_the_take(
    old: Stage, beside: str, shown: list, made: list, read: list
):
    recipe = old.recipe(weights=beside)
    take = old.made(recipe)
    frames = np.stack(list(take.frames))
    given = shown[0][1][0, :, 0] * residence.resident().pipe.vae.config.scaling_factor
    assert all(torch.equal(each[4:8, 0], given) and not each[4:8, 1:].any() for each in read)
    assert all(each[8, 0].all() and not each[8, 1:].any() for each in read)
    assert len(made[0][1]) == 21 and np.array_equal(frames, made[0][1][4:])
    assert any("begins four frames after it" in note for note in take.notes)
    assert not any("begins four frames after it" in note for note in old.made().notes)


def test_held_with_either_sort_of_weights_it_goes_on_to_the_same_frames(old: Stage, beside: str):
    recipe = old.recipe(weights=beside)
    with pytest.raises(Held) as held:
        old.run(recipe, old.desk(hold_at=2))
    assert np.array_equal(old.run(recipe, old.desk(state=held.value.path)), old.run(recipe))


def test_previews_show_the_frames_that_are_shown(old: Stage, beside: str):
    desk = old.desk()
    old.run(old.recipe(weights=beside), desk)
    assert desk.previews and all(len(movie) == 5 for movie in desk.previews)


def test_the_longest_take_of_weights_that_leave_frames_out_is_shorter_by_those(old: Stage, beside: str, made: list):
    assert len(old.run(old.recipe(frames=125, steps=1, weights=beside))) == 125
    assert len(made[0][1]) == 129
    with pytest.raises(Refused, match="needs 129 frames at 24 a second; these weights show 125 at most"):
        old.run(old.recipe(frames=126, steps=1, weights=beside))


def test_a_take_has_its_own_size_and_not_the_nearest_that_the_weights_prefer(new: Stage):
    width, height = new.tiny.SIZE
    prefers = HunyuanVideo15ImageProcessor().calculate_default_height_width(height, width, target_size=640)
    assert tuple(prefers) != (height, width) and new.run().shape[1:3] == (height, width)
    assert new.run(new.recipe(width=height, height=width, steps=1)).shape[1:3] == (width, height)


def test_nothing_to_begin_with_is_refused(stage: Stage):
    with pytest.raises(Refused, match="give this shot a first frame, or choose HunyuanVideo"):
        stage.run(stage.recipe(ingredients=()))


def test_a_weaker_guide_is_refused(stage: Stage):
    weak = replace(stage.ingredient("first"), strength=0.5)
    with pytest.raises(Refused, match="set their strength to 1"):
        stage.run(stage.recipe(ingredients=(weak,)))

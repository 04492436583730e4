"""FramePack: its first frame is the picture, whichever section is made last; and takes of any number of sections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoFramepackPipeline

from generation import ffmpeg
from generation.blocking.stills import covering
from generation.diffusion import residence
from generation.engines import framepack
from generation.report import Held, Refused
from tests.generation.contract.stage import STEPS, Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("framepack", tmp_path_factory.mktemp("framepack"))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Every picture the encoder is shown."""
    real, seen = AutoencoderKLHunyuanVideo.encode, []

    def spied(vae: Any, clip: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        seen.append(((clip[0, :, 0].permute(1, 2, 0).cpu().numpy() + 1) * 127.5).round())
        return real(vae, clip, *args, **kwargs)

    monkeypatch.setattr(AutoencoderKLHunyuanVideo, "encode", spied)
    return seen


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, np.ndarray]]:
    """Every run of latents that is decoded, and the frames it became."""
    real, seen = AutoencoderKLHunyuanVideo.decode, []

    def spied(vae: Any, latents: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = real(vae, latents, *args, **kwargs)
        pixels = (result[0][0].permute(1, 2, 3, 0).cpu().numpy().clip(-1, 1) + 1) * 127.5
        seen.append((latents, pixels.round().astype(np.uint8)))
        return result

    monkeypatch.setattr(AutoencoderKLHunyuanVideo, "decode", spied)
    return seen


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The frames the engine made, before they are brought to the take's rate."""
    real, seen = framepack.conformed, []
    monkeypatch.setattr(framepack, "conformed", lambda frames, *rest: seen.append(frames) or real(frames, *rest))
    return seen


@pytest.mark.parametrize(
    ("frames", "rate", "made"),
    [
        (1, (30, 1), 37),
        (37, (30, 1), 37),
        (38, (30, 1), 73),
        (74, (30, 1), 109),
        (30, (24, 1), 73),
        (182, (30, 1), 217),
    ],
)
def test_as_many_sections_are_made_as_the_take_is_long(stage: Stage, own: list, frames: int, rate, made: int):
    assert len(stage.run(stage.recipe(frames=frames, rate=rate, steps=1))) == frames
    assert len(own[0]) == made


@pytest.mark.parametrize("sampling", ["inverted_anti_drifting", "vanilla"])
@pytest.mark.parametrize("frames", [37, 109])
def test_the_picture_is_the_first_frame_however_many_sections_follow(
    stage: Stage, own: list, decoded: list, monkeypatch: pytest.MonkeyPatch, sampling: str, frames: int
):
    real, kept = HunyuanVideoFramepackPipeline.prepare_image_latents, []
    monkeypatch.setattr(
        HunyuanVideoFramepackPipeline,
        "prepare_image_latents",
        lambda *args, **more: kept.append(real(*args, **more)) or kept[-1],
    )
    settings = stage.row.settings | {"sampling_type": sampling}
    shown = stage.run(stage.recipe(frames=frames, settings=settings))
    latents, clip = decoded[0 if sampling == "vanilla" else -1]
    scale = residence.resident().pipe.vae.config.scaling_factor
    assert torch.equal(latents[:, :, :1], kept[0] / scale) and len(own[0]) == frames
    assert np.array_equal(shown[0], clip[0]) and np.array_equal(shown[3], clip[3])


def test_a_first_frame_reaches_the_encoder_as_it_is(stage: Stage, shown: list):
    recipe = stage.recipe()
    stage.run(recipe)
    expected = cv2.cvtColor(cv2.imread(str(stage.files[recipe.ingredients[0].sha256])), cv2.COLOR_BGR2RGB)
    assert np.array_equal(shown[0], expected)


def test_a_take_goes_on_from_the_chosen_frame_of_a_clip(stage: Stage, shown: list):
    parent = replace(stage.ingredient("continue"), source_frame=11)
    stage.run(stage.recipe(ingredients=(parent,)))
    clip = [covering(each, *stage.tiny.SIZE) for each in ffmpeg.frames(stage.files[parent.sha256], 0, 12)]
    assert len(shown) == 1 and np.array_equal(shown[0], clip[11])


def test_the_bar_counts_the_steps_of_all_sections(stage: Stage):
    desk = stage.desk()
    facts = stage.made(stage.recipe(frames=109), desk).facts
    bar = [done / of for done, of, phase in desk.steps if phase != "loading the weights"]
    said = {phase for _, _, phase in desk.steps}
    assert facts["steps"] == 3 * STEPS and all(f"step {n} of {3 * STEPS}" in said for n in range(1, 3 * STEPS + 1))
    assert bar == sorted(bar)


@pytest.mark.parametrize(
    ("sampling", "stops"),
    [("inverted_anti_drifting", (STEPS, STEPS + 1, 3 * STEPS - 1)), ("vanilla", (2, 2 * STEPS))],
)
def test_held_in_any_section_it_goes_on_to_the_same_frames(stage: Stage, sampling: str, stops: tuple[int, ...]):
    recipe = stage.recipe(frames=109, settings=stage.row.settings | {"sampling_type": sampling})
    expected = stage.run(recipe)
    for at in stops:
        with pytest.raises(Held) as held:
            stage.run(recipe, stage.desk(hold_at=at))
        assert np.array_equal(stage.run(recipe, stage.desk(state=held.value.path)), expected)


def test_what_is_not_wanted_counts_where_the_take_is_guided_away_from_it(stage: Stage):
    settings = stage.row.settings | {"negative_guidance": 4.0}
    plain = stage.run(stage.recipe(settings=settings))
    assert not np.array_equal(stage.run(stage.recipe(settings=settings, negative="smoke and fog")), plain)


def test_an_unknown_order_of_sections_is_refused_with_those_there_are(stage: Stage):
    with pytest.raises(Refused, match="inverted_anti_drifting or vanilla"):
        stage.run(stage.recipe(settings=stage.row.settings | {"sampling_type": "sideways"}))


def test_nothing_to_begin_with_is_refused(stage: Stage):
    with pytest.raises(Refused, match="give this shot a first frame"):
        stage.run(stage.recipe(ingredients=()))


def test_a_weaker_guide_is_refused(stage: Stage):
    weak = replace(stage.ingredient("first"), strength=0.5)
    with pytest.raises(Refused, match="set their strength to 1"):
        stage.run(stage.recipe(ingredients=(weak,)))

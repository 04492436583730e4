"""Each guide of Wan VACE reaches the model where it should and nowhere else: the encoder is watched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan

from generation.blocking.stills import covering
from generation.diffusion import residence
from generation.recipe import Ingredient
from generation.report import Refused
from tests.generation.contract.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("wan_vace", tmp_path_factory.mktemp("wan_vace"))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Every clip the encoder is shown, as (frames, height, width, 3) between -1 and 1: kept, followed, references."""
    real, seen = AutoencoderKLWan.encode, []

    def spied(vae: AutoencoderKLWan, clip: torch.Tensor, *args, **kwargs):
        seen.append(clip[0].permute(1, 2, 3, 0).cpu().numpy())
        return real(vae, clip, *args, **kwargs)

    monkeypatch.setattr(AutoencoderKLWan, "encode", spied)
    return seen


def still(stage: Stage, ingredient: Ingredient) -> np.ndarray:
    found = cv2.cvtColor(cv2.imread(str(stage.files[ingredient.sha256])), cv2.COLOR_BGR2RGB)
    return found / 127.5 - 1


def movie(stage: Stage, ingredient: Ingredient) -> list[np.ndarray]:
    source, found = cv2.VideoCapture(str(stage.files[ingredient.sha256])), []
    while (read := source.read())[0]:
        found.append(covering(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB), *stage.tiny.SIZE) / 127.5 - 1)
    return found


def kept_at(clip: np.ndarray) -> list[int]:
    return [n for n, frame in enumerate(clip) if np.abs(frame).max() > 0]


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() < 1e-3)


@pytest.mark.parametrize(("rate", "at", "own"), [((16, 1), 16, 16), ((24, 1), 16, 10), ((24, 1), 40, 26)])
def test_a_key_frame_stands_at_its_frame(stage: Stage, shown: list, rate: tuple[int, int], at: int, own: int):
    key = stage.ingredient("key", at_frame=at)
    stage.run(stage.recipe(frames=at + 3, rate=rate, ingredients=(key,)))
    assert kept_at(shown[0]) == [own] and close(shown[0][own], still(stage, key))
    assert kept_at(shown[1]) != [] and np.abs(shown[1][own]).max() == 0


def test_first_last_and_several_key_frames_stand_together(stage: Stage, shown: list):
    keys = (stage.ingredient("key", at_frame=5, tone=90), stage.ingredient("key", at_frame=11, tone=120))
    stage.run(stage.recipe("first", "last", ingredients=(stage.ingredient("first"), stage.ingredient("last"), *keys)))
    assert kept_at(shown[0]) == [0, 5, 11, 16] and close(shown[0][11], still(stage, keys[1]))


@pytest.mark.parametrize(
    ("rate", "sources"), [((16, 1), range(12, 21)), ((24, 1), (8, 10, 11, 12, 14, 16, 17, 18, 20))]
)
def test_a_continuation_is_shown_the_clip_up_to_the_chosen_frame(stage: Stage, shown: list, rate, sources):
    parent = stage.ingredient("continue")
    frames = stage.run(stage.recipe(ingredients=(parent,), rate=rate))
    assert len(frames) == stage.tiny.FRAMES and kept_at(shown[0]) == list(range(9))
    clip = movie(stage, parent)
    assert all(close(shown[0][n], clip[source]) for n, source in enumerate(sources))


def test_a_continuation_begins_with_the_chosen_frame(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    real, made = AutoencoderKLWan.decode, []
    monkeypatch.setattr(AutoencoderKLWan, "decode", lambda vae, *a, **k: made.append(real(vae, *a, **k)) or made[-1])
    frames = stage.run(stage.recipe(ingredients=(stage.ingredient("continue"),)))
    own = made[0][0][0].permute(1, 2, 3, 0).cpu().numpy()
    assert len(own) == 25 and np.abs(frames[0] / 127.5 - 1 - own[8]).max() < 0.01


def test_a_clip_shorter_than_the_run_before_is_continued_from_what_there_is(stage: Stage, shown: list):
    early = replace(stage.ingredient("continue"), source_frame=3)
    stage.run(stage.recipe(ingredients=(early,)))
    assert kept_at(shown[0]) == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", ["depth", "motion"])
@pytest.mark.parametrize("rate", [(16, 1), (24, 1)])
def test_a_clip_is_followed_frame_by_frame_and_kept_nowhere(stage: Stage, shown: list, kind: str, rate):
    guide = stage.ingredient(kind)
    stage.run(stage.recipe(kind, rate=rate, frames=16))
    clip, own = movie(stage, guide), len(shown[1])
    sources = [-(-n * rate[0] // 16) for n in range(own)]
    assert kept_at(shown[0]) == [] and all(close(shown[1][n], clip[source]) for n, source in enumerate(sources))


def test_key_frames_stand_in_a_clip_that_is_followed(stage: Stage, shown: list):
    key, guide = stage.ingredient("key", at_frame=7), stage.ingredient("depth")
    stage.run(stage.recipe(ingredients=(key, guide)))
    assert kept_at(shown[0]) == [7] and 7 not in kept_at(shown[1])
    assert close(shown[1][8], movie(stage, guide)[8])


def test_references_are_shown_whole_and_take_no_frame_of_the_take(stage: Stage, shown: list, tmp_path: Path):
    wide = np.full((16, 48, 3), 30, np.uint8)
    cv2.imwrite(str(tmp_path / "wide.png"), wide)
    stage.files["wide"] = tmp_path / "wide.png"
    frames = stage.run(stage.recipe(ingredients=(Ingredient("reference", "wide"), stage.ingredient("reference"))))
    assert [len(each) for each in shown] == [17, 17, 1, 1] and len(frames) == stage.tiny.FRAMES
    rows = [n for n, row in enumerate(shown[2][0]) if row.max() < 0]
    assert rows == list(range(11, 21))  # a third as high as wide, between bands of white


def test_two_clips_to_follow_are_one_too_many(stage: Stage):
    with pytest.raises(Refused, match="follows one clip"):
        stage.run(stage.recipe("depth", "motion"))


def test_guides_of_different_strength_are_refused(stage: Stage):
    weaker = replace(stage.ingredient("last"), strength=0.5)
    with pytest.raises(Refused, match="the same strength"):
        stage.run(stage.recipe(ingredients=(stage.ingredient("first"), weaker)))


def test_the_strength_of_the_guides_is_heard(stage: Stage):
    strong = stage.ingredient("first")
    weak = replace(strong, strength=0.3)
    assert not np.array_equal(*(stage.run(stage.recipe(ingredients=(each,))) for each in (strong, weak)))

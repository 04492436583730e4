"""Each guide of Wan VACE reaches the model where it should and nowhere else: the encoder is watched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan, WanVACEPipeline

from generation import ffmpeg
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
    found = ffmpeg.frames(stage.files[ingredient.sha256], 0, 999)
    return [covering(each, *stage.tiny.SIZE) / 127.5 - 1 for each in found]


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


# A clip of which a part is made anew -----------------------------------------------------------------------------


def halves(stage: Stage, change: int = 8, frames: int = 32) -> Ingredient:
    """A mask that is white on the left before frame `change`, on the right from there on."""
    path = stage.folder / f"mask-{change}-{frames}.mp4"
    with ffmpeg.Encoder(path, 32, 32, (24, 1), {}) as encoder:
        for n in range(frames):
            encoder.write(np.repeat(half(n < change)[:, :, None] * np.uint8(255), 3, axis=2))
    stage.files[path.name] = path
    return Ingredient("mask", path.name, "video")


def half(is_left: bool) -> np.ndarray:
    return np.broadcast_to((np.arange(32) < 16) == is_left, (32, 32))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Every mask the model is told, as (frames, height, width)."""
    real, seen = WanVACEPipeline.prepare_masks, []

    def spied(pipe: WanVACEPipeline, mask: torch.Tensor, *args, **kwargs):
        seen.append(mask[0, 0].cpu().numpy())
        return real(pipe, mask, *args, **kwargs)

    monkeypatch.setattr(WanVACEPipeline, "prepare_masks", spied)
    return seen


@pytest.mark.parametrize("rate", [(16, 1), (24, 1)])
def test_a_clip_is_kept_where_its_mask_is_black_and_only_there(stage: Stage, shown: list, told: list, rate):
    keep = stage.ingredient("keep")
    stage.run(stage.recipe(ingredients=(keep, halves(stage)), rate=rate, frames=16))
    clip, own = movie(stage, keep), len(shown[0])
    for n in range(own):
        source = -(-n * rate[0] // 16)
        anew = half(source < 8)
        assert np.array_equal(told[0][n], anew)
        assert close(shown[0][n][~anew], clip[source][~anew]) and np.abs(shown[0][n][anew]).max() == 0
        assert np.abs(shown[1][n]).max() < 0.01, "nothing is followed where nothing is given"
    assert {half(-(-n * rate[0] // 16) < 8)[0, 0] for n in range(own)} == {True, False}


def test_what_is_made_anew_can_follow_another_clip(stage: Stage, shown: list):
    keep, guide = stage.ingredient("keep", tone=200), stage.ingredient("depth")
    stage.run(stage.recipe(ingredients=(keep, halves(stage), guide)))
    clip, anew = movie(stage, guide), half(True)
    for n in range(8):
        assert close(shown[1][n][anew], clip[n][anew]) and np.abs(shown[1][n][~anew]).max() == 0
        assert close(shown[0][n][~anew], movie(stage, keep)[n][~anew])


def test_a_picture_as_a_mask_says_the_same_of_every_frame(stage: Stage, told: list, tmp_path: Path):
    painted = np.zeros((64, 64, 3), np.uint8)
    painted[:, :32], painted[:32, 32:] = 140, 115  # a soft brush: more than half white is white
    cv2.imwrite(str(tmp_path / "mask.png"), painted)
    stage.files["painted"] = tmp_path / "mask.png"
    stage.run(stage.recipe(ingredients=(stage.ingredient("keep"), Ingredient("mask", "painted"))))
    assert len(told[0]) == 17 and all(np.array_equal(each, half(True)) for each in told[0])


def test_a_mask_shorter_than_its_clip_holds_its_last_frame(stage: Stage, told: list):
    stage.run(stage.recipe(ingredients=(stage.ingredient("keep"), halves(stage, change=3, frames=5))))
    assert [bool(each[0, 0]) for each in told[0]] == [True] * 3 + [False] * 14


def test_behind_the_end_of_the_clip_nothing_is_kept(stage: Stage, shown: list, told: list):
    keep = stage.ingredient("keep")  # 32 frames
    stage.run(stage.recipe(ingredients=(keep, halves(stage)), frames=41))
    assert kept_at(shown[0]) == list(range(32)) and all(each.all() for each in told[0][32:])


def test_a_key_frame_in_a_kept_clip_stands_whole(stage: Stage, shown: list, told: list):
    key = stage.ingredient("key", at_frame=5, tone=220)
    stage.run(stage.recipe(ingredients=(key, stage.ingredient("keep"), halves(stage))))
    assert close(shown[0][5], still(stage, key)) and not told[0][5].any() and told[0][6].any()


def test_a_continuation_keeps_its_clip_from_the_takes_first_frame_on(stage: Stage, shown: list, told: list):
    keep = stage.ingredient("keep", tone=200)
    stage.run(stage.recipe(ingredients=(stage.ingredient("continue"), keep, halves(stage))))
    assert not any(each.any() for each in told[0][:9])  # what went before, and the frame it ended on
    anew = half(True)
    assert np.array_equal(told[0][9], anew) and close(shown[0][9][~anew], movie(stage, keep)[1][~anew])


def test_a_mask_without_white_is_refused(stage: Stage):
    with pytest.raises(Refused, match="Paint white what is to change"):
        stage.run(stage.recipe(ingredients=(stage.ingredient("keep"), _black(stage))))


def _black(stage: Stage) -> Ingredient:
    path = stage.folder / "black.png"
    cv2.imwrite(str(path), np.zeros((32, 32, 3), np.uint8))
    stage.files["black"] = path
    return Ingredient("mask", "black")


@pytest.mark.parametrize(("kind", "lacking"), [("keep", "no mask says what"), ("mask", "no clip of which the rest")])
def test_a_clip_to_keep_and_its_mask_go_together(stage: Stage, kind: str, lacking: str):
    with pytest.raises(Refused, match=lacking):
        stage.run(stage.recipe(ingredients=(stage.ingredient(kind),)))


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

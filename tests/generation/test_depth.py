"""Depth found in a clip of pictures: by weights that are here, once for all takes, with a reason where not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation import catalogue, ffmpeg
from generation.diffusion import depth, residence
from generation.diffusion.pictures import clip
from generation.engine import DEPTH_MODEL
from generation.recipe import Ingredient, Recipe
from generation.report import Refused
from generation.weights import BadWeights, Registry, Weights, read_folder
from tests.generation.desk import TestDesk
from tests.generation.tiny import cogvideox_control
from tests.generation.tiny import depth as tiny

FRAMES = 9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("depth")
    tiny.build(place)
    return place


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def weights(registry: Registry, folder: Path) -> Weights:
    return registry.add(folder, "finder")


def pictures(path: Path) -> str:
    """A clip whose lower half is busy and whose upper half is not; its hash."""
    rng = np.random.default_rng(3)
    with ffmpeg.Encoder(path, 96, 64, (24, 1)) as encoder:
        for n in range(FRAMES):
            frame = np.full((64, 96, 3), 30 + 10 * n, np.uint8)
            frame[32:] = rng.integers(0, 255, (32, 96, 3), dtype=np.uint8)
            encoder.write(frame)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def desk(registry: Registry, weights: Weights, tmp_path: Path) -> TestDesk:
    path = tmp_path / "clip.mp4"
    return TestDesk(tmp_path, registry, files={pictures(path): path})


def recipe(desk: TestDesk, weights: Weights, **changes: object) -> Recipe:
    (sha256,) = desk.files
    guide = Ingredient("depth", sha256, "video")
    return Recipe(
        "blocking", frames=FRAMES, width=96, height=64, ingredients=(guide,), settings={DEPTH_MODEL: weights.pinned}
    )


def found(desk: TestDesk, asked: Recipe, count: int = FRAMES) -> np.ndarray:
    return np.stack([np.asarray(each) for each in clip(asked.ingredients[0], asked, desk, count)])


def test_greys_come_instead_of_pictures_and_use_the_whole_range(desk: TestDesk, weights: Weights) -> None:
    greys = found(desk, recipe(desk, weights))
    assert greys.shape == (FRAMES, 64, 96, 3)
    assert (greys[..., 0] == greys[..., 1]).all() and (greys[..., 0] == greys[..., 2]).all()
    assert greys.min() == 0 and greys.max() == 255


def test_without_the_setting_the_clip_is_taken_as_it_is(desk: TestDesk, weights: Weights) -> None:
    asked = replace(recipe(desk, weights), settings={})
    plain = found(desk, asked)
    assert (plain[..., 0] != plain[..., 1]).any()


def test_the_model_says_near_as_light_and_metres_the_other_way_round(
    registry: Registry, desk: TestDesk, weights: Weights, tmp_path: Path
) -> None:
    tiny.build(tmp_path / "metric", metric=True)
    metric = registry.add(tmp_path / "metric", "metres")
    (sha256,) = desk.files
    frames = list(ffmpeg.frames(desk.files[sha256], 0, 1))
    from transformers import AutoImageProcessor, AutoModelForDepthEstimation

    model = AutoModelForDepthEstimation.from_pretrained(metric.path).eval()
    with torch.inference_mode():
        said = model(**AutoImageProcessor.from_pretrained(metric.path)(images=frames[0], return_tensors="pt"))
    metres = torch.nn.functional.interpolate(said.predicted_depth[:, None], (64, 96), mode="bilinear")[0, 0].numpy()
    grey = depth.of_clip(frames, sha256, metric.pinned, desk)[0][..., 0].astype(float)
    assert np.corrcoef(grey.ravel(), metres.ravel())[0, 1] < -0.5


def test_a_clip_shorter_than_the_take_holds_its_last_depth(desk: TestDesk, weights: Weights) -> None:
    greys = found(desk, recipe(desk, weights), FRAMES + 4)
    assert len(greys) == FRAMES + 4
    assert (greys[-1] == greys[FRAMES - 1]).all()


def test_it_is_found_once_for_all_takes_and_told_frame_by_frame(
    desk: TestDesk, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = recipe(desk, weights)
    first = found(desk, asked)
    assert f"finding depth in frame 2 of {FRAMES}" in [phase for _, _, phase in desk.steps]
    monkeypatch.setattr(depth, "_nearness", lambda *_: pytest.fail("it was found again"))
    assert (found(desk, asked) == first).all()


def test_what_was_kept_and_is_broken_is_found_again(desk: TestDesk, weights: Weights) -> None:
    asked = recipe(desk, weights)
    first = found(desk, asked)
    (kept,) = (desk.cache / "depth").glob("*.npy")
    kept.write_bytes(b"torn")
    assert (found(desk, asked) == first).all()


def test_a_full_disk_costs_only_the_finding_again(
    desk: TestDesk, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert found(desk, recipe(desk, weights)).max() == 255
    assert list((desk.cache / "depth").iterdir()) == []


def test_only_so_many_clips_are_kept(desk: TestDesk, weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth, "KEPT_CLIPS", 2)
    asked = recipe(desk, weights)
    for count in (3, 4, 5, 6):
        found(desk, asked, count)
    assert len(list((desk.cache / "depth").iterdir())) == 2


def test_weights_that_are_gone_or_changed_are_a_reason(desk: TestDesk, registry: Registry, weights: Weights) -> None:
    asked = recipe(desk, weights)
    registry.remove("finder")
    with pytest.raises(Refused, match="register them again"):
        found(desk, asked)


def test_a_depth_engine_follows_what_was_found(registry: Registry, weights: Weights, tmp_path: Path) -> None:
    residence.clear()
    cogvideox_control.build(tmp_path / "control")
    control = registry.add(tmp_path / "control", "control")
    path = tmp_path / "clip.mp4"
    sha256 = pictures(path)
    desk = TestDesk(tmp_path, registry, files={sha256: path})
    row = catalogue.engine("cogvideox_control")
    width, height = cogvideox_control.SIZE
    asked = Recipe(
        row.name, frames=FRAMES, rate=row.rate or (24, 1), width=width, height=height, steps=2, guidance=row.guidance,
        weights=control.pinned, ingredients=(Ingredient("depth", sha256, "video"),), settings=dict(row.settings),
    )  # fmt: skip
    with_depth = replace(asked, settings=asked.settings | {DEPTH_MODEL: weights.pinned})
    run = catalogue.load(row.name).run
    as_it_is, of_depth = (np.stack(list(run(each, desk).frames)) for each in (asked, with_depth))
    assert not np.array_equal(as_it_is, of_depth)
    residence.clear()


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "copy"
    place.mkdir()
    for path in folder.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    yield place


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("config.json", "DepthAnythingForDepthEstimation", "LlamaForCausalLM", "says it is 'LlamaForCausalLM'"),
        ("config.json", '"max_depth"', '"auto_map": {}, "max_depth"', "asks to run code"),
        ("preprocessor_config.json", "{", '{"auto_map": {"x": "y.Z"},', "asks to run code"),
    ],
)
def test_another_model_and_code_are_refused(copy: Path, name: str, old: str, new: str, said: str) -> None:
    text = (copy / name).read_text()
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1))
    with pytest.raises(BadWeights, match=said):
        read_folder(copy)


def test_a_folder_without_tensors_or_without_its_preparation_is_refused(copy: Path) -> None:
    (copy / "preprocessor_config.json").unlink()
    with pytest.raises(BadWeights, match="how pictures go in"):
        read_folder(copy)
    (copy / "model.safetensors").write_bytes(b"1234")
    with pytest.raises(BadWeights):
        read_folder(copy)

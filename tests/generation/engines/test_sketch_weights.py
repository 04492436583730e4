"""The weights that come with the app: whole, small enough for a repository, and doing what a take asks of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from generation import blocking, catalogue
from generation.diffusion import residence
from generation.diffusion.patch_codec import PatchCodec
from generation.recipe import Ingredient, Recipe, Words
from generation.training.codec import psnr
from generation.weights import Registry, built_in
from tests.generation.desk import TestDesk

WORDS = Words(heading="INT. CORRIDOR - DAY", action="A woman walks.", size="MS", move="static")
WIDTH, HEIGHT, FRAMES, RATE = 256, 160, 25, (24, 1)
MOST_BYTES = 40_000_000


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    residence.clear()
    return Registry(tmp_path_factory.mktemp("weights"), built_in.PLACE)


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    """What blocking draws of the same words: uint8 (F, H, W, 3)."""
    staging = blocking.instant(WORDS, 3, FRAMES, RATE)
    return np.stack([blocking.Renderer(staging, WIDTH, HEIGHT).frame(n) for n in range(FRAMES)])


def take(registry: Registry, folder: Path, seed: int, first: np.ndarray | None = None) -> np.ndarray:
    guides, files = [], {}
    if first is not None:
        path = folder / "first.png"
        cv2.imwrite(str(path), cv2.cvtColor(first, cv2.COLOR_RGB2BGR))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files[digest] = path
        guides.append(Ingredient("first", digest))
    row = catalogue.engine("sketch")
    recipe = Recipe(
        engine="sketch", words=WORDS, seed=seed, frames=FRAMES, rate=RATE, width=WIDTH, height=HEIGHT, steps=row.steps,
        guidance=row.guidance, weights=registry.get("sketch").pinned, ingredients=tuple(guides),
    )  # fmt: skip
    desk = TestDesk(folder, files=files, registry=registry)
    return np.stack(list(catalogue.load("sketch").run(recipe, desk).frames))


def test_they_are_whole_and_fit_into_a_repository(registry: Registry) -> None:
    weights = registry.get("sketch")
    assert isinstance(weights, built_in.BuiltIn)
    weights.must_be_whole()
    files = [path for path in weights.path.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert "May it be the default?" in weights.card


def test_their_codec_gives_back_what_blocking_draws(real: np.ndarray) -> None:
    codec = PatchCodec.from_pretrained(built_in.PLACE / "sketch", subfolder="codec").float().eval()
    x = torch.from_numpy(real).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    with torch.inference_mode():
        back = codec.decode(codec.encode(x).latents).sample
    assert psnr(float((back - x).square().mean())) > 28


def test_a_take_begins_with_the_frame_it_is_given(registry: Registry, real: np.ndarray, tmp_path: Path) -> None:
    made = take(registry, tmp_path, 1, real[0])
    apart = np.square(made[0].astype(float) - real[0]).mean() / 127.5**2
    assert made.shape == real.shape and psnr(apart) > 26


def test_each_seed_gives_a_take_of_its_own_and_the_same_one_again(registry: Registry, tmp_path: Path) -> None:
    one, other, again = (take(registry, tmp_path, seed) for seed in (1, 2, 1))
    assert np.array_equal(one, again)
    assert np.abs(one.astype(int) - other).mean() > 5


def test_no_file_says_in_which_folder_it_was_made() -> None:
    assert not [path for path in (built_in.PLACE / "sketch").rglob("*.json") if "_name_or_path" in path.read_text()]

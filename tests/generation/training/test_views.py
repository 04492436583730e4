"""What the surveyor and the maker of thumbnails learn from, and that they learn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from generation.diffusion import surveyor as surveyors
from generation.diffusion.surveyor import COLUMNS, ROWS, Surveyor, between
from generation.diffusion.thumbnails import Thumbnails, dots_of, drawn_large, size_of
from generation.training import pace, survey, thumbnails, views
from generation.training.scenes import scene
from generation.training.survey import Pool
from generation.training.words import MOST, tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("views")
    (folder / "views").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "SCENES", 4)
        views.draw_file(folder / "views", 0)
        views.draw_file(folder / "views", 0, held_out=True)
        yield folder


def test_views_are_of_scenes_that_no_clip_is_drawn_from(folder: Path):
    found = views.read(views.files(folder / "views")[0])
    assert [each["seed"] for each in found.facts[:: views.EACH]] == [views.BEHIND + n for n in range(4)]
    assert found.picture.shape == (12, ROWS, COLUMNS, 3) and found.nearness.shape == (12, ROWS, COLUMNS)
    firsts, lasts = found.moment[:: views.EACH], found.moment[views.EACH - 1 :: views.EACH]
    assert (firsts[:, 0] == 0).all() and (lasts[:, 0] == 1).all() and set(found.moment[:, 1].tolist()) <= {2.0, 4.0}


def test_the_camera_is_told_from_where_the_picture_was_taken(folder: Path):
    found = views.read(views.files(folder / "views")[0])
    for knots, (at, _) in zip(found.knots, found.moment, strict=True):
        here = surveyors._along(knots, at[None])[0]
        assert here.abs().max() < 0.12, "near the moment of the picture the camera has hardly moved"
    resting = [n for n, facts in enumerate(found.facts) if facts["move"] == "static"]
    assert all(not found.knots[n].any() for n in resting)


def test_a_mirror_turns_pans_and_ways_to_the_side_round(folder: Path):
    found = views.read(views.files(folder / "views")[0])
    turned = views.mirrored(found)
    assert torch.equal(views.mirrored(turned).knots, found.knots)
    assert torch.equal(turned.picture[:, :, 0], found.picture[:, :, -1])
    assert torch.equal(turned.knots[..., 5], found.knots[..., 5]) and torch.equal(
        turned.knots[..., 3], -found.knots[..., 3]
    )


def test_half_of_the_views_learned_from_are_first_frames(folder: Path):
    import numpy as np

    pool = Pool(folder / "views")
    pool.grow()
    assert len(pool) == 24
    rows = pool.some(4000, np.random.default_rng(0))
    assert 0.45 < float((pool.parts["moment"][rows, 0] == 0).float().mean()) < 0.55


def test_a_surveyor_learns_and_goes_on_where_it_was_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def trained(steps: int) -> Surveyor:
        monkeypatch.setattr(pace.Pace, "over", property(lambda pace: pace.steps >= steps))
        return survey.train(folder, "cpu", 1e6, math.inf, 6)

    pool = Pool(folder / "views")
    pool.grow()
    asked = pool.batch(torch.arange(len(pool)), "cpu")

    def lost(surveyor: Surveyor) -> float:
        with torch.no_grad():
            return sum(float(each) for each in survey.off(survey.told(surveyor, asked), asked))

    first, again = trained(2), trained(25)
    on = pace.load(folder / "surveyor.pt", "cpu")
    assert on and on["count"] == 25
    assert lost(again) < 0.8 * lost(first)
    found = survey.measured(again, folder, "cpu")
    assert found["off at rest"] > 0 and -1 <= found["nearness"] <= 1


def test_thumbnails_are_learned(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def trained(steps: int) -> Thumbnails:
        monkeypatch.setattr(pace.Pace, "over", property(lambda pace: pace.steps >= steps))
        return thumbnails.train(folder, "cpu", 1e6, math.inf, 6)

    pool = Pool(folder / "views")
    pool.grow()
    dots = dots_of(pool.batch(torch.arange(len(pool)), "cpu")["picture"])
    words, heard = pool.parts["words"], pool.parts["heard"]

    def lost(model: Thumbnails) -> float:
        level = torch.full((len(dots),), 0.6)
        noisy = torch.lerp(dots, torch.randn(dots.shape, generator=torch.Generator().manual_seed(1)), 0.6)
        with torch.no_grad():
            return float((model(noisy, level, words, heard) - dots).square().mean())

    first, again = trained(2), trained(40)
    assert lost(again) < 0.6 * lost(first)


def test_a_surveyor_carries_from_the_nearest_picture_and_leaves_those_as_they_are():
    torch.manual_seed(0)
    surveyor = Surveyor(known=len(tokenizer()), heard=8, widths=(4, 4, 8), posed=8).eval()
    text = tokenizer()([scene(1).caption], padding="max_length", max_length=MOST, return_tensors="pt")
    given = [(torch.rand(3, 64, 96) * 2 - 1, 20), (torch.rand(3, 64, 96) * 2 - 1, 4)]
    with torch.no_grad():
        clip, again = (between(surveyor, given, 25, text.input_ids, text.attention_mask) for _ in range(2))
    assert clip.shape == (3, 25, 64, 96) and torch.equal(clip, again)
    assert torch.equal(clip[:, 20], given[0][0]) and torch.equal(clip[:, 4], given[1][0])
    alone = between(surveyor, given[1:], 25, text.input_ids, text.attention_mask)
    assert torch.allclose(alone[:, :13], clip[:, :13]) and not torch.allclose(alone[:, 13:], clip[:, 13:])


def test_a_thumbnail_is_the_same_for_the_same_noise_and_follows_a_depth():
    torch.manual_seed(0)
    model = Thumbnails(known=len(tokenizer()), widths=(4, 8), heads=2, glances=1).eval()
    torch.nn.init.normal_(model.write.weight, std=0.5)
    text, nothing = (
        tokenizer()([said], padding="max_length", max_length=MOST, return_tensors="pt")
        for said in (scene(1).caption, "")
    )
    across = size_of(160, 256)
    noise = torch.randn(1, 3, *across)
    words = (text.input_ids, text.attention_mask, (nothing.input_ids, nothing.attention_mask))
    depth = torch.linspace(-1, 1, across[1]).expand(1, 1, *across)
    one, same, led = (model.make(noise, *words, each) for each in (None, None, depth))
    assert across == (20, 32) and torch.equal(one, same) and not torch.allclose(one, led)
    assert drawn_large(one, 160, 256).shape == (1, 3, 160, 256)

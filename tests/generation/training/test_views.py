"""What the surveyor and the maker of thumbnails learn from, and that they learn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from generation.diffusion import surveyor as surveyors
from generation.diffusion.cleanup import DOT, HEIGHT, Cleanup
from generation.diffusion.surveyor import COLUMNS, ROWS, Surveyor
from generation.diffusion.thumbnails import DRAWN, Thumbnails, drawn_large, size_of
from generation.training import cleanup, judge, pace, survey, thumbnails, views
from generation.training.pool import AT_FIRST, Pool, looks
from generation.training.scenes import labels, mirrored_facts, scene
from generation.training.words import MOST, tokenizer
from generation.vocabulary import MOVES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("views")
    (folder / "views").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "SCENES", 2)
        views.draw_file(folder / "views", 0)
        views.draw_file(folder / "views", 0, held_out=True)
        yield folder


@pytest.fixture(scope="module")
def pool(folder: Path) -> Pool:
    pool = Pool(folder / "views", only=(*views.TENSORS, "dots", "looks"))
    pool.grow()
    return pool


def test_views_are_of_scenes_that_no_clip_is_drawn_from(folder: Path):
    found = views.read(views.files(folder / "views")[0])
    assert [each["seed"] for each in found.facts[:: views.EACH]] == [views.BEHIND + n for n in range(2)]
    assert found.grey.shape == (12, 2 * ROWS, 2 * COLUMNS) and found.nearness.shape == (12, ROWS, COLUMNS)
    firsts, lasts = found.moment[:: views.EACH], found.moment[views.EACH - 1 :: views.EACH]
    assert (firsts[:, 0] == 0).all() and (lasts[:, 0] == 1).all() and set(found.moment[:, 1].tolist()) <= {2.0, 4.0}
    assert all((moments[:, 0].diff() > 0).all() for moments in found.moment.split(views.EACH))


def test_people_are_marked_where_they_are_near(folder: Path):
    found = views.read(views.files(folder / "views")[0])
    there = (found.people > 0).flatten(1).any(1)
    assert there.any() and set(found.people.unique().tolist()) == {0, 255}
    assert not any(seen for seen, facts in zip(there, found.facts, strict=True) if not facts["people"])
    seen = found.people[there] > 0
    assert found.nearness[there][seen].min() > 0, "whoever is seen is somewhere"


def test_the_camera_is_told_from_where_the_picture_was_taken(folder: Path):
    found = views.read(views.files(folder / "views")[0])
    for knots, (at, _) in zip(found.knots, found.moment, strict=True):
        here = surveyors._along(knots, at[None])[0]
        assert here.abs().max() < 0.12, "near the moment of the picture the camera has hardly moved"
    resting = [n for n, facts in enumerate(found.facts) if facts["move"] == "static"]
    assert all(not found.knots[n].any() for n in resting)


def test_people_are_told_to_go_where_they_are_seen_to_go(folder: Path):
    found = views.read(views.files(folder / "views")[0])
    for n, facts in enumerate(found.facts):
        walk, (at, _) = found.walk[n], found.moment[n]
        assert surveyors._along(walk, at[None]).norm() < 0.2, "about nowhere, when the picture was taken"
        if not (found.people[n] > 0).any():
            assert not walk.any(), facts
    gone = [float(found.walk[n].norm(dim=-1).max()) for n, facts in enumerate(found.facts) if facts["people"]]
    assert max(gone) > 0.05


def test_a_mirror_turns_pans_words_and_ways_to_the_side_round(pool: Pool):
    rows = torch.arange(len(pool))
    as_is, turned = (pool.batch(rows, "cpu", mirrored) for mirrored in (False, True))
    for name in ("shown", "nearness", "people", "dots"):
        assert torch.allclose(turned[name].flip(-1).float(), as_is[name].float(), atol=1e-5), name
    assert torch.allclose(turned["knots"][..., 5], as_is["knots"][..., 5], atol=1e-5)
    assert torch.allclose(turned["knots"][..., 3], -as_is["knots"][..., 3], atol=1e-5)
    assert torch.allclose(turned["walk"] * torch.tensor([-1.0, 1, 1]), as_is["walk"], atol=1e-5)
    facts = views.read(views.files(pool.folder)[0]).facts
    said = [tokenizer()(mirrored_facts(each)["caption"]).input_ids for each in facts]
    assert [each[: len(words)] for each, words in zip(turned["words"].tolist(), said, strict=True)] == said


def test_a_dot_is_the_mean_of_what_it_covers(pool: Pool):
    found = pool.batch(torch.arange(len(pool)), "cpu")
    one = found["shown"][3, :, 8:16, 24:32].mean((1, 2))
    assert found["dots"].shape[1:] == (5, 20, 36)
    assert torch.allclose(found["dots"][3, :3, 1, 3].float(), one, atol=2e-3)
    covered = found["people"][:, 4:8, 12:16].float().mean((1, 2)) / 127.5 - 1
    assert torch.allclose(found["dots"][:, 3, 1, 3].float(), covered, atol=2e-3)


def test_first_frames_are_learned_from_more_often(pool: Pool):
    rows = pool.some(4000, np.random.default_rng(0))
    share = float((pool.parts["moment"][rows, 0] == 0).float().mean())
    assert share == pytest.approx(AT_FIRST + (1 - AT_FIRST) / views.EACH, abs=0.03)


def test_a_pool_reads_each_file_once_and_keeps_what_is_asked_for(folder: Path):
    small = Pool(folder / "views", only=("dots", "moment"))
    for _ in range(2):
        small.grow()
        assert len(small) == 12 and set(small.batch(torch.arange(3), "cpu")) == {"dots", "moment", "words", "heard"}


def test_a_surveyor_learns_and_goes_on_where_it_was_stopped(folder: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch):
    def trained(steps: int) -> Surveyor:
        monkeypatch.setattr(pace.Pace, "over", property(lambda pace: pace.steps >= steps))
        return survey.train(folder, "cpu", 1e6, math.inf, 6)

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


def test_thumbnails_are_learned(folder: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch):
    def trained(steps: int) -> Thumbnails:
        monkeypatch.setattr(pace.Pace, "over", property(lambda pace: pace.steps >= steps))
        return thumbnails.train(folder, "cpu", 1e6, math.inf, 6)

    asked = pool.batch(torch.arange(len(pool)), "cpu")
    dots = asked["dots"][:, :DRAWN].float()

    def lost(model: Thumbnails) -> float:
        level = torch.full((len(dots),), 0.6)
        noisy = torch.lerp(dots, torch.randn(dots.shape, generator=torch.Generator().manual_seed(1)), 0.6)
        with torch.no_grad():
            return float((model(noisy, level, asked["words"], asked["heard"]) - dots).square().mean())

    first, again = trained(2), trained(40)
    assert lost(again) < 0.6 * lost(first)
    thumbnails.sheet(again, pool, folder / "sheet.png", 8)
    assert (folder / "sheet.png").stat().st_size > 1000


def test_a_clean_up_is_learned_and_is_finer_than_the_thumbnail(
    folder: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
):
    def trained(steps: int) -> Cleanup:
        monkeypatch.setattr(pace.Pace, "over", property(lambda pace: pace.steps >= steps))
        return cleanup.train(folder, "cpu", 1e6, math.inf, 4)

    asked = pool.batch(torch.arange(len(pool)), "cpu")
    dots, shown = asked["dots"][:, :DRAWN].float(), asked["shown"]

    def lost(model: Cleanup) -> float:
        level = torch.full((len(dots),), 0.3)
        noisy = torch.lerp(shown, torch.randn(shown.shape, generator=torch.Generator().manual_seed(1)), 0.3)
        with torch.no_grad():
            return float((model(noisy, level, dots, asked["words"], asked["heard"]) - shown).square().mean())

    first, again = trained(1), trained(24)
    rough = float((drawn_large(dots[:, :3], *shown.shape[-2:]) - shown).square().mean())
    assert lost(again) < 0.95 * min(rough, lost(first))
    cleanup.sheet(again, Thumbnails(known=len(tokenizer())).eval(), pool, folder / "clean.png", 4)
    assert (folder / "clean.png").stat().st_size > 1000


def test_a_judge_learns_what_is_seen_and_how_near_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def trained(steps: int) -> tuple[float, float, float]:
        monkeypatch.setattr(pace.Pace, "over", property(lambda pace: pace.steps >= steps))
        taught = judge.train(folder, "cpu", 1e6, 4)
        with torch.no_grad():
            answers, near, who = taught(seen)
        right = [torch.nn.functional.cross_entropy(each, wanted[:, n]) for n, each in enumerate(answers)]
        assert [each.shape[1] for each in answers] == list(judge.HEADS.values()) and near.shape == true.shape
        off = (near - true).abs().mean(), (who.sigmoid() - people).abs().mean()
        return float(torch.stack(right).sum()), float(off[0]), float(off[1])

    pool = Pool(folder / "views", only=judge.PARTS)
    pool.grow()
    seen, wanted, true, people = judge.some(pool, 8, np.random.default_rng(1), "cpu")
    assert seen.shape[:4] == (8, views.EACH, 3, judge.ROWS) and float(true.min()) >= 0 and float(true.max()) == 1
    facts = [labels(each) for each in views.read(views.files(folder / "views")[0]).facts]
    assert {tuple(each) for each in wanted.tolist()} <= {
        tuple(each) for each in (*facts, *(_turned(each) for each in facts))
    }
    first, again = trained(1), trained(40)
    assert all(after < 0.8 * before for before, after in zip(first, again, strict=True))


def _turned(numbers: list[int]) -> list[int]:
    sides = {"left": "right", "right": "left"}
    move = MOVES[numbers[1]].split("-")
    return [numbers[0], MOVES.index("-".join(sides.get(each, each) for each in move)), *numbers[2:]]


def test_a_judge_looks_at_a_clip_as_at_what_it_learned_from():
    frames = np.stack([np.full((160, 256, 3), 2 * n, np.uint8) for n in range(49)])
    found = judge.look(frames)
    assert judge.looked_at(49) == [0, 10, 19, 29, 38, 48] and found.shape == (1, views.EACH, 3, judge.ROWS, 64)
    assert torch.allclose(found[0, 3, 0], torch.tensor(58 / 127.5 - 1), atol=1e-3)
    folded = {
        name: np.zeros((views.EACH, *each), np.uint8) for name, each in (("grey", (160, 256)), ("colours", (256, 3)))
    }
    folded["colours"][:] = np.arange(256)[:, None]
    folded["grey"][:] = frames[judge.looked_at(49), :, :, 0]
    drawn = SimpleNamespace(**{name: torch.from_numpy(each) for name, each in folded.items()})
    assert torch.equal(looks(drawn).float(), found[0])  # type: ignore[arg-type]


def test_a_judge_sees_which_way_things_go_and_a_mirror_turns_it(pool: Pool):
    grain = np.random.default_rng(1).normal(128, 400, (160, 400, 3)).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 4).clip(0, 255).astype(np.uint8)
    found = judge.look(np.stack([grain[:, 144 - n : 400 - n] for n in range(49)]))[0]
    right, down = found[:-1, 1], found[:-1, 2]
    assert float(right.median()) == pytest.approx(4 * 9.6 / 160, rel=0.15) and float(down.abs().median()) < 0.02
    assert not found[-1, 1:].any(), "there is no next one"
    rows = torch.arange(views.EACH)
    one, other = (pool.batch(rows, "cpu", mirrored)["looks"] for mirrored in (False, True))
    assert torch.equal(other, one.flip(-1) * torch.tensor([1, -1, 1]).reshape(3, 1, 1)) and one[:, 1].any()
    assert torch.equal(pool.batch(rows, "cpu")["looks"], one), "what is held is left as it was"


def test_a_thumbnail_is_the_same_for_the_same_noise_and_follows_a_depth():
    torch.manual_seed(0)
    model = Thumbnails(known=len(tokenizer()), widths=(4, 8), heads=2, glances=1).eval()
    torch.nn.init.normal_(model.write.weight, std=0.5)
    text, nothing = (
        tokenizer()([said], padding="max_length", max_length=MOST, return_tensors="pt")
        for said in (scene(1).caption, "")
    )
    across = size_of(160, 256)
    noise = torch.randn(1, DRAWN, *across)
    words = (text.input_ids, text.attention_mask, (nothing.input_ids, nothing.attention_mask))
    depth = torch.linspace(-1, 1, across[1]).expand(1, 1, *across)
    one, same, led = (model.make(noise, *words, each) for each in (None, None, depth))
    assert across == (20, 32) and torch.equal(one, same) and not torch.allclose(one, led)
    assert drawn_large(one, 160, 256).shape == (1, DRAWN, 160, 256)


def test_a_clean_up_keeps_to_its_thumbnail_and_follows_a_depth():
    torch.manual_seed(0)
    model = Cleanup(known=len(tokenizer()), heard=8, widths=(4, 8, 8)).eval()
    text = tokenizer()([scene(1).caption], padding="max_length", max_length=MOST, return_tensors="pt")
    dots = torch.rand(1, DRAWN, 20, 32) - 0.5
    noise = torch.randn(1, 3, HEIGHT, 32 * DOT)
    said = (text.input_ids, text.attention_mask)
    assert torch.allclose(model.make(noise, dots, *said), drawn_large(dots[:, :3], HEIGHT, 256), atol=1e-5), "untaught"
    torch.nn.init.normal_(model.write.weight, std=0.5)
    depth = torch.linspace(-1, 1, 64).expand(1, 1, 40, 64)
    one, same, led = (model.make(noise, dots, *said, each) for each in (None, None, depth))
    assert torch.equal(one, same) and not torch.allclose(one, led)

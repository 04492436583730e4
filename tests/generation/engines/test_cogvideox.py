"""What only CogVideoX has: two schedulers, a rate of its own, pictures and clips as channels beside the latents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import CogVideoXDDIMScheduler, CogVideoXFunControlPipeline, CogVideoXImageToVideoPipeline

from generation.diffusion import residence
from generation.report import Held, Refused
from generation.weights import Registry
from tests.generation.contract.stage import Stage
from tests.generation.tiny import cogvideox, cogvideox_i2v


@pytest.fixture(autouse=True)
def nothing_loaded():
    residence.clear()
    yield
    residence.clear()


def seen_by(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, argument: int) -> list:
    """Keeps what a method was called with while it does its work."""
    real, seen = getattr(owner, method), []

    def spied(self, *args, **kwargs):
        seen.append(args[argument])
        return real(self, *args, **kwargs)

    monkeypatch.setattr(owner, method, spied)
    return seen


def test_the_plain_schedule_holds_and_goes_on_too(tmp_path: Path):
    stage = Stage.build("cogvideox", tmp_path)
    cogvideox.build(tmp_path / "plain", CogVideoXDDIMScheduler)
    recipe = stage.recipe(weights=stage.registry.add(tmp_path / "plain").pinned)
    expected = stage.run(recipe)
    with pytest.raises(Held) as held:
        stage.run(recipe, stage.desk(hold_at=2))
    residence.clear()
    made = stage.made(recipe, stage.desk(state=held.value.path))
    assert made.facts["steps resumed"] == 2 and np.array_equal(np.stack(list(made.frames)), expected)


def test_a_take_at_24_frames_a_second_shows_each_frame_three_times(tmp_path: Path):
    stage = Stage.build("cogvideox", tmp_path)
    own = stage.run()
    shown = stage.run(stage.recipe(frames=48, rate=(24, 1)))
    assert len(shown) == 48 and all(np.array_equal(shown[n], own[n // 3]) for n in range(48))


def test_weights_of_1_5_move_at_16_frames_a_second(tmp_path: Path):
    stage = Stage.build("cogvideox", tmp_path)
    cogvideox.build(tmp_path / "newer", patch_size_t=2, patch_bias=False)
    weights = stage.registry.add(tmp_path / "newer").pinned
    desk = stage.desk()
    shown = stage.run(stage.recipe(weights=weights, frames=26, rate=(24, 1)), desk)
    own = stage.run(stage.recipe(weights=weights, frames=18, rate=(16, 1)))
    assert all(np.array_equal(shown[n], own[n * 2 // 3]) for n in range(26))
    assert desk.previews and all(
        len(movie) == 6 for movie in desk.previews
    )  # 21 frames are 6 cells; the padding is not shown


@pytest.mark.parametrize(("name", "more"), [("cogvideox_i2v", {"ofs_embed_dim": 8}), ("cogvideox_control", {})])
def test_weights_of_1_5_that_take_two_cells_at_once_give_every_frame_asked(name: str, more: dict, tmp_path: Path):
    stage = Stage.build(name, tmp_path)
    stage.tiny.build(tmp_path / "newer", patch_size_t=2, patch_bias=False, **more)
    recipe = stage.recipe(weights=stage.registry.add(tmp_path / "newer").pinned)
    assert len(stage.run(recipe)) == recipe.frames


def test_the_longest_take_is_six_seconds_at_any_rate(tmp_path: Path):
    stage = Stage.build("cogvideox", tmp_path)
    with pytest.raises(Refused, match="makes up to 147"):
        stage.run(stage.recipe(frames=148, rate=(24, 1)))


def test_the_chosen_frame_of_a_clip_is_what_a_take_goes_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stage = Stage.build("cogvideox_i2v", tmp_path)
    seen = seen_by(monkeypatch, CogVideoXImageToVideoPipeline, "prepare_latents", 0)
    stage.run(stage.recipe("continue"))
    green = (seen[0][0, 1, 0, -1].item() + 1) * 127.5
    assert abs(green - 3 * 20) < 8  # the clip's frame n is 3n green


def test_the_picture_stands_in_the_first_cell_and_nowhere_else(tmp_path: Path):
    stage = Stage.build("cogvideox_i2v", tmp_path)
    stage.run()
    seen = []
    transformer = residence.resident().pipe.transformer
    hook = transformer.register_forward_pre_hook(
        lambda part, args, kwargs: seen.append(kwargs["hidden_states"]), with_kwargs=True
    )
    stage.run()
    hook.remove()
    beside = seen[0][0, :, 4:]
    assert beside[0].abs().max() > 0 and not beside[1:].any()


def test_weights_that_know_one_size_refuse_another_with_theirs(tmp_path: Path):
    stage = Stage.build("cogvideox_i2v", tmp_path)
    cogvideox_i2v.build(tmp_path / "learned", use_learned_positional_embeddings=True)
    weights = Registry(stage.registry.location).add(tmp_path / "learned").pinned
    assert len(stage.run(stage.recipe(weights=weights))) == stage.tiny.FRAMES
    with pytest.raises(Refused, match="make 48 x 32 only"):
        stage.run(stage.recipe(weights=weights, width=64))


def test_without_a_picture_or_a_clip_there_is_a_reason(tmp_path: Path):
    for name, needed in (("cogvideox_i2v", "a first frame"), ("cogvideox_control", "a depth or a motion guide")):
        stage = Stage.build(name, tmp_path / name)
        with pytest.raises(Refused, match=needed):
            stage.run(stage.recipe(ingredients=()))


def test_each_frame_follows_the_guide_at_its_own_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stage = Stage.build("cogvideox_control", tmp_path)
    seen = seen_by(monkeypatch, CogVideoXFunControlPipeline, "prepare_control_latents", 1)
    stage.run(stage.recipe(frames=29, rate=(24, 1)))
    green = (seen[0][0, 1, :, 0, -1] + 1) * 127.5
    followed = [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 28, 28]  # past the take's end its last frame stands still
    assert torch.allclose(green, 3 * torch.tensor(followed, dtype=green.dtype), atol=8)


def test_depth_and_motion_at_once_are_refused(tmp_path: Path):
    stage = Stage.build("cogvideox_control", tmp_path)
    both = (stage.ingredient("depth"), stage.ingredient("motion"))
    with pytest.raises(Refused, match="take one of them off"):
        stage.run(replace(stage.recipe(), ingredients=both))

"""What all engines share, proven on one: states, decodes that went wrong, too little memory, weights that are gone."""

from __future__ import annotations

import contextlib
import errno
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation import catalogue
from generation.diffusion import check, residence
from generation.diffusion import plan as planning
from generation.diffusion.state import State
from generation.report import DeviceLost, Held, Refused
from tests.generation.contract.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx", tmp_path_factory.mktemp("ltx"))


def test_a_state_of_another_recipe_is_not_gone_on_from(stage: Stage):
    with pytest.raises(Held) as held:
        stage.run(desk=stage.desk(hold_at=2))
    other = stage.recipe(seed=99)
    made = stage.made(other, stage.desk(state=held.value.path))
    assert made.facts["steps resumed"] == 0 and np.array_equal(np.stack(list(made.frames)), stage.run(other))


def test_a_decode_that_is_not_a_number_fails_with_a_reason(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("generation.diffusion.shooting._frames", lambda _: torch.full((2, 3, 8, 8), torch.nan))
    with pytest.raises(Refused, match="not numbers"):
        stage.run()


def test_too_little_memory_for_every_plan_is_a_reason(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    def short(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(residence, "settle", short)
    with pytest.raises(Refused, match="Ask for fewer frames or a smaller size"):
        stage.run()


def test_out_of_memory_is_made_with_the_next_plan_and_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    settle = residence.settle

    def short(folder, pinned, pipeline_class, plan, dtypes=None):
        if not plan.tiled:
            raise torch.OutOfMemoryError("tried to allocate 9 bytes")
        return settle(folder, pinned, pipeline_class, plan, dtypes)

    monkeypatch.setattr(residence, "settle", short)
    made = stage.made()
    assert made.notes == ("Made with resident, tiled decode, because memory ran out as resident.",)
    assert made.facts["plan"] == "resident, tiled decode"
    residence.clear()


def test_little_memory_is_planned_for_and_said(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    residence.clear()
    monkeypatch.setattr(planning, "free_bytes", lambda name: 1)
    assert "Made with resident, tiled decode, because the whole pipeline takes" in stage.made().notes[0]
    residence.clear()


def test_a_loaded_pipeline_does_not_make_its_own_next_take_thriftier(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    residence.clear()
    room = planning.needed(stage.weights.tensor_bytes, planning.plans("cpu")[0])
    monkeypatch.setattr(planning, "free_bytes", lambda name: room - residence.held_bytes())
    assert [stage.made().facts["plan"] for _ in range(2)] == ["resident", "resident"]


@pytest.mark.parametrize(
    "error", [torch.AcceleratorError("CUDA error: unspecified launch failure"), RuntimeError("CUDA error: 719")]
)
def test_a_card_that_vanishes_is_no_fault_of_the_recipe(stage: Stage, monkeypatch: pytest.MonkeyPatch, error):
    def vanished(*_):
        raise error

    monkeypatch.setattr(residence, "settle", vanished)
    with pytest.raises(DeviceLost):
        stage.run()


def test_weights_that_are_gone_give_one_sentence_and_the_command(stage: Stage):
    with pytest.raises(Refused, match=r"manage\.py weights add"):
        stage.run(stage.recipe(weights="elsewhere@0123456789abcdef"))


def test_weights_that_changed_since_are_not_silently_used(stage: Stage):
    with pytest.raises(Refused, match="have changed since"):
        stage.run(stage.recipe(weights=f"{stage.weights.name}@0123456789abcdef"))


def test_weights_of_another_family_are_refused_not_tried(stage: Stage):
    recipe = replace(stage.recipe(width=64, height=64), engine="wan", rate=(16, 1), settings={})
    with pytest.raises(Refused, match=r"\(LTXConditionPipeline\) are not for Wan\. Choose the engine LTX-Video"):
        catalogue.load("wan").run(recipe, stage.desk())


@contextlib.contextmanager
def no_room_for_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_state_that_finds_no_room_says_so_as_the_disk_would(stage: Stage, tmp_path: Path):
    with pytest.raises(Held) as held:
        stage.run(desk=stage.desk(hold_at=2))
    state = State.load(held.value.path, stage.recipe().digest, stage.weights.pinned)
    with no_room_for_files(), pytest.raises(OSError) as said:
        state.save(tmp_path / "state.safetensors")
    assert said.value.errno == errno.EFBIG


def test_a_take_is_made_where_there_is_no_room_for_what_its_previews_learnt(stage: Stage):
    with no_room_for_files():
        assert len(stage.run(stage.recipe(seed=11))) == stage.tiny.FRAMES


def test_black_frames_fail_with_a_reason():
    with pytest.raises(Refused, match="nothing but black frames"):
        check.sound(torch.zeros(3, 3, 8, 8), "float16")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_frames_become_bytes_as_rounding_has_it_in_whatever_format_they_were_decoded(dtype: torch.dtype):
    decoded = torch.linspace(-0.1, 1.1, 2 * 3 * 40 * 40).reshape(3, 2, 40, 40).transpose(0, 1).to(dtype)
    expected = np.rint(np.clip(decoded.float().numpy(), 0, 1) * np.float32(255)).astype(np.uint8)
    assert np.array_equal(check.sound(decoded, "float32"), expected.transpose(0, 2, 3, 1))

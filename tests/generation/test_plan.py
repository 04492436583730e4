"""The memory plan: the roomiest that fits, thriftier step by step, and said in words."""

from __future__ import annotations

import importlib.metadata

import pytest

from generation.diffusion import plan as planning

GIB = 1 << 30
LTX = {"transformer": 4 * GIB, "text_encoder": 9 * GIB, "vae": 1 * GIB, "tokenizer": 0}


TWO_MODELS = {"transformer": 28 * GIB, "transformer_2": 28 * GIB, "text_encoder": 11 * GIB}


@pytest.fixture(autouse=True)
def torchao(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.18.0+cpu")


@pytest.mark.parametrize(
    ("free", "name"),
    [
        (80, "resident"),
        (18, "resident"),
        (17, "model offload"),
        (12, "model offload"),
        (11, "resident, tiled decode, quantised weights"),
        (10, "group offload, tiled decode"),
        (1, "group offload, tiled decode, 8-bit weights"),
    ],
)
def test_a_card_gets_the_best_plan_that_fits(free: int, name: str):
    assert planning.choose(LTX, "cuda:0", free * GIB).name == name


def test_without_torchao_nothing_is_quantised(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.metadata, "version", _not_installed)
    assert planning.choose(LTX, "cuda:0", 11 * GIB).name == "group offload, tiled decode"


def test_a_torchao_too_old_for_diffusers_is_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.9.0+cpu")
    assert not planning.can_quantise()


def _not_installed(name: str) -> str:
    raise importlib.metadata.PackageNotFoundError(name)


def test_where_one_of_two_models_ran_out_of_memory_both_at_once_are_not_tried():
    offload = next(each for each in planning.plans("cuda:0") if each.name == "model offload, tiled decode")
    less = planning.thriftier(offload, TWO_MODELS)
    assert less is not None and less.name == "group offload, tiled decode"


def test_rounded_weights_are_named_and_said_to_differ():
    said = planning.because(LTX, planning.choose(LTX, "cuda:0", 11 * GIB), 11 * GIB)
    assert said.startswith("Made with resident, tiled decode, quantised weights, because")
    assert said.endswith("rounded to 8 bits, so its pictures differ a little from what the whole weights make.")


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_each_next_plan_needs_no_more_and_the_last_has_none(device: str):
    plan: planning.Plan | None = planning.plans(device)[0]
    ladder = []
    while plan is not None:
        ladder.append(plan)
        plan = planning.thriftier(plan, LTX)
    needs = [planning.needed(LTX, each) for each in ladder]
    assert tuple(ladder) == planning.plans(device)
    assert needs == sorted(needs, reverse=True)


@pytest.mark.parametrize("plan", planning.plans("cuda:0"), ids=lambda plan: plan.name)
def test_more_weights_never_need_less(plan: planning.Plan):
    needs = [planning.needed({"a": size, "b": size // 2}, plan) for size in range(0, 60 * GIB, GIB)]
    assert needs == sorted(needs)


def test_weights_of_nothing_need_only_room_to_work():
    assert planning.choose({}, "cpu", 0).name == "resident"
    assert planning.needed({}, planning.plans("cuda:0")[0]) == planning.HEADROOM_BYTES


def test_the_roomiest_plan_needs_no_reason():
    assert planning.because(LTX, planning.plans("cuda:0")[0], 80 * GIB) == ""


def test_a_thriftier_plan_is_said_with_both_sizes():
    said = planning.because(LTX, planning.choose(LTX, "cuda:0", 12 * GIB), 12 * GIB)
    assert said == (
        "Made with model offload, because the whole pipeline takes about 17.5 GB and 12.0 GB of memory were free."
    )

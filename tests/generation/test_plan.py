"""The memory plan: the roomiest that fits, thriftier step by step, and said in words."""

from __future__ import annotations

import pytest

from generation.diffusion import plan as planning

GIB = 1 << 30
LTX = {"transformer": 4 * GIB, "text_encoder": 9 * GIB, "vae": 1 * GIB, "tokenizer": 0}


@pytest.mark.parametrize(
    ("free", "name"),
    [
        (80, "resident"),
        (18, "resident"),
        (17, "model offload"),
        (12, "model offload"),
        (11, "group offload, tiled decode"),
        (1, "group offload, tiled decode, 8-bit weights"),
    ],
)
def test_a_card_gets_the_roomiest_plan_that_fits(free: int, name: str):
    assert planning.choose(LTX, "cuda:0", free * GIB).name == name


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_each_next_plan_needs_no_more_and_the_last_has_none(device: str):
    plan: planning.Plan | None = planning.plans(device)[0]
    ladder = []
    while plan is not None:
        ladder.append(plan)
        plan = planning.thriftier(plan)
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

"""Weights rounded to 8 bits, where whole ones do not fit: as a card would, on the CPU in a card's number format."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from generation.diffusion import plan as planning
from generation.diffusion import residence
from generation.diffusion.plan import Plan
from generation.report import Cancelled, Held
from tests.generation.contract.stage import Stage

WHOLE = Plan("cpu", "bfloat16", tiled=True)
QUANTISED = Plan("cpu", "bfloat16", tiled=True, quantised=True)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    residence.clear()
    yield Stage.build("ltx", tmp_path_factory.mktemp("ltx"))
    residence.clear()


@pytest.fixture(autouse=True)
def plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "plans", lambda _: (WHOLE, QUANTISED))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """So much memory that only rounded weights fit."""
    sizes = {"transformer": 8 << 30, "text_encoder": 4 << 30}
    needed = planning.needed
    monkeypatch.setattr(planning, "needed", lambda _, plan: needed(sizes, plan))
    monkeypatch.setattr(planning, "free_bytes", lambda _: 10 << 30)


def test_where_only_rounded_weights_fit_the_take_is_made_with_them_and_says_so(stage: Stage, short: None):
    made = stage.made()
    assert made.facts["plan"] == "resident, tiled decode, quantised weights"
    assert "15.0 GB and 10.0 GB of memory were free. Its weights are rounded to 8 bits" in made.notes[0]


def test_denoiser_and_text_encoder_are_rounded_and_the_decoder_is_not(stage: Stage, short: None):
    stage.run()
    here = residence.resident()
    assert here is not None
    pipe = here.pipe
    attention = pipe.transformer.transformer_blocks[0].attn1.to_q.weight
    words = pipe.text_encoder.encoder.block[0].layer[0].SelfAttention.q.weight
    assert attention.qdata.dtype == words.qdata.dtype == torch.int8
    assert not any(hasattr(each, "qdata") for each in pipe.vae.parameters())


def test_its_pictures_are_near_those_of_whole_weights(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
):
    whole = stage.run()
    request.getfixturevalue("short")
    rounded = stage.run()
    assert 0 < np.abs(whole.astype(int) - rounded).mean() < 3


def test_a_cancel_or_a_hold_leaves_no_trace_in_rounded_weights(stage: Stage, short: None):
    expected = stage.run()
    with pytest.raises(Cancelled):
        stage.run(desk=stage.desk(stop=lambda done, of, said: said.startswith("step 2")))
    with pytest.raises(Held) as held:
        stage.run(desk=stage.desk(hold_at=2))
    assert np.array_equal(stage.run(desk=stage.desk(state=held.value.path)), expected)
    assert np.array_equal(stage.run(), expected)


def test_out_of_memory_with_whole_weights_is_made_with_rounded_ones_and_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    settle = residence.settle

    def short(folder, pinned, pipeline_class, plan, dtypes=None):
        if not plan.quantised:
            raise torch.OutOfMemoryError("tried to allocate 9 bytes")
        return settle(folder, pinned, pipeline_class, plan, dtypes)

    monkeypatch.setattr(residence, "settle", short)
    assert "because memory ran out as resident, tiled decode. Its weights are rounded" in stage.made().notes[0]


def test_a_fast_take_with_rounded_weights_is_made_exact_and_says_so(stage: Stage, short: None):
    made = stage.made(stage.recipe(settings=stage.row.settings | {"profile": "fast"}))
    assert made.facts["profile"] == "exact"
    assert "rounded weights" in " ".join(made.notes)

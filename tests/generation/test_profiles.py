"""Ways to be quicker than exact: asked for by name, refused where they go wrong, and honest about what they saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.attention_dispatch import AttentionBackendName, _AttentionBackendRegistry

from generation import catalogue
from generation.diffusion import attention, compiled, residence
from generation.recipe import Recipe
from generation.report import Cancelled, Held, Refused
from tests.generation.contract.stage import STEPS, Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx", tmp_path_factory.mktemp("ltx"))


def draft(stage: Stage, **changes: Any) -> Recipe:
    recipe = stage.recipe(**{"steps": 20} | changes)
    return replace(recipe, settings=recipe.settings | {"profile": "draft"})


def with_threshold(monkeypatch: pytest.MonkeyPatch, threshold: float) -> None:
    """The row with another threshold, wherever it is asked for by name."""
    rows = tuple(replace(row, draft_threshold=threshold) if row.name == "ltx" else row for row in catalogue.ENGINES)
    monkeypatch.setattr(catalogue, "ENGINES", rows)


def test_nothing_lossy_is_on_unless_asked_for(stage: Stage) -> None:
    made = stage.made()
    assert made.facts["profile"] == "exact" and made.notes == ()


def test_a_draft_says_how_much_it_left_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with_threshold(monkeypatch, 10.0)
    made = stage.made(draft(stage))
    assert made.facts["profile"] == "draft"
    assert "left out 19 of 40 block runs" in made.notes[0]


def test_a_draft_that_left_nothing_out_says_so_and_equals_the_exact_take(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_threshold(monkeypatch, 1e-12)
    made = stage.made(draft(stage))
    assert "left nothing out" in made.notes[0]
    assert np.array_equal(np.stack(list(made.frames)), stage.run(stage.recipe(steps=20)))


def test_a_draft_leaves_nothing_behind_for_the_next_take(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stage.run()
    with_threshold(monkeypatch, 10.0)
    stage.run(draft(stage))
    assert np.array_equal(stage.run(), before)


def test_a_draft_is_not_stopped_half_way_because_its_memory_is_not_saved(stage: Stage) -> None:
    assert len(stage.run(draft(stage), stage.desk(hold_at=3))) == stage.tiny.FRAMES


def test_too_few_steps_for_a_draft_are_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="20 steps or more, this take has 4"):
        stage.run(draft(stage, steps=4))


def test_an_unknown_profile_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="there are exact, fast and draft"):
        stage.run(stage.recipe(settings=stage.row.settings | {"profile": "warp"}))


def test_the_profile_that_goes_wrong_on_vace_is_refused_with_the_reason(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    vace = Stage.build("wan_vace", tmp_path_factory.mktemp("wan_vace"))
    with pytest.raises(Refused, match="guides twice"):
        vace.run(draft(vace))


def test_a_draft_of_an_engine_without_a_threshold_is_a_smaller_picture(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    vace = Stage.build("wan_vace", tmp_path_factory.mktemp("wan_vace"))
    whole = (2 * vace.tiny.SIZE[0], vace.tiny.SIZE[1])
    small = draft(vace, steps=STEPS)
    made = vace.made(replace(small, settings=small.settings | {"draft_of": list(whole)}))
    said = f"A draft at {small.width} x {small.height}: 50 % of the pixels of {whole[0]} x {whole[1]}."
    assert said in made.notes
    with pytest.raises(Refused, match="no width and height"):
        vace.run(replace(small, settings=small.settings | {"draft_of": "half"}))


def test_a_draft_is_of_a_size_that_the_engine_makes() -> None:
    for row in catalogue.ENGINES:
        if row.pipelines:
            for size in ((1280, 720), (640, 360), (720, 1280), (64, 64)):
                whole = row.legal_size(*size)
                small = row.draft_size(*whole)
                assert row.legal_size(*small) == small, row.name
                assert small == whole or small[0] * small[1] < whole[0] * whole[1], row.name
                if small != whole:
                    assert abs(small[0] * whole[1] / (small[1] * whole[0]) - 1) < 0.12, (row.name, whole, small)
    assert catalogue.engine("wan").draft_size(832, 480) == (544, 320)
    assert catalogue.engine("ltx2").draft_size(1280, 704) == (832, 448), "multiples of 64, as the whole ones are"
    assert not catalogue.engine("sketch").can_draft and catalogue.engine("sketch").draft_size(288, 160) == (288, 160)


# Attention by another kernel --------------------------------------------------------------------------------------


KERNEL = "_native_math"  # written out: on every machine, and its last digits differ from the fused one's


def test_fast_takes_use_the_attention_that_the_server_names(
    stage: Stage, traced: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact, own = stage.run(), stage.made(fast(stage))
    monkeypatch.setenv(attention.NAMED, KERNEL)
    used, kernel = [], _AttentionBackendRegistry._backends[AttentionBackendName(KERNEL)]

    def counted(query: torch.Tensor, *args: Any, **how: Any) -> torch.Tensor:
        used.append(query.shape)
        return kernel(query, *args, **how)

    monkeypatch.setitem(_AttentionBackendRegistry._backends, AttentionBackendName(KERNEL), counted)
    made = stage.made(fast(stage))
    assert len(used) > STEPS and used[0] == attention.TRIED
    assert made.facts["attention"] == KERNEL and "attention" not in own.facts and made.notes == ()
    apart = np.abs(np.stack(list(made.frames)).astype(int) - np.stack(list(own.frames)))
    assert apart.max() <= 2
    assert np.array_equal(stage.run(), exact), "and an exact take beside it is as it was"
    assert "attention" not in stage.made().facts


def test_only_the_attention_of_a_clip_to_itself_is_computed_otherwise(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.run()
    here = residence.resident()
    assert here is not None
    modules = {name: each for name, each in here.pipe.transformer.named_modules() if hasattr(each, "processor")}
    with attention.by(here.pipe, KERNEL):
        found = {name: each.processor._attention_backend for name, each in modules.items()}
    assert {name for name, each in found.items() if each} == {name for name in modules if name.endswith("attn1")}
    assert not any(each.processor._attention_backend for each in modules.values())


def test_a_network_that_computes_its_attention_itself_claims_no_kernel(
    traced: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Stage.build("cogvideox", tmp_path)
    monkeypatch.setenv(attention.NAMED, KERNEL)
    made = other.made(fast(other))
    assert "attention" not in made.facts and "computes its attention itself" in made.notes[0]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("flush", "names 'flush', which diffusers does not know; it knows flash"),
        ("flash_hub", "fetches a program while takes are made"),
        ("sage", "names 'sage', which rounds to 8 bits"),
        ("xformers", "attention by xformers does not work here"),
    ],
)
def test_an_attention_that_does_not_work_here_is_left_out_and_said(
    stage: Stage, traced: None, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.setenv(attention.NAMED, name)
    made = stage.made(fast(stage))
    assert made.facts["profile"] == "fast" and "attention" not in made.facts
    assert len(made.notes) == 1 and made.notes[0].startswith("Made with torch's own attention") and why in made.notes[0]


def test_an_attention_that_fails_on_this_take_gives_way_to_torchs_own(
    stage: Stage, traced: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = np.stack(list(stage.made(fast(stage)).frames))
    monkeypatch.setenv(attention.NAMED, KERNEL)
    monkeypatch.setitem(_AttentionBackendRegistry._backends, AttentionBackendName(KERNEL), _without_heads)
    made = stage.made(fast(stage))
    assert "failed on this take (no such heads)" in made.notes[0] and "attention" not in made.facts
    assert np.array_equal(np.stack(list(made.frames)), plain)


def _without_heads(query: torch.Tensor, **_: Any) -> torch.Tensor:
    assert query.shape == attention.TRIED, "no such heads. A tuple like that is too long\n  File somewhere"
    return query


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled by tracing alone: what differs between backends is speed and last digits, not what is tried here."""
    monkeypatch.setattr(compiled, "BACKEND", "eager")
    monkeypatch.setattr(compiled, "_lacking", lambda device: "")


def fast(stage: Stage, **changes: Any) -> Recipe:
    recipe = stage.recipe(**changes)
    return replace(recipe, settings=recipe.settings | {"profile": "fast"})


def test_a_fast_take_looks_like_the_exact_one_and_leaves_the_next_exact_one_as_it_was(
    stage: Stage, traced: None
) -> None:
    exact = stage.run()
    made = stage.made(fast(stage))
    frames = np.stack(list(made.frames))
    assert made.facts["profile"] == "fast"
    assert np.abs(frames.astype(int) - exact).max() <= 2
    assert np.array_equal(stage.run(), exact)


def test_what_was_compiled_serves_the_next_take_too(stage: Stage, traced: None) -> None:
    stage.run(fast(stage))
    stage.run(fast(stage))
    graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    stage.run(fast(stage, seed=8))
    assert graphs and torch._dynamo.utils.counters["stats"]["unique_graphs"] == graphs


def test_cancelling_a_fast_take_is_felt_inside_a_step(stage: Stage, traced: None) -> None:
    desk = stage.desk()
    stage.run(fast(stage), desk)
    assert [phase for _, _, phase in desk.steps].count(f"step 1 of {STEPS}") >= 2
    with pytest.raises(Cancelled):
        stage.run(fast(stage), stage.desk(stop=lambda done, of, said: said.startswith("step 2")))
    assert stage.run(fast(stage)).any()


def test_a_fast_take_held_and_gone_on_with_is_the_same_fast_take(stage: Stage, traced: None) -> None:
    whole = stage.run(fast(stage))
    with pytest.raises(Held) as held:
        stage.run(fast(stage), stage.desk(hold_at=2))
    assert np.array_equal(stage.run(fast(stage), stage.desk(state=held.value.path)), whole)


def test_a_machine_without_a_compiler_makes_it_exact_and_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled.shutil, "which", lambda name: None)
    made = stage.made(fast(stage))
    assert made.facts["profile"] == "exact"
    assert made.notes[0].startswith("Made exact, not fast: this machine has no C++ compiler.")
    assert np.array_equal(np.stack(list(made.frames)), stage.run())


def test_a_python_without_its_headers_makes_it_exact_and_says_so(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled.sysconfig, "get_path", lambda name: str(tmp_path))
    assert stage.made(fast(stage)).notes[0].startswith("Made exact, not fast: Python's header files are missing.")


def test_a_network_without_repeated_blocks_is_made_exact_and_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    svd = Stage.build("svd", tmp_path_factory.mktemp("svd"))
    assert "no repeated blocks" in svd.made(fast(svd)).notes[0]

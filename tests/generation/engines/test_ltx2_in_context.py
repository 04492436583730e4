"""LTX-2 with in-context weights: the clip a take follows, the weights that do, and nothing of them afterwards."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLLTX2Video
from PIL import Image
from safetensors.torch import load_file, save_file

from generation.diffusion import lora, residence
from generation.engines import ltx2 as engine
from generation.recipe import Recipe
from generation.report import Cancelled, Held, Refused
from tests.generation.contract.stage import STEPS, Stage

CELLS = 2 * 2  # of one latent frame at 64 x 64
LATENTS = 4  # of 25 frames
FILE = "in_context/depth/pytorch_lora_weights.safetensors"

Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx2", tmp_path_factory.mktemp("ltx2_in_context"))


@pytest.fixture
def calls(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the transformer is called with, each time."""
    stage.run()  # loads the pipeline
    here = residence.resident()
    assert here is not None
    heard: list[dict[str, Any]] = []
    forward = here.pipe.transformer.forward
    monkeypatch.setattr(here.pipe.transformer, "forward", lambda *a, **k: heard.append(k) or forward(*a, **k))
    return heard


def with_clip(monkeypatch: pytest.MonkeyPatch, tones: Callable[[int], int]) -> None:
    """Every clip to be followed is plain grey, frame n of it in tone n."""
    grey = lambda n: Image.new("RGB", (64, 64), (tones(n),) * 3)  # noqa: E731
    monkeypatch.setattr(engine, "clip", lambda guide, recipe, desk, count: [grey(n) for n in range(count)])


def changed(stage: Stage, folder: Path, change: Change) -> str:
    """The tiny weights with something changed in them, as a recipe names them."""
    shutil.copytree(stage.folder / "tiny", folder)
    change(folder)
    return stage.registry.add(folder).pinned


def rewritten(file: str, to: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]], **said: str) -> Change:
    def change(folder: Path) -> None:
        save_file({name: each.contiguous() for name, each in to(load_file(folder / file)).items()}, folder / file, said)

    return change


def refused(stage: Stage, tmp_path: Path, change: Change, **fields: Any) -> str:
    with pytest.raises(Refused) as refusal:
        stage.run(stage.recipe("depth", weights=changed(stage, tmp_path / "changed", change), **fields))
    return str(refusal.value)


def test_the_clip_stands_behind_the_take_each_frame_told_at_the_time_of_the_one_that_follows_it(
    stage: Stage, calls: list[dict[str, Any]]
):
    stage.run(stage.recipe("depth"))
    call = calls[0]
    times = call["video_coords"][0]
    assert call["hidden_states"].shape[1] == times.shape[1] == 2 * LATENTS * CELLS
    assert torch.equal(times[:, : LATENTS * CELLS], times[:, LATENTS * CELLS :])


@pytest.mark.parametrize(("strength", "noise"), [(1.0, 0.0), (0.75, 0.25)])
def test_the_clip_is_kept_as_clean_as_it_is_strong(
    stage: Stage, calls: list[dict[str, Any]], strength: float, noise: float
):
    stage.run(stage.recipe(ingredients=(replace(stage.ingredient("depth"), strength=strength),)))
    for call in (calls[0], calls[-1]):
        told = call["timestep"][0].flatten()
        assert told[LATENTS * CELLS :].tolist() == pytest.approx([float(told[0]) * noise] * LATENTS * CELLS)


def test_frames_of_the_clip_that_change_late_change_nothing_of_what_is_told_early(
    stage: Stage, calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    with_clip(monkeypatch, lambda n: 60)
    before = stage.run(stage.recipe("depth"))
    with_clip(monkeypatch, lambda n: 60 if n < 17 else 200)  # latent frame 3 stands for frames 17 to 24
    after = stage.run(stage.recipe("depth"))
    told = [
        call["hidden_states"][0, LATENTS * CELLS :].reshape(LATENTS, -1) for call in (calls[0], calls[len(calls) // 2])
    ]
    assert [torch.equal(*pair) for pair in zip(*told, strict=True)] == [True, True, True, False]
    assert not np.array_equal(before, after)


def test_under_the_earlier_clip_of_a_continuation_the_guide_waits_for_the_takes_first_frame(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    with_clip(monkeypatch, lambda n: 10 * n)
    real, seen = AutoencoderKLLTX2Video.encode, []
    monkeypatch.setattr(
        AutoencoderKLLTX2Video, "encode", lambda vae, clip, *a, **k: seen.append(clip) or real(vae, clip, *a, **k)
    )
    assert len(stage.run(stage.recipe("continue", "depth", frames=17))) == 17
    tones = (seen[-1][0, 0, :, 0, 0] + 1) * 127.5
    assert tones.tolist() == pytest.approx([0] * 8 + [10 * n for n in range(17)], abs=0.01)


def test_the_weights_add_what_they_would_add_to_the_layers_themselves(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    guided = stage.run(stage.recipe("depth"))
    residence.clear()
    settle = residence.settle

    def fused(*args: Any) -> residence.Resident:
        here = settle(*args)
        sides = load_file(stage.folder / "tiny" / FILE)
        for name in {key.split(".lora_")[0] for key in sides}:
            layer = here.pipe.transformer.get_submodule(name.removeprefix("transformer."))
            with torch.no_grad():
                layer.weight += sides[f"{name}.lora_B.weight"] @ sides[f"{name}.lora_A.weight"]
        return here

    with monkeypatch.context() as patched:
        patched.setattr(residence, "settle", fused)
        patched.setattr(lora.Lora, "beside", lambda self, pipe: torch.inference_mode())
        itself = stage.run(stage.recipe("depth"))
    residence.clear()
    off = np.abs(guided.astype(int) - itself)
    assert off.max() <= 2 and np.abs(guided.astype(int) - stage.plain).max() > 20


def test_layers_that_move_about_to_save_memory_are_added_to_as_well(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    expected = stage.run(stage.recipe("depth"))
    residence.clear()
    place, here = residence._place, torch.device("cpu")

    def moving(pipe: Any, plan: Any) -> None:
        place(pipe, plan)
        pipe.transformer.enable_group_offload(onload_device=here, offload_device=here, offload_type="leaf_level")

    with monkeypatch.context() as patched:
        patched.setattr(residence, "_place", moving)
        assert np.array_equal(stage.run(stage.recipe("depth")), expected)
    residence.clear()


def test_depth_and_poses_are_followed_each_with_its_own_weights(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    with_clip(monkeypatch, lambda n: 4 * n)
    assert not np.array_equal(stage.run(stage.recipe("depth")), stage.run(stage.recipe("motion")))


def test_the_next_take_is_what_it_would_have_been(stage: Stage):
    residence.clear()
    never = stage.run()
    stage.run(stage.recipe("depth"))
    here = residence.resident()
    assert here is not None and not any(each._forward_hooks for each in here.pipe.transformer.modules())
    assert np.array_equal(stage.run(), never)


@pytest.mark.parametrize("phase", ["reading the words", "step 2", "decoding"])
def test_cancelled_it_leaves_the_next_take_as_it_would_have_been(stage: Stage, phase: str):
    expected = stage.plain
    with pytest.raises(Cancelled):
        stage.run(stage.recipe("depth"), stage.desk(stop=lambda done, of, said: said.startswith(phase)))
    assert np.array_equal(stage.run(), expected)


def test_held_it_goes_on_to_the_same_frames_and_sound(stage: Stage):
    recipe = stage.recipe("first", "key", "depth")
    whole = stage.made(recipe)
    for at in (1, STEPS - 1):
        with pytest.raises(Held) as held:
            stage.run(recipe, stage.desk(hold_at=at))
        residence.clear()  # as another worker would find it
        made = stage.made(recipe, stage.desk(state=held.value.path))
        assert np.array_equal(np.stack(list(made.frames)), np.stack(list(whole.frames)))
        assert made.sound is not None and whole.sound is not None
        assert np.array_equal(made.sound.samples, whole.sound.samples)


def test_asked_fast_it_is_made_exact_and_says_why(stage: Stage):
    recipe = stage.recipe("depth")
    made = stage.made(replace(recipe, settings=recipe.settings | {"profile": "fast"}))
    assert made.facts["profile"] == "exact" and "Made exact, not fast" in made.notes[0]
    assert np.array_equal(np.stack(list(made.frames)), stage.run(recipe))


def test_weights_trained_with_a_smaller_clip_are_given_one(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    half = rewritten(FILE, lambda sides: sides, reference_downscale_factor="2")
    recipe: Recipe = stage.recipe("depth", weights=changed(stage, tmp_path / "half", half))
    stage.run(replace(recipe, ingredients=()))  # loads the pipeline
    here = residence.resident()
    assert here is not None
    heard: list[dict[str, Any]] = []
    forward = here.pipe.transformer.forward
    monkeypatch.setattr(here.pipe.transformer, "forward", lambda *a, **k: heard.append(k) or forward(*a, **k))
    stage.run(recipe)
    places = heard[0]["video_coords"][0]
    assert places.shape[1] == LATENTS * (CELLS + 1)
    assert places[1:, -1].tolist() == [[0, 64], [0, 64]]  # one cell over the whole of the picture
    with pytest.raises(Refused, match="both must be multiples of 64"):
        stage.run(replace(recipe, width=96))


def test_a_file_under_its_makers_names_makes_the_same_take(stage: Stage, tmp_path: Path):
    makers = rewritten(
        FILE, lambda sides: {name.replace("transformer.", "diffusion_model.", 1): s for name, s in sides.items()}
    )
    recipe = stage.recipe("depth", weights=changed(stage, tmp_path / "makers", makers))
    assert np.array_equal(stage.run(recipe), stage.run(stage.recipe("depth")))


def test_a_scale_is_read_from_either_place_it_is_said_in(stage: Stage, tmp_path: Path):
    sides = load_file(stage.folder / "tiny" / FILE)
    layer = next(name for name in sides if name.endswith("lora_B.weight")).removesuffix(".lora_B.weight")
    key = tuple(layer.split(".", 1))
    settings = json.dumps({"transformer.lora_alpha": 1, "transformer.r": 2})
    save_file(sides, tmp_path / "settings.safetensors", {"lora_adapter_metadata": settings})
    save_file(sides | {f"{layer}.alpha": torch.tensor(1.0)}, tmp_path / "alpha.safetensors")
    for name in ("settings", "alpha"):
        read = lora.read(tmp_path / f"{name}.safetensors", engine.LTX2InContextPipeline)
        assert torch.equal(read.layers[key].up, sides[f"{layer}.lora_B.weight"] / 2)


def test_weights_without_in_context_ones_are_refused_with_where_to_put_them(stage: Stage, tmp_path: Path):
    gone: Change = lambda folder: shutil.rmtree(folder / "in_context" / "depth")  # noqa: E731
    said = refused(stage, tmp_path, gone)
    assert "LTX-2 follows depth only with in-context weights beside its own" in said
    assert "put them into the folder in_context/depth and register the weights again" in said
    weights = stage.registry.get("changed")
    assert len(stage.run(stage.recipe("motion", weights=weights.pinned))) == stage.tiny.FRAMES


def test_two_clips_to_follow_are_refused(stage: Stage):
    with pytest.raises(Refused, match="take either the depth or the motion guide off this shot"):
        stage.run(stage.recipe("depth", "motion"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda sides: {n.replace("attn1", "attn9"): s for n, s in sides.items()}, r"They have no layer transformer\."),
        (lambda sides: {n: s[:, :6] if "lora_A" in n else s for n, s in sides.items()}, "takes 6 numbers and gives 16"),
        (lambda sides: {n: s for n, s in sides.items() if "lora_A" in n}, "no two matrices that fit each other"),
        (lambda sides: sides | {"transformer.proj_in.weight": torch.ones(2)}, "which is no part of a LoRA"),
        (lambda sides: sides | {"transformer.proj_in.dora_scale": torch.ones(2)}, "trained in a way that is not read"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_one_sentence_and_harms_nothing(
    stage: Stage, tmp_path: Path, change: Any, expected: str
):
    assert re.search(expected, refused(stage, tmp_path, rewritten(FILE, change)))
    here = residence.resident()
    assert here is None or not any(each._forward_hooks for each in here.pipe.transformer.modules())


def test_two_files_for_one_guide_are_refused(stage: Stage, tmp_path: Path):
    two: Change = lambda folder: shutil.copy(folder / FILE, (folder / FILE).with_name("other.safetensors"))  # noqa: E731
    assert "in_context/depth holds 2 files of weights" in refused(stage, tmp_path, two)


def test_a_clip_smaller_than_no_number_is_refused(stage: Stage, tmp_path: Path):
    said = refused(stage, tmp_path, rewritten(FILE, lambda sides: sides, reference_downscale_factor="much"))
    assert "wants a clip 'much' times smaller" in said


def test_a_file_exchanged_while_the_weights_are_loaded_is_noticed(stage: Stage, tmp_path: Path):
    recipe = stage.recipe("depth", weights=changed(stage, tmp_path / "exchanged", lambda folder: None))
    stage.run(recipe)
    rewritten(FILE, lambda sides: {name: each + 1 for name, each in sides.items()})(tmp_path / "exchanged")
    with pytest.raises(Refused, match="have changed since they were registered"):
        stage.run(recipe)

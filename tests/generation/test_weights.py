"""Weights are files somebody brought: read with suspicion, pinned by content, and never run."""

from __future__ import annotations

import json
import shutil
import struct
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from generation.weights import BadWeights, Registry
from storyboard import engines
from storyboard.needs import Machine, need_of
from tests.generation.tiny import ltx

GIB = 1 << 30


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "tiny"
    ltx.build(folder)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "tiny"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


def tensors(folder: Path) -> Path:
    return next((folder / "transformer").glob("*.safetensors"))


def changed(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_folder_is_pinned_by_what_is_in_it(folder: Path, registry: Registry, tmp_path: Path) -> None:
    weights = registry.add(folder)
    moved = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    assert Registry(tmp_path / "other").add(moved).revision == weights.revision
    changed(folder / "scheduler" / "scheduler_config.json", shift=7.0)
    assert registry.add(folder).revision != weights.revision


def test_a_recipe_finds_its_weights_and_no_others(folder: Path, registry: Registry) -> None:
    weights = registry.add(folder, "mine")
    assert registry.get(weights.pinned) == weights
    with pytest.raises(BadWeights, match="have changed since"):
        registry.get("mine@0000000000000000")
    with pytest.raises(BadWeights, match="weights add"):
        registry.get("yours@0000000000000000")


def test_a_truncated_file_is_refused_with_both_sizes(folder: Path, registry: Registry) -> None:
    path = tensors(folder)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BadWeights, match="cut short"):
        registry.add(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip",
        struct.pack("<Q", 1 << 62) + b"{}",
        struct.pack("<Q", 4) + b"[1, ",
        struct.pack("<Q", 2) + b"[]",
    ],
    ids=["empty", "foreign", "a giant header", "half a header", "a list"],
)
def test_what_is_no_safetensors_file_is_refused(folder: Path, registry: Registry, content: bytes) -> None:
    tensors(folder).write_bytes(content)
    with pytest.raises(BadWeights, match="no safetensors file"):
        registry.add(folder)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]},
        {"dtype": "F32", "shape": "many", "data_offsets": [0, 4]},
        {"dtype": "F32"},
    ],
    ids=["too short", "backwards", "a word for a shape", "no offsets"],
)
def test_a_header_that_lies_is_refused(folder: Path, registry: Registry, entry: dict) -> None:
    header = json.dumps({"weight": entry}).encode()
    tensors(folder).write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    with pytest.raises(BadWeights):
        registry.add(folder)


def test_program_code_is_refused(folder: Path, registry: Registry) -> None:
    (folder / "transformer" / "model.py").write_text("print('hello')")
    with pytest.raises(BadWeights, match="program code"):
        registry.add(folder)


def test_a_part_from_somewhere_else_is_refused(folder: Path, registry: Registry) -> None:
    changed(folder / "model_index.json", transformer=["my_module", "MyTransformer"])
    with pytest.raises(BadWeights, match="run code that came with the weights"):
        registry.add(folder)


def test_a_configuration_that_names_code_is_refused(folder: Path, registry: Registry) -> None:
    changed(folder / "transformer" / "config.json", auto_map={"AutoModel": "modeling.Mine"})
    with pytest.raises(BadWeights, match="auto_map"):
        registry.add(folder)


def test_pickles_are_passed_over_and_never_enough(folder: Path, registry: Registry) -> None:
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    assert not any(name.endswith(".bin") for name in registry.add(folder).files)
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_suffix(".bin"))
    with pytest.raises(BadWeights, match="only safetensors"):
        registry.add(folder)


def test_a_link_out_of_the_folder_is_refused(folder: Path, registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (folder / "transformer" / "extra.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(BadWeights, match="link out of"):
        registry.add(folder)


def test_a_missing_part_is_named(folder: Path, registry: Registry) -> None:
    shutil.rmtree(folder / "vae")
    with pytest.raises(BadWeights, match="lacks vae"):
        registry.add(folder)


def test_what_is_no_pipeline_at_all_is_refused(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(BadWeights, match=r"no model_index\.json"):
        registry.add(tmp_path)


def test_names_are_plain(folder: Path, registry: Registry) -> None:
    with pytest.raises(BadWeights, match="cannot be a name"):
        registry.add(folder, "../../etc/passwd")


def test_a_check_names_the_file_that_changed(folder: Path, registry: Registry) -> None:
    weights = registry.add(folder)
    assert registry.check(weights) == []
    changed(folder / "vae" / "config.json", more="words")
    data = bytearray(tensors(folder).read_bytes())
    data[-1] ^= 1
    tensors(folder).write_bytes(data)
    (folder / "model_index.json").unlink()
    wrong = " ".join(registry.check(weights))
    assert "vae/config.json has" in wrong and "is not the file" in wrong and "model_index.json is gone" in wrong


def test_an_entry_nobody_can_read_hides_no_other(folder: Path, registry: Registry) -> None:
    weights = registry.add(folder)
    (registry.location / "broken.json").write_text("{")
    assert registry.all() == [weights]


def test_removing_deletes_only_what_was_fetched(folder: Path, registry: Registry) -> None:
    registry.add(folder)
    registry.remove("tiny")
    assert folder.exists() and registry.all() == []
    kept = Path(shutil.copytree(folder, registry.location / "files" / "fetched"))
    registry.add(kept, "fetched", "them/fetched@main", kept=True)
    registry.remove("fetched")
    assert not kept.exists()


def command(*words: str) -> str:
    out = StringIO()
    call_command("weights", *words, stdout=out)
    return out.getvalue()


def test_the_command_adds_lists_checks_and_removes(folder: Path, settings: LazySettings, tmp_path: Path) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    assert "weights add" in command("list")
    assert "for LTX-Video" in command("add", str(folder), "--name", "small")
    assert "small@" in command("list")
    assert "as it was registered" in command("check", "small")
    changed(folder / "vae" / "config.json", more="words")
    with pytest.raises(CommandError, match="not what was registered"):
        command("check")
    assert "its files stay" in command("remove", "small")
    with pytest.raises(CommandError, match="No weights are called"):
        command("remove", "small")


def test_the_command_wants_a_revision_of_what_it_fetches(settings: LazySettings, tmp_path: Path) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    with pytest.raises(CommandError, match="A revision must be named"):
        command("add", "somebody/model")


def test_what_weights_need_is_said_for_this_machine(folder: Path, registry: Registry) -> None:
    weights = registry.add(folder)
    assert "Fits the Card whole" in need_of(weights, Machine(card=8 * GIB, memory=16 * GIB, card_name="Card")).said
    assert "processor" in need_of(weights, Machine(card=0, memory=16 * GIB)).said
    assert "Too large" in need_of(weights, Machine(card=0, memory=1)).said


def test_weights_are_offered_only_to_engines_that_can_load_them(
    folder: Path, settings: LazySettings, tmp_path: Path
) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    changed(folder / "model_index.json", _class_name="WanPipeline", expand_timesteps=True)
    engines.registry().add(folder, "five")
    assert [each.name for each in engines.choices()] == ["blocking", "wan_5b:five"]
    changed(folder / "model_index.json", expand_timesteps=False)
    engines.registry().add(folder, "two")
    assert [each.name for each in engines.choices()] == ["blocking", "wan:two", "wan_5b:five"]


def test_an_entry_of_an_earlier_version_is_still_read(folder: Path, registry: Registry) -> None:
    weights = registry.add(folder)
    entry = registry.location / "tiny.json"
    said = json.loads(entry.read_text())
    del said["options"]
    entry.write_text(json.dumps(said))
    assert registry.get(weights.pinned).revision == weights.revision

"""Weights that come with the code: there by themselves, and in nobody's way where they are damaged."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from generation.desk import Desk
from generation.weights import BadWeights, BuiltIn, Registry
from generation.weights import built_in as module
from tests.generation import built_in


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "place"


@pytest.fixture
def folder(place: Path) -> Path:
    return built_in.build(place)


@pytest.fixture
def registry(folder: Path, tmp_path: Path) -> Registry:
    return Registry(tmp_path / "weights", folder.parent)


def tensors(folder: Path) -> Path:
    return folder / "transformer" / "model.safetensors"


def exchange(path: Path) -> None:
    """Another file of the same size, written later."""
    before = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))


def test_they_are_there_without_any_command(registry: Registry) -> None:
    (weights,) = registry.all()
    assert isinstance(weights, BuiltIn) and registry.get("sketch") == weights == registry.get(weights.pinned)
    assert (weights.name, weights.source, weights.gate) == ("sketch", "built in", "experimental")
    assert weights.missed == ("Depth is followed at 0.71.",) and weights.card.startswith("# Sketch")
    assert weights.memory_bytes == 16 and registry.check(weights) == [] and registry.amiss() == {}


def test_what_is_pinned_are_the_weights_and_not_what_is_said_of_them(folder: Path, registry: Registry) -> None:
    before = registry.get("sketch").pinned
    (folder / "README.md").write_text("# Another card")
    assert registry.get(before).pinned == before
    exchange(tensors(folder))
    built_in.list_files(folder, gate="released")
    with pytest.raises(BadWeights, match="have changed since"):
        registry.get(before)


@pytest.mark.parametrize(
    ("gate", "released"), [("released", True), ("experimental", False), ("splendid", False), (None, False)]
)
def test_only_one_word_releases_them(place: Path, tmp_path: Path, gate: str, released: bool) -> None:
    built_in.build(place, gate)
    weights = Registry(tmp_path / "weights", place).get("sketch")
    assert isinstance(weights, BuiltIn) and weights.is_released is released


def spoilt(folder: Path, how: str) -> None:
    if how == "exchanged":
        exchange(tensors(folder))
    elif how == "cut short":
        tensors(folder).write_bytes(tensors(folder).read_bytes()[:-4])
    elif how == "gone":
        tensors(folder).unlink()
    elif how == "added":
        (folder / "transformer" / "more.safetensors").write_bytes(tensors(folder).read_bytes())
    elif how == "no list":
        (folder / "weights.json").unlink()
    elif how == "no list of files":
        (folder / "weights.json").write_text('{"files": ["model_index.json"]}')
    elif how == "no pipeline":
        (folder / "model_index.json").write_text("[]")
        built_in.list_files(folder)
    elif how == "code":
        (folder / "model.py").write_text("print('run')")
        built_in.list_files(folder)


SPOILT = {
    "exchanged": "its sha256 differs",
    "cut short": "its sha256 differs",
    "gone": "model.safetensors is gone",
    "added": "more.safetensors is not one of their files",
    "no list": "weights.json",
    "no list of files": "does not list their files",
    "no pipeline": "expected an object",
    "code": "brings program code",
}


@pytest.mark.parametrize("how", SPOILT)
def test_damaged_ones_are_passed_over_and_said_to_be(folder: Path, registry: Registry, how: str) -> None:
    pinned = registry.get("sketch").pinned
    spoilt(folder, how)
    assert registry.all() == []
    assert "damaged" in registry.amiss()["sketch"] and SPOILT[how] in registry.amiss()["sketch"]
    with pytest.raises(BadWeights, match="Get this version of Circle Take again"):
        registry.get(pinned)


def test_a_copy_without_them_goes_on_and_says_so(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "weights", tmp_path / "nowhere")
    assert registry.all() == [] and "did not come with this copy" in registry.amiss()["sketch"]
    with pytest.raises(BadWeights, match="did not come with this copy"):
        registry.get("sketch@0123456789abcdef")


def test_a_worker_finds_them_and_does_not_load_what_was_exchanged_since(
    folder: Path, settings: LazySettings, tmp_path: Path
) -> None:
    settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN = tmp_path / "weights", folder.parent
    weights = Desk.weights(Mock(), "sketch")
    weights.must_be_whole()
    exchange(tensors(folder))
    with pytest.raises(BadWeights, match="Get this version of Circle Take again"):
        weights.must_be_whole()


# Hashing -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files as they are hashed."""
    names: list[str] = []
    really = module.file_digest
    monkeypatch.setattr(module, "file_digest", lambda path: names.append(path.name) or really(path))
    return names


def another_process() -> None:
    module._digests.cache_clear()
    module._read.cache_clear()


def test_a_file_is_hashed_once_each_time_it_is_written(folder: Path, registry: Registry, hashed: list[str]) -> None:
    registry.all()
    assert sorted(hashed) == ["config.json", "model.safetensors", "model_index.json"]
    registry.all()
    another_process()
    registry.all()
    assert len(hashed) == 3
    os.utime(tensors(folder))
    assert len(registry.all()) == 1 and hashed[3:] == ["model.safetensors"]


def test_what_is_damaged_is_not_hashed_at_every_look(folder: Path, registry: Registry, hashed: list[str]) -> None:
    exchange(tensors(folder))
    for _ in range(3):
        assert registry.all() == []
    assert len(hashed) == 3


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}'])
def test_notes_that_nobody_can_read_cost_only_the_hashing(registry: Registry, hashed: list[str], text: str) -> None:
    registry.all()
    another_process()
    notes = registry.location / "built-in" / "sketch.json"
    notes.write_text(text)
    assert len(registry.all()) == 1 and len(hashed) == 6


def test_where_nothing_can_be_noted_they_are_there_all_the_same(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert len(Registry(tmp_path / "file" / "weights", folder.parent).all()) == 1


# The name ------------------------------------------------------------------------------------------------------------


def test_nobody_takes_their_name_or_removes_them(folder: Path, registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="cannot be removed"):
        registry.remove("sketch")
    with pytest.raises(BadWeights, match="belongs to weights that come with Circle Take"):
        registry.add(folder)
    assert registry.add(folder, "mine").name == "mine"
    assert [each.name for each in registry.all()] == ["mine", "sketch"]


def test_an_entry_of_their_name_from_before_does_not_stand_for_them(folder: Path, registry: Registry) -> None:
    registry.add(folder, "mine")
    entry = json.loads((registry.location / "mine.json").read_text())
    (registry.location / "sketch.json").write_text(json.dumps({**entry, "name": "sketch"}))
    spoilt(folder, "gone")
    assert [each.name for each in registry.all()] == ["mine"]


# The command ---------------------------------------------------------------------------------------------------------


def command(*words: str) -> str:
    out = StringIO()
    call_command("weights", *words, stdout=out)
    return out.getvalue()


def test_the_command_lists_and_checks_them_and_does_not_remove_them(
    folder: Path, settings: LazySettings, tmp_path: Path
) -> None:
    settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN = tmp_path / "weights", folder.parent
    assert "sketch@" in command("list") and "built in" in command("list")
    assert "sketch: every file is as it was registered." in command("check")
    with pytest.raises(CommandError, match="cannot be removed"):
        command("remove", "sketch")
    exchange(tensors(folder))
    assert "sha256 differs" in command("list")
    with pytest.raises(CommandError, match="not what was registered"):
        command("check")
    with pytest.raises(CommandError, match="damaged"):
        command("check", "sketch")


def test_the_command_says_that_they_are_missing_and_finds_no_fault_in_the_others(
    settings: LazySettings, tmp_path: Path
) -> None:
    settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN = tmp_path / "weights", tmp_path / "nowhere"
    assert "did not come with this copy" in command("list")
    assert command("check") == ""

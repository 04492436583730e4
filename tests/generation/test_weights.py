"""Weights are files somebody brought: read with suspicion, pinned by content, and never run."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from diffusers import LTXConditionPipeline
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from safetensors.torch import load_file, save_file

from generation.weights import BadWeights, Registry
from storyboard import engines
from storyboard.needs import Machine, need_of
from tests.generation.tiny import ltx
from tests.running import ROOT

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
    return Registry(tmp_path / "registry", tmp_path / "nothing built in")


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
        {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]},
        {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]},
    ],
    ids=["too short", "backwards", "a word for a shape", "no offsets", "negative", "before the file", "not whole"],
)
def test_a_header_that_lies_is_refused(folder: Path, registry: Registry, entry: dict) -> None:
    header = json.dumps({"weight": entry}).encode()
    tensors(folder).write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    with pytest.raises(BadWeights):
        registry.add(folder)


@pytest.mark.parametrize("begins", [(0, 0), (0, 2), (4, 4)], ids=["on top", "overlapping", "with a gap"])
def test_tensors_lie_side_by_side(folder: Path, registry: Registry, begins: tuple[int, int]) -> None:
    entries = {
        f"t{at}.{n}": {"dtype": "F32", "shape": [1], "data_offsets": [at, at + 4]} for n, at in enumerate(begins)
    }
    header = json.dumps(entries).encode()
    tensors(folder).write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * (max(begins) + 4))
    with pytest.raises(BadWeights, match="overlap or leave gaps"):
        registry.add(folder)


@pytest.mark.parametrize("name", ["model_index.json", "transformer/config.json"])
def test_a_configuration_nested_without_end_is_refused(folder: Path, registry: Registry, name: str) -> None:
    (folder / name).write_text("[" * 100_000)
    with pytest.raises(BadWeights, match="cannot be read as JSON"):
        registry.add(folder)


def test_a_part_outside_the_folder_is_refused(folder: Path, registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    changed(folder / "model_index.json", **{"../elsewhere": ["diffusers", "AutoencoderKL"]})
    with pytest.raises(BadWeights, match="two plain names"):
        registry.add(folder)


def in_pieces(folder: Path) -> Path:
    """The transformer in two files with an index, as large ones come."""
    whole = tensors(folder)
    parts = load_file(whole)
    names = sorted(parts)
    index = {}
    for n, half in enumerate((names[::2], names[1::2]), 1):
        piece = f"diffusion_pytorch_model-{n:05}-of-00002.safetensors"
        save_file({name: parts[name] for name in half}, whole.with_name(piece), {"format": "pt"})
        index |= dict.fromkeys(half, piece)
    whole.unlink()
    (whole.parent / "diffusion_pytorch_model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": 1}, "weight_map": index})
    )
    return whole.with_name(piece)


def test_a_part_in_several_files_is_registered_whole_and_loads(folder: Path, registry: Registry) -> None:
    before = registry.add(folder, "whole").tensor_bytes
    in_pieces(folder)
    assert registry.add(folder, "pieces").tensor_bytes == before
    pipe = LTXConditionPipeline.from_pretrained(folder, use_safetensors=True, local_files_only=True)
    assert sum(each.numel() for each in pipe.transformer.parameters()) * 4 == before["transformer"]


def test_a_missing_piece_is_named(folder: Path, registry: Registry) -> None:
    in_pieces(folder).unlink()
    with pytest.raises(BadWeights, match="transformer lacks diffusion_pytorch_model-00002-of-00002"):
        registry.add(folder)


def test_an_index_that_says_nothing_is_refused(folder: Path, registry: Registry) -> None:
    (folder / "transformer" / "model.safetensors.index.json").write_text('{"weight_map": {"a": 3}}')
    with pytest.raises(BadWeights, match="does not say which file holds which tensor"):
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


def test_weights_exchanged_since_are_not_loaded(folder: Path, registry: Registry) -> None:
    weights = registry.add(folder)
    weights.must_be_whole()
    data = bytearray(tensors(folder).read_bytes())
    data[-1] ^= 1
    tensors(folder).write_bytes(data)
    with pytest.raises(BadWeights, match=r"have changed since they were registered: transformer/.* sha256 differs"):
        weights.must_be_whole()


def test_weights_that_were_only_touched_are_still_the_same(folder: Path, registry: Registry) -> None:
    weights = registry.add(folder)
    os.utime(tensors(folder))
    weights.must_be_whole()


def test_a_name_registered_again_means_the_new_files_and_no_recipe_gets_them_unasked(
    folder: Path, registry: Registry
) -> None:
    before = registry.add(folder, "mine")
    changed(folder / "scheduler" / "scheduler_config.json", shift=7.0)
    after = registry.add(folder, "mine")
    assert registry.all() == [after] and registry.get(after.pinned) == after
    with pytest.raises(BadWeights, match=rf"have changed since this was asked \(now {after.revision[:16]}"):
        registry.get(before.pinned)


ADD = "import sys; from pathlib import Path; from generation.weights import Registry; sys.stdin.readline()\n"
ADD += "[Registry(Path(sys.argv[1])).add(Path(sys.argv[2]), 'mine') for _ in range(40)]"


def test_two_processes_register_one_name_and_one_whole_entry_is_left(folder: Path, registry: Registry) -> None:
    words = [sys.executable, "-c", ADD, str(registry.location), str(folder)]
    both = [subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for each in both:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate(timeout=60)[1] for each in both] == ["", ""]
    assert [each.name for each in registry.location.iterdir()] == ["mine.json"]
    assert registry.check(registry.get("mine")) == []


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "3", '{"name": "broken"}', "[" * 100_000, "\udcff"],
    ids=["half", "a list", "a number", "too little", "too deep", "no text"],
)
def test_an_entry_nobody_can_read_hides_no_other(folder: Path, registry: Registry, text: str) -> None:
    weights = registry.add(folder)
    (registry.location / "broken.json").write_bytes(text.encode(errors="surrogateescape"))
    assert registry.all() == [weights]


def test_an_entry_that_speaks_of_another_is_not_believed(folder: Path, registry: Registry) -> None:
    registry.add(folder, "mine")
    shutil.copy(registry.location / "mine.json", registry.location / "yours.json")
    assert [each.name for each in registry.all()] == ["mine"]


@pytest.mark.parametrize(("given", "name"), [("Wan 2.2 (5B)!", "wan-2.2-5b"), ("größe--x", "gr-e--x"), ("a\nb", "a-b")])
def test_a_folders_name_becomes_a_plain_one(folder: Path, registry: Registry, given: str, name: str) -> None:
    assert registry.add(folder.rename(folder.with_name(given))).name == name


def test_files_may_have_any_name(folder: Path, registry: Registry) -> None:
    (folder / "transformer" / "a 'strange' näme\n;$(x).txt").write_text("words")
    weights = registry.add(folder)
    assert registry.check(weights) == [] and registry.get(weights.pinned) == weights


def test_weights_of_another_family_are_registered_and_said_to_be_for_no_engine(
    folder: Path, settings: LazySettings, tmp_path: Path
) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    changed(folder / "model_index.json", _class_name="StableAudioPipeline")
    assert "for no engine of this version" in command("add", str(folder))
    assert [each.name for each in engines.choices()] == ["blocking"]


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


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal_and_told_in_a_line_elsewhere(
    folder: Path, settings: LazySettings, tmp_path: Path
) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    assert "%" not in (said := command("add", str(folder))) and "Every file was read and hashed." in said
    terminal = Terminal()
    call_command("weights", "check", stdout=terminal)
    assert "\r100 %" in terminal.getvalue()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["list"], 0, "No weights are registered here."),
        (["add", "nowhere"], 1, "nowhere is neither a folder nor OWNER/NAME@REVISION."),
        (["check", "nothing"], 1, "The weights 'nothing' are not on this machine."),
        (["remove", "nothing"], 1, "No weights are called 'nothing'"),
    ],
)
def test_the_command_ends_with_a_sentence_and_a_code(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "weights", *words],
        cwd=ROOT, env={**os.environ, "WEIGHTS_LOCATION": str(tmp_path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == code and said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


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

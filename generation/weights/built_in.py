"""Weights that come with the code: registered by themselves where they are whole, passed over where they are not."""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from generation.weights.entry import Weights, file_digest, revision_of
from generation.weights.folder import BadWeights, Folder, read_folder

PLACE = Path(__file__).parent
NAMES = ("sketch",)
MANIFEST, CARD = "weights.json", "README.md"
RELEASED, EXPERIMENTAL = "released", "experimental"
GET_AGAIN = "Get this version of Circle Take again (git checkout -- generation/weights), or go on without them."

Stamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class BuiltIn(Weights):
    """`gate` says whether they reach what they are released for, `missed` what they do not, in sentences."""

    gate: str = EXPERIMENTAL
    missed: tuple[str, ...] = ()

    is_built_in: ClassVar[bool] = True
    way_out: ClassVar[str] = GET_AGAIN

    @property
    def is_released(self) -> bool:
        return self.gate == RELEASED

    @property
    def card(self) -> str:
        """What its makers say of it, in Markdown; nothing where they left no card."""
        try:
            return (self.path / CARD).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""


def find(name: str, place: Path, notes: Path) -> BuiltIn:
    """The weights in the folder of that name, whole; raises BadWeights with what is wrong with them.

    Beside a pipeline in diffusers' layout it holds weights.json: {"files": {path: sha256}, "gate": "released" or
    "experimental", "missed": [sentence, ...]}. Its card, README.md, is no part of what is pinned. A file is hashed
    once each time it is written; `notes` is a file that remembers it for the next process.
    """
    folder = place / name
    if not folder.is_dir():
        raise BadWeights(f"The weights {name!r} did not come with this copy of Circle Take: there is no {folder}.")
    try:
        manifest = _manifest(folder / MANIFEST)
        stamps = _stamps(folder)
        _refuse_others(manifest["files"], stamps, _digests(folder, stamps, notes))
        read = _read(folder, stamps)
    except (BadWeights, OSError) as error:
        raise BadWeights(f"The weights {name!r} that come with Circle Take are damaged: {error} {GET_AGAIN}") from None
    files: dict[str, list] = {each: [manifest["files"][each], size] for each, size, _ in stamps}
    return BuiltIn(
        name=name,
        pipeline=read.pipeline,
        folder=str(folder),
        source="built in",
        revision=revision_of(files),
        files=files,
        tensor_bytes=read.tensor_bytes,
        options=read.options,
        touched={each: written for each, _, written in stamps},
        gate=manifest["gate"],
        missed=manifest["missed"],
    )


def _manifest(path: Path) -> dict[str, Any]:
    """What weights.json says, each part of its own type; a gate that nobody knows is not passed."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): str(digest) for name, digest in said["files"].items() if name != CARD}
        missed = tuple(str(each) for each in said.get("missed", ()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadWeights(f"{path.name} does not list their files.") from None
    return {"files": files, "missed": missed, "gate": RELEASED if said.get("gate") == RELEASED else EXPERIMENTAL}


def _stamps(folder: Path) -> Stamps:
    """Name, bytes and time of writing of every file that can be loaded, in the order of their names."""
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in PurePosixPath(name).parts)
        if not hidden and name not in (MANIFEST, CARD) and path.is_file():
            status = path.stat()
            found.append((name, status.st_size, status.st_mtime_ns))
    return tuple(sorted(found))


def _refuse_others(listed: dict[str, str], stamps: Stamps, found: dict[str, str]) -> None:
    here = {name for name, _, _ in stamps}
    wrong = [f"{name} is gone." for name in sorted(listed.keys() - here)]
    wrong += [f"{name} is not one of their files." for name in sorted(here - listed.keys())]
    changed = sorted(name for name in here & listed.keys() if found[name] != listed[name])
    wrong += [f"{name} is not the file that came with it (its sha256 differs)." for name in changed]
    if wrong:
        raise BadWeights(" ".join(wrong))


@lru_cache(maxsize=8)
def _read(folder: Path, stamps: Stamps) -> Folder:
    """As read_folder, once for the files as they are; `stamps` says which those are."""
    return read_folder(folder)


@lru_cache(maxsize=8)
def _digests(folder: Path, stamps: Stamps, notes: Path) -> dict[str, str]:
    """sha256 by name, taken from the notes of an earlier process where a file was not written since."""
    known = _noted(notes)
    fresh: dict[str, list[Any]] = {}
    for name, *stamp in stamps:
        path = folder / name
        before = known.get(str(path))
        is_known = isinstance(before, list) and before[:2] == stamp and re.fullmatch("[0-9a-f]{64}", str(before[-1]))
        fresh[str(path)] = [*stamp, before[-1] if is_known and before else file_digest(path)]
    if fresh != known:
        _note(notes, fresh)
    return {name: fresh[str(folder / name)][-1] for name, *_ in stamps}


def _noted(notes: Path) -> dict[str, Any]:
    try:
        said = json.loads(notes.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _note(notes: Path, digests: dict[str, Any]) -> None:
    """Where this user may not write them, every process hashes for itself."""
    with suppress(OSError):
        notes.parent.mkdir(parents=True, exist_ok=True)
        handle, new = tempfile.mkstemp(dir=notes.parent, suffix=".new")
        with os.fdopen(handle, "w") as file:
            json.dump(digests, file)
        os.chmod(new, 0o644)  # another user's process may read it
        os.replace(new, notes)

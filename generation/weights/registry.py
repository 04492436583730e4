"""Which weights this machine has: one small JSON file each, beside or pointing at the folder it describes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from generation.weights.folder import BadWeights, read_folder

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Weights:
    """One registered pipeline. `files` maps paths to [sha256, bytes]; `revision` is the digest of them all."""

    name: str
    pipeline: str
    folder: str
    source: str
    revision: str
    files: dict[str, list]
    tensor_bytes: dict[str, int]
    options: dict[str, Any] = field(default_factory=dict)
    kept: bool = False  # the folder lies in the registry's own place and goes with its entry

    @property
    def pinned(self) -> str:
        """What a recipe names: the weights at exactly these bytes."""
        return f"{self.name}@{self.revision[:16]}"

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.files.values())

    @property
    def memory_bytes(self) -> int:
        return sum(self.tensor_bytes.values())

    @property
    def path(self) -> Path:
        return Path(self.folder)


class Registry:
    """The weights below one location; every machine that makes takes has its own."""

    def __init__(self, location: Path | str) -> None:
        self.location = Path(location)

    def all(self) -> list[Weights]:
        return list(self._entries())

    def get(self, pinned: str) -> Weights:
        """The weights that a recipe names; raises BadWeights with what a director should do."""
        name, _, revision = pinned.partition("@")
        found = next((each for each in self._entries() if each.name == name), None)
        if found is None:
            raise BadWeights(
                f"The weights {name!r} are not on this machine. Ask whoever runs this server to register them again "
                f"(manage.py weights add), or choose another engine."
            )
        if revision and not found.revision.startswith(revision):
            raise BadWeights(
                f"The weights {name!r} have changed since this was asked (now {found.revision[:16]}, asked "
                f"{revision}). Ask for new takes, or have the earlier files registered again."
            )
        if not found.path.is_dir():
            raise BadWeights(f"The folder of the weights {name!r} is gone from this machine. Register them again.")
        return found

    def add(
        self, folder: Path, name: str = "", source: str = "", kept: bool = False, on_progress: Progress | None = None
    ) -> Weights:
        """Registers a folder where it lies: reads it, hashes every file, writes the entry last. Raises BadWeights."""
        folder = folder.resolve()
        name = name or re.sub(r"[^a-z0-9._-]+", "-", folder.name.lower()).strip("-._")
        if not NAME.fullmatch(name):
            raise BadWeights(f"{name!r} cannot be a name; use small letters, digits, points and dashes, up to 64.")
        read = read_folder(folder)
        files: dict[str, list] = {}
        total = sum((folder / each).stat().st_size for each in read.files)
        done = 0
        for each in read.files:
            size = (folder / each).stat().st_size
            files[each] = [file_digest(folder / each), size]
            done += size
            if on_progress:
                on_progress(each, done, total)
        weights = Weights(
            name=name,
            pipeline=read.pipeline,
            folder=str(folder),
            source=source or str(folder),
            revision=_revision(files),
            files=files,
            tensor_bytes=read.tensor_bytes,
            options=read.options,
            kept=kept,
        )
        self._write(weights)
        return weights

    def check(self, weights: Weights, on_progress: Progress | None = None) -> list[str]:
        """What is wrong with the files now, as sentences; nothing where every hash is as registered."""
        wrong = []
        done = 0
        for name, (digest, size) in weights.files.items():
            path = weights.path / name
            if not path.is_file():
                wrong.append(f"{name} is gone.")
            elif path.stat().st_size != size:
                wrong.append(f"{name} has {path.stat().st_size:,} bytes; {size:,} were registered.")
            elif file_digest(path) != digest:
                wrong.append(f"{name} is not the file that was registered (its sha256 differs).")
            done += size
            if on_progress:
                on_progress(name, done, weights.bytes)
        return wrong

    def remove(self, name: str) -> Weights:
        """Forgets the weights; deletes their files only where the registry fetched them itself."""
        weights = next((each for each in self._entries() if each.name == name), None)
        if weights is None:
            raise BadWeights(
                f"No weights are called {name!r}; there are: {', '.join(each.name for each in self.all())}."
            )
        (self.location / f"{name}.json").unlink()
        if weights.kept and weights.path.is_relative_to(self.location.resolve()):
            shutil.rmtree(weights.path, ignore_errors=True)
        return weights

    def _entries(self) -> Iterator[Weights]:
        for path in sorted(self.location.glob("*.json")):
            try:
                yield Weights(**json.loads(path.read_text()))
            except (OSError, ValueError, TypeError):
                continue

    def _write(self, weights: Weights) -> None:
        self.location.mkdir(parents=True, exist_ok=True)
        path = self.location / f"{weights.name}.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(weights), indent=1, sort_keys=True))
        os.replace(new, path)


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _revision(files: dict[str, list]) -> str:
    """One digest of all files: names and contents, whatever folder they lie in."""
    text = "\n".join(f"{name} {digest}" for name, (digest, _) in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()

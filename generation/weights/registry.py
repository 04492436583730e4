"""Which weights this machine has: one small JSON file each, beside or pointing at the folder it describes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
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
    touched: dict[str, int] = field(default_factory=dict)  # when each file was last written, in nanoseconds
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

    def changes(self, thoroughly: bool = True) -> Iterator[tuple[str, str]]:
        """Each file in turn with what is wrong with it, or nothing; unless thoroughly, files not written since pass.

        So a file exchanged for another of the same size is noticed before every loading, at no cost where none was.
        """
        for name, (digest, size) in self.files.items():
            path = self.path / name
            if not path.is_file():
                yield name, f"{name} is gone."
            elif path.stat().st_size != size:
                yield name, f"{name} has {path.stat().st_size:,} bytes; {size:,} were registered."
            elif not thoroughly and path.stat().st_mtime_ns == self.touched.get(name):
                yield name, ""
            elif file_digest(path) != digest:
                yield name, f"{name} is not the file that was registered (its sha256 differs)."
            else:
                yield name, ""

    def must_be_whole(self) -> None:
        """Raises BadWeights where a file is not the one that was registered."""
        wrong = [sentence for _, sentence in self.changes(thoroughly=False) if sentence]
        if wrong:
            raise BadWeights(
                f"The files of the weights {self.name!r} have changed since they were registered: {' '.join(wrong)} "
                "Put the earlier files back, or register these (manage.py weights add) and ask for new takes."
            )


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
        self,
        folder: Path,
        name: str = "",
        source: str = "",
        kept: bool = False,
        on_progress: Progress | None = None,
        digests: dict[str, str] | None = None,
    ) -> Weights:
        """Registers a folder where it lies: reads it, hashes every file, writes the entry last.

        `digests` are sha256 that files must have; one that has another is deleted where it was fetched. Raises
        BadWeights.
        """
        folder = folder.resolve()
        name = name or re.sub(r"[^a-z0-9._-]+", "-", folder.name.lower()).strip("-._")
        if not NAME.fullmatch(name):
            raise BadWeights(f"{name!r} cannot be a name; use small letters, digits, points and dashes, up to 64.")
        read = read_folder(folder)
        files: dict[str, list] = {}
        touched = {each: (folder / each).stat().st_mtime_ns for each in read.files}
        total = sum((folder / each).stat().st_size for each in read.files)
        done = 0
        for each in read.files:
            size = (folder / each).stat().st_size
            files[each] = [file_digest(folder / each), size]
            if (digests or {}).get(each, files[each][0]) != files[each][0]:
                if kept:
                    (folder / each).unlink()
                raise BadWeights(
                    f"{each} is not what the hub has (its sha256 differs). The same command fetches it again."
                )
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
            touched=touched,
            kept=kept,
        )
        self._write(weights)
        return weights

    def check(self, weights: Weights, on_progress: Progress | None = None) -> list[str]:
        """What is wrong with the files now, as sentences; nothing where every hash is as registered."""
        wrong = []
        done = 0
        for name, sentence in weights.changes():
            if sentence:
                wrong.append(sentence)
            done += weights.files[name][1]
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
                yield _entry(json.loads(path.read_text()), path.stem)
            except (OSError, ValueError, TypeError, AttributeError, RecursionError):
                continue

    def _write(self, weights: Weights) -> None:
        self.location.mkdir(parents=True, exist_ok=True)
        handle, new = tempfile.mkstemp(dir=self.location, suffix=".new")
        with os.fdopen(handle, "w") as file:
            file.write(json.dumps(asdict(weights), indent=1, sort_keys=True))
        os.chmod(new, 0o644)  # the web may run as another user than whoever registers
        os.replace(new, self.location / f"{weights.name}.json")


def _entry(said: dict[str, Any], name: str) -> Weights:
    """Raises ValueError or TypeError for what no registry has written."""
    weights = Weights(**said)
    texts = (weights.pipeline, weights.folder, weights.source, weights.revision)
    numbers = (weights.bytes, weights.memory_bytes)
    if weights.name != name or not all(isinstance(each, str) for each in texts) or min(numbers) < 0:
        raise ValueError
    return weights


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _revision(files: dict[str, list]) -> str:
    """One digest of all files: names and contents, whatever folder they lie in."""
    text = "\n".join(f"{name} {digest}" for name, (digest, _) in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()

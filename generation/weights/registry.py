"""Which weights this machine has: one small JSON file each, beside or pointing at the folder it describes."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generation.weights import built_in
from generation.weights.built_in import BuiltIn
from generation.weights.entry import Weights, file_digest, revision_of
from generation.weights.folder import BadWeights, read_folder

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Progress = Callable[[str, int, int], None]


class Registry:
    """The weights below one location, and those that come with the code; every machine that makes takes has its own."""

    def __init__(self, location: Path | str, place: Path | str = built_in.PLACE) -> None:
        self.location = Path(location)
        self.place = Path(place)

    def all(self) -> list[Weights]:
        """Those that somebody registered, then those that came with the code and are whole."""
        return [*self._entries(), *(each for each in self._built_in().values() if isinstance(each, BuiltIn))]

    def amiss(self) -> dict[str, str]:
        """By name, a sentence for weights that should have come with the code and cannot be used."""
        return {name: str(each) for name, each in self._built_in().items() if isinstance(each, BadWeights)}

    def get(self, pinned: str) -> Weights:
        """The weights that a recipe names; raises BadWeights with what a director should do."""
        name, _, revision = pinned.partition("@")
        found = self._built_in().get(name) or next((each for each in self._entries() if each.name == name), None)
        if isinstance(found, BadWeights):
            raise found
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
        if name in built_in.NAMES:
            raise BadWeights(
                f"The name {name!r} belongs to weights that come with Circle Take. Register these under another: "
                "manage.py weights add FOLDER --name ANOTHER"
            )
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
            revision=revision_of(files),
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
        if name in built_in.NAMES:
            raise BadWeights(
                f"The weights {name!r} come with Circle Take and cannot be removed. Choose another engine where they "
                "are not wanted."
            )
        weights = next((each for each in self._entries() if each.name == name), None)
        if weights is None:
            raise BadWeights(
                f"No weights are called {name!r}; there are: {', '.join(each.name for each in self.all())}."
            )
        (self.location / f"{name}.json").unlink()
        if weights.kept and weights.path.is_relative_to(self.location.resolve()):
            shutil.rmtree(weights.path, ignore_errors=True)
        return weights

    def _built_in(self) -> dict[str, BuiltIn | BadWeights]:
        """What came with the code by name: the weights, or why there are none."""
        found: dict[str, BuiltIn | BadWeights] = {}
        for name in built_in.NAMES:
            try:
                found[name] = built_in.find(name, self.place, self.location / "built-in" / f"{name}.json")
            except BadWeights as bad:
                found[name] = bad
        return found

    def _entries(self) -> Iterator[Weights]:
        for path in sorted(self.location.glob("*.json")):
            if path.stem in built_in.NAMES:
                continue
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

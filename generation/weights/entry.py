"""What is known of one pipeline's files: their hashes, what they take, and whether they still are what they were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from generation.weights.folder import BadWeights


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

    is_built_in: ClassVar[bool] = False
    way_out: ClassVar[str] = (
        "Put the earlier files back, or register these (manage.py weights add) and ask for new takes."
    )

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
                f"{self.way_out}"
            )


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def revision_of(files: dict[str, list]) -> str:
    """One digest of all files: names and contents, whatever folder they lie in."""
    text = "\n".join(f"{name} {digest}" for name, (digest, _) in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()

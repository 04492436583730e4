"""A folder of its own for each thing sent, so that a name inside it finds no neighbour; gone afterwards."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from storyboard.refusal import Refusal, TooMuch

CHUNK = 1 << 20


class Upload(Protocol):
    """What Django calls an uploaded file, as far as it matters here."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self) -> Iterable[bytes]: ...


class Refused(Refusal):
    """What was sent cannot be taken: one sentence saying what was found, what was expected, and what to do."""


class TooLarge(Refused, TooMuch):
    """It is bigger or longer than the limit."""


@contextmanager
def quarantine(sent: Upload | Path, most: int) -> Iterator[tuple[Path, str]]:
    """The bytes as a file in an empty folder, and the name to call it by; raises TooLarge while they arrive."""
    name = called(sent)
    if isinstance(sent, Path):
        _measure(sent.stat().st_size, most, name)
        yield sent, name
        return
    _measure(sent.size or 0, most, name)
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        path = Path(folder, "upload")
        received = 0
        with open(path, "wb") as file:
            for chunk in sent.chunks():
                received += len(chunk)
                _measure(received, most, name)
                file.write(chunk)
        yield path, name


def called(sent: Upload | Path) -> str:
    """The sender's own name for it, short and on one line; for sentences only."""
    plain = re.sub(r"[\x00-\x1f\x7f]+", " ", re.split(r"[/\\]", str(sent.name or ""))[-1]).strip()
    return plain if len(plain) <= 60 else f"{plain[:28]}…{plain[-28:]}" if plain else "The file"


def readable(size: int) -> str:
    """Bytes as a person says them: 2 GB, 60 MB, 12 KB."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"


def _measure(size: int, most: int, name: str) -> None:
    if size > most:
        raise TooLarge(f"{name} is larger than {readable(most)}, the most that is taken at once; send a smaller file")

"""Words that travel inside a media file: its title, and the recipe it was made from in the comment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from generation.ffmpeg.runner import run, source
from generation.ffmpeg.sandbox import Limits


def tags(metadata: Mapping[str, str]) -> list[str]:
    """Output arguments that write these words into the file. MP4 keeps title, comment, description, artist and date."""
    return [part for key, value in metadata.items() for part in ("-metadata", f"{key}={value}")]


def read_tags(path: Path) -> dict[str, str]:
    """The file's own words by lower-case name; raises Unreadable."""
    printed = run([*source(path), "-f", "ffmetadata", "pipe:1"], limits=Limits(seconds=60)).stdout.decode()
    found = {}
    for line in re.findall(r"(?:\\.|[^\\\n])+", printed, re.DOTALL):
        if line.startswith("["):
            break
        if entry := re.fullmatch(r"((?:\\.|[^\\=])*)=(.*)", line, re.DOTALL):
            found[_plain(entry[1]).lower()] = _plain(entry[2])
    return found


def read_recipe(path: Path) -> str | None:
    """The comment of a file, where a take carries its recipe as canonical JSON; None when there is none."""
    return read_tags(path).get("comment")


def _plain(escaped: str) -> str:
    return re.sub(r"\\(.)", r"\1", escaped, flags=re.DOTALL)

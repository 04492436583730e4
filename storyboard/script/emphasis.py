"""Fountain's *italic*, **bold** and _underline_ marks, taken off for reading in one pass over the text."""

from __future__ import annotations

import re

MARK = re.compile(r"\\[*_\\]|\*{1,3}|_")


def plain(text: str) -> str:
    """The words without emphasis marks; a mark that closes nothing stays, and an escaped one loses its backslash."""
    if "*" not in text and "_" not in text and "\\" not in text:
        return text
    return "\n".join(_plain_line(line) for line in text.split("\n"))


def _plain_line(line: str) -> str:
    gone: set[int] = set()
    open_at: dict[str, int] = {}
    marks = list(MARK.finditer(line))
    for index, mark in enumerate(marks):
        kind = mark.group()
        if kind.startswith("\\"):
            continue
        if kind in open_at and _may_close(line, mark):
            gone |= {open_at.pop(kind), index}
        elif _may_open(line, mark):
            open_at[kind] = index
    return _without(line, marks, gone)


def _may_open(line: str, mark: re.Match[str]) -> bool:
    after = line[mark.end() : mark.end() + 1]
    before = line[mark.start() - 1 : mark.start()] if mark.start() else ""
    return bool(after.strip()) and not (mark.group() == "_" and before.isalnum())


def _may_close(line: str, mark: re.Match[str]) -> bool:
    after = line[mark.end() : mark.end() + 1]
    return bool(line[mark.start() - 1].strip()) and not (mark.group() == "_" and after.isalnum())


def _without(line: str, marks: list[re.Match[str]], gone: set[int]) -> str:
    kept, at = [], 0
    for index, mark in enumerate(marks):
        kept.append(line[at : mark.start()])
        if mark.group().startswith("\\"):
            kept.append(mark.group()[1:])
        elif index not in gone:
            kept.append(mark.group())
        at = mark.end()
    return "".join([*kept, line[at:]])

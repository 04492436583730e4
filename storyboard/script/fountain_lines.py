"""Fountain's first pass: numbered lines without boneyard and with their notes set aside. Linear in the text."""

from __future__ import annotations

from dataclasses import dataclass, field

from .screenplay import Remark


@dataclass
class Line:
    """`only_notes` says that nothing else stood here, so the line separates nothing."""

    number: int
    text: str
    notes: list[tuple[int, str]] = field(default_factory=list)
    only_notes: bool = False

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def lines_of(text: str, remarks: list[Remark]) -> list[Line]:
    return _without_notes(_without_boneyard(text, remarks), remarks)


def _without_boneyard(text: str, remarks: list[Remark]) -> list[Line]:
    """Cuts /* ... */; a line that held nothing else is gone, so the lines around it stay neighbours."""
    lines: list[Line] = []
    at, number, carried, cut_here = 0, 1, "", False
    while (start := text.find("/*", at)) >= 0 and (end := text.find("*/", start + 2)) >= 0:
        *whole, begun = text[at:start].split("\n")
        for each in whole:
            _keep(lines, number, carried + each, cut_here)
            number, cut_here, carried = number + 1, False, ""
        carried += begun
        cut_here = True
        remarks.append(Remark(number, text[start + 2 : end].strip(), "Boneyard: left out, as the script asks."))
        if newlines := text.count("\n", start, end):
            _keep(lines, number, carried, cut_here)
            number, carried = number + newlines, ""
        at = end + 2
    rest = text[at:]
    if (start := rest.find("/*")) >= 0:
        line = number + rest.count("\n", 0, start)
        remarks.append(
            Remark(line, "/*", "A boneyard opens here and is never closed with */; the text after it was kept.")
        )
        rest = rest[:start] + rest[start + 2 :]
    for each in (carried + rest).split("\n"):
        _keep(lines, number, each, cut_here)
        number, cut_here = number + 1, False
    return lines


def _keep(lines: list[Line], number: int, text: str, cut_here: bool) -> None:
    if text.strip() or not cut_here:
        lines.append(Line(number, text.replace("\t", "    ")))


def _without_notes(lines: list[Line], remarks: list[Remark]) -> list[Line]:
    kept: list[Line] = []
    at = 0
    while at < len(lines):
        if "[[" not in lines[at].text:
            kept.append(lines[at])
            at += 1
            continue
        end = at + 1
        while end < len(lines) and (not lines[end].blank or len(lines[end].text) >= 2):
            end += 1
        kept += _paragraph_without_notes(lines[at:end], remarks)
        at = end
    return kept


def _paragraph_without_notes(lines: list[Line], remarks: list[Remark]) -> list[Line]:
    """Notes may run over lines but not over an empty one; one left open stays as text."""
    text = "\n".join(line.text for line in lines)
    kept: list[Line] = []
    at, index = 0, 0
    held = ""
    notes: list[tuple[int, str]] = []
    while (start := text.find("[[", at)) >= 0 and (end := text.find("]]", start + 2)) >= 0:
        *whole, begun = text[at:start].split("\n")
        for each in whole:
            _keep_noted(kept, lines[index].number, held + each, notes)
            held, notes, index = "", [], index + 1
        held += begun
        notes.append((lines[index].number, text[start + 2 : end].strip()))
        if newlines := text.count("\n", start, end):
            _keep_noted(kept, lines[index].number, held, notes, continued=True)
            held, notes, index = "", [], index + newlines
        at = end + 2
        if newlines and (at == len(text) or text[at] == "\n"):
            at, index = at + 1, index + 1
    if at > len(text):
        return kept
    if (start := text.find("[[", at)) >= 0:
        line = lines[index + text.count("\n", at, start)].number
        remarks.append(
            Remark(line, text[start : start + 80], "A note opens here and is never closed with ]]; kept as text.")
        )
    for each in text[at:].split("\n"):
        _keep_noted(kept, lines[index].number, held + each, notes)
        held, notes, index = "", [], index + 1
    return kept


def _keep_noted(
    kept: list[Line], number: int, text: str, notes: list[tuple[int, str]], continued: bool = False
) -> None:
    only = bool(notes) and not text.strip()
    kept.append(Line(number, text.rstrip() if notes or continued else text, notes, only))

"""Fountain's title page: 'Key: value' lines before the first blank one, values running on when indented."""

from __future__ import annotations

import re

from .fountain_lines import Line
from .headings import is_heading
from .screenplay import Remark

KEY = re.compile(r"(?P<key>[^\W\d_][^:\n]{0,40}):\s*(?P<value>.*)")
USUAL_NAMES = (
    "title|credit|author|authors|source|notes|draft date|date|contact|copyright|revision|version|format|font|episode|"
    "series|titre|auteur|auteurs|título|titel|autor|titolo|autore"
)
USUAL = frozenset(USUAL_NAMES.split("|"))


def split_title_page(lines: list[Line], remarks: list[Remark]) -> tuple[dict[str, str], int]:
    """The pairs, keys in lower case, and the index of the first line after them.

    Without one usual key (Title, Author ...) it is no title page: 'FADE IN:' or 'Anna: hello' begin many scripts.
    """
    start = next((i for i, line in enumerate(lines) if not line.blank), len(lines))
    values: dict[str, list[str]] = {}
    key, at = "", start
    while at < len(lines) and not lines[at].blank:
        line = lines[at]
        found = None if line.text.startswith("   ") or is_heading(line.text) else KEY.fullmatch(line.text.strip())
        if found:
            key = " ".join(found.group("key").lower().split())
            if key in values:
                remarks.append(Remark(line.number, line.text.strip(), "This key stands twice; both values were kept."))
            values.setdefault(key, []).append(found.group("value").strip())
        elif key and line.text.startswith("  "):
            values[key].append(line.text.strip())
        else:
            break
        at += 1
    if USUAL.isdisjoint(values):
        return {}, 0
    for line in lines[start:at]:
        remarks += [Remark(number, note, "A note on the title page; not carried over.") for number, note in line.notes]
    return {key: "\n".join(part for part in parts if part) for key, parts in values.items()}, at

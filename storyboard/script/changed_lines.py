"""Which lines of a scene changed, and which of their words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from .screenplay import Element

LONG = 2000  # past this many words or lines difflib may skip common ones, to stay quick
TOKEN = re.compile(r"\s+|\w+(?:['’]\w+)*|[^\w\s]")
MARGINAL = ("section", "synopsis")


@dataclass(frozen=True)
class LineChange:
    """One element added, removed or changed; `words` are (kept | removed | added, text) pieces that join to the whole.

    The pieces kept and removed spell the old text, the pieces kept and added the new one.
    """

    kind: str  # added | removed | changed
    old: Element | None
    new: Element | None
    words: tuple[tuple[str, str], ...]


def changed_lines(old: tuple[Element, ...], new: tuple[Element, ...]) -> tuple[LineChange, ...]:
    """In the order of the new scene; sections and synopses are the outline's, not the scene's, and do not count."""
    old = tuple(each for each in old if each.kind not in MARGINAL)
    new = tuple(each for each in new if each.kind not in MARGINAL)
    keys_old, keys_new = [_key(each) for each in old], [_key(each) for each in new]
    if keys_old == keys_new:
        return ()
    changes: list[LineChange] = []
    for tag, a, b, c, d in _matcher(keys_old, keys_new).get_opcodes():
        if tag != "equal":
            changes += _replaced(list(old[a:b]), list(new[c:d]))
    return tuple(changes)


def _key(element: Element) -> tuple[str, ...]:
    return element.kind, element.speaker, element.parenthetical, " ".join(element.plain.split())


def _matcher(old: list, new: list) -> SequenceMatcher:
    return SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > LONG)


def _replaced(old: list[Element], new: list[Element]) -> list[LineChange]:
    """Pairs lines of the same kind and speaker in order; what has no partner was removed or added."""
    changes: list[LineChange] = []
    pairs = _matcher([_voice(each) for each in old], [_voice(each) for each in new]).get_opcodes()
    for tag, a, b, c, d in pairs:
        for before, after in zip_longest(old[a:b], new[c:d]):
            if tag == "equal":
                changes.append(LineChange("changed", before, after, changed_words(before.plain, after.plain)))
                continue
            if before:
                changes.append(LineChange("removed", before, None, (("removed", before.plain),)))
            if after:
                changes.append(LineChange("added", None, after, (("added", after.plain),)))
    return changes


def _voice(element: Element) -> tuple[str, str]:
    return element.kind, element.speaker


def changed_words(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Word-level pieces, white space included, so that nothing is lost in joining them."""
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    pieces: list[tuple[str, str]] = []
    for tag, a, b, c, d in _matcher(before, after).get_opcodes():
        if tag == "equal":
            pieces.append(("kept", "".join(before[a:b])))
            continue
        pieces += [("removed", "".join(before[a:b]))] if b > a else []
        pieces += [("added", "".join(after[c:d]))] if d > c else []
    return tuple(pieces)

"""Who a sentence is about: names from the cues, people introduced in capitals, and he, she or they after them."""

from __future__ import annotations

import re

from .screenplay import Scene, Screenplay

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|#\d+")
INTRODUCED = re.compile(
    r"\b([A-ZÀ-Þ][A-ZÀ-Þ'’-]+(?: [A-ZÀ-Þ][A-ZÀ-Þ'’-]+){0,2})(?=\s*[,(]\s*(?:\d|early|mid|late|about|a |an |the ))"
)
SINGULAR = {"he": "he", "him": "he", "his": "he", "she": "she", "her": "she", "hers": "she", "il": "he", "elle": "she"}
PLURAL = {"they", "them", "their", "ils", "elles"}
MOST_UNSPACED_NAMES = 40


class Cast:
    """Finds names by their first word, so a long cast costs no more than a short one."""

    def __init__(self, screenplay: Screenplay) -> None:
        self._by_first: dict[str, list[tuple[list[str], str]]] = {}
        self._unspaced: list[str] = []
        self._said: dict[str, str] = {}  # name -> he or she, as the script first says it
        self._known: set[str] = set()
        for name in screenplay.characters:
            self._learn(name)

    def enter_scene(self, scene: Scene) -> None:
        self.recent: list[str] = []

    def seen_in(self, text: str) -> tuple[str, ...]:
        """The people in this text, in order; remembers them for the pronouns of the next."""
        for found in INTRODUCED.finditer(text):
            self._learn(found.group(1))
        words = WORD.findall(text)
        lower = [word.lower() for word in words]
        names = self._named(text, words)
        for word in dict.fromkeys(lower):
            if word in SINGULAR and (name := self._meant_by(SINGULAR[word], names)) and name not in names:
                names.append(name)
        if not PLURAL.isdisjoint(lower):
            names += [name for name in self.recent[:2] if name not in names]
        self.remember(names)
        return tuple(names)

    def remember(self, names: list[str] | tuple[str, ...]) -> None:
        self.recent = [*reversed(names), *(name for name in self.recent if name not in names)][:6]

    def _learn(self, name: str) -> None:
        if name in self._known:
            return
        self._known.add(name)
        words = [word.casefold() for word in WORD.findall(name)]
        if name.upper() == name.lower():
            self._unspaced = [*self._unspaced, name][:MOST_UNSPACED_NAMES]
        elif words:
            self._by_first.setdefault(words[0], []).append((words, name))

    def _named(self, text: str, words: list[str]) -> list[str]:
        folded = [word.casefold().removesuffix("'s").removesuffix("’s") for word in words]
        names = [name for name in self._unspaced if name in text]
        for at, (word, first) in enumerate(zip(words, folded, strict=True)):
            if not word[:1].isupper():
                continue
            candidates = self._by_first.get(first, ())[:20]
            names += [name for rest, name in candidates if folded[at : at + len(rest)] == rest]
        return list(dict.fromkeys(names))

    def _meant_by(self, pronoun: str, named: list[str]) -> str:
        candidates = [*named, *self.recent]
        known = next((name for name in candidates if self._said.get(name) == pronoun), "")
        if known:
            return known
        unknown = next((name for name in candidates if name not in self._said), "")
        if unknown:
            self._said[unknown] = pronoun
        return unknown

"""Collects elements under headings into scenes, the same way for every kind of file."""

from __future__ import annotations

from dataclasses import replace

from .headings import Heading
from .limits import MOST_REMARKS
from .screenplay import Element, Remark, Scene

BEFORE_THE_FIRST_HEADING = ("section", "synopsis", "transition", "note")


class Assembly:
    """Sections (and synopses right after them) wait for the next heading, since that is the scene they announce."""

    def __init__(self, remarks: list[Remark] | None = None) -> None:
        self.remarks = remarks or []
        self.scenes: list[Scene] = []
        self._heading: Heading | None = None
        self._line = 0
        self._elements: list[Element] = []
        self._waiting: list[Element] = []

    def add(self, element: Element) -> None:
        if self._announces(element.kind):
            self._waiting.append(element)
            return
        self._elements += [*self._waiting, element]
        self._waiting.clear()

    def _announces(self, kind: str) -> bool:
        """Before the first heading even FADE IN: and notes wait, so that they make no scene of their own."""
        if self._heading is None and not self._elements:
            return kind in BEFORE_THE_FIRST_HEADING
        return kind == "section" or (kind == "synopsis" and bool(self._waiting))

    def make_last_speech_dual(self) -> None:
        """The speech just added turns out to be spoken together with the one that comes now."""
        for index in range(len(self._elements) - 1, -1, -1):
            each = self._elements[index]
            if each.kind not in ("dialogue", "lyrics", "note") or (each.character and each.dual):
                break
            if each.character:
                self._elements[index] = replace(each, dual=True)
                if index and self._elements[index - 1].character not in ("", each.character):
                    break

    def begin(self, heading: Heading, line: int) -> None:
        waiting, self._waiting = self._waiting, []
        self._close()
        self._heading, self._line, self._elements = heading, line, waiting

    def remark(self, line: int, text: str, why: str) -> None:
        self.remarks.append(Remark(line, text, why))

    def finish(self) -> tuple[Scene, ...]:
        self._elements += self._waiting
        self._close()
        self._remark_repeated_numbers()
        return tuple(self.scenes)

    def few_remarks(self) -> tuple[Remark, ...]:
        """In the order of the file; past a limit only counted, so a page can show them."""
        ordered = sorted(self.remarks, key=lambda each: each.line)
        if (more := len(ordered) - MOST_REMARKS) <= 0:
            return tuple(ordered)
        rest = Remark(ordered[MOST_REMARKS].line, "", f"{more} more remarks of this kind follow from here on.")
        return (*ordered[:MOST_REMARKS], rest)

    def _close(self) -> None:
        elements, self._elements = tuple(self._elements), []
        if self._heading is None:
            if elements:
                self.scenes.append(Scene("", "", "", "", "", elements, _synopsis(elements), line=elements[0].line))
            return
        found = self._heading
        scene = Scene(found.number, found.text, found.setting, found.place, found.time, elements, line=self._line)
        self.scenes.append(replace(scene, synopsis=_synopsis(elements), omitted=found.omitted))

    def _remark_repeated_numbers(self) -> None:
        seen: set[str] = set()
        for scene in self.scenes:
            if scene.number and scene.number in seen:
                self.remark(scene.line, scene.heading, f"Scene number {scene.number} is used more than once.")
            seen.add(scene.number)


def _synopsis(elements: tuple[Element, ...]) -> str:
    return "\n".join(each.plain for each in elements if each.kind == "synopsis")

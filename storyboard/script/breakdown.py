"""One scene's elements into drafts of shots: where one setup ends and the next begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from .cast import Cast
from .emphasis import plain
from .film_words import Sight, sight
from .pacing import LONGEST, WORDS_OF_ACTION, WORDS_OF_SPEECH, seconds_of
from .screenplay import Element, Scene
from .sentences import pieces, sentences, word_count

PRONOUNS = frozenset(("he", "she", "they", "it", "his", "her", "their", "its", "il", "elle", "ils", "elles", "on"))
GROUP = re.compile(r"\b(?:two|both|they|them|together|couple|deux|tous)\b", re.IGNORECASE)
LOOKING = re.compile(r"(.{1,40}?)['’]S (?:POV|P\.O\.V|POINT OF VIEW)", re.IGNORECASE)
CLOSE = ("ECU", "CU", "MCU")
FEW_WORDS = 5
A_SHOT_STAYS_OPEN = Fraction(9, 2)  # seconds; past this the next whole sentence begins a new shot
A_PARAGRAPH_JOINS = Fraction(2)
A_SHOT_HOLDS = Fraction(8)


@dataclass
class Draft:
    """A shot while it is put together. `said` are codes read from words; framing fills in the rest."""

    line: int
    action: str = ""
    dialogue: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    characters: list[str] = field(default_factory=list)
    listeners: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    size: str = ""
    angle: str = ""
    move: str = ""
    framed: bool = False
    insert: bool = False
    title: bool = False
    wide_opening: bool = False
    group: bool = False

    @property
    def seconds(self) -> Fraction:
        return seconds_of(self.action, self.spoken)

    def act(self, text: str) -> None:
        self.action = f"{self.action} {text}".strip()


def break_down(scene: Scene, cast: Cast) -> list[Draft]:
    """At least one draft: a scene that says nothing is one establishing shot."""
    return Breakdown(scene, cast).drafts()


class Breakdown:
    def __init__(self, scene: Scene, cast: Cast) -> None:
        self.scene, self.cast = scene, cast
        self._drafts: list[Draft] = []
        self._early_notes: list[str] = []
        self._label = False  # the last element was a Shot paragraph, still waiting for its action
        cast.enter_scene(scene)

    def drafts(self) -> list[Draft]:
        for element in self.scene.elements:
            self._hear(element)
        if not self._drafts:
            self._establish()
        self._drafts[0].notes[:0] = self._early_notes
        return self._drafts

    def _hear(self, element: Element) -> None:
        if element.kind in ("action", "shot"):
            self._action(element)
        elif element.character:
            self._speech(element)
        elif element.kind == "centered":
            self._begin(element.line, title=True).act(_flat(element))
        elif element.kind == "lyrics":
            self._lyrics(element)
        elif element.kind != "synopsis":
            self._note(_flat(element))

    def _establish(self) -> None:
        place = " - ".join(part for part in (self.scene.place, self.scene.time) if part)
        draft = self._begin(self.scene.line)
        draft.act(place or self.scene.heading)
        draft.notes.append("Establishing shot: this scene says nothing yet.")

    def _note(self, text: str) -> None:
        (self._drafts[-1].notes if self._drafts else self._early_notes).append(text)

    def _begin(self, line: int, title: bool = False) -> Draft:
        self._drafts.append(Draft(line, title=title))
        self._label = False
        return self._drafts[-1]

    @property
    def _now(self) -> Draft | None:
        return self._drafts[-1] if self._drafts and not self._drafts[-1].title else None

    def _action(self, element: Element) -> None:
        new_paragraph = True
        for part in sentences(_flat(element)):
            for piece in pieces(part, WORDS_OF_ACTION):
                self._sentence(piece, element, new_paragraph)
                new_paragraph = False
        self._label = element.kind == "shot"

    def _sentence(self, text: str, element: Element, new_paragraph: bool) -> None:
        seen = sight(text)
        people = _in_picture(self.cast.seen_in(text), text)
        label = element.kind == "shot" and new_paragraph
        draft = self._now
        if draft is None or label or self._cuts(draft, text, seen, people, new_paragraph):
            draft = self._begin(element.line)
        draft.act(text)
        draft.characters += people
        draft.size, draft.angle = draft.size or seen.size, draft.angle or seen.angle
        draft.move = draft.move or seen.move
        draft.framed = draft.framed or seen.framed or label
        draft.insert = draft.insert or seen.insert
        draft.group = draft.group or bool(GROUP.search(text))

    def _cuts(self, draft: Draft, text: str, seen: Sight, people: tuple[str, ...], new_paragraph: bool) -> bool:
        """Whether this sentence is a new setup: a shot word, a second move, a new subject, or a full shot."""
        if self._label and new_paragraph:
            return seen.starts
        if seen.starts:
            waiting = not draft.framed and not draft.dialogue and word_count(draft.action) < FEW_WORDS
            return new_paragraph or not waiting
        if draft.move and seen.move and draft.move != seen.move:
            return True
        if new_paragraph:
            return not self._goes_on(draft, text, people)
        return word_count(draft.action) + word_count(text) > WORDS_OF_ACTION or (
            draft.seconds > A_SHOT_STAYS_OPEN and word_count(text) >= FEW_WORDS
        )

    def _goes_on(self, draft: Draft, text: str, people: tuple[str, ...]) -> bool:
        """A short paragraph about the same person stays in the shot, unless that opened the scene or is long."""
        if draft is self._drafts[0] or draft.seconds > A_PARAGRAPH_JOINS or draft.insert or draft.move:
            return False
        pronoun = (text.split() or [""])[0].lower().strip(",.;:") in PRONOUNS
        if draft.dialogue:
            same = set(people) <= set(draft.speakers[-1:])
            return pronoun and same and word_count(text) < FEW_WORDS
        return pronoun and set(people) <= set(draft.characters)

    def _speech(self, element: Element) -> None:
        name, cue = element.speaker, _cue(element)
        lines = pieces(_flat(element), WORDS_OF_SPEECH) or [""]
        for count, text in enumerate(lines):
            draft = self._now
            if draft is None or not self._may_speak(draft, element, text, count):
                draft = self._begin(element.line)
                others = [who for who in self.cast.recent if who != name]
                draft.listeners = others[:1]
            draft.dialogue.append(f"{cue}: {'♪ ' if element.kind == 'lyrics' else ''}{text}".rstrip(": "))
            cue = name
            draft.spoken.append(text)
            draft.speakers.append(name)
            if not element.unseen:
                draft.characters.append(name)
        if not element.unseen:
            self.cast.remember([name])

    def _may_speak(self, draft: Draft, element: Element, text: str, count: int) -> bool:
        """Dialogue stays in the shot it is spoken in, until the other answers in a single or the shot is full."""
        if count or seconds_of(draft.action, [*draft.spoken, text]) > A_SHOT_HOLDS or draft.insert:
            return False
        if element.dual or element.unseen:
            return True
        if draft.speakers:
            together = draft.action and (draft.group or element.speaker in draft.characters)
            return draft.speakers[-1] == element.speaker or bool(together and len(draft.speakers) < 3)
        wide = draft.framed and draft.size not in CLOSE
        return wide or element.speaker in draft.characters or not draft.characters

    def _lyrics(self, element: Element) -> None:
        draft = self._now or self._begin(element.line)
        text = _flat(element)
        if seconds_of(draft.action, [*draft.spoken, text]) >= LONGEST:
            draft = self._begin(element.line)
        draft.dialogue.append(f"♪ {text}")
        draft.spoken.append(text)


def _in_picture(people: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Through someone's own eyes, they are not seen."""
    viewer = LOOKING.match(text)
    return tuple(name for name in people if not viewer or name.casefold() != viewer.group(1).casefold())


def _flat(element: Element) -> str:
    return " ".join(plain(element.text).split())


def _cue(element: Element) -> str:
    name = element.character if element.unseen else element.speaker
    return f"{name} ({element.parenthetical})" if element.parenthetical else name

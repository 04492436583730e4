"""A shot's words to facts: where, when, in what weather, who does what to whom, and how the camera sees it.

English first, with headings, characters' names and times of day in a few other languages. Nothing here can fail:
what is not understood is listed, and staged as if it had not been said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from generation.film import ANGLES, MOVES, SIZES
from generation.recipe import Words

from . import lexicon


@dataclass(frozen=True)
class Deed:
    """Something done: a verb's code, to whom or what, and which way where it is said (left, right, us, away, up)."""

    verb: str
    target: str = ""
    way: str = ""


@dataclass(frozen=True)
class Person:
    name: str
    kind: str = ""  # man | woman | child | ""
    deeds: tuple[Deed, ...] = ()
    speaks: bool = False
    coat: bool = False


@dataclass(frozen=True)
class Facts:
    """What was understood. `things` are props named in the words; `size`, `angle` and `move` are codes or empty."""

    place: str = "room"
    inside: bool = True
    room: str = ""
    time: str = "day"
    weather: str = ""
    people: tuple[Person, ...] = ()
    things: tuple[str, ...] = ()
    size: str = ""
    angle: str = ""
    move: str = ""
    insert: bool = False
    riding: bool = False
    heading: str = ""
    not_understood: tuple[str, ...] = ()


def read_facts(words: Words) -> Facts:
    """What the blocking engine takes from a shot's words, and the action words that meant nothing to it."""
    heading, action = words.heading, words.action
    known = {lexicon.plain(name): name for name in words.characters if name.strip()}
    people = _people(action, known, words)
    place, inside, room = _place(heading, action)
    return Facts(
        place=place,
        inside=inside,
        room=room,
        time=_first(lexicon.TIMES, heading) or _first(lexicon.TIMES, action) or "day",
        weather=_weather(heading, action),
        people=people,
        things=tuple(dict.fromkeys(_all(lexicon.THINGS, action) + _all(lexicon.THINGS, heading))),
        size=_code(words.size, SIZES) or _first(lexicon.SIZES, action),
        angle=_code(words.angle, ANGLES) or _first(lexicon.ANGLES, action),
        move=_code(words.move, MOVES) or _move(action),
        insert=bool(re.search(r"\binsert\b", action, re.I)) and not people,
        riding=place == "car" and bool(re.search(r"\b(INT|I/E|INTERIOR)\b", heading, re.I)),
        heading=heading,
        not_understood=_unknown(action, known),
    )


def _code(given: str, codes: tuple[tuple[str, str], ...]) -> str:
    """A code as it is, a label or loose spelling of one, or nothing."""
    wanted = given.strip().lower().replace("_", "-").replace(" ", "-")
    for code, label in codes:
        if wanted and wanted in (code.lower(), label.lower().replace(" ", "-")):
            return code
    return ""


def _first(table: dict[str, str], text: str) -> str:
    """The code whose pattern stands earliest in the text."""
    best, where = "", len(text) + 1
    for code, pattern in table.items():
        found = re.search(pattern, text, re.I)
        if found and found.start() < where:
            best, where = code, found.start()
    return best


def _all(table: dict[str, str], text: str) -> list[str]:
    found = [(match.start(), code) for code, pattern in table.items() if (match := re.search(pattern, text, re.I))]
    return [code for _, code in sorted(found)]


def _weather(heading: str, action: str) -> str:
    dry = re.search(r"\brain (?:has |had )?stopp(?:ed|s)|\bno rain\b|after the rain", action, re.I)
    found = [
        each
        for each in _all(lexicon.WEATHERS, action) + _all(lexicon.WEATHERS, heading)
        if not (dry and each == "rain")
    ]
    return found[0] if found else ""


def _move(action: str) -> str:
    """The camera's own move; a dolly or truck without a direction goes in or right."""
    return _first(lexicon.MOVES, action)


def _place(heading: str, action: str) -> tuple[str, bool, str]:
    outside = bool(re.search(r"\b(EXT|EXTERIOR|EST)\b", heading, re.I))
    inside = bool(re.search(r"\b(INT|INTERIOR|I/E)\b", heading, re.I)) and not heading.upper().startswith(
        ("EXT", "EST")
    )
    room = _first(lexicon.ROOMS, heading)
    place = _first(lexicon.PLACES, heading) or ("" if room or inside else _first(lexicon.PLACES, action))
    if inside and place not in ("car", "stairs", "corridor", "hall"):
        place = "room"
    if not place:
        place = "street" if outside and not heading else "field" if outside else "room"
    return place, place in ("room", "corridor", "hall") or (inside and place == "stairs"), room


def _sentences(action: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?;。])\s+|\n+", action) if part.strip()]


def _people(action: str, known: dict[str, str], words: Words) -> tuple[Person, ...]:
    cast = _Cast(known)
    for sentence in _sentences(action):
        cast.hear(sentence)
    speakers = list(known) if words.dialogue.strip() else []
    return cast.people(speakers)


class _Cast:
    """Who has been named so far, what each has done, and whom a pronoun means."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.deeds: dict[str, list[Deed]] = {}
        self.kinds: dict[str, str] = {}
        self.coats: set[str] = set()
        self.spoke: list[str] = []

    def hear(self, sentence: str) -> None:
        tokens = self._mentions(sentence)
        subjects: list[str] = self.spoke[-1:]
        joined = False
        for kind, start, value in tokens:
            if kind == "who":
                subjects = [*subjects, *value] if joined else list(value)
                self._met(value)
                joined = True
            elif kind == "verb":
                self._did(subjects, value, sentence, start, tokens)
                joined = False
        if re.search(r"\bcoat\b", sentence, re.I) and subjects:
            self.coats.update(subjects[:1])

    def _mentions(self, sentence: str) -> list[tuple[str, int, list[str]]]:
        found: list[tuple[str, int, list[str]]] = []
        for plain in self._names(sentence):
            for match in re.finditer(rf"(?<!\w){re.escape(plain)}(?!\w)", lexicon.plain(sentence)):
                found.append(("who", match.start(), [plain]))
        if not found:
            found += [("who", match.start(), who) for match, who in self._common(sentence)]
        found += [
            ("who", match.start(), self._meant(match[0])) for match in re.finditer(lexicon.PRONOUNS, sentence, re.I)
        ]
        for start, code in _verbs(sentence):
            if not _camera_speech(sentence, start):
                found.append(("verb", start, ["avoid" if _denied(sentence, start) else code]))
        return sorted((each for each in found if each[2]), key=lambda each: each[1])

    def _names(self, sentence: str) -> list[str]:
        shouted = [
            lexicon.plain(match[0])
            for match in re.finditer(r"(?<![\w'])[A-ZÀ-Þ][A-ZÀ-Þ'’]{2,}(?:\s#?\d)?(?![\w])", sentence)
        ]
        shouted = [name for name in shouted if not lexicon.is_film_word(name)]
        return list(dict.fromkeys([*self.known, *self.deeds, *shouted])) if not sentence.isupper() else list(self.known)

    def _common(self, sentence: str) -> list[tuple[re.Match[str], list[str]]]:
        found = []
        for match in re.finditer(lexicon.COMMON_PEOPLE, sentence, re.I):
            noun = match["noun"].lower()
            count = min(4, lexicon.NUMBERS.get((match["count"] or "").lower(), 1))
            count = 2 if count == 1 and noun in lexicon.PLURALS else count
            if count > 1 and count == len(self.known) and not self.deeds:
                found.append((match, list(self.known)))
                continue
            names = [
                f"{lexicon.singular(noun)}" if count == 1 else f"{lexicon.singular(noun)} {i + 1}" for i in range(count)
            ]
            for name in names:
                self.kinds.setdefault(name, lexicon.KIND_OF.get(lexicon.singular(noun), ""))
            found.append((match, names))
        return found

    def _meant(self, pronoun: str) -> list[str]:
        said = pronoun.lower()
        if said in ("they", "both"):
            return list(self.deeds)[-4:] or list(self.known)[:4]
        if said in ("we", "us", "i", "you"):
            return []
        kind = "woman" if said == "she" else "man"
        fitting = [name for name in reversed(self.spoke) if self.kinds.get(name, kind) in (kind, "", "child")]
        if fitting:
            return fitting[:1]
        fresh = [name for name in self.known if self.kinds.get(name, kind) in (kind, "")]
        return fresh[:1] or [said]

    def _met(self, names: list[str]) -> None:
        for name in names:
            self.deeds.setdefault(name, [])
            self.spoke = [each for each in self.spoke if each != name] + [name]

    def _did(self, subjects: list[str], verb: list[str], sentence: str, start: int, tokens: list) -> None:
        if not subjects:
            subjects = list(self.known)[:1]
            self._met(subjects)
        after = [value for kind, at, value in tokens if kind == "who" and at > start]
        target = next((name for names in after[:1] for name in names if name not in subjects), "")
        for name in subjects:
            others = [other for other in subjects if other != name]
            whom = target or (others[0] if others and verb[0] in lexicon.TOGETHER else "")
            self.deeds.setdefault(name, []).append(Deed(verb[0], whom, _first(lexicon.WAYS, sentence[start:])))

    def people(self, speakers: list[str]) -> tuple[Person, ...]:
        order = [*self.deeds, *(name for name in self.known if name not in self.deeds)]
        order.sort(key=lambda name: (name not in self.deeds, name not in self.known))
        return tuple(
            Person(
                self.known.get(name, name),
                self.kinds.get(name) or lexicon.guess_kind(name),
                tuple(self.deeds.get(name, ())),
                name in speakers,
                name in self.coats,
            )
            for name in order[:4]
        )


def _verbs(sentence: str) -> list[tuple[int, str]]:
    """Verbs where they stand; of two that overlap the longer counts: "crosses his arms" is no crossing."""
    found = [
        (match.start(), -match.end(), code)
        for code, pattern in lexicon.VERBS.items()
        for match in re.finditer(pattern, sentence, re.I)
    ]
    kept: list[tuple[int, str]] = []
    reached = -1
    for start, minus_end, code in sorted(found, key=lambda each: each[:2]):
        if start >= reached:
            kept.append((start, code))
            reached = -minus_end
    return kept


def _camera_speech(sentence: str, start: int) -> bool:
    """A verb that belongs to the camera: PUSH IN, the camera RISES, TILT DOWN."""
    before = sentence[max(0, start - 14) : start].lower()
    return bool(re.search(r"camera\s+$|\bwe\s+$", before))


def _denied(sentence: str, start: int) -> bool:
    """They don't look at each other."""
    return bool(re.search(r"(n['’]t|\bnot|\bnever|\bwithout|\bcannot)\s+(even\s+)?$", sentence[:start], re.I))


def _unknown(action: str, known: dict[str, str]) -> tuple[str, ...]:
    """Words of some weight that no table has."""
    rest = lexicon.plain(action)
    for pattern in lexicon.every_pattern():
        rest = re.sub(pattern, " ", rest, flags=re.I)
    for name in known:
        rest = rest.replace(name, " ")
    found = [word for word in re.findall(r"[^\W\d_]{3,}", rest) if word.lower() not in lexicon.SMALL]
    return tuple(dict.fromkeys(found))

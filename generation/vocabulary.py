"""The closed vocabulary of the sketch engine: a shot's words to a caption of known words, and what has no word in it.

The grammar that blocking reads words with understands far more; here each thing it found becomes the nearest word
that the small model was trained with. What has none is listed, so that a form can mark it before anybody waits.

>>> from generation.recipe import Words
>>> caption_of(Words(heading="EXT. STREET - NIGHT", action="A woman sprints.", size="MS", move="pan-left")).text
'ms eye pan-left street night woman run'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from generation import film
from generation.blocking import lexicon
from generation.blocking.grammar import Facts, Person, read_facts
from generation.recipe import Words

SIZES = ("CU", "MCU", "MS", "MWS", "WS", "EWS")
ANGLES = ("eye", "low", "high")
MOVES = (
    "static",
    "pan-left",
    "pan-right",
    "tilt-up",
    "tilt-down",
    "dolly-in",
    "dolly-out",
    "truck-left",
    "truck-right",
    "handheld",
)
TIMES = ("day", "night", "dusk", "dawn")
KINDS = ("woman", "man", "child", "person")
NOBODY = "nobody"

# A place and the heading it is trained with.
PLACES = {
    "room": "INT. ROOM",
    "kitchen": "INT. KITCHEN",
    "bedroom": "INT. BEDROOM",
    "office": "INT. OFFICE",
    "bar": "INT. BAR",
    "living": "INT. LIVING ROOM",
    "corridor": "INT. CORRIDOR",
    "hall": "INT. HALL",
    "street": "EXT. STREET",
    "field": "EXT. FIELD",
    "forest": "EXT. FOREST",
    "beach": "EXT. BEACH",
    "pier": "EXT. PIER",
    "deck": "EXT. DECK",
    "roof": "EXT. ROOF",
}
# What somebody does, and the ways to say it that training draws from; every one is read alike by the grammar.
DEEDS: dict[str, tuple[str, ...]] = {
    "stand": ("stands", "is standing"),
    "walk": ("walks", "is walking", "strolls", "wanders"),
    "run": ("runs", "is running", "sprints", "hurries"),
    "sit": ("sits", "is sitting"),
    "kneel": ("kneels", "is kneeling"),
    "fall": ("falls", "is falling", "collapses"),
    "turn": ("turns", "is turning"),
    "wave": ("waves", "is waving"),
}

_NEAR_SIZES = {"ECU": "CU"}
_NEAR_MOVES = {"zoom-in": "dolly-in", "zoom-out": "dolly-out"}
_NEAR_DEEDS = {
    "pass": "walk",
    "climb": "walk",
    "carry": "walk",
    "enter": "walk",
    "leave": "walk",
    "seated": "sit",
    "drive": "sit",
    "crouch": "kneel",
    "raise": "wave",
    "point": "wave",
    "rise": "stand",
    "stop": "stand",
    "look": "stand",
    "talk": "stand",
    "lean": "stand",
    "hold": "stand",
    "down": "stand",
    "up": "stand",
    "avoid": "stand",
    "nod": "stand",
}
_PAIR = 2
_PLACES_SAID = {"living": "living room"}
_TIMES_SAID = {"day": "by day", "night": "at night", "dusk": "at dusk", "dawn": "at dawn"}
_MANY = {"woman": "women", "man": "men", "child": "children", "person": "people"}


@dataclass(frozen=True)
class Caption:
    """`text` in words of the vocabulary; `unknown` is what was said and has none there, each in the writer's words."""

    text: str
    unknown: tuple[str, ...] = ()


def caption_of(words: Words) -> Caption:
    """What the sketch engine hears of a shot's words. Never fails: what is not known is left out and listed."""
    facts = read_facts(words)
    unknown: list[str] = []
    said = [
        _of(SIZES, _NEAR_SIZES.get(facts.size, facts.size), "MS", unknown),
        _of(ANGLES, facts.angle or "eye", "eye", unknown),
        _of(MOVES, _NEAR_MOVES.get(facts.move, facts.move) or "static", "static", unknown),
        _place(facts, unknown),
        facts.time,
    ]
    said += [word for person in facts.people[:_PAIR] for word in (_kind(person), _deed(person, unknown))] or [NOBODY]
    if len(facts.people) > _PAIR:
        unknown.append(f"{len(facts.people)} people")
    unknown += _undrawn(words, facts)
    names = {part.lower() for person in facts.people for part in person.name.split()}
    unknown += [word.lower() for word in facts.not_understood if word.lower() not in names]
    return Caption(" ".join(said).lower(), tuple(dict.fromkeys(unknown)))


@dataclass(frozen=True)
class Hearing:
    """A caption as a person says it: `heard` in phrases, `unknown` as in the caption, with film's words for codes."""

    heard: tuple[str, ...]
    unknown: tuple[str, ...]


def hearing(words: Words) -> Hearing:
    """What a form says under a shot's words.

    >>> hearing(Words(heading="EXT. STREET - NIGHT", action="Two women run with a rope.", move="pan-left"))
    Hearing(heard=('medium shot', 'pan left', 'street at night', 'two women run'), unknown=('rope',))
    """
    caption = caption_of(words)
    size, angle, move, place, time, *people = caption.text.split()
    seen = [film.label(size.upper()), "" if angle == "eye" else film.label(angle), film.label(move)]
    where = f"{_PLACES_SAID.get(place, place)} {_TIMES_SAID[time]}"
    said = (*(part.lower() for part in seen if part), where, *_said(people))
    return Hearing(said, tuple(film.label(word).lower() for word in caption.unknown))


def every_word() -> list[str]:
    """Every word a caption can hold, in a fixed order: the place of a word in this list is its number."""
    return [word.lower() for word in (*SIZES, *ANGLES, *MOVES, *PLACES, *TIMES, *KINDS, *DEEDS, NOBODY)]


def _of(known: tuple[str, ...], word: str, otherwise: str, unknown: list[str]) -> str:
    if word in known:
        return word
    if word:
        unknown.append(word)
    return otherwise


def _place(facts: Facts, unknown: list[str]) -> str:
    word = facts.room if facts.place == "room" else facts.place
    if not word or word in PLACES:
        return word or "room"
    unknown.append(word)
    return "room" if facts.inside else "street"


def _undrawn(words: Words, facts: Facts) -> list[str]:
    """Weather and things, in the writer's words: the grammar knows them, the small model was never shown any."""
    tables = [(lexicon.WEATHERS, facts.weather)] if facts.weather else []
    tables += [(lexicon.THINGS, thing) for thing in facts.things]
    text = f"{words.action}\n{words.heading}"
    found = [re.search(table[code], text, re.I) for table, code in tables]
    return [match[0].lower() for match in found if match]


def _said(people: list[str]) -> list[str]:
    """Kind and deed of each in turn, as a sentence says them."""
    pairs = list(zip(people[::2], people[1::2], strict=False))
    if not pairs:
        return [NOBODY]
    if len(pairs) == _PAIR and pairs[0] == pairs[1]:
        kind, deed = pairs[0]
        return [f"two {_MANY[kind]} {deed}"]
    return [f"a {kind} {DEEDS[deed][0]}" for kind, deed in pairs]


def _kind(person: Person) -> str:
    return person.kind if person.kind in KINDS else "person"


def _deed(person: Person, unknown: list[str]) -> str:
    """The first thing somebody does that has a word; what they do beside it is left out without a mark."""
    codes = [_NEAR_DEEDS.get(deed.verb, deed.verb) for deed in person.deeds]
    known = [code for code in codes if code in DEEDS]
    moving = [code for code in known if code != "stand"]
    if not known:
        unknown += codes[:1]
    return (moving or known or ["stand"])[0]


# Saying it again, for training -------------------------------------------------------------------------------------


def sentence(people: tuple[tuple[str, str], ...]) -> str:
    """An action line in which each of up to two people, a kind and a way of DEEDS, does that; empty for nobody.

    Two of one kind do the same: the grammar would take a second woman who sits for the first one sitting down.
    """
    nouns = [_NOUNS.get(kind, (kind, f"{kind}s")) for kind, _ in people]
    if len(people) == _PAIR and people[0] == people[1]:
        return f"Two {nouns[0][1]} {people[0][1].replace('is ', 'are ')}."
    return " ".join(f"A {noun[0]} {way}." for noun, (_, way) in zip(nouns, people, strict=True))


_NOUNS = {
    "woman": ("woman", "women"),
    "man": ("man", "men"),
    "child": ("child", "children"),
    "person": ("stranger", "strangers"),
}


def plain_words(text: str) -> list[str]:
    """The words of a caption as the tokenizer parts them."""
    return re.findall(r"[a-z]+(?:-[a-z]+)*", text.lower())

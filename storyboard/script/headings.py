"""Scene headings: whether a line is one, and what it says of setting, place and time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .emphasis import plain

# Longest first. The dotted short forms count in any case; whole words and undotted forms only in capitals.
INSIDE = r"INT(?:É|E)RIEUR|INTERIOR|INTERNO|INNEN|INT|ИНТ"
OUTSIDE = r"EXT(?:É|E)RIEUR|EXTERIOR|ESTERNO|AUSSEN|AUẞEN|AUßEN|EXT|ЭКСТ|НАТ"
BOTH = rf"(?:{INSIDE})\.?\s?/\s?(?:{OUTSIDE})|(?:{OUTSIDE})\.?\s?/\s?(?:{INSIDE})|I\.?/E|E\.?/I"
PREFIX = re.compile(
    rf"(?P<both>{BOTH})(?=[.\s]|$)|(?P<inside>{INSIDE})(?=[.\s])|(?P<outside>{OUTSIDE})(?=[.\s])|(?P<est>EST)(?=[.\s])"
)
NUMBERED = re.compile(r"(?P<number>\d{1,4}[A-Z]{0,2})[.)]?\s+(?=\S)")
DASH = re.compile(r"\s+(?:-{1,3}|–|—|―)\s+|\s*(?:—|―)\s*|\s+-(?=\S)")
OMITTED = re.compile(r"(?:SCENE\s+)?(?:OMITTED|OMIT|COUPÉE|SUPPRIMÉE|ENTFÄLLT)(?:\s+SCENE)?\.?", re.IGNORECASE)
WORD = re.compile(r"[^\W_]+")
HOURS = """
DAY NIGHT DAWN DUSK MORNING EVENING AFTERNOON NOON MIDDAY MIDNIGHT LATER CONTINUOUS CONT SAME SUNSET SUNRISE
TWILIGHT DAYBREAK NIGHTFALL LIGHT HOUR DAYS NIGHTS MOMENTS DAYLIGHT
JOUR NUIT AUBE MATIN SOIR SOIRÉE CRÉPUSCULE MIDI MINUIT JOURNÉE CONTINU
DÍA DIA NOCHE MAÑANA TARDE AMANECER ATARDECER GIORNO NOTTE ALBA TRAMONTO MATTINA SERA
TAG NACHT MORGEN ABEND DÄMMERUNG MITTAG DAG NATT KVELD NOITE MANHÃ ДЕНЬ НОЧЬ УТРО ВЕЧЕР
"""
TIMES = frozenset(HOURS.split())


@dataclass(frozen=True)
class Heading:
    number: str
    text: str
    setting: str
    place: str
    time: str
    omitted: bool


def is_heading(line: str) -> bool:
    """Whether an unforced line reads as a scene heading, with or without a scene number before it."""
    text = plain(line.strip())
    found = _prefix(text[_number_end(text) :])
    if not found:
        return False
    dotted = "." in found.group() or "/" in found.group() or found.string[found.end() : found.end() + 1] == "."
    return (dotted and len(found.group()) <= 9) or found.group().isupper()


def parse_heading(line: str, number: str = "") -> Heading:
    """Reads 'INT. KITCHEN - NIGHT #12A#'; a number given by the file wins over one in the text."""
    text, written = _split_number(" ".join(plain(line).split()))
    found = _prefix(text)
    rest = text[found.end() :].lstrip(". ").strip() if found else text
    place, time = _place_and_time(rest)
    return Heading(number or written, text, _setting(found), place, time, bool(OMITTED.fullmatch(rest)))


def _prefix(text: str) -> re.Match[str] | None:
    return PREFIX.match(text) or (PREFIX.match(text.upper()) if len(text.upper()) == len(text) else None)


def _number_end(text: str) -> int:
    found = NUMBERED.match(text)
    return found.end() if found and _prefix(text[found.end() :]) else 0


def _split_number(text: str) -> tuple[str, str]:
    if text.endswith("#") and (start := text.rfind("#", 0, -1)) > 0 and text[start + 1 : -1].strip():
        return text[:start].strip(), text[start + 1 : -1].strip()
    if end := _number_end(text):
        number = NUMBERED.match(text).group("number")  # type: ignore[union-attr]
        rest = text[end:].strip()
        return (rest.removesuffix(number).strip() if rest.endswith(f" {number}") else rest), number
    return text, ""


def _setting(found: re.Match[str] | None) -> str:
    names = {"both": "INT/EXT", "inside": "INT", "outside": "EXT", "est": "EST"}
    return names[found.lastgroup or ""] if found else ""


def _place_and_time(rest: str) -> tuple[str, str]:
    parts = [part.strip() for part in DASH.split(rest) if part.strip()]
    for index in range(len(parts) - 1, 0, -1):
        if _is_time(parts[index]):
            return " - ".join(parts[:index] + parts[index + 1 :]), parts[index]
    return " - ".join(parts), ""


def _is_time(part: str) -> bool:
    """A known word for a time of day, or, in a script without capitals, whatever stands after the dash."""
    upper = part.upper()
    return not TIMES.isdisjoint(WORD.findall(upper)) or (upper == part.lower() and any(c.isalpha() for c in part))

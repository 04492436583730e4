"""What a script says, whichever file it came from: plain frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .emphasis import plain

KINDS = (
    "action",
    "dialogue",
    "lyrics",
    "transition",
    "note",
    "section",
    "synopsis",
    "centered",
    "shot",
    "general",
)
EXTENSION = re.compile(r"[(（]")
HEARD_ONLY = {"VO", "OS", "OC", "OFF", "VOICE"}


class BadScript(ValueError):
    """The bytes are not a script we can read; the message is one sentence for the person who chose the file."""


@dataclass(frozen=True)
class Element:
    """One paragraph, or one speech up to its next parenthetical. `kind` is one of KINDS; `line` counts from 1.

    `text` keeps the writer's emphasis marks; `plain` is the text without them. `character` is the cue as written,
    extension included; `speaker` is the name alone.
    """

    kind: str
    text: str
    line: int
    character: str = ""
    parenthetical: str = ""
    dual: bool = False
    revised: bool = False

    @property
    def plain(self) -> str:
        return plain(self.text)

    @property
    def speaker(self) -> str:
        return name_of(self.character)

    @property
    def unseen(self) -> bool:
        """Whether the speaker is heard but not in the picture."""
        extension = self.character[len(self.speaker) :].upper().replace(".", "")
        return not HEARD_ONLY.isdisjoint(re.findall(r"\w+", extension))


@dataclass(frozen=True)
class Scene:
    """Everything under one heading. `number` is the script's own and may be empty, as may setting, place and time."""

    number: str
    heading: str
    setting: str
    place: str
    time: str
    elements: tuple[Element, ...]
    synopsis: str = ""
    omitted: bool = False
    line: int = 0


@dataclass(frozen=True)
class Remark:
    """Something in the file that was not understood, guessed, or not carried over, and why."""

    line: int
    text: str
    why: str


@dataclass(frozen=True)
class Screenplay:
    """A whole script. `kind` is fountain or fdx; keys of `title_page` are lower case."""

    kind: str
    encoding: str
    title: str
    title_page: dict[str, str] = field(default_factory=dict)
    scenes: tuple[Scene, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def characters(self) -> tuple[str, ...]:
        """Who speaks, in order of first line, without extensions such as (V.O.)."""
        speakers = (each.speaker for scene in self.scenes for each in scene.elements if each.character)
        return tuple(dict.fromkeys(name for name in speakers if name))


def name_of(cue: str) -> str:
    """The name in a cue: 'MAN #2 (V.O.) (CONT'D)' is MAN #2."""
    whole = plain(cue).strip()
    return EXTENSION.split(whole, maxsplit=1)[0].strip() or whole

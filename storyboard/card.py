"""A card of the board: what one shot shows now, and the words it says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.text import Truncator

from storyboard.models import Media, Panel, Take, Version
from storyboard.templatetags.film import seconds

WORDS = {
    "pick": "In cut",
    "circled": "Circled",
    "take": "Newest",
    "panel": "Panel",
    "card": "No take yet",
    "omitted": "Omitted",
}
USUAL_TILES = 24


@dataclass
class Card:
    """What one shot shows now: `shows` is pick, circled, take, panel or card, in this order of preference.

    `shot` and `take` carry what was counted and found along with them, which their types do not know. `is_in_sight`
    marks the first of the board, whose pictures are fetched before all else.
    """

    shot: Any
    version: Version
    rate: tuple[int, int]
    take: Any = None
    panel: Panel | None = None
    running: list[Take] = field(default_factory=list)
    queued: list[Take] = field(default_factory=list)
    held: list[Take] = field(default_factory=list)
    failed: Take | None = None
    is_in_sight: bool = False

    @property
    def shows(self) -> str:
        if self.take is not None:
            return "pick" if self.take.is_pick else "circled" if self.take.is_circled else "take"
        return "panel" if self.panel is not None else "card"

    @property
    def state(self) -> str:
        return "omitted" if self.shot.omitted else self.shows

    @property
    def word(self) -> str:
        if self.state == "card" and self.held:
            return "In audition"
        if self.state == "card" and self.shot.take_count:
            return "None ready"
        return WORDS[self.state]

    @property
    def picture(self) -> Media | None:
        if self.take is not None:
            return self.take.poster
        if self.panel is not None:
            return self.panel.media
        return next((take.poster for take in self.held if take.poster is not None), None)

    @property
    def strip(self) -> Media | None:
        return self.take.filmstrip if self.take is not None else None

    @property
    def tiles(self) -> int:
        return (self.strip.facts.get("tiles") or USUAL_TILES) if self.strip is not None else 0

    @property
    def is_stale(self) -> bool:
        """What it shows was made of a version that the shot no longer asks for."""
        return self.take is not None and self.take.version_id != self.shot.current_id

    @property
    def at_work(self) -> Take | None:
        if self.running:
            return self.running[0]
        return next((take for take in self.queued if take.paused_at is None), self.queued[0] if self.queued else None)

    @property
    def waits_more(self) -> int:
        """How many further takes run or wait beside the one that is told of."""
        return max(0, len(self.running) + len(self.queued) - 1)

    @property
    def flags(self) -> str:
        """What filters ask for, as words."""
        told = {
            self.shows: True,
            "audition": bool(self.held),
            "working": bool(self.running or self.queued),
            "failed": self.failed is not None,
            "open": bool(self.shot.open_comments),
            "stale": self.is_stale,
            "omitted": self.shot.omitted,
        }
        return " ".join(name for name, yes in told.items() if yes)

    @property
    def says(self) -> dict[str, str]:
        """What its template puts down, as plain words: a long board fills it in hundreds of times."""
        shot, version, take = self.shot, self.version, self.take
        return {
            "id": str(shot.pk),
            "href": shot_address(shot.pk),
            "code": shot.code,
            "flags": self.flags,
            "who": "|".join(version.characters),
            "state": self.state,
            "word": f"{self.word} T{take.number}" if take is not None else self.word,
            "label": f"{shot.code}, {self.word}{', ' if version.size else ''}{version.framing if version.size else ''}",
            "framing": version.framing,
            "strip": self.strip.url if self.strip is not None else "",
            "tiles": str(self.tiles) if self.tiles != USUAL_TILES else "",
            "picture": self.picture.url if self.picture is not None else "",
            "slate": shortened(version.action or version.dialogue or version.notes, 120),
            "seconds": seconds(shot.frames_in_cut, self.rate),
            "frames": str(shot.frames_in_cut),
            "title": shortened(version.action, 40),
            "action": shortened(version.action, 100),
            "dialogue": shortened(version.dialogue, 80),
            "held": str(len(self.held) or ""),
            "takes": _several(shot.take_count, "take"),
            "circles": str(shot.circled_count or ""),
            "talks": str(shot.open_comments or ""),
            "stale": "Old words" if self.is_stale else "",
        }


@lru_cache(maxsize=4096)
def shot_address(pk: int) -> str:
    return reverse("shot", args=[pk])


def shortened(text: str, most: int) -> str:
    """At most so many letters, the last of them an ellipsis where something was left out."""
    return text if len(text) <= most else Truncator(text).chars(most)


def _several(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}" if count else ""

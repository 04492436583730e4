"""The shots in order with what each has to show now: plain values that feed the player and the exporters."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class CutShot:
    """One shot as it stands in the cut. `frames` is its length at the cut's rate; `in_frame` counts in the source.

    `shows` says which rung it is on: pick, circled, take, panel or card. `source` is the file to draw from: a clip
    for a take (its own rate in `source_rate`, its length in `source_frames`), a picture for a panel, None for a card.
    """

    shot_id: int
    code: str
    scene: str
    heading: str
    shows: str
    frames: int
    in_frame: int = 0
    source: Path | None = None
    source_frames: int = 0
    source_rate: tuple[int, int] = (24, 1)
    take_id: int | None = None
    take_number: int | None = None
    line: str = ""
    dialogue: str = ""
    recipe_digest: str = ""
    proxy_url: str = ""
    poster_url: str = ""

    @property
    def label(self) -> str:
        """What the corner of the picture says, such as '010 T3 circled' or '020 card'."""
        take = f" T{self.take_number}" if self.take_number else ""
        return f"{self.code}{take} {self.shows}"


@dataclass(frozen=True)
class Cut:
    """A whole cut at one rational rate; `sound` lies under it from `sound_offset` frames into the file."""

    project: str
    rate: tuple[int, int]
    width: int
    height: int
    shots: tuple[CutShot, ...] = ()
    sound: Path | None = None
    sound_gain: float = 1.0
    sound_offset: int = 0
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        return sum(shot.frames for shot in self.shots)

    @property
    def seconds(self) -> Fraction:
        return self.frames / Fraction(*self.rate)

    def starts(self) -> list[int]:
        """The frame each shot starts on."""
        starts, at = [], 0
        for shot in self.shots:
            starts.append(at)
            at += shot.frames
        return starts

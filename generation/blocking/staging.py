"""The plain description that everything here turns on: a set, props, figures with marks, a camera, a light.

Lengths are metres, angles degrees, time is counted in frames, focal lengths are millimetres on a 36 x 20.25 mm gate.
The floor is the plane of x (right) and z (away), y is up. A turn of 0 looks along +z, a turn of 90 along +x.

    >>> staging = Staging(place=Place("room"), camera=Camera((CameraKey(0, 0.0, 1.6, -4.0),)))
    >>> Staging.parse(staging.to_json()) == staging
    True
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1


class BadStaging(ValueError):
    """The text is not a staging; the message says what was found and what was expected."""


@dataclass(frozen=True)
class Place:
    """Where it happens. A room spans left..right and near..far; open places only use them as the built-up area."""

    kind: str
    floor: str = "planks"
    left: float = -4.0
    right: float = 4.0
    near: float = -4.0
    far: float = 4.0
    height: float = 2.9
    seed: int = 0


@dataclass(frozen=True)
class Prop:
    kind: str
    x: float
    z: float
    turn: float = 0.0
    scale: float = 1.0
    y: float = 0.0


@dataclass(frozen=True)
class Mark:
    """Where a figure is at a frame, and the pose it takes on from that frame, blended in over `blend` frames.

    `look` names a figure, or is "camera", or a turn such as "turn:-40" against the body; empty looks straight ahead.
    """

    frame: int
    x: float
    z: float
    turn: float = 0.0
    pose: str = "stand"
    blend: int = 10
    look: str = ""
    y: float = 0.0


@dataclass(frozen=True)
class Figure:
    """A grey figure. `tone` is its lightness from 0 to 1; `speaks` are (from, to) frame ranges."""

    name: str
    marks: tuple[Mark, ...]
    height: float = 1.75
    tone: float = 0.6
    hair: str = "short"
    dress: str = "shirt"
    speaks: tuple[tuple[int, int], ...] = ()
    stride: float = 0.0


@dataclass(frozen=True)
class CameraKey:
    frame: int
    x: float
    y: float
    z: float
    pan: float = 0.0
    tilt: float = 0.0
    roll: float = 0.0
    focal: float = 35.0


@dataclass(frozen=True)
class Camera:
    """Keys are joined smoothly, at rest at both ends; `shake` is the hand's unrest, 0 on a tripod and 1 on the move."""

    keys: tuple[CameraKey, ...]
    shake: float = 0.0


@dataclass(frozen=True)
class Staging:
    """A whole shot. With `before`, it carries on from that staging's frame `before_frame` and has taken over after
    `takeover` frames.

    `anchor` is (x, y, z, pan) of the camera that light and haze were set for, then (x, z) of the action; `clock` is how
    many frames the weather had already gone on at frame 0.
    """

    place: Place
    camera: Camera
    props: tuple[Prop, ...] = ()
    figures: tuple[Figure, ...] = ()
    time: str = "day"
    weather: str = ""
    frames: int = 72
    rate: tuple[int, int] = (24, 1)
    seed: int = 0
    anchor: tuple[float, ...] = ()
    clock: int = 0
    before: Staging | None = None
    before_frame: int = 0
    takeover: int = 24
    format: int = FORMAT

    @property
    def eye(self) -> tuple[float, float, float, float]:
        """(x, y, z, pan) that light and haze are set for."""
        first = self.camera.keys[0]
        return self.anchor[:4] if self.anchor else (first.x, first.y, first.z, first.pan)  # type: ignore[return-value]

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @classmethod
    def parse(cls, text: str | bytes) -> Staging:
        """Reads what `to_json` wrote; raises BadStaging."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise BadStaging(f"staging is not JSON: {error}") from None
        if not isinstance(data, dict):
            raise BadStaging(f"staging is a {type(data).__name__}; expected an object")
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Staging:
        if data.get("format") != FORMAT:
            raise BadStaging(f"staging has format {data.get('format')!r}; this server reads format {FORMAT}")
        try:
            return cls(**_inside(data))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BadStaging(f"staging is incomplete: {error}") from None


def _inside(data: dict[str, Any]) -> dict[str, Any]:
    before = data.get("before")
    camera = data["camera"]
    return data | {
        "place": Place(**data["place"]),
        "camera": Camera(tuple(CameraKey(**key) for key in camera["keys"]), camera.get("shake", 0.0)),
        "props": tuple(Prop(**prop) for prop in data.get("props", ())),
        "figures": tuple(_figure(figure) for figure in data.get("figures", ())),
        "anchor": tuple(data.get("anchor", ())),
        "rate": tuple(data.get("rate", (24, 1))),
        "before": Staging.from_dict(before) if before else None,
    }


def _figure(data: dict[str, Any]) -> Figure:
    marks = tuple(Mark(**mark) for mark in data["marks"])
    speaks = tuple(tuple(each) for each in data.get("speaks", ()))
    return Figure(**(data | {"marks": marks, "speaks": speaks}))

"""Proposed shots: a screenplay's scenes cut into setups a director would recognise as a first pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .breakdown import Draft, break_down
from .cast import Cast
from .framing import Framer
from .pacing import frames_of, seconds_of
from .screenplay import Scene, Screenplay


@dataclass(frozen=True)
class ProposedShot:
    """One setup. `size`, `angle` and `move` are codes of generation.film; `frames` counts at the proposal's rate.

    `action` keeps the script's own words, shot words included. `dialogue` has a line a speech: 'INGRID (smiling): Yes.'
    """

    action: str
    dialogue: str
    characters: tuple[str, ...]
    size: str
    angle: str
    move: str
    frames: int
    notes: str
    line: int


@dataclass(frozen=True)
class ProposedScene:
    """A scene with its shots; `number` is never empty. An omitted scene with nothing in it has no shots."""

    number: str
    heading: str
    setting: str
    place: str
    time: str
    shots: tuple[ProposedShot, ...]
    synopsis: str
    omitted: bool


def propose(screenplay: Screenplay, rate: tuple[int, int] = (24, 1)) -> tuple[ProposedScene, ...]:
    """Every word of action and dialogue ends up in one shot. `rate` is frames a second as (numerator, denominator)."""
    if rate[0] < 1 or rate[1] < 1:
        raise ValueError(f"rate {rate} is not two positive whole numbers such as (24, 1)")
    cast, framer = Cast(screenplay), Framer()
    numbers = scene_numbers(screenplay)
    return tuple(
        _scene(scene, number, cast, framer, rate) for scene, number in zip(screenplay.scenes, numbers, strict=True)
    )


def _scene(scene: Scene, number: str, cast: Cast, framer: Framer, rate: tuple[int, int]) -> ProposedScene:
    drafts = break_down(scene, cast) if scene.elements or not scene.omitted else []
    shots = tuple(_shot(draft, rate) for draft in framer.frame(drafts, scene))
    return ProposedScene(
        number, scene.heading, scene.setting, scene.place, scene.time, shots, scene.synopsis, scene.omitted
    )


def _shot(draft: Draft, rate: tuple[int, int]) -> ProposedShot:
    moving = draft.move not in ("", "static")
    seconds = seconds_of(draft.action, draft.spoken, moving)
    if draft.wide_opening:
        seconds = max(seconds, seconds_of("", (), False) * 2)
    return ProposedShot(
        draft.action,
        "\n".join(draft.dialogue),
        tuple(dict.fromkeys(draft.characters)),
        draft.size,
        draft.angle,
        draft.move,
        frames_of(seconds, rate),
        "\n".join(draft.notes),
        draft.line,
    )


def scene_numbers(screenplay: Screenplay) -> list[str]:
    """The script's own numbers, and for scenes without one what a supervisor writes: 3A after 3, A1 before 1.

    A script without any numbers counts from 1.
    """
    own = [scene.number for scene in screenplay.scenes]
    if not any(own):
        return [str(count) for count in range(1, len(own) + 1)]
    taken, given, before = set(filter(None, own)), [], ""
    first = next(number for number in own if number)
    letters: Counter[str] = Counter()
    for number in own:
        before = number or before
        while not number:
            letters[before] += 1
            letter = _letters(letters[before])
            candidate = f"{before}{letter}" if before else f"{letter}{first}"
            number = "" if candidate in taken else candidate
        taken.add(number)
        given.append(number)
    return given


def _letters(count: int) -> str:
    name = ""
    while count:
        count, rest = divmod(count - 1, 26)
        name = chr(65 + rest) + name
    return name

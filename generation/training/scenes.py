"""Endless scenes to learn from: a seed to a shot's words and the facts in them, staged by blocking."""

from __future__ import annotations

import re
import zlib
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from generation import blocking
from generation.recipe import Words
from generation.vocabulary import ANGLES, DEEDS, KINDS, MOVES, PLACES, SIZES, TIMES, caption_of, sentence

RATE = (24, 1)
HELD_OUT_ONE_IN = 12
SETS = ("", " TWO", " THREE", " FOUR")  # of a place; what a set looks like follows from its heading

_SET_ODDS = (0.55, 0.15, 0.15, 0.15)  # the plain one most often, as words alone must do without a picture of it
_MOVE_ODDS = {"static": 0.22, "handheld": 0.06}
_ANGLE_ODDS = (0.8, 0.1, 0.1)
_TIME_ODDS = (0.45, 0.25, 0.15, 0.15)
_PEOPLE_ODDS = (0.08, 0.62, 0.30)


@dataclass(frozen=True)
class Scene:
    """What one clip shows: `words` as a shot says them, and what they were made from. `deed` is of the first person."""

    seed: int
    words: Words
    size: str
    move: str
    place: str
    people: int
    deed: str

    @property
    def caption(self) -> str:
        return caption_of(self.words).text

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"caption": self.caption}


def scene(seed: int, held_out: bool = False) -> Scene:
    """The scene of a seed. Combinations of deed, size and move kept for measuring come with `held_out` alone."""
    rng = np.random.Generator(np.random.PCG64([seed, int(held_out)]))
    while True:
        people = _people(rng)
        deed = people[0][1] if people else ""
        size, move = str(rng.choice(SIZES)), _move(rng)
        if is_held_out(deed, size, move) == held_out:
            break
    place = str(rng.choice(list(PLACES)))
    time = str(rng.choice(TIMES, p=_TIME_ODDS)).upper()
    heading = f"{PLACES[place]}{rng.choice(SETS, p=_SET_ODDS)} - {time}"
    action = sentence(tuple((kind, _way(rng, deed, len(people))) for kind, deed in people))
    angle = str(rng.choice(ANGLES, p=_ANGLE_ODDS))
    words = Words(heading=heading, action=action, size=size, angle=angle, move=move)
    return Scene(seed, words, size, move, place, len(people), deed)


def is_held_out(deed: str, size: str, move: str) -> bool:
    return zlib.crc32(f"{deed} {size} {move}".encode()) % HELD_OUT_ONE_IN == 0


def elsewhere(scene: Scene) -> Scene:
    """The same people in the same set, seen by another camera: what a reference picture is taken from."""
    rng = np.random.Generator(np.random.PCG64([scene.seed, 2]))
    size = str(rng.choice([each for each in SIZES if each != scene.size]))
    return replace(scene, seed=scene.seed + 1, words=replace(scene.words, size=size, move="static"), size=size)


def renderer(scene: Scene, frames: int, width: int, height: int) -> blocking.Renderer:
    """What draws this scene, `frames` long at RATE; sizes in pixels."""
    return blocking.Renderer(blocking.instant(scene.words, scene.seed, frames, RATE), width, height)


def _people(rng: np.random.Generator) -> list[tuple[str, str]]:
    count = int(rng.choice(3, p=_PEOPLE_ODDS))
    people = [(str(rng.choice(KINDS)), str(rng.choice(list(DEEDS)))) for _ in range(count)]
    if count == 2 and people[0][0] == people[1][0]:
        people[1] = people[0]
    return people


def _move(rng: np.random.Generator) -> str:
    rest = 1 - sum(_MOVE_ODDS.values())
    odds = [_MOVE_ODDS.get(move, rest / (len(MOVES) - len(_MOVE_ODDS))) for move in MOVES]
    return str(rng.choice(MOVES, p=odds))


def _way(rng: np.random.Generator, deed: str, people: int) -> str:
    ways = [way for way in DEEDS[deed] if people == 1 or way.startswith("is ")]
    return str(rng.choice(ways))


def mirrored_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """What a scene's facts are in a mirror."""
    sides = {"left": "right", "right": "left"}

    def turned(text: str) -> str:
        return re.sub(r"left|right", lambda found: sides[found[0]], text)

    return facts | {"move": turned(facts["move"]), "caption": turned(facts["caption"])}


def labels(facts: dict[str, Any]) -> list[int]:
    """Numbers of size, move, people and deed; a deed of nobody is one of its own."""
    deeds = [*DEEDS, ""]
    return [SIZES.index(facts["size"]), MOVES.index(facts["move"]), facts["people"], deeds.index(facts["deed"])]

"""Sets around the action: walls far enough out, furniture where it helps and never between the lens and the people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .camera import camera_values
from .grammar import Facts
from .light import INSIDE
from .motion import bodies_at
from .staging import Prop, Staging

_ROOM_FLOOR = {
    "kitchen": "tiles",
    "bedroom": "planks",
    "office": "carpet",
    "bar": "planks",
    "hospital": "tiles",
    "cabin": "planks",
    "cell": "concrete",
}
_OPEN_FLOOR = {
    "street": "asphalt",
    "forest": "forest",
    "beach": "sand",
    "roof": "concrete",
    "pier": "planks",
    "deck": "planks",
    "car": "asphalt",
}
_FURNITURE = {
    "kitchen": ("counter", "cupboard", "table", "chair", "shelf"),
    "bedroom": ("bed", "cupboard", "floor-lamp", "chair"),
    "office": ("desk", "shelf", "chair", "cupboard", "shelf"),
    "bar": ("counter", "shelf", "table", "chair", "table"),
    "hospital": ("bed", "chair", "cupboard", "floor-lamp"),
    "cabin": ("counter", "chair", "shelf"),
    "cell": ("bed", "crate"),
    "": ("sofa", "floor-lamp", "shelf", "table", "cupboard", "chair"),
}
_SEAT_HEIGHT = 0.46


def floor_of(facts: Facts, code: int) -> str:
    if facts.weather == "snow" and not facts.inside and facts.place not in ("pier", "deck"):
        return "snow" if facts.place != "street" else "asphalt"
    if facts.place in ("room", "corridor", "hall", "stairs") and facts.inside:
        return _ROOM_FLOOR.get(facts.room) or (
            "concrete" if facts.place in ("hall", "stairs") else ("planks", "tiles", "planks")[code % 3]
        )
    if facts.place == "field":
        return "grass" if code % 4 else "furrows"
    return _OPEN_FLOOR.get(facts.place, "concrete")


def dress(staging: Staging, facts: Facts, rng: np.random.Generator) -> Staging:
    """Adds walls' places and props to a staging that has its people and camera."""
    busy = _busy(staging)
    if facts.riding:
        traffic = _streeted(staging, rng, np.concatenate((busy, [[0.0, 0.0], [0.0, 1.5], [0.0, -1.5]])))
        return replace(staging, props=tuple(_rounded(prop) for prop in (Prop("car-cabin", 0.0, 0.0), *traffic)))
    if staging.place.kind == "sea":
        return replace(staging, props=(Prop("ferry", 0.0, 0.0),))
    props = [*_stepped(staging, facts), *_seats(staging, facts), *_named(staging, facts, rng, busy)]
    if staging.place.kind in INSIDE or facts.inside:
        kind = staging.place.kind if staging.place.kind in INSIDE else "hall"
        staging = replace(staging, place=replace(staging.place, kind=kind))
        staging = _walled(staging, facts, busy, rng)
        props += _furnished(staging, facts, rng, busy)
    else:
        props += _OPEN.get(staging.place.kind, _fielded)(staging, rng, busy)
    return replace(staging, props=tuple(_rounded(prop) for prop in props))


def _rounded(prop: Prop) -> Prop:
    return replace(
        prop,
        x=round(float(prop.x), 3),
        z=round(float(prop.z), 3),
        turn=round(float(prop.turn), 1),
        scale=round(float(prop.scale), 3),
    )


def _busy(staging: Staging) -> np.ndarray:
    """Points on the floor to keep clear: people's ways, and the lines from the lens to them."""
    points = []
    for frame in np.linspace(0, staging.frames, 9).astype(int):
        eye = camera_values(staging, int(frame))[[0, 2]]
        points.append(eye)
        people = [body.place[[0, 2]] for body in bodies_at(staging, int(frame)).values()] or [np.zeros(2)]
        for place in people:
            points += [place + (eye - place) * t for t in (0.0, 0.15, 0.3, 0.45, 0.6, 0.8)]
    return np.array(points)


def _clear(busy: np.ndarray, x: float, z: float, room: float) -> bool:
    return bool(np.min(np.hypot(busy[:, 0] - x, busy[:, 1] - z)) > room)


def _seats(staging: Staging, facts: Facts) -> list[Prop]:
    """Something to sit on under everyone who sits, a bed under everyone who sleeps."""
    found: list[Prop] = []
    kind = next(
        (thing for thing in facts.things if thing in ("bench", "sofa", "bed", "rock", "crate")),
        "chair" if facts.inside else "bench",
    )
    for figure in staging.figures:
        for mark in figure.marks:
            if mark.pose.startswith(("sit", "table", "drive")):
                angle = math.radians(mark.turn)
                back = 0.13 * figure.height
                found.append(
                    Prop(
                        kind,
                        mark.x - back * math.sin(angle) * 0.4,
                        mark.z - back * math.cos(angle) * 0.4,
                        mark.turn,
                        figure.height / 1.75,
                    )
                )
                if mark.pose.startswith("table") and all(
                    math.hypot(other.x - mark.x, other.z - mark.z) > 1.3
                    for other in found
                    if other.kind in ("table", "desk")
                ):
                    ahead = 0.42 * figure.height
                    found.append(
                        Prop("table", mark.x + ahead * math.sin(angle), mark.z + ahead * math.cos(angle), mark.turn)
                    )
                break
            if mark.pose == "bed":
                found.append(Prop("bed", mark.x, mark.z, mark.turn))
                break
    return found


def _named(staging: Staging, facts: Facts, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    """What the words name, beside or behind the action."""
    found: list[Prop] = []
    for thing in facts.things[:5]:
        if thing in ("table", "desk", "counter") and any(
            mark.pose.startswith("table") for figure in staging.figures for mark in figure.marks
        ):
            continue
        if thing in ("window", "door", "bench", "chair", "sofa", "rail", "stairs") and (
            thing in ("window", "door", "stairs") or _seats(staging, facts)
        ):
            continue
        kind = {"tree": "tree-1"}.get(thing, thing)
        if not staging.figures and not found:
            found.append(Prop(kind, 0.0, 0.0 if thing != "car" else 1.0, rng.uniform(-30, 30)))
            continue
        room = {"car": 2.6, "lamp": 0.9, "tree": 2.2, "bed": 1.7, "sofa": 1.5, "table": 1.1, "counter": 1.7}.get(
            thing, 0.9
        )
        found += _somewhere(kind, rng, busy, room, (0.8, 4.5))
    return found


def _somewhere(
    kind: str, rng: np.random.Generator, busy: np.ndarray, room: float, reach: tuple[float, float]
) -> list[Prop]:
    for _ in range(24):
        angle, away = rng.uniform(-75, 75), rng.uniform(*reach)
        x, z = away * math.sin(math.radians(angle)), away * math.cos(math.radians(angle))
        if _clear(busy, x, z, room):
            return [
                Prop(
                    kind,
                    x,
                    z,
                    rng.uniform(150, 210) if kind != "car" else rng.choice((0.0, 180.0)) + rng.uniform(-6, 6),
                )
            ]
    return []


def _walled(staging: Staging, facts: Facts, busy: np.ndarray, rng: np.random.Generator) -> Staging:
    spare = {"hall": (5.0, 7.0, 5.5), "corridor": (0.2, 9.0, 2.6)}.get(staging.place.kind, (1.2, 1.6, 2.75))
    low, high = busy.min(axis=0), busy.max(axis=0)
    left, right = (
        min(low[0] - 0.5, -1.4) - spare[0] * rng.uniform(0.5, 1.2),
        max(high[0] + 0.5, 1.4) + spare[0] * rng.uniform(0.5, 1.2),
    )
    near, far = low[1] - 0.6, max(high[1] + 0.8, 1.2) + spare[1] * rng.uniform(0.6, 1.2)
    edges = [round(float(v), 2) for v in (left, right, near, far)]
    return replace(
        staging,
        place=replace(staging.place, left=edges[0], right=edges[1], near=edges[2], far=edges[3], height=spare[2]),
    )


def _furnished(staging: Staging, facts: Facts, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    place = staging.place
    if place.kind == "corridor":
        return []
    kinds = (
        ("crate", "crate", "crate", "bench", "crate")
        if place.kind == "hall"
        else _FURNITURE.get(facts.room, _FURNITURE[""])
    )
    found: list[Prop] = []
    taken = {"bed"} if any(mark.pose == "bed" for figure in staging.figures for mark in figure.marks) else set()
    for kind in (each for each in kinds if each not in taken):
        deep = {"sofa": 0.5, "bed": 1.1, "desk": 0.5, "table": 0.6, "counter": 0.4}.get(kind, 0.32)
        for _ in range(8):
            side = int(rng.integers(0, 3))
            x = rng.uniform(place.left + 1.0, place.right - 1.0)
            z, turn = place.far - deep, 180.0
            if side:
                x, turn = (place.left + deep, 90.0) if side == 1 else (place.right - deep, -90.0)
                z = rng.uniform((place.near + place.far) / 2, place.far - 0.9)
            apart = all(math.hypot(x - other.x, z - other.z) > 1.5 for other in found)
            if apart and _clear(busy, x, z, deep + 0.75):
                found.append(Prop(kind, x, z, turn))
                break
    return found


def _streeted(staging: Staging, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    lamps = [
        Prop("lamp", 4.6 * side, z + 4.0 * (side > 0), -90.0 * side) for side in (-1.0, 1.0) for z in range(-16, 60, 13)
    ]
    cars = [
        Prop("car", 3.0 * side, z + rng.uniform(-1.5, 1.5), 0.0 if side > 0 else 180.0)
        for side in (-1.0, 1.0)
        for z in range(-8, 44, 7)
        if rng.random() < 0.5
    ]
    return [prop for prop in (*lamps, *cars) if _clear(busy, prop.x, prop.z, 1.0 if prop.kind == "lamp" else 2.7)]


def _scattered(
    kinds: tuple[str, ...],
    count: int,
    reach: tuple[float, float],
    clear: float,
    rng: np.random.Generator,
    busy: np.ndarray,
    arc: float = 180.0,
) -> list[Prop]:
    found: list[Prop] = []
    for _ in range(count):
        angle, away = math.radians(rng.uniform(-arc, arc)), reach[0] + (reach[1] - reach[0]) * rng.random() ** 0.8
        x, z = away * math.sin(angle), away * math.cos(angle)
        if _clear(busy, x, z, clear):
            found.append(Prop(str(rng.choice(kinds)), x, z, rng.uniform(0, 360), rng.uniform(0.8, 1.2)))
    return found


def _fielded(staging: Staging, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    trees = _scattered(("tree-0", "tree-1", "tree-2", "tree-3"), 9, (14, 60), 6.0, rng, busy, 80)
    fence_z = rng.uniform(9, 16)
    fence = [Prop("fence", x, fence_z, 0.0) for x in np.arange(-24, 24, 3.0)] if rng.random() < 0.6 else []
    low = _scattered(("bush", "rock"), 8, (3, 22), 1.6, rng, busy, 80)
    return [*trees, *low, *(prop for prop in fence if _clear(busy, prop.x, prop.z, 2.0))]


def _forested(staging: Staging, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    near = _scattered(("trunk-0", "trunk-1", "trunk-2", "trunk-3"), 34, (2.5, 24), 1.3, rng, busy, 110)
    far = _scattered(("conifer-0", "conifer-1", "conifer-2", "conifer-3"), 26, (16, 48), 5.0, rng, busy, 75)
    return [*near, *far, *_scattered(("bush",), 7, (3, 14), 1.4, rng, busy, 90)]


def _piered(staging: Staging, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    lamp = [Prop("lamp", 1.75, rng.uniform(2.0, 5.0), -90.0)]
    posts = [Prop("bollard", 1.8 * side, z) for side in (-1.0, 1.0) for z in range(-12, 40, 5)]
    boat = [
        Prop("boat", rng.choice((-1.0, 1.0)) * rng.uniform(8, 12), rng.uniform(9, 22), rng.uniform(0, 360), 1.3, -1.1)
    ]
    return [prop for prop in (*lamp, *posts, *boat) if _clear(busy, prop.x, prop.z, 0.6)]


def _decked(staging: Staging, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    edge = max(
        [mark.z for figure in staging.figures for mark in figure.marks if 0 <= mark.frame <= staging.frames],
        default=1.0,
    )
    edge = min(2.6, edge + 0.62)
    rails = [Prop("rail", x, edge, 0.0) for x in np.arange(-7.5, 9, 3.0)]
    rest = [Prop("bench", rng.uniform(-3, 3), edge - 0.7, 180.0), Prop("crate", rng.uniform(-4, 4), edge - 0.8, 0.0)]
    return [*rails, *(prop for prop in rest if _clear(busy, prop.x, prop.z, 0.9))]


def _beached(staging: Staging, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    return _scattered(("rock", "rock", "bush"), 16, (3, 40), 1.6, rng, busy, 90)


def _roofed(staging: Staging, rng: np.random.Generator, busy: np.ndarray) -> list[Prop]:
    rails = [Prop("rail", x, 5.0, 0.0) for x in np.arange(-9, 11, 3.0)]
    return [*rails, *_scattered(("crate",), 5, (2.5, 4.4), 1.4, rng, busy, 80)]


def _stepped(staging: Staging, facts: Facts) -> list[Prop]:
    return [Prop("stairs", 0.0, 0.0)] if facts.place == "stairs" else []


_OPEN = {
    "street": _streeted,
    "car": _streeted,
    "forest": _forested,
    "pier": _piered,
    "deck": _decked,
    "beach": _beached,
    "roof": _roofed,
    "stairs": _roofed,
}

"""Facts about people to marks: who stands where, and what each does when, in stage metres.

The stage's x runs to the audience's right, z away from it; a turn of 180 faces the audience.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field, replace

import numpy as np

from .grammar import Deed, Facts, Person
from .staging import Figure, Mark

WALK_SPEED, RUN_SPEED, CLIMB_SPEED = 1.35, 3.3, 0.75
SEATS = ("sit", "seated", "drive")
HOLDS = {
    "raise": "raise",
    "reach": "reach",
    "tie": "tie",
    "hold": "hold",
    "phone": "phone",
    "lean": "lean",
    "cover": "cover",
    "hands-up": "hands-up",
    "crossed": "crossed",
    "kneel": "kneel",
    "crouch": "crouch",
    "wave": "wave",
    "sleep": "bed",
    "drive": "drive",
    "down": "bow",
    "avoid": "stand",
}
_HUG = 0.27
_CAR_SEAT = 0.12
_SEATS_OF_A_CAR = ((0.37, 0.0), (-0.37, 0.0), (-0.37, 0.9), (0.37, 0.9))
_WAIT = {"embrace": 0.06, "fall": 0.3, "point": 0.12}
GAITS = ("walk", "run", "walk-carry")
TRAVELS = ("walk", "run", "enter", "leave", "pass", "climb")


@dataclass
class Stage:
    """What acting needs to know: the frame's width in metres where the action is, the clip, and the dice."""

    wide: float
    frames: int
    second: float
    rng: np.random.Generator
    travel_sign: float = 0.0
    line: float = 1.0
    climb: float = 0.0
    table: bool = False
    bed: bool = False


@dataclass(frozen=True)
class Standing:
    """Where somebody already is when the shot begins, and whether in mid-stride."""

    x: float
    z: float
    turn: float
    pose: str
    going: bool


@dataclass
class Actor:
    person: Person
    x: float
    z: float
    turn: float
    pose: str = "stand"
    look: str = ""
    marks: list[Mark] = field(default_factory=list)
    speaks: list[tuple[int, int]] = field(default_factory=list)
    standing: Standing | None = None
    home: tuple[float, float] | None = None
    lift: float = 0.0

    def mark(
        self, frame: float, pose: str | None = None, blend: int = 10, look: str | None = None, y: float = 0.0
    ) -> None:
        self.pose = self.pose if pose is None else pose
        self.look = self.look if look is None else look
        frame = round(frame)
        if self.marks and frame <= self.marks[-1].frame:
            frame = self.marks[-1].frame + 1
        self.marks.append(
            Mark(
                frame, round(self.x, 4), round(self.z, 4), round(self.turn, 2), self.pose, blend, self.look, round(y, 3)
            )
        )


def cast(facts: Facts, stage: Stage, standing: dict[str, Standing] | None = None) -> tuple[Figure, ...]:
    """Every person as a figure with marks from before the first frame to after the last.

    `standing` holds, by upper-case name, those who are there already and go on from where they are.
    """
    facts = _belted(facts) if facts.riding else _answered(facts)
    actors = _placed(facts, stage) if facts.people else []
    for actor in actors:
        _open(actor, actors, stage)
        _take_up(actor, (standing or {}).get(actor.person.name.upper()))
    for actor in actors:
        _play(actor, actors, stage)
    _speeches(actors, stage)
    return tuple(_figure(actor) for actor in actors)


def _belted(facts: Facts) -> Facts:
    """In a car everyone sits, the first of them at the wheel, and does what can be done sitting."""
    can = ("talk", "look", "turn", "point", "nod", "phone", "down", "up", "avoid", "cover", "hold")
    people = []
    for i, person in enumerate(facts.people):
        first = Deed("drive" if i == 0 else "seated")
        people.append(
            replace(person, deeds=(first, *(deed for deed in person.deeds if deed.verb in can and deed.verb != "turn")))
        )
    return replace(facts, people=tuple(people))


def _answered(facts: Facts) -> Facts:
    """It takes two to embrace."""
    wanted = {
        deed.target.upper(): person.name for person in facts.people for deed in person.deeds if deed.verb == "embrace"
    }
    people = []
    for person in facts.people:
        hugs = any(deed.verb == "embrace" for deed in person.deeds)
        if person.name.upper() in wanted and not hugs:
            person = replace(person, deeds=(*person.deeds, Deed("embrace", wanted[person.name.upper()])))
        people.append(person)
    return replace(facts, people=tuple(people))


def _verbs(facts: Facts) -> set[str]:
    return {deed.verb for person in facts.people for deed in person.deeds}


def tone_of(name: str) -> float:
    """A character's own grey, the same in every shot: names fall on one of five well separated steps."""
    return (0.22, 0.40, 0.58, 0.76, 0.92)[zlib.crc32(name.strip().upper().encode()) % 5]


def _figure(actor: Actor) -> Figure:
    person, code = actor.person, zlib.crc32(("look " + actor.person.name.strip().upper()).encode())
    height = {"man": 1.80, "woman": 1.68, "child": 1.28}.get(person.kind, 1.74) + (code % 7 - 3) * 0.012
    hair = {"woman": ("long", "bun", "long", "short"), "child": ("short",)}.get(
        person.kind, ("short", "short", "cap", "bald")
    )
    dress = (
        "coat"
        if person.coat
        else {"woman": ("skirt", "shirt", "coat", "shirt")}.get(person.kind, ("shirt", "shirt", "coat", "jacket"))[
            code // 8 % 4
        ]
    )
    return Figure(
        person.name,
        tuple(actor.marks),
        round(height, 3),
        tone_of(person.name),
        hair[code % len(hair)],
        dress,
        tuple(actor.speaks),
    )


def distinct(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Two people in one shot never share a grey: later ones move to the next free step."""
    steps = (0.22, 0.40, 0.58, 0.76, 0.92)
    taken: list[float] = []
    out: list[Figure] = []
    for figure in figures:
        tone = figure.tone
        while tone in taken and len(taken) < len(steps):
            tone = steps[(steps.index(tone) + 2) % len(steps)]
        taken.append(tone)
        out.append(replace(figure, tone=tone))
    return tuple(out)


def _placed(facts: Facts, stage: Stage) -> list[Actor]:
    people, rng = facts.people, stage.rng
    count = len(people)
    if facts.riding:
        return [
            Actor(person, x, z, 180.0, lift=_CAR_SEAT) for person, (x, z) in zip(people, _SEATS_OF_A_CAR, strict=False)
        ]
    if count == 1:
        side = rng.choice((-1.0, 1.0))
        x, z = rng.uniform(-0.25, 0.25, 2)
        return [
            Actor(people[0], float(x), float(z) + (1.8 if stage.climb else 0.0), 180.0 + side * rng.uniform(12, 48))
        ]
    order = sorted(range(count), key=lambda i: people[i].name, reverse=stage.line < 0)
    meal = bool({"table", "desk"} & set(facts.things)) and bool({"sit", "seated"} & _verbs(facts))
    close = any(deed.verb == "embrace" for person in people for deed in person.deeds)
    gap = min(rng.uniform(1.05, 1.5), max(0.72, stage.wide * 0.36)) + (0.5 if close else 0.0)
    gap = max(gap, 1.7) if meal else gap
    offset = rng.uniform(-0.18, 0.18, 2)
    slant = math.radians(rng.choice((-1.0, 1.0)) * rng.uniform(8, 34))
    actors: list[Actor | None] = [None] * count
    for place, i in enumerate(order):
        along = (place - (count - 1) / 2) * (gap if count == 2 else gap * 0.85)
        bow = 0.0 if count == 2 else 0.45 * (1 - abs(2 * place / (count - 1) - 1)) + rng.uniform(-0.1, 0.1)
        x, z = along * math.cos(slant) + offset[0], along * math.sin(slant) + bow + offset[1]
        inward = -math.copysign(1.0, along) if abs(along) > 0.01 else rng.choice((-1.0, 1.0))
        actors[i] = Actor(people[i], x, z, 180.0 - inward * rng.uniform(48, 72))
    return [actor for actor in actors if actor is not None]


def _open(actor: Actor, actors: list[Actor], stage: Stage) -> None:
    first = actor.person.deeds[0].verb if actor.person.deeds else ""
    others = [other for other in actors if other is not actor]
    look = ""
    if others:
        look = min(others, key=lambda other: math.hypot(other.x - actor.x, other.z - actor.z)).person.name
    if first == "avoid":
        look = "turn:" + str(round(float(stage.rng.choice((-1.0, 1.0)) * stage.rng.uniform(20, 40))))
    if first in ("seated", "drive", "sleep", "lean", "kneel", "hold", "tie", "crossed", "phone"):
        if first == "lean" and not stage.climb:
            actor.turn = float(stage.rng.uniform(-28, 28))
        actor.pose = {"seated": "table" if stage.table else "sit", "sleep": "bed" if stage.bed else "sleep"}.get(
            first, first
        )
        look = "" if first in ("sleep", "tie", "drive") else look
    if not others and not look:
        look = f"turn:{round(float(stage.rng.uniform(-22, 22)))}"
    actor.look = look


def _take_up(actor: Actor, standing: Standing | None) -> None:
    if standing is not None:
        actor.standing, actor.x, actor.z, actor.turn = standing, standing.x, standing.z, standing.turn
        actor.pose = standing.pose if standing.pose not in (*GAITS, "stumble") else "stand"


def _play(actor: Actor, actors: list[Actor], stage: Stage) -> None:
    deeds = [deed for deed in actor.person.deeds if deed.verb not in ("stand", "seated", "drive")][:4]
    deeds = _once(deeds)
    if not deeds or deeds[0].verb not in TRAVELS:
        actor.mark(-48)
    slot = stage.frames / max(1, len(deeds))
    for i, deed in enumerate(deeds):
        begin = slot * i + (
            0.0 if deed.verb in TRAVELS and i == 0 else min(_WAIT.get(deed.verb, 0.22) * slot, 0.8 * stage.second)
        )
        _do(actor, deed, begin, slot * (i + 1), i == len(deeds) - 1, actors, stage)


def _once(deeds: list[Deed]) -> list[Deed]:
    """A verb said twice in a row is done once."""
    return [deed for i, deed in enumerate(deeds) if i == 0 or deed.verb != deeds[i - 1].verb]


def _do(actor: Actor, deed: Deed, begin: float, end: float, last: bool, actors: list[Actor], stage: Stage) -> None:
    second = stage.second
    target = next(
        (other for other in actors if other.person.name.upper() == deed.target.upper() and other is not actor), None
    )
    if deed.verb in TRAVELS:
        _travel(actor, deed, target, begin, end, last, stage)
    elif deed.verb == "sit":
        actor.mark(begin)
        actor.mark(begin + 1, "table" if stage.table else "sit", round(1.0 * second))
    elif deed.verb == "rise":
        if not actor.marks or actor.marks[-1].pose == "stand":
            actor.marks = [Mark(-48, actor.x, actor.z, actor.turn, "sit", 10, actor.look)]
        actor.mark(begin, "stand", round(0.9 * second))
    elif deed.verb == "fall":
        _fall(actor, begin, stage)
    elif deed.verb == "embrace":
        _embrace(actor, target, begin, stage)
    elif deed.verb == "turn":
        _turn(actor, target, begin, stage)
    elif deed.verb == "point":
        _point(actor, target, begin, end, last, stage)
    elif deed.verb == "talk":
        pose = (
            f"{actor.pose}-talk"
            if actor.pose in ("sit", "table")
            else actor.pose
            if actor.pose in ("drive", "bed")
            else "talk"
        )
        actor.mark(begin, pose, round(0.4 * second), target.person.name if target else None)
        actor.speaks.append((round(begin), round(end)))
    elif deed.verb in ("look", "up", "nod", "stop"):
        _glance(actor, deed, target, begin, stage)
    else:
        pose = "sleep" if deed.verb == "sleep" and not stage.bed else HOLDS.get(deed.verb, actor.pose)
        actor.mark(begin, pose, round(0.7 * second), target.person.name if target else None)


def _way(actor: Actor, deed: Deed, stage: Stage) -> tuple[float, float]:
    """Unit direction of travel on the stage."""
    rng = stage.rng
    if deed.way == "us":
        angle = 180.0 + rng.uniform(-14, 14)
    elif deed.way == "away":
        angle = rng.uniform(-14, 14)
    elif deed.way in ("left", "right"):
        angle = (-90.0 if deed.way == "left" else 90.0) + rng.uniform(-12, 12)
    elif actor.standing is not None and actor.standing.going and not stage.travel_sign:
        angle = actor.turn
    elif deed.verb == "climb" or stage.climb:
        angle = 0.0 if deed.way != "down" else 180.0
    else:
        side = stage.travel_sign or rng.choice((-1.0, 1.0))
        angle = side * (90.0 + rng.uniform(-12, 42))
    return math.sin(math.radians(angle)), math.cos(math.radians(angle))


def _travel(actor: Actor, deed: Deed, target: Actor | None, begin: float, end: float, last: bool, stage: Stage) -> None:
    running = deed.verb == "run"
    gait = "run" if running else "walk-carry" if any(each.verb == "carry" for each in actor.person.deeds) else "walk"
    speed = RUN_SPEED if running else CLIMB_SPEED if deed.verb == "climb" or stage.climb else WALK_SPEED
    if deed.verb == "enter":
        return _enter(actor, begin, end, gait, stage)
    if deed.verb == "leave":
        return _leave(actor, begin, end, gait, stage)
    if target is not None and deed.verb in ("walk", "run"):
        return _walk_to(actor, target, begin, end, gait, speed, stage)
    dx, dz = _way(actor, deed, stage)
    moving_on = last or end >= stage.frames
    seconds = (end - begin) / stage.second
    reach = min(speed * seconds, max(1.6, stage.wide * 0.85) if not moving_on else 1e9)
    pace = reach / max(0.1, seconds) / stage.second
    opening = not actor.marks
    turn = math.degrees(math.atan2(dx, dz))
    if opening:
        half = reach / 2 if actor.standing is None else 0.0
        ease = actor.standing is not None and not actor.standing.going
        x0, z0 = actor.x - dx * half, actor.z - dz * half
        run_up = 0.0 if ease else pace * 24
        _mark_at(actor, begin - 24, x0 - dx * run_up, z0 - dz * run_up, turn, gait, stage, look="")
        _mark_at(actor, begin, x0, z0, turn, gait, stage)
    else:
        actor.mark(begin)
        actor.turn = turn
        x0, z0 = actor.x, actor.z
        _mark_at(actor, begin + 0.35 * stage.second, x0 + dx * 0.12, z0 + dz * 0.12, turn, gait, stage, look="")
    x1, z1 = x0 + dx * reach, z0 + dz * reach
    if moving_on:
        _mark_at(actor, end, x1, z1, turn, gait, stage)
        _mark_at(actor, end + 120, x1 + dx * pace * 120, z1 + dz * pace * 120, turn, gait, stage)
    else:
        _mark_at(actor, end - 0.3 * stage.second, x1 - dx * 0.16, z1 - dz * 0.16, turn, gait, stage)
        _mark_at(actor, end, x1, z1, turn, "stand", stage)
    return None


def _mark_at(
    actor: Actor, frame: float, x: float, z: float, turn: float, pose: str, stage: Stage, look: str | None = None
) -> None:
    actor.x, actor.z, actor.turn = x, z, turn
    actor.mark(frame, pose, 10, look, stage.climb * max(0.0, min(z, 3.6)))


def _walk_to(actor: Actor, target: Actor, begin: float, end: float, gait: str, speed: float, stage: Stage) -> None:
    dx, dz = target.x - actor.x, target.z - actor.z
    gap = math.hypot(dx, dz) or 1.0
    dx, dz = dx / gap, dz / gap
    turn = math.degrees(math.atan2(dx, dz))
    reach = speed * (end - begin) / stage.second * 0.75
    stop_x, stop_z = target.x - dx * 0.8, target.z - dz * 0.8
    if not actor.marks:
        actor.x, actor.z = stop_x - dx * reach, stop_z - dz * reach
    actor.turn = turn
    actor.mark(begin - (24 if not actor.marks else 0), gait)
    actor.mark(begin, gait)
    _mark_at(actor, begin + 0.75 * (end - begin), stop_x, stop_z, turn, "stand", stage, look=target.person.name)


def _enter(actor: Actor, begin: float, end: float, gait: str, stage: Stage) -> None:
    side = -stage.travel_sign or math.copysign(1.0, actor.x) if abs(actor.x) > 0.05 else stage.rng.choice((-1.0, 1.0))
    seconds = max(0.5, (end - begin) / stage.second)
    speed = min(3.0, max(WALK_SPEED, (stage.wide * 0.5) / (0.75 * seconds)))
    outside = side * (stage.wide * 0.58 + 0.9)
    home = outside - side * min(abs(outside - actor.x), speed * seconds * 0.8)
    depth = actor.z
    late = stage.rng.uniform(0.0, 0.12) * (end - begin)
    turn = -90.0 * side + stage.rng.uniform(-14, 14)
    look = actor.look
    _mark_at(actor, begin - 24, outside, depth, turn, gait, stage, look="")
    _mark_at(actor, begin + late, outside, depth, turn, gait, stage)
    arrive = begin + late + abs(outside - home) / speed * stage.second
    _mark_at(actor, arrive, home, depth, turn, "stand", stage, look=look)
    actor.turn = turn + side * 35 if look else turn
    actor.mark(arrive + 0.5 * stage.second)


def _leave(actor: Actor, begin: float, end: float, gait: str, stage: Stage) -> None:
    side = stage.travel_sign or (
        math.copysign(1.0, actor.x) if abs(actor.x) > 0.05 else float(stage.rng.choice((-1.0, 1.0)))
    )
    seconds = max(0.5, (end - begin) / stage.second)
    outside = side * (stage.wide * 0.58 + 1.1)
    speed = min(3.2, max(WALK_SPEED, stage.wide * 0.4 / (0.75 * seconds)))
    if not actor.marks:
        start = outside - side * min(abs(outside - actor.x), speed * seconds * 0.8)
        actor.x = start
        actor.mark(-48)
    wait = begin + 0.1 * (end - begin)
    actor.mark(wait)
    actor.turn = 90.0 * side
    actor.mark(wait + 0.3 * stage.second, gait, look="")
    needs = abs(outside - actor.x) / speed * stage.second
    needs = min(needs, 0.9 * stage.frames - wait) if stage.frames > wait + 6 else needs
    _mark_at(actor, wait + 0.3 * stage.second + max(4, needs), outside, actor.z, 90.0 * side, gait, stage)
    _mark_at(
        actor,
        wait + 0.3 * stage.second + max(4, needs) + 72,
        outside + side * speed * 3,
        actor.z,
        90.0 * side,
        gait,
        stage,
    )


def _fall(actor: Actor, begin: float, stage: Stage) -> None:
    s, c = math.sin(math.radians(actor.turn)), math.cos(math.radians(actor.turn))
    second = stage.second
    actor.mark(begin, look="")
    actor.mark(begin + 1, "stumble", round(0.3 * second), "")
    actor.x, actor.z = actor.x + 0.34 * s, actor.z + 0.34 * c
    actor.mark(begin + 0.34 * second, "lie", round(0.42 * second), "")
    actor.x, actor.z = actor.x + 0.2 * s, actor.z + 0.2 * c
    actor.mark(begin + 0.8 * second)


def _embrace(actor: Actor, target: Actor | None, begin: float, stage: Stage) -> None:
    if target is None:
        return actor.mark(begin, "embrace", round(0.6 * stage.second))
    home = target.home or (target.x, target.z)
    dx, dz = home[0] - actor.x, home[1] - actor.z
    gap = math.hypot(dx, dz) or 1.0
    turn = math.degrees(math.atan2(dx, dz))
    actor.home = (actor.x, actor.z)
    actor.mark(begin, look=target.person.name)
    actor.turn = turn
    actor.mark(begin + 3, "walk")
    near = max(0.0, (gap - _HUG) / 2)
    actor.x, actor.z = actor.x + dx / gap * near + 0.05 * dz / gap, actor.z + dz / gap * near - 0.05 * dx / gap
    actor.mark(begin + 0.75 * stage.second, "embrace", round(0.55 * stage.second), "")
    return None


def _turn(actor: Actor, target: Actor | None, begin: float, stage: Stage) -> None:
    actor.mark(begin)
    if target is not None:
        actor.turn = math.degrees(math.atan2(target.x - actor.x, target.z - actor.z))
    else:
        actor.turn += float(stage.rng.choice((-1.0, 1.0)) * stage.rng.uniform(80, 150))
    actor.mark(begin + 0.8 * stage.second, look=target.person.name if target else "")


def _point(actor: Actor, target: Actor | None, begin: float, end: float, last: bool, stage: Stage) -> None:
    seated = actor.pose.startswith(("sit", "table", "drive"))
    if target is not None:
        aim = math.degrees(math.atan2(target.x - actor.x, target.z - actor.z))
    else:
        aim = float(stage.rng.choice((-1.0, 1.0)) * stage.rng.uniform(70, 125))
    actor.mark(begin)
    actor.turn = actor.turn if seated else aim
    pose = "sit-point" if seated else "point"
    actor.mark(begin + 0.3 * stage.second, pose, round(0.45 * stage.second), target.person.name if target else "")
    if not last:
        actor.mark(end - 2, "sit" if seated else "stand", round(0.4 * stage.second))


def _glance(actor: Actor, deed: Deed, target: Actor | None, begin: float, stage: Stage) -> None:
    if target is not None:
        look = target.person.name
    elif deed.verb == "up":
        look = "tilt:32"
    elif deed.way == "us":
        look = "camera"
    else:
        look = f"turn:{round(float(stage.rng.choice((-1.0, 1.0)) * stage.rng.uniform(35, 62)))}"
    actor.mark(begin, None, round(0.5 * stage.second), actor.look if deed.verb in ("nod", "stop") else look)


def _speeches(actors: list[Actor], stage: Stage) -> None:
    speakers = [actor for actor in actors if actor.person.speaks]
    for i, actor in enumerate(speakers):
        begin = round(stage.frames * (i + 0.06) / len(speakers))
        end = round(stage.frames * (i + 0.94) / len(speakers))
        if end > begin and not actor.speaks:
            actor.speaks.append((begin, end))
        if all(mark.pose in ("stand", "sit", "table") for mark in actor.marks):
            pose = {"stand": "talk", "sit": "sit-talk", "table": "table-talk"}[actor.marks[-1].pose]
            if len(actor.marks) == 1:
                actor.mark(begin, pose, round(0.5 * stage.second))
                actor.mark(end, pose.removesuffix("-talk").replace("talk", "stand"), round(0.6 * stage.second))

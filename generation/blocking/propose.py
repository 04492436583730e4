"""Facts and a seed to a staging: the casting of people, place, light, lens and move."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace

import numpy as np

from .acting import SEATS, TRAVELS, Stage, cast, distinct
from .dressing import dress, floor_of
from .framing import ASPECT, EYE_LINE, LENS, SPAN, TIGHT, Shot, aimed, moving, placed
from .grammar import Facts
from .motion import bodies_at
from .render import head_place
from .staging import Camera, CameraKey, Figure, Place, Staging

_ELEVATION = {"high": 32.0, "low": -20.0, "overhead": 80.0}


def propose(facts: Facts, seed: int, frames: int, rate: tuple[int, int]) -> Staging:
    """One way to stage these facts; another seed is another way. Lengths in frames at a rational rate."""
    rng = np.random.Generator(np.random.PCG64(seed))
    place_name = facts.heading.upper().rpartition(" - ")[0] or facts.heading.upper()
    code = zlib.crc32(place_name.encode())  # one set for a place, whatever the time of day
    size = facts.size or _fitting_size(facts, rng)
    stage = Stage(
        wide=SPAN[size] * 1.75 * ASPECT,
        frames=frames,
        second=rate[0] / rate[1],
        rng=rng,
        travel_sign=_travel_sign(facts.move),
        line=1.0 if code % 2 else -1.0,
        table=bool({"table", "desk", "counter"} & set(facts.things)),
        bed=facts.inside or "bed" in facts.things,
        climb=0.57 if facts.place == "stairs" else 0.0,
    )
    figures = distinct(cast(facts, stage))
    afloat = facts.place == "deck" and size == "EWS"
    place = Place(
        "street" if facts.riding else "sea" if afloat else facts.place, floor_of(facts, code), seed=code % 1000
    )
    draft = Staging(
        place, Camera((CameraKey(0, 0.0, 1.5, -5.0),)), (), figures, facts.time, facts.weather, frames, rate, seed
    )
    camera, hidden = _camera(facts, size, draft, rng)
    kept = tuple(figure for figure in figures if figure.name not in hidden)
    first = camera.keys[0]
    marks = [mark for figure in kept for mark in figure.marks if 0 <= mark.frame <= frames]
    middle = (
        (sum(mark.x for mark in marks) / len(marks), sum(mark.z for mark in marks) / len(marks))
        if marks
        else (0.0, 0.0)
    )
    anchor = tuple(round(v, 3) for v in (first.x, first.y, first.z, first.pan, *middle))
    set_dresser = np.random.Generator(np.random.PCG64(code))  # a scene keeps its set, whatever the take or the shot
    return dress(replace(draft, camera=camera, figures=kept, anchor=anchor), facts, set_dresser)


def _fitting_size(facts: Facts, rng: np.random.Generator) -> str:
    verbs = {deed.verb for person in facts.people for deed in person.deeds}
    if facts.insert:
        return "CU"
    if not facts.people:
        return "WS" if facts.inside else "EWS"
    if facts.angle == "ots":
        return "MCU"
    if verbs & {"run", "fall", "climb", "enter", "leave"} or len(facts.people) > 2:
        return "WS"
    if verbs & {"walk", "pass", "sleep", "embrace", "sit", "kneel"}:
        return str(rng.choice(("MWS", "WS")))
    if any(person.speaks for person in facts.people):
        return str(rng.choice(("MCU", "MS")))
    return str(rng.choice(("MS", "MWS")))


def _travel_sign(move: str) -> float:
    return {"pan-left": -1.0, "truck-left": -1.0, "pan-right": 1.0, "truck-right": 1.0}.get(move, 0.0)


def _camera(facts: Facts, size: str, draft: Staging, rng: np.random.Generator) -> tuple[Camera, set[str]]:
    if not draft.figures:
        return _empty(facts, size, draft, rng), set()
    if facts.angle == "pov":
        return _point_of_view(facts, size, draft, rng)
    subject = _subject(facts, draft)
    through = _through(facts, subject)
    bodies = bodies_at(draft, {"enter": draft.frames, "leave": 0}.get(through, draft.frames // 2))
    if facts.angle == "ots":
        return _over_shoulder(facts, size, draft, subject, rng), set()
    eyes = head_place(subject, bodies[subject.name])
    span, eyes = _widened(size, subject, draft, bodies, eyes)
    focal = float(rng.uniform(*LENS[size]))
    tight = size in TIGHT or (size == "MS" and len(draft.figures) == 1)
    bearing = (
        _facing_bearing(bodies[subject.name].turn, rng)
        if tight
        else 180.0 + float(rng.choice((-1, 1)) * rng.uniform(4, 34))
    )
    level = (
        eyes[1] + rng.uniform(-0.04, 0.06)
        if size in (*TIGHT, "MS")
        else {"MWS": 1.35, "WS": 1.3, "EWS": 1.9}[size] + rng.uniform(-0.25, 0.25)
    )
    shift = _lead_room(size, bodies[subject.name].turn, bearing, len(draft.figures))
    if facts.riding:
        bearing = 180.0 + (bearing - 180.0) * 0.7
    if through and not tight:
        eyes, bearing, shift = np.array([0.0, eyes[1], 0.0]), 180.0 + (bearing - 180.0) * 0.4, 0.0
    shot = Shot(eyes, span, _eye_line(size, eyes, span), bearing, focal, float(level), shift, draft.frames)
    roll = float(rng.choice((-1, 1)) * rng.uniform(11, 17)) if facts.angle == "dutch" else 0.0
    key = placed(shot, _elevation(facts.angle, rng), roll)
    away = span * focal / 20.25
    return moving(key, facts.move, draft.frames, away, _path(facts, size, draft, subject)), set()


def _through(facts: Facts, subject: Figure) -> str:
    """Whether the subject comes into the frame or goes out of it."""
    verbs = [deed.verb for person in facts.people if person.name == subject.name for deed in person.deeds]
    return next((verb for verb in verbs if verb in ("enter", "leave")), "")


def _subject(facts: Facts, draft: Staging) -> Figure:
    """Whom the shot is about: who speaks, else who does something first, else the first named."""
    by_name = {figure.name: figure for figure in draft.figures}
    speaking = [person.name for person in facts.people if person.speaks]
    doing = [person.name for person in facts.people if person.deeds]
    return by_name[(doing + speaking + [draft.figures[0].name])[0]]


def _elevation(angle: str, rng: np.random.Generator) -> float | None:
    if angle not in _ELEVATION:
        return None
    return _ELEVATION[angle] + float(rng.uniform(-5, 5)) * (angle != "overhead")


def _facing_bearing(turn: float, rng: np.random.Generator) -> float:
    """In front of the face, to the side of it that keeps the camera on the audience's side of the line."""
    off = float(rng.uniform(14, 42))
    options = [turn + off, turn - off]
    return min(options, key=lambda bearing: math.cos(math.radians(bearing)))


def _eye_line(size: str, eyes: np.ndarray, span: float) -> float:
    """Wide shots keep the feet in: someone who sits or lies is lower in the frame."""
    if size not in ("WS", "EWS"):
        return EYE_LINE[size]
    return float(np.clip(0.93 - (eyes[1] + 0.02) / span, EYE_LINE[size], 0.85))


def _widened(size: str, subject: Figure, draft: Staging, bodies: dict, eyes: np.ndarray) -> tuple[float, np.ndarray]:
    """The span in metres, opened up where several people must be in it, and the eyes' middle."""
    span = SPAN[size] * max(1.5, subject.height)
    if size in TIGHT or len(draft.figures) == 1:
        return span, eyes
    inside = [
        body.place for name, body in bodies.items() if abs(body.place[0] - eyes[0]) < max(2.2, span * ASPECT * 0.6)
    ]
    xs = [place[0] for place in inside]
    heads = [head_place(figure, bodies[figure.name])[1] for figure in draft.figures]
    eyes = np.array([eyes[0], max(heads), eyes[2]])
    span = max(span, max(heads) - min(heads) + 0.75 * span * (max(heads) - min(heads) > 0.3))
    middle = np.array([(min(xs) + max(xs)) / 2, eyes[1], float(np.mean([place[2] for place in inside]))])
    return max(span, (max(xs) - min(xs) + 0.75) / ASPECT), middle


def _lead_room(size: str, turn: float, bearing: float, count: int) -> float:
    """Empty frame in front of the face; ECU is centred."""
    if count > 1 and size not in TIGHT:
        return 0.0
    side = math.sin(math.radians(turn - bearing))
    return {"ECU": -0.04, "CU": -0.16, "MCU": -0.22}.get(size, -0.24) * side


def _path(facts: Facts, size: str, draft: Staging, subject: Figure) -> np.ndarray | None:
    """How far the subject goes, where the camera should go with it."""
    deeds = [deed.verb for person in facts.people if person.name == subject.name for deed in person.deeds]
    if {"enter", "leave"} & set(deeds) or not set(deeds) & set(TRAVELS):
        return None
    places = np.array([bodies_at(draft, frame)[subject.name].place for frame in range(draft.frames + 1)])
    gone = places - places[draft.frames // 2]
    reach = float(np.linalg.norm(places[-1] - places[0]))
    asked = facts.move.startswith(("pan", "truck", "dolly", "handheld"))
    if reach < 0.4 * SPAN[size] * subject.height * ASPECT and not asked:
        return None
    if size in ("WS", "EWS") and not asked and reach < 0.8 * SPAN[size] * subject.height * ASPECT:
        return None
    return gone if size != "EWS" or asked else None


def _over_shoulder(facts: Facts, size: str, draft: Staging, subject: Figure, rng: np.random.Generator) -> Camera:
    bodies = bodies_at(draft, draft.frames // 2)
    other = next((figure for figure in draft.figures if figure.name != subject.name), None)
    side = float(rng.choice((-1, 1)))
    if other is None:
        other, ahead = subject, bodies[subject.name].turn
        back = bodies[other.name]
        angle = math.radians(ahead)
        aim = back.place + np.array([6 * math.sin(angle), 1.35, 6 * math.cos(angle)])
    else:
        back = bodies[other.name]
        aim = head_place(subject, bodies[subject.name])
    flat = aim - back.place
    flat[1] = 0.0
    flat /= np.linalg.norm(flat) + 1e-6
    right = np.array([flat[2], 0.0, -flat[0]])
    eye = back.place - flat * rng.uniform(0.62, 0.8) + right * side * rng.uniform(0.36, 0.46)
    eye[1] = head_place(other, back)[1] + rng.uniform(0.0, 0.08)
    away = float(np.linalg.norm(aim - eye))
    span = max(0.55, SPAN[size if size != "ECU" else "CU"] * subject.height)
    focal = float(np.clip(away * 20.25 / max(span, 0.6), 28, 75))
    key = aimed(eye, aim - (0.0, 0.1 * span, 0.0), focal, 0.0, -0.16 * side)
    return moving(key, facts.move, draft.frames, away)


def _point_of_view(facts: Facts, size: str, draft: Staging, rng: np.random.Generator) -> tuple[Camera, set[str]]:
    viewer, others = draft.figures[0], draft.figures[1:]
    bodies = bodies_at(draft, draft.frames // 2)
    eye = head_place(viewer, bodies[viewer.name])
    if others:
        aim = head_place(others[0], bodies[others[0].name]) - (0.0, 0.15, 0.0)
    else:
        angle = math.radians(rng.uniform(-30, 30))
        aim = eye + np.array([5 * math.sin(angle), -0.3, 5 * math.cos(angle)])
    away = float(np.linalg.norm(aim - eye))
    focal = float(np.clip(away * 20.25 / (SPAN[size] * 1.75), 22, 60))
    key = aimed(eye, aim, focal)
    camera = moving(key, facts.move, draft.frames, away)
    return replace(camera, shake=max(camera.shake, 0.35)), {viewer.name}


def _empty(facts: Facts, size: str, draft: Staging, rng: np.random.Generator) -> Camera:
    """Nobody there: the place itself, or the thing an insert is about."""
    thing = facts.insert or (bool(facts.things) and size in (*TIGHT, "MS"))
    aim = np.array([0.0, 0.75, 0.0]) if thing else np.array([rng.uniform(-0.6, 0.6), 1.15, 1.5])
    focal = float(rng.uniform(*LENS[size]))
    span = max(0.5, SPAN[size] * 1.75) if thing else max(1.6, SPAN[size] * 1.75)
    bearing = 180.0 + float(rng.choice((-1, 1)) * rng.uniform(8, 38))
    shot = Shot(aim, span, 0.5, bearing, focal, 1.25 if not thing else 1.5, 0.0, draft.frames)
    if size == "EWS":
        shot = replace(shot, lens_height=2.4, eye_line=0.55)
    if draft.place.kind == "sea":
        shot = replace(shot, span=float(rng.uniform(13, 19)), eyes=np.array([rng.uniform(-3, 3), 1.0, 0.0]))
        span = shot.span
    key = placed(shot, _elevation(facts.angle, rng) if facts.angle else (38.0 if thing else None))
    return moving(key, facts.move, draft.frames, span * focal / 20.25)


def seated(facts: Facts) -> bool:
    return any(deed.verb in SEATS for person in facts.people for deed in person.deeds)

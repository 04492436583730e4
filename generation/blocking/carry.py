"""Carrying on from a frame of another take: the same people, place and camera, then the new words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .acting import TRAVELS, Stage, Standing, cast
from .camera import camera_values
from .framing import moving
from .grammar import Facts, Person
from .motion import bodies_at, phase_at, pose_name
from .staging import Camera, CameraKey, Figure, Staging


def carry_on(parent: Staging, frame: int, facts: Facts, seed: int, frames: int, rate: tuple[int, int]) -> Staging:
    """A staging whose frame 0 is the parent's frame `frame`; within about a second the new words take over."""
    rng = np.random.Generator(np.random.PCG64(seed))
    takeover = max(2, round(rate[0] / rate[1]))
    draft = replace(
        parent,
        frames=frames,
        rate=rate,
        seed=seed,
        before=_pruned(parent, frame),
        before_frame=frame,
        takeover=takeover,
        clock=parent.clock + frame,
    )
    stage = _stage(parent, frame, frames, rate, facts, rng)
    if not any(person.deeds for person in facts.people):
        draft = replace(draft, figures=tuple(_later(figure, frame) for figure in parent.figures))
    else:
        draft = replace(draft, figures=_recast(parent, frame, facts, stage, takeover))
    return replace(draft, camera=_camera(draft, parent, frame, facts, takeover))


def _pruned(parent: Staging, frame: int) -> Staging:
    """The parent without its own past, once that has been left behind."""
    return replace(parent, before=None) if frame >= parent.takeover else parent


def _later(figure: Figure, frame: int) -> Figure:
    marks = tuple(replace(mark, frame=mark.frame - frame) for mark in figure.marks)
    speaks = tuple((begin - frame, end - frame) for begin, end in figure.speaks if end > frame)
    return replace(figure, marks=marks, speaks=speaks)


def _stage(
    parent: Staging, frame: int, frames: int, rate: tuple[int, int], facts: Facts, rng: np.random.Generator
) -> Stage:
    values = camera_values(parent, frame)
    first = next(iter(bodies_at(parent, frame).values()), None)
    away = float(np.linalg.norm(first.place - values[:3])) if first else 4.0
    sign = {"left": -1.0, "right": 1.0}.get(facts.move.partition("-")[2], 0.0)
    return Stage(max(1.0, away * 36.0 / values[6]), frames, rate[0] / rate[1], rng, sign)


def _recast(parent: Staging, frame: int, facts: Facts, stage: Stage, takeover: int) -> tuple[Figure, ...]:
    """The parent's figures, each going on from where it is; those newly named come in besides."""
    now, soon = bodies_at(parent, frame), bodies_at(parent, frame + takeover // 2)
    known = {figure.name.upper(): figure for figure in parent.figures}
    people = [_as_known(person, parent, i) for i, person in enumerate(facts.people)]
    people += [
        Person(figure.name)
        for figure in parent.figures
        if figure.name.upper() not in {each.name.upper() for each in people}
    ]
    standing = {}
    for name, figure in known.items():
        gone = soon[figure.name].place - now[figure.name].place
        speed = float(np.linalg.norm(gone)) / max(1, takeover // 2)
        at = now[figure.name].place if speed > 0.01 else soon[figure.name].place
        standing[name] = Standing(
            float(at[0]), float(at[2]), soon[figure.name].turn, pose_name(figure, frame), speed > 0.01
        )
    made = cast(replace(facts, people=tuple(people[:4])), stage, standing)
    return tuple(_like(figure, known.get(figure.name.upper()), parent, frame) for figure in made)


def _as_known(person: Person, parent: Staging, place: int) -> Person:
    """'She' or 'the man' is whoever was there in the same place of the list."""
    names = [figure.name for figure in parent.figures]
    if person.name.upper() in {name.upper() for name in names} or not person.name.islower() or place >= len(names):
        return person
    return replace(person, name=names[place])


def _like(made: Figure, known: Figure | None, parent: Staging, frame: int) -> Figure:
    if known is None:
        return made
    stride = phase_at(parent, known, frame)
    return replace(
        made,
        name=known.name,
        height=known.height,
        tone=known.tone,
        hair=known.hair,
        dress=known.dress,
        stride=round(stride, 4),
    )


def _camera(draft: Staging, parent: Staging, frame: int, facts: Facts, takeover: int) -> Camera:
    base = camera_values(replace(parent, camera=replace(parent.camera, shake=0.0)), frame + takeover)
    key = CameraKey(0, *(round(float(v), 4) for v in base))
    if not any(person.deeds for person in facts.people) and facts.move == "":
        return Camera(
            tuple(replace(each, frame=each.frame - frame) for each in parent.camera.keys), parent.camera.shake
        )
    camera = moving(key, facts.move, draft.frames, 3.0, _path(draft, key, facts, takeover))
    camera = _from_here(camera, key)
    return replace(camera, shake=max(camera.shake, parent.camera.shake if facts.move == "" else 0.0))


def _from_here(camera: Camera, key: CameraKey) -> Camera:
    """A move centred on the key becomes one that starts there."""
    first = camera.keys[0]
    names = ("x", "y", "z", "pan", "tilt", "focal")
    offset = {name: getattr(key, name) - getattr(first, name) for name in names}
    keys = [replace(each, **{name: getattr(each, name) + offset[name] for name in names}) for each in camera.keys]
    return replace(camera, keys=tuple(replace(each, y=max(0.12, each.y), focal=max(14.0, each.focal)) for each in keys))


def _path(draft: Staging, key: CameraKey, facts: Facts, takeover: int) -> np.ndarray | None:
    """Follows whoever was nearest the middle of the picture, if they travel far."""
    travels = {
        person.name.upper()
        for person in facts.people
        for deed in person.deeds
        if deed.verb in TRAVELS and deed.verb not in ("enter", "leave")
    }
    moved = [figure for figure in draft.figures if figure.name.upper() in travels]
    if not moved or facts.move == "static":
        return None
    own = replace(draft, before=None)
    places = np.array([bodies_at(own, frame)[moved[0].name].place for frame in range(draft.frames + 1)])
    reach = float(np.linalg.norm(places[-1] - places[0]))
    away = math.hypot(places[0][0] - key.x, places[0][2] - key.z)
    return places - places[0] if reach > 0.4 * away * 36.0 / key.focal else None

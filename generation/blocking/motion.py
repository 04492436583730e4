"""A figure's marks to its body at a frame: place, turn, joint angles, and where it looks."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from .camera import camera_values
from .curves import short_way, smooth, through, unwrapped, wave
from .pose import full_pace, pose, stride_length
from .skeleton import ANGLE, EYE_HEIGHT, posed
from .staging import Figure, Staging

LEAD, TAIL = 60, 240
WALKS = ("walk", "run", "walk-carry")
SEATED = ("sit", "table", "drive", "sit-talk", "table-talk", "sleep", "lie", "kneel", "crouch")


@dataclass(frozen=True)
class Body:
    """`place` is the point between the feet, `turn` in degrees, `angles` as in skeleton.ANGLES."""

    place: np.ndarray
    turn: float
    angles: np.ndarray

    @cached_property
    def hung(self) -> tuple[np.ndarray, np.ndarray]:
        """Turns and places of every part in body space, for a figure one unit tall."""
        return posed(self.angles)

    @property
    def spin(self) -> np.ndarray:
        """From body space to the world's directions."""
        angle = np.radians(self.turn)
        s, c = np.sin(angle), np.cos(angle)
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])

    def joints(self, height: float) -> np.ndarray:
        """Where every part hangs in the world, (parts, 3)."""
        return self.hung[1] @ self.spin.T * height + self.place


def bodies_at(staging: Staging, frame: float) -> dict[str, Body]:
    """Every figure's body by name; eased over from the take this one carries on from."""
    now = {figure.name: _own_body(staging, figure, frame) for figure in staging.figures}
    if staging.before is None or frame >= staging.takeover:
        return now
    then = bodies_at(staging.before, staging.before_frame + frame)
    weight = smooth(frame / staging.takeover)
    return {name: _between(then[name], body, weight) if name in then else body for name, body in now.items()}


def phase_at(staging: Staging, figure: Figure, frame: int) -> float:
    """Strides taken by this frame, counted on from `figure.stride`."""
    return float(_strides(figure, staging.frames + TAIL, _second(staging))[_index(staging, frame)])


def _between(a: Body, b: Body, weight: float) -> Body:
    turn = a.turn + short_way(b.turn - a.turn) * weight
    return Body(a.place + (b.place - a.place) * weight, turn, a.angles + (b.angles - a.angles) * weight)


def _own_body(staging: Staging, figure: Figure, frame: float) -> Body:
    place, turn = _track(figure, frame)
    angles = _posed(staging, figure, frame)
    _look(staging, figure, frame, place, turn, angles)
    _speak(staging, figure, frame, angles)
    return Body(place, turn, angles)


def _second(staging: Staging) -> float:
    return staging.rate[0] / staging.rate[1]


def _index(staging: Staging, frame: float) -> int:
    return int(min(max(round(frame), -LEAD), staging.frames + TAIL - 1)) + LEAD


def _track(figure: Figure, frame: float) -> tuple[np.ndarray, float]:
    frames, table = _marks(figure)
    row = through(frames, table, frame)
    return row[:3], float(row[3])


@lru_cache(maxsize=256)
def _marks(figure: Figure) -> tuple[list[int], np.ndarray]:
    marks = sorted(figure.marks, key=lambda mark: mark.frame)
    table = np.array([(mark.x, mark.y, mark.z, mark.turn) for mark in marks], float)
    table[:, 3] = unwrapped(table[:, 3])
    return [mark.frame for mark in marks], table


@lru_cache(maxsize=256)
def _paces(figure: Figure, until: int) -> np.ndarray:
    """Metres moved in each frame from -LEAD on."""
    places = np.array([_track(figure, frame)[0] for frame in range(-LEAD, until + 1)])
    return np.linalg.norm(np.diff(places, axis=0), axis=1)


@lru_cache(maxsize=256)
def _strides(figure: Figure, until: int, second: float) -> np.ndarray:
    paces = _paces(figure, until)
    lengths = (
        np.array([stride_length(pose_name(figure, frame)) for frame in range(-LEAD, until)]) * figure.height / 1.75
    )
    strides = np.concatenate(([0.0], np.cumsum(paces / lengths)))
    return strides - strides[LEAD] + figure.stride


def pose_name(figure: Figure, frame: float) -> str:
    begun = [mark.pose for mark in figure.marks if mark.frame <= frame]
    return begun[-1] if begun else figure.marks[0].pose


def _posed(staging: Staging, figure: Figure, frame: float) -> np.ndarray:
    second = _second(staging)
    until = staging.frames + TAIL
    index = _index(staging, frame)
    stride = float(_strides(figure, until, second)[index])
    speed = float(_paces(figure, until)[index]) * second
    own = zlib.crc32(figure.name.encode()) % 97

    def at(name: str) -> np.ndarray:
        effort = smooth(speed / full_pace(name)) if name in WALKS else 1.0
        return pose(name, frame, second, stride, effort, own)

    found = at(figure.marks[0].pose)
    last = figure.marks[0].pose
    for mark in figure.marks[1:]:
        if mark.frame <= frame and mark.pose != last:
            found = found + (at(mark.pose) - found) * smooth((frame - mark.frame) / max(1, mark.blend))
        last = mark.pose if mark.frame <= frame else last
    return found


def _look(staging: Staging, figure: Figure, frame: float, place: np.ndarray, turn: float, angles: np.ndarray) -> None:
    """Adds eyes, head and a little of the chest toward what the marks say to look at."""
    pan = tilt = 0.0
    for mark in figure.marks:
        if mark.frame > frame and mark is not figure.marks[0]:
            break
        to_pan, to_tilt = _bearing(staging, figure, mark.look, frame, place, turn)
        weight = 1.0 if mark is figure.marks[0] else smooth((frame - mark.frame) / max(1, mark.blend))
        pan, tilt = pan + (to_pan - pan) * weight, tilt + (to_tilt - tilt) * weight
    lying = abs(angles[ANGLE["pitch"]]) / 90.0
    pan, tilt = pan * (1 - min(1, lying)), tilt * (1 - min(1, lying))
    angles[ANGLE["eyes_turn"]] += pan * 0.22
    angles[ANGLE["head_turn"]] += pan * 0.6
    angles[ANGLE["chest_twist"]] += pan * 0.18
    angles[ANGLE["head_pitch"]] -= tilt * 0.7
    angles[ANGLE["eyes_pitch"]] -= tilt * 0.3
    second = _second(staging)
    angles[ANGLE["eyes_turn"]] += 5 * np.sign(wave(frame, len(figure.name), 2.3 * second)) * 0.4


def _bearing(
    staging: Staging, figure: Figure, look: str, frame: float, place: np.ndarray, turn: float
) -> tuple[float, float]:
    """Degrees to the right and up from the body's own front."""
    if not look:
        return 0.0, 0.0
    if look.startswith("turn:"):
        return float(look[5:]), 0.0
    if look.startswith("tilt:"):
        return 0.0, float(look[5:])
    target = _target(staging, look, frame)
    if target is None:
        return 0.0, 0.0
    dx, dy, dz = target - (place + np.array((0.0, figure.height * EYE_HEIGHT * _lowered(figure, frame), 0.0)))
    pan = short_way(math.degrees(math.atan2(dx, dz)) - turn)
    tilt = math.degrees(math.atan2(dy, math.hypot(dx, dz)))
    return max(-88.0, min(88.0, pan)), max(-50.0, min(50.0, tilt))


def _lowered(figure: Figure, frame: float) -> float:
    return 0.74 if pose_name(figure, frame) in SEATED else 1.0


def _target(staging: Staging, look: str, frame: float) -> np.ndarray | None:
    if look == "camera":
        return camera_values(staging, frame)[:3]
    for other in staging.figures:
        if other.name == look:
            return _track(other, frame)[0] + np.array((0.0, other.height * EYE_HEIGHT * _lowered(other, frame), 0.0))
    return None


def _speak(staging: Staging, figure: Figure, frame: float, angles: np.ndarray) -> None:
    for begin, end in figure.speaks:
        if begin <= frame < end:
            second = _second(staging)
            edge = min(1.0, (frame - begin + 1) / 4, (end - frame) / 4)
            syllables = 0.5 + 0.5 * math.sin(2 * math.pi * frame / (0.22 * second) + wave(frame, 3, 0.9 * second))
            angles[ANGLE["mouth"]] = max(0.0, edge) * (0.15 + 0.85 * syllables) * (wave(frame, 7, 1.1 * second) > -0.75)
            angles[ANGLE["head_pitch"]] += 2.4 * wave(frame, 2, 0.8 * second) * edge

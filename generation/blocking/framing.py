"""Where to put the camera so that a shot has its size, its angle and its move."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from .camera import GATE_HEIGHT
from .curves import smooth
from .staging import Camera, CameraKey

# Frame heights in heights of the figure, where the eyes lie from the top of the frame, and lenses in millimetres.
SPAN = {"ECU": 0.125, "CU": 0.25, "MCU": 0.37, "MS": 0.58, "MWS": 0.88, "WS": 1.45, "EWS": 4.6}
EYE_LINE = {"ECU": 0.45, "CU": 0.41, "MCU": 0.36, "MS": 0.31, "MWS": 0.25, "WS": 0.24, "EWS": 0.50}
LENS = {
    "ECU": (85, 100),
    "CU": (65, 85),
    "MCU": (50, 65),
    "MS": (40, 50),
    "MWS": (32, 42),
    "WS": (26, 34),
    "EWS": (20, 27),
}
TIGHT = ("ECU", "CU", "MCU")
ASPECT = 16 / 9


@dataclass(frozen=True)
class Shot:
    """What to frame: the subject's eyes, how far the frame reaches, from which bearing (degrees on the stage from the
    subject to the camera), and over how many frames."""

    eyes: np.ndarray
    span: float
    eye_line: float
    bearing: float
    focal: float
    lens_height: float
    shift: float = 0.0
    frames: int = 72


def placed(shot: Shot, elevation: float | None = None, roll: float = 0.0) -> CameraKey:
    """A camera at rest. With `elevation` (degrees) it looks down or up at the subject from there."""
    away = shot.span * shot.focal / GATE_HEIGHT
    aim = shot.eyes - np.array([0.0, (0.5 - shot.eye_line) * shot.span, 0.0])
    angle = math.radians(shot.bearing)
    out = np.array([math.sin(angle), 0.0, math.cos(angle)])
    if elevation is None:
        eye = aim + out * away
        eye[1] = shot.lens_height
    else:
        lift = math.radians(elevation)
        eye = aim + out * away * math.cos(lift) + np.array([0.0, away * math.sin(lift), 0.0])
    eye[1] = max(0.12, eye[1])
    return aimed(eye, aim, shot.focal, roll, shot.shift)


def aimed(eye: np.ndarray, aim: np.ndarray, focal: float, roll: float = 0.0, shift: float = 0.0) -> CameraKey:
    """Looks from eye at aim, then turns aside by `shift` of the frame's half width."""
    dx, dy, dz = aim - eye
    pan = math.degrees(math.atan2(dx, dz)) + math.degrees(math.atan(shift * ASPECT * GATE_HEIGHT / 2 / focal))
    tilt = math.degrees(math.atan2(dy, math.hypot(dx, dz)))
    x, y, z, pan, tilt = (round(float(v), 4) for v in (*eye, pan, tilt))
    return CameraKey(0, x, y, z, pan, tilt, round(roll, 3), round(focal, 2))


def moving(key: CameraKey, move: str, frames: int, away: float, path: np.ndarray | None = None) -> Camera:
    """The move, centred on the placed camera, so that the shot has its size half way through.

    `path` (frames + 1, 3) is how far a followed subject has gone from where it was half way.
    """
    if path is not None and move not in ("static", "zoom-in", "zoom-out"):
        return _followed(key, move, frames, away, path)
    if move in ("", "static"):
        return Camera((key,))
    if move == "handheld":
        return Camera((key,), shake=1.0)
    start, end = _ends(key, move, away)
    begin, stop = round(0.06 * frames), max(round(0.06 * frames) + 1, round(0.94 * frames))
    return Camera((replace(start, frame=begin), replace(end, frame=stop)), shake=0.0)


def _ends(key: CameraKey, move: str, away: float) -> tuple[CameraKey, CameraKey]:
    name, _, way = move.partition("-")
    sign = 1.0 if way in ("right", "up", "in") else -1.0
    half_view = math.degrees(math.atan(GATE_HEIGHT / 2 / key.focal))
    if name == "pan":
        turn = min(24.0, 0.55 * half_view * ASPECT) * sign
        return replace(key, pan=key.pan - turn), replace(key, pan=key.pan + turn)
    if name == "tilt":
        turn = min(18.0, 0.6 * half_view) * sign
        return replace(key, tilt=key.tilt - turn), replace(key, tilt=key.tilt + turn)
    if name == "zoom":
        return _zoomed(key, -0.30 * sign), _zoomed(key, 0.30 * sign)
    if name == "dolly":
        reach = min(2.2, 0.24 * away + 0.05) * sign
        return _shifted(key, forward=-reach), _shifted(key, forward=reach)
    if name == "truck":
        reach = min(2.4, 0.26 * away + 0.06) * sign
        return _shifted(key, right=-reach), _shifted(key, right=reach)
    if name == "pedestal":
        reach = min(0.9, 0.18 * away + 0.05)
        low, high = _shifted(key, up=-min(reach, key.y - 0.12)), _shifted(key, up=reach)
        return (low, high) if sign > 0 else (high, low)
    return _crane(key, away, sign)


def _crane(key: CameraKey, away: float, sign: float) -> tuple[CameraKey, CameraKey]:
    """Up and back while looking down at the same spot, or the other way round."""
    rise = min(4.0, 0.55 * away + 0.5)
    low = _shifted(key, up=-min(0.25 * rise, key.y - 0.15), forward=0.06 * away)
    high = _shifted(key, up=0.75 * rise, forward=-0.10 * away)
    low = replace(low, tilt=_tilt_to(key, low, away))
    high = replace(high, tilt=_tilt_to(key, high, away))
    return (low, high) if sign > 0 else (high, low)


def _tilt_to(key: CameraKey, other: CameraKey, away: float) -> float:
    lift = math.radians(key.tilt)
    aim_y, flat = key.y + away * math.sin(lift), away * math.cos(lift)
    pan = math.radians(key.pan)
    gone = (other.x - key.x) * math.sin(pan) + (other.z - key.z) * math.cos(pan)
    return math.degrees(math.atan2(aim_y - other.y, max(0.3, flat - gone)))


def _zoomed(key: CameraKey, amount: float) -> CameraKey:
    return replace(key, focal=round(key.focal * math.exp(amount), 2))


def _shifted(key: CameraKey, forward: float = 0.0, right: float = 0.0, up: float = 0.0) -> CameraKey:
    """Moves over the floor: forward and right by the pan alone, up by the world."""
    s, c = math.sin(math.radians(key.pan)), math.cos(math.radians(key.pan))
    return replace(
        key,
        x=round(key.x + forward * s + right * c, 4),
        z=round(key.z + forward * c - right * s, 4),
        y=round(max(0.12, key.y + up), 4),
    )


def _followed(key: CameraKey, move: str, frames: int, away: float, path: np.ndarray) -> Camera:
    """Keeps the subject in frame: a pan turns with it, anything else rides beside it, the stated move on top."""
    if move.startswith("pan"):
        return Camera(_panned(key, frames, away, path))
    start, end = (
        _ends(key, move, away) if move not in ("", "handheld") and not _same_way(key, move, path) else (key, key)
    )
    keys = []
    for frame in _steps(frames):
        t = smooth(frame / max(1, frames))
        gone = path[min(max(frame, 0), frames)] + _beyond(path, frame, frames)
        blend = {
            name: getattr(start, name) + (getattr(end, name) - getattr(start, name)) * t
            for name in ("x", "y", "z", "pan", "tilt", "focal")
        }
        blend["x"], blend["z"] = blend["x"] + float(gone[0]), blend["z"] + float(gone[2])
        blend["y"] = blend["y"] + float(gone[1])
        keys.append(replace(key, frame=frame, **{name: round(value, 4) for name, value in blend.items()}))
    return Camera(tuple(keys), shake=1.0 if move == "handheld" else 0.0)


def _steps(frames: int) -> list[int]:
    """Key frames from a second before the shot to a second after, so that the ride neither starts nor stops in it."""
    inner = list(range(0, frames, max(6, frames // 12)))
    return [-24, *inner, frames, frames + 24]


def _beyond(path: np.ndarray, frame: int, frames: int) -> np.ndarray:
    if frame < 0:
        return (path[1] - path[0]) * frame if len(path) > 1 else path[0] * 0
    return (path[-1] - path[-2]) * (frame - frames) if frame > frames and len(path) > 1 else path[0] * 0


def _same_way(key: CameraKey, move: str, path: np.ndarray) -> bool:
    """Riding with the subject is already the move that was asked for."""
    s, c = math.sin(math.radians(key.pan)), math.cos(math.radians(key.pan))
    gone = path[-1] - path[0]
    forward, right = gone[0] * s + gone[2] * c, gone[0] * c - gone[2] * s
    wanted = {"dolly-in": forward, "dolly-out": -forward, "truck-right": right, "truck-left": -right}.get(move, -1.0)
    return wanted > 0.5 * float(np.hypot(forward, right))


def _panned(key: CameraKey, frames: int, away: float, path: np.ndarray) -> tuple[CameraKey, ...]:
    s, c = math.sin(math.radians(key.pan)), math.cos(math.radians(key.pan))
    keys = []
    for frame in _steps(frames):
        gone = path[min(max(frame, 0), frames)] + _beyond(path, frame, frames)
        forward, right = gone[0] * s + gone[2] * c, gone[0] * c - gone[2] * s
        turn = math.degrees(math.atan2(right, max(0.4, away + forward)))
        keys.append(replace(key, frame=frame, pan=round(key.pan + turn, 4)))
    return tuple(keys)

"""What a body does: named poses, gaits and gestures as joint angles in degrees, at a frame and a phase."""

from __future__ import annotations

import math

import numpy as np

from .curves import wave
from .skeleton import ANGLE, ANGLES


def angles(**given: float) -> np.ndarray:
    found = np.zeros(len(ANGLES))
    for name, value in given.items():
        found[ANGLE[name]] = value
    return found


_ARMS = {"spread": 7, "elbow": 12, "swing": 2, "roll": 12}


def _both(base: dict[str, float], **given: float) -> dict[str, float]:
    """The same on both sides: swing=30 is l_swing=30 and r_swing=30; other names pass through."""
    sided = ("swing", "spread", "turn", "elbow", "roll", "hip", "splay", "toe", "knee", "ankle")
    found = dict(base)
    for name, value in given.items():
        found |= {f"l_{name}": value, f"r_{name}": value} if name in sided else {name: value}
    return found


_STAND = _both({}, **_ARMS, splay=3, toe=9)
_SEAT = _both({}, hip=84, knee=84, splay=6, toe=4, chest_pitch=4)
_LAP = _both(_SEAT, swing=30, elbow=58, spread=6, roll=18)

POSES: dict[str, dict[str, float]] = {
    "stand": _STAND,
    "sit": _LAP,
    "table": _both(_SEAT, swing=36, elbow=64, spread=16, roll=42, spine_pitch=8, chest_pitch=6),
    "drive": _both(_SEAT, swing=60, elbow=24, spread=2, spine_pitch=-8),
    "sit-point": _LAP | {"r_swing": 84, "r_elbow": 4, "r_spread": 4, "r_roll": 0},
    "point": _STAND | {"r_swing": 86, "r_elbow": 4, "r_spread": 4, "r_roll": 0, "chest_twist": -6, "spine_pitch": 3},
    "raise": _STAND | {"r_swing": 150, "r_elbow": 28, "r_spread": 16},
    "reach": _STAND | {"r_swing": 66, "r_elbow": 22, "r_roll": 10, "spine_pitch": 9, "chest_pitch": 5},
    "hold": _both(_STAND, swing=22, elbow=84, roll=36, head_pitch=14),
    "tie": _both(_STAND, swing=30, elbow=76, roll=46, spine_pitch=10, head_pitch=28),
    "carry": _both(_STAND, swing=3, elbow=4, spread=11),
    "lean": _both(_STAND, spine_pitch=22, chest_pitch=12, swing=62, elbow=26, roll=20, head_pitch=-20, hip=8),
    "phone": _STAND | {"r_swing": 40, "r_elbow": 146, "r_roll": 12, "r_spread": 22, "head_roll": 7},
    "crossed": _both(_STAND, swing=32, elbow=96, roll=74, spread=8),
    "embrace": _both(_STAND, swing=56, elbow=88, roll=78, spread=26, spine_pitch=8, neck_pitch=6)
    | {"r_swing": 78, "head_roll": -13, "head_turn": -26, "head_pitch": 10},
    "kneel": _both(_STAND, elbow=40, swing=24) | {"l_hip": 84, "l_knee": 88, "r_hip": 2, "r_knee": 92, "r_ankle": -30},
    "crouch": _both(_STAND, hip=108, knee=130, ankle=26, spine_pitch=26, swing=42, elbow=44, roll=30),
    "stumble": _STAND
    | {
        "pitch": 26,
        "spine_pitch": 24,
        "l_hip": 62,
        "l_knee": 52,
        "r_hip": -14,
        "r_knee": 34,
        "l_swing": 84,
        "r_swing": 70,
    }
    | {"l_elbow": 26, "r_elbow": 34, "l_spread": 26, "r_spread": 30, "head_pitch": -16},
    "lie": {"pitch": 86.0, "l_swing": 118, "r_swing": 64, "l_elbow": 48, "r_elbow": 72, "l_spread": 22, "r_spread": 34}
    | {"l_splay": 8, "r_splay": 12, "r_hip": 22, "r_knee": 40, "head_turn": 46, "l_ankle": -40, "r_ankle": -40},
    "sleep": {"pitch": -88.0, "l_swing": 14, "r_swing": 30, "l_elbow": 10, "r_elbow": 62, "l_spread": 14, "r_spread": 8}
    | {"l_splay": 5, "r_splay": 7, "head_turn": 14, "l_knee": 8, "r_knee": 14, "l_hip": 8, "r_hip": 10, "r_roll": 86}
    | {"l_ankle": -22, "r_ankle": -22},
    "hands-up": _both(_STAND, swing=0, spread=78, elbow=88, roll=-86),
    "cover": _both(_STAND, swing=58, elbow=132, roll=26, head_pitch=30, spine_pitch=14),
    "bow": _STAND | {"head_pitch": 34, "neck_pitch": 14, "chest_pitch": 8},
}
POSES["bed"] = POSES["sleep"] | {"lift": 0.29}


def pose(name: str, frame: float, second: float, phase: float, effort: float, seed: float) -> np.ndarray:
    """Angles at a frame. `second` is a second in frames, `phase` counts strides, `effort` is 0 at rest, 1 at pace."""
    if name in ("walk", "run", "walk-carry"):
        moving = _run(phase) if name == "run" else _walk(phase, name == "walk-carry")
        still = _resting(angles(**POSES["carry" if name == "walk-carry" else "stand"]), frame, second, seed)
        return still + (moving - still) * effort
    if name == "talk":
        return _talking(_resting(angles(**POSES["stand"]), frame, second, seed), frame, second, seed)
    if name in ("sit-talk", "table-talk"):
        return _talking(_resting(angles(**POSES[name.split("-")[0]]), frame, second, seed), frame, second, seed, 0.6)
    if name == "wave":
        found = _resting(angles(**POSES["raise"]), frame, second, seed)
        found[ANGLE["r_spread"]] += 16 * math.sin(2 * math.pi * frame / (0.7 * second))
        return found
    return _resting(angles(**POSES.get(name, _STAND)), frame, second, seed)


def stride_length(name: str) -> float:
    """Metres a full stride (two steps) covers for a figure 1.75 m tall."""
    return 2.7 if name == "run" else 1.42


def full_pace(name: str) -> float:
    """Metres a second at which a gait is fully itself."""
    return 2.4 if name == "run" else 0.9


def _walk(phase: float, carrying: bool) -> np.ndarray:
    p = 2 * math.pi * phase
    found = angles(**_STAND)
    legs = {"l": p, "r": p + math.pi}
    for side, q in legs.items():
        swing = math.sin(q)
        found[ANGLE[f"{side}_hip"]] = 25 * swing + 5
        found[ANGLE[f"{side}_knee"]] = 7 + 54 * max(0.0, math.cos(q + 0.3)) ** 1.6 + 5 * max(0.0, swing)
        found[ANGLE[f"{side}_ankle"]] = 9 * math.sin(q + 0.9) - 4
        found[ANGLE[f"{side}_swing"]] = (-6 if carrying else -24) * swing + 3
        found[ANGLE[f"{side}_elbow"]] = 5 if carrying else 22 - 12 * swing
        found[ANGLE[f"{side}_toe"]] = 5
    found[ANGLE["twist"]] = -5 * math.sin(p)
    found[ANGLE["chest_twist"]] = 10 * math.sin(p)
    found[ANGLE["head_turn"]] = -5 * math.sin(p)
    found[ANGLE["roll"]] = 2.0 * math.cos(p)
    found[ANGLE["spine_pitch"]] = 4
    return found


def _run(phase: float) -> np.ndarray:
    p = 2 * math.pi * phase
    found = angles(**_STAND)
    for side, q in {"l": p, "r": p + math.pi}.items():
        swing = math.sin(q)
        found[ANGLE[f"{side}_hip"]] = 46 * swing + 16
        found[ANGLE[f"{side}_knee"]] = 22 + 82 * max(0.0, math.cos(q + 0.25)) ** 1.3
        found[ANGLE[f"{side}_ankle"]] = 16 * math.sin(q + 0.8) - 6
        found[ANGLE[f"{side}_swing"]] = -46 * swing + 4
        found[ANGLE[f"{side}_elbow"]] = 86 - 16 * swing
        found[ANGLE[f"{side}_spread"]] = 11
        found[ANGLE[f"{side}_toe"]] = 3
    found[ANGLE["pitch"]] = 8
    found[ANGLE["twist"]] = -9 * math.sin(p)
    found[ANGLE["chest_twist"]] = 17 * math.sin(p)
    found[ANGLE["head_turn"]] = -8 * math.sin(p)
    found[ANGLE["spine_pitch"]] = 7
    found[ANGLE["head_pitch"]] = -10
    found[ANGLE["lift"]] = 0.028 * abs(math.cos(p + 0.35))
    return found


def _resting(found: np.ndarray, frame: float, second: float, seed: float) -> np.ndarray:
    """Nobody is a statue: breath, a shift of weight, a wandering head."""
    breath = math.sin(2 * math.pi * frame / (3.6 * second) + seed)
    found[ANGLE["chest_pitch"]] += 0.9 * breath
    for side in ("l", "r"):
        found[ANGLE[f"{side}_spread"]] += 0.8 * breath
    found[ANGLE["spine_roll"]] += 1.5 * wave(frame, seed, 5.1 * second)
    found[ANGLE["head_turn"]] += 2.5 * wave(frame, seed + 5, 4.3 * second)
    found[ANGLE["head_pitch"]] += 1.5 * wave(frame, seed + 8, 3.7 * second)
    return found


def _talking(found: np.ndarray, frame: float, second: float, seed: float, size: float = 1.0) -> np.ndarray:
    for i, side in enumerate(("r", "l")):
        beat = 0.5 + 0.5 * wave(frame, seed + 3 * i, (1.7 + 0.6 * i) * second)
        found[ANGLE[f"{side}_elbow"]] += size * (24 + 52 * beat) * (1.0 if i == 0 else 0.55)
        found[ANGLE[f"{side}_swing"]] += size * (8 + 16 * beat)
        found[ANGLE[f"{side}_roll"]] += size * 22 * wave(frame, seed + 11 + i, 1.9 * second)
    found[ANGLE["head_pitch"]] += 4 * wave(frame, seed + 4, 0.9 * second)
    found[ANGLE["head_roll"]] += 3 * wave(frame, seed + 6, 1.6 * second)
    return found

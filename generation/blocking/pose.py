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


_STAND = dict(
    l_spread=7, r_spread=7, l_elbow=12, r_elbow=12, l_swing=2, r_swing=2, l_splay=3, r_splay=3, l_toe=9, r_toe=9
)
_SEAT = dict(l_hip=84, r_hip=84, l_knee=84, r_knee=84, l_splay=6, r_splay=6, l_toe=4, r_toe=4, chest_pitch=4)

POSES = {
    "stand": _STAND,
    "sit": _SEAT | dict(l_swing=28, r_swing=28, l_elbow=62, r_elbow=62, l_spread=6, r_spread=6, l_turn=10, r_turn=10),
    "drive": _SEAT | dict(l_swing=58, r_swing=58, l_elbow=28, r_elbow=28, l_spread=2, r_spread=2, spine_pitch=-8),
    "table": _SEAT | dict(l_swing=42, r_swing=42, l_elbow=58, r_elbow=58, l_spread=14, r_spread=14, spine_pitch=10, chest_pitch=6),
    "sit-point": _SEAT | dict(r_swing=84, r_elbow=4, r_spread=4, l_swing=28, l_elbow=62, l_turn=10),
    "point": _STAND | dict(r_swing=84, r_elbow=4, r_spread=4, l_elbow=20, chest_twist=-6, spine_pitch=3),
    "raise": _STAND | dict(r_swing=150, r_elbow=28, r_spread=16),
    "reach": _STAND | dict(r_swing=68, r_elbow=22, r_spread=2, spine_pitch=9, chest_pitch=5),
    "hold": _STAND | dict(l_swing=24, r_swing=24, l_elbow=78, r_elbow=78, l_turn=-14, r_turn=-14, head_pitch=14),
    "tie": _STAND | dict(l_swing=34, r_swing=34, l_elbow=70, r_elbow=70, l_turn=-24, r_turn=-24, spine_pitch=10, head_pitch=26),
    "carry": _STAND | dict(l_swing=3, r_swing=3, l_elbow=4, r_elbow=4, l_spread=11, r_spread=11),
    "lean": _STAND | dict(spine_pitch=20, chest_pitch=12, l_swing=58, r_swing=58, l_elbow=30, r_elbow=30, head_pitch=-18, l_hip=6, r_hip=6),
    "phone": _STAND | dict(r_swing=44, r_elbow=142, r_turn=-12, r_spread=18, head_roll=6),
    "crossed": _STAND | dict(l_swing=36, r_swing=34, l_elbow=88, r_elbow=92, l_turn=-46, r_turn=-48, l_spread=2, r_spread=2),
    "embrace": _STAND | dict(l_swing=74, r_swing=66, l_elbow=66, r_elbow=74, l_turn=-22, r_turn=-26, l_spread=10, r_spread=10, spine_pitch=7, head_roll=16, head_turn=24, head_pitch=10),
    "kneel": _STAND | dict(l_hip=84, l_knee=88, r_hip=2, r_knee=92, r_ankle=-30, l_elbow=40, r_elbow=40, l_swing=24, r_swing=24),
    "crouch": _STAND | dict(l_hip=112, r_hip=104, l_knee=132, r_knee=128, l_ankle=26, r_ankle=26, spine_pitch=26, l_swing=42, r_swing=42, l_elbow=40, r_elbow=40),
    "stumble": _STAND | dict(pitch=26, spine_pitch=24, l_hip=62, l_knee=52, r_hip=-14, r_knee=34, l_swing=84, r_swing=70, l_elbow=26, r_elbow=34, l_spread=26, r_spread=30, head_pitch=-16),
    "lie": dict(pitch=86, l_swing=118, r_swing=64, l_elbow=48, r_elbow=72, l_spread=22, r_spread=34, l_splay=8, r_splay=12, r_hip=22, r_knee=40, head_turn=46, l_ankle=-40, r_ankle=-40),
    "sleep": dict(pitch=-88, l_swing=14, r_swing=30, l_elbow=34, r_elbow=62, l_spread=14, r_spread=8, l_splay=5, r_splay=7, head_turn=14, l_knee=8, r_knee=14, l_hip=8, r_hip=10, l_ankle=-22, r_ankle=-22),
    "hands-up": _STAND | dict(l_swing=20, r_swing=20, l_spread=96, r_spread=96, l_elbow=96, r_elbow=96),
    "cover": _STAND | dict(l_swing=66, r_swing=66, l_elbow=128, r_elbow=128, l_turn=-26, r_turn=-26, head_pitch=30, spine_pitch=14),
    "bow": _STAND | dict(head_pitch=34, neck_pitch=14, chest_pitch=8),
}  # fmt: skip


def pose(name: str, frame: float, second: float, phase: float, effort: float, seed: float) -> np.ndarray:
    """Angles at a frame. `second` is the rate in frames, `phase` counts strides, `effort` is 0 at rest and 1 at pace."""
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
        found[ANGLE[f"{side}_turn"]] += size * 16 * wave(frame, seed + 11 + i, 1.9 * second)
    found[ANGLE["head_pitch"]] += 4 * wave(frame, seed + 4, 0.9 * second)
    found[ANGLE["head_roll"]] += 3 * wave(frame, seed + 6, 1.6 * second)
    return found

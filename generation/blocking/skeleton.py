"""Bones and how they hang together: a pose's angles to the place and turn of every part, for a figure one unit tall."""

from __future__ import annotations

import numpy as np

PARTS = (
    "pelvis", "spine", "chest", "neck", "head", "l_arm", "l_fore", "l_hand", "r_arm", "r_fore", "r_hand", "l_thigh",
    "l_shin", "l_foot", "r_thigh", "r_shin", "r_foot", "l_eye", "r_eye", "lids", "mouth",
)  # fmt: skip
PART = {name: i for i, name in enumerate(PARTS)}

ANGLES = (
    "pitch", "roll", "twist", "spine_pitch", "spine_roll", "spine_twist", "chest_pitch", "chest_twist", "neck_pitch",
    "head_pitch", "head_turn", "head_roll", "l_swing", "l_spread", "l_turn", "l_elbow", "r_swing", "r_spread",
    "r_turn", "r_elbow", "l_hip", "l_splay", "l_toe", "l_knee", "l_ankle", "r_hip", "r_splay", "r_toe", "r_knee",
    "r_ankle", "l_roll", "r_roll", "mouth", "eyes_turn", "eyes_pitch", "lift",
)  # fmt: skip
ANGLE = {name: i for i, name in enumerate(ANGLES)}

# How much nearer a part counts when neighbours are sorted, so that a jaw lies over its neck and an arm over its chest.
_NEARER = {"head": 0.03, "l_eye": 0.033, "r_eye": 0.033, "lids": 0.037, "mouth": 0.036, "chest": 0.022, "pelvis": 0.016}
_NEARER |= {"l_arm": 0.055, "r_arm": 0.055, "l_fore": 0.026, "r_fore": 0.026, "l_hand": 0.026, "r_hand": 0.026}
NEARER = np.array([_NEARER.get(name, 0.0) for name in PARTS])

EYE_HEIGHT = 0.935
HIP = 0.53
THIGH, SHIN, ANKLE = 0.245, 0.245, 0.042
UPPER_ARM, FOREARM = 0.165, 0.145

# Points that may rest on the floor, with the radius of flesh around them.
TOUCH = [
    ("l_foot", (0.0, -0.042, -0.035), 0.0),
    ("l_foot", (0.0, -0.042, 0.095), 0.0),
    ("r_foot", (0.0, -0.042, -0.035), 0.0),
    ("r_foot", (0.0, -0.042, 0.095), 0.0),
    ("pelvis", (0.0, 0.0, 0.0), 0.07),
    ("chest", (0.0, 0.08, 0.0), 0.065),
    ("head", (0.0, 0.05, 0.0), 0.058),
    ("l_shin", (0.0, 0.0, 0.0), 0.036),
    ("r_shin", (0.0, 0.0, 0.0), 0.036),
    ("l_hand", (0.0, -0.03, 0.0), 0.02),
    ("r_hand", (0.0, -0.03, 0.0), 0.02),
    ("l_fore", (0.0, 0.0, 0.0), 0.025),
    ("r_fore", (0.0, 0.0, 0.0), 0.025),
]
_TOUCH_PART = np.array([PART[name] for name, _, _ in TOUCH])
_TOUCH_AT = np.array([at for _, at, _ in TOUCH])
_TOUCH_FLESH = np.array([flesh for _, _, flesh in TOUCH])


def eye_socket(sign: float) -> tuple[float, float, float]:
    """The middle of the left (-1) or right (1) eye from the head's joint."""
    return sign * 0.0178, 0.0548, 0.0452


def forward(degrees: float) -> np.ndarray:
    """Lifts a hanging limb forward."""
    s, c = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.array([[1.0, 0, 0], [0, c, s], [0, -s, c]])


def sideways(degrees: float) -> np.ndarray:
    """Lifts a hanging limb to the figure's right."""
    s, c = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def about(degrees: float) -> np.ndarray:
    """Turns to the figure's right."""
    s, c = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1.0, 0], [-s, 0, c]])


def posed(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turns (parts, 3, 3) and places (parts, 3) in body space; the lowest touching point lies at height 0."""
    a = dict(zip(ANGLES, angles, strict=True))
    turns, places = np.zeros((len(PARTS), 3, 3)), np.zeros((len(PARTS), 3))

    def hang(name: str, parent: str, offset: tuple[float, float, float], turn: np.ndarray) -> None:
        i, up = PART[name], PART[parent]
        turns[i] = turns[up] @ turn
        places[i] = places[up] + turns[up] @ np.array(offset)

    turns[0] = about(a["twist"]) @ forward(-a["pitch"]) @ sideways(a["roll"])
    places[0] = (0.0, HIP, 0.0)
    hang(
        "spine",
        "pelvis",
        (0, 0.065, 0),
        about(a["spine_twist"]) @ forward(-a["spine_pitch"]) @ sideways(a["spine_roll"]),
    )
    hang("chest", "spine", (0, 0.095, 0), about(a["chest_twist"]) @ forward(-a["chest_pitch"]))
    hang("neck", "chest", (0, 0.152, -0.006), forward(-a["neck_pitch"]))
    hang(
        "head", "neck", (0, 0.042, 0.006), about(a["head_turn"]) @ forward(-a["head_pitch"]) @ sideways(a["head_roll"])
    )
    hang("lids", "head", (0, 0, 0), np.eye(3))
    hang("mouth", "head", (0, 0.0142, 0.0515), np.diag((1.0 - 0.25 * a["mouth"], a["mouth"], 1.0)))
    for side, sign in (("l", -1.0), ("r", 1.0)):
        shoulder = about(sign * a[f"{side}_turn"]) @ forward(a[f"{side}_swing"]) @ sideways(sign * a[f"{side}_spread"])
        shoulder = shoulder @ about(-sign * a[f"{side}_roll"])
        hang(f"{side}_arm", "chest", (sign * 0.097, 0.121, 0), shoulder)
        hang(f"{side}_fore", f"{side}_arm", (0, -UPPER_ARM, 0), forward(a[f"{side}_elbow"]))
        hang(f"{side}_hand", f"{side}_fore", (0, -FOREARM, 0), forward(8.0))
        hip = about(sign * a[f"{side}_toe"]) @ forward(a[f"{side}_hip"]) @ sideways(sign * a[f"{side}_splay"])
        hang(f"{side}_thigh", "pelvis", (sign * 0.05, 0, 0), hip)
        hang(f"{side}_shin", f"{side}_thigh", (0, -THIGH, 0), forward(-a[f"{side}_knee"]))
        hang(f"{side}_foot", f"{side}_shin", (0, -SHIN, 0), forward(a[f"{side}_ankle"]))
        gaze = about(a["eyes_turn"]) @ forward(-a["eyes_pitch"])
        hang(f"{side}_eye", "head", eye_socket(sign), gaze)
    touching = places[_TOUCH_PART] + np.einsum("nij,nj->ni", turns[_TOUCH_PART], _TOUCH_AT)
    places[:, 1] += a["lift"] - (touching[:, 1] - _TOUCH_FLESH).min()
    return turns, places

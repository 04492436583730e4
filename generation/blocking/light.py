"""Light by time of day and weather, and the grade that turns a grey picture into a quietly tinted one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .staging import Staging


@dataclass(frozen=True)
class Lamp:
    x: float
    y: float
    z: float
    power: float
    reach: float = 4.0


@dataclass(frozen=True)
class Light:
    """`key` points from the scene to the sun, moon or window. Strengths are in picture greys, where 1 is white."""

    key: tuple[float, float, float]
    strength: float
    ambient: float
    rim: float
    sky_top: float
    sky_low: float
    haze: float
    haze_reach: float
    lamps: tuple[Lamp, ...] = ()
    wrap: float = 0.25

    @property
    def towards(self) -> np.ndarray:
        key = np.asarray(self.key)
        return key / np.linalg.norm(key)


GAMMA = {"day": 0.60, "dusk": 0.86, "night": 0.78}
LAMPS_BY = {"day": 0.3, "dusk": 0.6, "night": 0.5}  # how much of a street lamp is seen against the sky
INSIDE = ("room", "corridor", "hall", "car")

_OUT = {
    "day": {
        "strength": 0.86,
        "ambient": 0.54,
        "rim": 0.06,
        "sky_top": 0.52,
        "sky_low": 0.86,
        "haze": 0.80,
        "haze_reach": 105.0,
    },
    "dusk": {
        "strength": 0.52,
        "ambient": 0.25,
        "rim": 0.22,
        "sky_top": 0.24,
        "sky_low": 0.80,
        "haze": 0.50,
        "haze_reach": 70.0,
    },
    "night": {
        "strength": 0.42,
        "ambient": 0.16,
        "rim": 0.24,
        "sky_top": 0.045,
        "sky_low": 0.15,
        "haze": 0.10,
        "haze_reach": 45.0,
    },
}
_IN = {
    "day": {
        "strength": 0.92,
        "ambient": 0.42,
        "rim": 0.07,
        "sky_top": 0.8,
        "sky_low": 0.95,
        "haze": 0.6,
        "haze_reach": 400.0,
    },
    "dusk": {
        "strength": 0.50,
        "ambient": 0.20,
        "rim": 0.13,
        "sky_top": 0.5,
        "sky_low": 0.75,
        "haze": 0.4,
        "haze_reach": 400.0,
    },
    "night": {
        "strength": 0.24,
        "ambient": 0.12,
        "rim": 0.16,
        "sky_top": 0.05,
        "sky_low": 0.10,
        "haze": 0.1,
        "haze_reach": 400.0,
    },
}
_WEATHER = {
    "rain": {
        "strength": 0.35,
        "ambient": 0.92,
        "haze_reach": 0.55,
        "sky_top": 0.8,
        "sky_low": 0.75,
    },
    "snow": {
        "strength": 0.45,
        "ambient": 1.12,
        "haze_reach": 0.5,
        "sky_top": 1.15,
        "sky_low": 0.92,
    },
    "mist": {
        "strength": 0.3,
        "ambient": 1.1,
        "haze_reach": 0.22,
        "sky_top": 1.15,
        "sky_low": 0.95,
    },
}


def hour(time: str) -> str:
    """Day, dusk or night: the three lights there are; dawn is dusk from the other side."""
    return {"dawn": "dusk", "dusk": "dusk", "night": "night"}.get(time, "day")


def light_for(staging: Staging, lamps: tuple[Lamp, ...] = ()) -> Light:
    inside = staging.place.kind in INSIDE
    values = dict((_IN if inside else _OUT)[hour(staging.time)])
    if not inside:
        for name, factor in _WEATHER.get(staging.weather, {}).items():
            values[name] *= factor
        lamps = tuple(replace(lamp, power=lamp.power * LAMPS_BY[hour(staging.time)]) for lamp in lamps)
    return Light(key=_key(staging, inside), lamps=lamps, **values)  # type: ignore[arg-type]


def _key(staging: Staging, inside: bool) -> tuple[float, float, float]:
    """From the side and in front of the camera's first look, so that figures are modelled and never flat."""
    pan = staging.eye[3]
    side = 1.0 if staging.place.seed % 2 else -1.0
    behind = {"day": 118.0, "dusk": 60.0, "night": 75.0}[hour(staging.time)]
    height = {"day": 0.95, "dusk": 0.22, "night": 0.75}[hour(staging.time)]
    if inside:
        behind, height = 112.0, 0.62
    angle = np.radians(pan + side * behind)
    return (float(np.sin(angle)), height, float(np.cos(angle)))


def shade(light: Light, points: np.ndarray, normals: np.ndarray, grey: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """Greys of points: sky from above, one key with a soft edge, lamps near by, a rim against the dark, haze."""
    return seen_from(light, lit(light, points, normals), points, normals, grey, eye)


def lit(light: Light, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """The light that falls on points, wherever they are seen from."""
    key = np.maximum((normals @ light.towards + light.wrap) / (1 + light.wrap), 0)
    total = light.ambient * (0.72 + 0.28 * normals[:, 1]) + light.strength * key
    for lamp in light.lamps:
        total = total + _lamp(lamp, points, normals)
    return total


def seen_from(
    light: Light, falls: np.ndarray, points: np.ndarray, normals: np.ndarray, grey: np.ndarray, eye: np.ndarray
) -> np.ndarray:
    away = eye - points
    distance = np.sqrt(np.einsum("ij,ij->i", away, away))
    facing = np.clip(np.einsum("ij,ij->i", normals, away) / (distance + 1e-6), 0, 1)
    edge = 1 - facing
    bright = grey * falls * (0.82 + 0.18 * facing) + light.rim * edge * edge * edge * (0.3 + grey)
    return hazed(light, bright, distance)


def _lamp(lamp: Lamp, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    to = np.array([lamp.x, lamp.y, lamp.z]) - points
    square = np.einsum("ij,ij->i", to, to)
    facing = np.einsum("ij,ij->i", normals, to) / np.sqrt(square + 1e-6)
    return lamp.power * np.clip(0.25 + 0.75 * facing, 0, None) / (1 + square / (0.35 * lamp.reach) ** 2)


def hazed(light: Light, grey: np.ndarray, distance: np.ndarray) -> np.ndarray:
    clear = np.exp(-((distance / light.haze_reach) ** 1.4))
    return light.haze + (grey - light.haze) * clear


def grade(staging: Staging) -> np.ndarray:
    """256 RGB colours for 256 greys: a soft shoulder, shadows toward one tint and lights toward another."""
    x = np.linspace(0, 1, 256)
    toned = np.clip(0.012 + 0.985 * x ** GAMMA[hour(staging.time)], 0, 1)
    shadow, lights = {
        "day": ((0.97, 1.0, 1.045), (1.02, 1.0, 0.965)),
        "dusk": ((0.93, 0.97, 1.13), (1.10, 1.0, 0.86)),
        "night": ((0.86, 0.97, 1.15), (1.05, 1.0, 0.90)),
    }[hour(staging.time)]
    if staging.time == "dawn":
        shadow, lights = (0.93, 0.98, 1.12), (1.07, 1.0, 0.93)
    mix = np.clip((x - 0.12) / 0.55, 0, 1)[:, None]
    tint = np.array(shadow) * (1 - mix) + np.array(lights) * mix
    return (np.clip(toned[:, None] * tint, 0, 1) * 255 + 0.5).astype(np.uint8)

"""A staging's set, built and lit once: painted panels, solid props, lamps, and the ground underfoot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from . import texture
from .light import INSIDE, Lamp, Light, hazed, hour, light_for
from .mesh import Mesh, joined, moved
from .panel import Panel, panel
from .props import prop
from .staging import Place, Staging

GROUND, WALLS, PROPS, FIGURES = 1, 2, 3, 10


@dataclass(frozen=True)
class World:
    light: Light
    ground: tuple[Panel, ...]
    walls: tuple[Panel, ...]
    solids: Mesh


_NOTHING = Mesh(np.zeros((4, 3)), np.zeros((4, 3)), np.zeros(4), np.zeros((1, 4), int), np.zeros(4, int))


def build(staging: Staging) -> World:
    light = light_for(staging, lamps(staging))
    eye = np.array(staging.eye[:3])
    inside = staging.place.kind in INSIDE
    ground = _room_floor(staging, light, eye) if inside else _open_ground(staging, light, eye)
    walls = _room_walls(staging, light, eye) if inside else _fronts(staging, light, eye)
    return World(light, tuple(ground), tuple(walls), _solids(staging))


def lamps(staging: Staging) -> tuple[Lamp, ...]:
    dark = hour(staging.time) != "day"
    found = []
    for each in staging.props:
        turn = np.radians(each.turn)
        if each.kind == "lamp" and dark:
            found.append(Lamp(each.x + 0.5 * np.sin(turn), each.y + 3.4, each.z + 0.5 * np.cos(turn), 2.2, 9.0))
        if each.kind == "ferry" and dark:
            found.append(Lamp(-1.0, 2.2, -2.5, 1.6, 9.0))
        if each.kind == "floor-lamp":
            found.append(Lamp(each.x, each.y + 1.5, each.z, 1.3 if dark else 0.18, 5.0))
    if staging.place.kind in INSIDE and hour(staging.time) == "night":
        place = staging.place
        found.append(Lamp((place.left + place.right) / 2, place.height - 0.3, (place.near + place.far) / 2, 0.8, 8.0))
    return tuple(found)


def _solids(staging: Staging) -> Mesh:
    meshes = [moved(prop(each.kind), (each.x, each.y, each.z), each.turn, each.scale) for each in staging.props]
    return joined(meshes) if meshes else _NOTHING


def _lit(
    light: Light, x: np.ndarray, y: np.ndarray, z: np.ndarray, normal: np.ndarray, grey: np.ndarray, eye: np.ndarray
) -> np.ndarray:
    """Like light.shade, for whole pictures at once and without the rim."""
    key = max(0.0, (float(normal @ light.towards) + light.wrap) / (1 + light.wrap))
    total = light.ambient * (0.72 + 0.28 * normal[1]) + light.strength * key
    lit = np.full(np.broadcast(x, y, z).shape, total, np.float32)
    for lamp in _reaching(light.lamps, x, z):
        dx, dy, dz = lamp.x - x, lamp.y - y, lamp.z - z
        square = dx * dx + dy * dy + dz * dz
        facing = (dx * normal[0] + dy * normal[1] + dz * normal[2]) / np.sqrt(square + 1e-6)
        lit = lit + lamp.power * np.clip(0.1 + 0.9 * facing, 0, None) / (1 + square / (0.35 * lamp.reach) ** 2)
    distance = np.sqrt((x - eye[0]) ** 2 + (y - eye[1]) ** 2 + (z - eye[2]) ** 2)
    return hazed(light, grey * lit, distance)


def _reaching(lamps: tuple[Lamp, ...], x: np.ndarray, z: np.ndarray) -> list[Lamp]:
    """Lamps near enough to matter to a patch."""
    low, high = (float(x.min()), float(z.min())), (float(x.max()), float(z.max()))
    gaps = [
        (max(low[0] - lamp.x, 0.0, lamp.x - high[0]), max(low[1] - lamp.z, 0.0, lamp.z - high[1])) for lamp in lamps
    ]
    return [lamp for lamp, gap in zip(lamps, gaps, strict=True) if math.hypot(*gap) < 2.0 * lamp.reach]


def _square(low: float, high: float, count: int) -> np.ndarray:
    return (low + (np.arange(count) + 0.5) * (high - low) / count).astype(np.float32)


def _floor_panel(
    staging: Staging,
    light: Light,
    eye: np.ndarray,
    span: tuple[float, float, float, float],
    count: tuple[int, int],
    shade: bool,
    kind: str = "",
    y: float = 0.0,
) -> Panel:
    left, right, near, far = span
    x, z = np.meshgrid(_square(left, right, count[0]), _square(near, far, count[1]))
    pixel = (right - left) / count[0]
    grey = texture.floor(kind or staging.place.floor, x, z, pixel)
    if shade:
        grey = grey * _corner_shade(staging.place, x, z)
    lit = _lit(light, x, np.full_like(x, y), z, np.array([0.0, 1, 0]), grey, eye)
    if y == 0.0:
        _under_props(staging, lit, x, z)
    return panel((left, y, near), (right - left, 0, 0), (0, 0, far - near), (0, 1, 0), lit, GROUND)


def _corner_shade(place: Place, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    edge = np.minimum(np.minimum(x - place.left, place.right - x), np.minimum(z - place.near, place.far - z))
    return 0.7 + 0.3 * np.clip(edge / 0.9, 0, 1)


def _under_props(staging: Staging, lit: np.ndarray, x: np.ndarray, z: np.ndarray) -> None:
    """Soft dark where things stand."""
    for each in staging.props:
        if each.y < -0.5:
            continue
        half_x, half_z = _footprint(each.kind)
        half_x, half_z = half_x * each.scale + 0.18, half_z * each.scale + 0.18
        reach = 1.1 * math.hypot(half_x, half_z)
        left, right = np.searchsorted(x[0], (each.x - reach, each.x + reach))
        near, far = np.searchsorted(z[:, 0], (each.z - reach, each.z + reach))
        if right <= left or far <= near:
            continue
        turn = math.radians(each.turn)
        dx, dz = x[near:far, left:right] - each.x, z[near:far, left:right] - each.z
        u = (dx * math.cos(turn) - dz * math.sin(turn)) / half_x
        v = (dx * math.sin(turn) + dz * math.cos(turn)) / half_z
        lit[near:far, left:right] *= 1 - 0.5 * np.clip(1.25 - (np.abs(u * u * u) + np.abs(v * v * v)), 0, 1)


@lru_cache(maxsize=128)
def _footprint(kind: str) -> tuple[float, float]:
    points = prop(kind).points
    low = points[points[:, 1] < 0.9]
    return float(np.abs(low[:, 0]).max()), float(np.abs(low[:, 2]).max())


def _room_floor(staging: Staging, light: Light, eye: np.ndarray) -> list[Panel]:
    place = staging.place
    wide, deep = place.right - place.left, place.far - place.near
    per = min(80.0, 900.0 / max(wide, deep))
    span = (place.left, place.right, place.near, place.far)
    floor = _floor_panel(staging, light, eye, span, (int(wide * per), int(deep * per)), True)
    x, z = np.meshgrid(_square(place.left, place.right, 96), _square(place.near, place.far, 96))
    grey = _lit(
        light, x, np.full_like(x, place.height), z, np.array([0, -1.0, 0]), 0.62 * _corner_shade(place, x, z), eye
    )
    corner = (place.left, place.height, place.near)
    return [floor, panel(corner, (wide, 0, 0), (0, 0, deep), (0, -1, 0), grey, WALLS)]


def _open_ground(staging: Staging, light: Light, eye: np.ndarray) -> list[Panel]:
    """Three squares, each finer than the one around it, centred on the action; piers and decks lie over water."""
    x, z = _middle(staging)
    afloat = staging.place.kind in ("pier", "deck", "sea")
    base = "water" if afloat else staging.place.floor
    found = []
    for half, count in ((300.0, 400), (40.0, 720), (11.0, 360 if afloat else 800)):
        span = (x - half, x + half, z - half, z + half)
        found.append(_floor_panel(staging, light, eye, span, (count, count), False, base, -1.1 if afloat else 0.0))
    if afloat and staging.place.kind != "sea":
        left, right, near, far = (-2.1, 2.1, -40.0, 48.0) if staging.place.kind == "pier" else (-14.0, 14.0, -12.0, 2.8)
        wide, long = (60, 22) if staging.place.kind == "pier" else (28, 50)
        boards = (int((right - left) * wide), int((far - near) * long))
        found.append(_floor_panel(staging, light, eye, (left, right, near, far), boards, False, "planks", 0.0))
    return found


def _middle(staging: Staging) -> tuple[float, float]:
    if staging.anchor:
        return staging.anchor[4], staging.anchor[5]
    marks = [mark for figure in staging.figures for mark in figure.marks if mark.frame <= staging.frames]
    if not marks:
        return 0.0, 0.0
    return float(np.mean([mark.x for mark in marks])), float(np.mean([mark.z for mark in marks]))


def _room_walls(staging: Staging, light: Light, eye: np.ndarray) -> list[Panel]:
    place = staging.place
    wide, deep = place.right - place.left, place.far - place.near
    sides = [
        ((place.left, 0, place.far), (wide, 0, 0), (0, 0, -1.0)),
        ((place.right, 0, place.near), (-wide, 0, 0), (0, 0, 1.0)),
        ((place.left, 0, place.near), (0, 0, deep), (1.0, 0, 0)),
        ((place.right, 0, place.far), (0, 0, -deep), (-1.0, 0, 0)),
    ]
    return [_wall(staging, light, eye, i, *side) for i, side in enumerate(sides)]


def _wall(
    staging: Staging, light: Light, eye: np.ndarray, index: int, corner: tuple, across: tuple, front: tuple
) -> Panel:
    place, seed = staging.place, staging.place.seed + index * 7
    length = float(np.linalg.norm(across))
    per = min(64.0, 900.0 / length)
    u, v = np.meshgrid(_square(0, length, int(length * per)), _square(0, place.height, int(place.height * per)))
    grey = texture.wall(u, v, place.seed)
    grey = _dressed(grey, u, v, length, seed)
    edge = np.minimum(np.minimum(u, length - u), np.minimum(v + 0.1, place.height - v + 0.1))
    grey = grey * (0.74 + 0.26 * np.clip(edge / 0.8, 0, 1))
    step = np.asarray(across) / length
    lit = _lit(light, corner[0] + u * step[0], v, corner[2] + u * step[2], np.asarray(front), grey, eye)
    if _has_window(seed):
        lit = _windows(lit, u, v, length, place, light)
    return panel(corner, across, (0, place.height, 0), front, lit, WALLS)


def _has_window(seed: int) -> bool:
    return seed % 4 in (0, 3)


def _dressed(grey: np.ndarray, u: np.ndarray, v: np.ndarray, length: float, seed: int) -> np.ndarray:
    if seed % 4 == 1:
        grey = texture.door(grey, u, v, length * 0.32)
    if seed % 4 in (1, 2):
        grey = texture.picture(grey, u, v, length * 0.62, 0.9, 0.65)
    if seed % 4 == 2:
        grey = texture.picture(grey, u, v, length * 0.3, 0.5, 0.7)
    return grey


def _windows(lit: np.ndarray, u: np.ndarray, v: np.ndarray, length: float, place: Place, light: Light) -> np.ndarray:
    count = max(1, int(length // 3.2))
    for i in range(count):
        at = length * (i + 0.5) / count
        lit = texture.window(lit, u, v, at, 1.3, 0.95, min(2.2, place.height - 0.4), light.sky_low)
    return lit


def _fronts(staging: Staging, light: Light, eye: np.ndarray) -> list[Panel]:
    if staging.place.kind != "street":
        return []
    found = []
    rng = np.random.Generator(np.random.PCG64(staging.place.seed))
    for side in (-1.0, 1.0):
        z = -70.0
        while z < 110.0:
            long, high = float(rng.uniform(9, 17)), float(rng.integers(2, 6)) * 3.2 + 0.6
            found.append(_front(staging, light, eye, side, z, long, high, int(rng.integers(0, 1000))))
            z += long
    return found


def _front(
    staging: Staging, light: Light, eye: np.ndarray, side: float, z: float, long: float, high: float, seed: int
) -> Panel:
    x = 7.6 * side
    per = 26.0 if abs(z + long / 2 - eye[2]) < 22 else 11.0
    u, v = np.meshgrid(_square(0, long, int(long * per)), _square(0, high, int(high * per)))
    grey, glow = texture.front(u, v, seed, hour(staging.time) != "day")
    normal = np.array([-side, 0.0, 0.0])
    lit = _lit(light, np.full_like(u, x), v, z + u, normal, grey * (0.8 + 0.2 * np.clip(v / 3, 0, 1)), eye)
    return panel((x, 0, z), (0, 0, long), (0, high, 0), normal, np.maximum(lit, glow), WALLS)

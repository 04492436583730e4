"""Things a set is dressed with, of boxes, lathes and balls; each stands on the floor at the origin and faces +z."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from .mesh import Mesh, box, ellipsoid, grid, joined, lathe, moved


@lru_cache(maxsize=128)
def prop(kind: str) -> Mesh:
    """The shape of a kind of prop; an unknown kind is a crate."""
    return KINDS.get(kind, _crate)()


def _legs(wide: float, deep: float, high: float, grey: float = 0.3, thick: float = 0.05) -> list[Mesh]:
    corners = [(x, z) for x in (-1, 1) for z in (-1, 1)]
    return [
        box((x * (wide - thick) / 2, high / 2, z * (deep - thick) / 2), (thick, high, thick), grey, 0.5)
        for x, z in corners
    ]


def _table() -> Mesh:
    return joined([box((0, 0.735, 0), (1.5, 0.05, 0.85), 0.5, 0.2), *_legs(1.4, 0.75, 0.71)])


def _desk() -> Mesh:
    top = box((0, 0.735, 0), (1.5, 0.05, 0.75), 0.46, 0.2)
    chest = box((0.5, 0.36, 0), (0.42, 0.71, 0.68), 0.4, 0.25, lid=False)
    papers = [box((x, 0.77, z), (0.24, 0.015, 0.32), 0.82, 0.4) for x, z in ((-0.35, 0.05), (0.05, -0.08))]
    return joined([top, chest, *papers, *_legs(1.4, 0.66, 0.71)])


def _chair() -> Mesh:
    seat = box((0, 0.435, 0), (0.44, 0.05, 0.44), 0.36, 0.2)
    back = box((0, 0.72, -0.2), (0.42, 0.42, 0.04), 0.36, 0.2)
    return joined([seat, back, *_legs(0.42, 0.42, 0.42, 0.28, 0.04)])


def _sofa() -> Mesh:
    parts = [box((0, 0.22, 0), (1.9, 0.42, 0.8), 0.42, 0.3), box((0, 0.62, -0.34), (1.9, 0.5, 0.2), 0.45, 0.3)]
    parts += [box((x, 0.4, 0.02), (0.2, 0.6, 0.8), 0.44, 0.3) for x in (-0.95, 0.95)]
    return joined(parts)


def _bed() -> Mesh:
    frame = box((0, 0.2, 0), (1.5, 0.28, 2.0), 0.34, 0.3, lid=False)
    sheet = box((0, 0.41, 0), (1.46, 0.18, 1.96), 0.74, 0.3)
    pillows = [ellipsoid((x, 0.54, -0.75), (0.3, 0.09, 0.2), 0.86, 0, 12, 7) for x in (-0.36, 0.36)]
    return joined([frame, sheet, *pillows, box((0, 0.6, -1.02), (1.55, 0.75, 0.06), 0.32, 0.3)])


def _bench() -> Mesh:
    slats = [box((0, 0.44, z), (1.7, 0.03, 0.11), 0.46, 0.25) for z in (-0.14, 0.0, 0.14)]
    back = [box((0, y, -0.24), (1.7, 0.1, 0.03), 0.46, 0.25) for y in (0.62, 0.78)]
    return joined([*slats, *back, *[box((x, 0.35, -0.05), (0.06, 0.7, 0.4), 0.22, 0.3) for x in (-0.72, 0.72)]])


def _lamp() -> Mesh:
    post = lathe([(0, 0.09, 0.09), (0.3, 0.06, 0.06), (3.6, 0.04, 0.04)], 0.2, 0, 8)
    arm = box((0, 3.62, 0.25), (0.06, 0.06, 0.6), 0.2, 0.4)
    return joined([post, arm, ellipsoid((0, 3.52, 0.5), (0.14, 0.1, 0.2), 3.2, 0, 10, 6)])


def _floor_lamp() -> Mesh:
    foot = lathe([(0, 0.15, 0.15), (0.03, 0.14, 0.14), (0.04, 0.015, 0.015), (1.4, 0.012, 0.012)], 0.25, 0, 10)
    shade = lathe([(1.35, 0.22, 0.22), (1.65, 0.13, 0.13)], 2.2, 0, 14)
    return joined([foot, shade])


def _cupboard() -> Mesh:
    body = box((0, 0.95, 0), (1.1, 1.9, 0.5), 0.36, 0.3)
    return joined([body, *[box((x, 0.95, 0.26), (0.49, 1.7, 0.02), 0.42, 0.3) for x in (-0.26, 0.26)]])


def _shelf() -> Mesh:
    parts = [box((0, 0.95, -0.13), (1.2, 1.9, 0.03), 0.28, 0.3)]
    rng = np.random.default_rng(4)
    for y in (0.05, 0.48, 0.9, 1.32, 1.74):
        parts.append(box((0, y, 0), (1.2, 0.03, 0.3), 0.4, 0.4))
        x = -0.55
        while x < 0.45 and y < 1.7:
            wide, high = rng.uniform(0.05, 0.16), rng.uniform(0.2, 0.36)
            parts.append(box((x + wide / 2, y + high / 2, 0), (wide * 0.9, high, 0.2), rng.uniform(0.25, 0.75), 0.5))
            x += wide
    return joined(parts)


def _counter() -> Mesh:
    return joined(
        [box((0, 0.5, 0), (2.6, 1.0, 0.55), 0.36, 0.3, lid=False), box((0, 1.03, 0.03), (2.7, 0.06, 0.7), 0.56, 0.3)]
    )


def _crate() -> Mesh:
    return box((0, 0.35, 0), (0.7, 0.7, 0.7), 0.42, 0.35)


def _car() -> Mesh:
    """Four and a half metres along z, nose toward +z."""
    grey = 0.40
    shell = [(-2.2, 0.66, 0.32, 0.74), (-2.05, 0.8, 0.3, 0.86), (-1.0, 0.86, 0.28, 0.9), (0.9, 0.86, 0.28, 0.88)]
    shell += [(1.9, 0.8, 0.28, 0.76), (2.2, 0.66, 0.32, 0.62)]
    cabin = [
        (-1.75, 0.6, 0.86, 0.95),
        (-1.15, 0.66, 0.86, 1.40),
        (-0.2, 0.67, 0.86, 1.45),
        (0.35, 0.66, 0.86, 1.40),
        (1.1, 0.62, 0.86, 0.92),
    ]
    body, glass = _hull(shell, grey), _hull(cabin, grey * 0.9)
    glassy = (glass.points[:, 1] > 0.98) & (glass.points[:, 1] < 1.34)
    glass.grey[glassy] = 0.10
    wheels = [_wheel(x, z) for x in (-0.8, 0.8) for z in (-1.35, 1.35)]
    lights = [
        ellipsoid((x, 0.62, z), (0.12, 0.07, 0.05), grey, 0, 8, 6)
        for x in (-0.6, 0.6)
        for z, grey in ((2.2, 1.5), (-2.22, 0.7))
    ]
    return joined([body, glass, *wheels, *lights])


def _hull(sections: list[tuple[float, float, float, float]], grey: float) -> Mesh:
    """A boxy skin through cross-sections (z, half width, bottom, top) with rounded shoulders."""
    rings = []
    around = np.arange(20) * 2 * np.pi / 20
    z_fine = np.linspace(sections[0][0], sections[-1][0], 14)
    table = np.array(sections)
    closed = [z_fine[0], *z_fine, z_fine[-1]]
    for i, z in enumerate(closed):
        half, low, high = (np.interp(z, table[:, 0], table[:, c]) for c in (1, 2, 3))
        c, s = np.cos(around), np.sin(around)
        squared = 1.0 / (np.abs(c) ** 5 + np.abs(s) ** 5) ** 0.2
        size = 0.0 if i in (0, len(closed) - 1) else 1.0
        x = half * c * squared * size
        y = (low + high) / 2 + (high - low) / 2 * s * squared * size
        rings.append(np.stack((x, y, np.full(20, z)), axis=-1))
    return grid(np.array(rings), grey)


def _wheel(x: float, z: float) -> Mesh:
    wheel = lathe([(-0.1, 0.31, 0.31), (0.1, 0.31, 0.31)], 0.10, 0, 16)
    hub = lathe([(-0.11, 0.16, 0.16), (0.11, 0.16, 0.16)], 0.45, 0, 12)
    both = joined([wheel, hub])
    turn = np.array([[0, 1.0, 0], [-1.0, 0, 0], [0, 0, 1.0]])
    return moved(Mesh(both.points @ turn.T, both.normals @ turn.T, both.grey, both.facets, both.part), (x, 0.31, z))


def _conifer(seed: int) -> Mesh:
    rng = np.random.default_rng(seed)
    high = rng.uniform(6.5, 9.5)
    parts = [lathe([(0, 0.17, 0.17), (high * 0.5, 0.1, 0.1)], 0.17, 0, 7)]
    for i, low in enumerate((0.2, 0.42, 0.64)):
        wide = (1.75, 1.35, 0.85)[i] * rng.uniform(0.85, 1.15)
        parts.append(lathe([(high * low, wide, wide), (high * (low + 0.36), 0.03, 0.03)], 0.22 + 0.05 * i, 0, 9))
    return joined(parts)


def _tree(seed: int) -> Mesh:
    rng = np.random.default_rng(seed)
    high = rng.uniform(2.2, 3.2)
    parts = [lathe([(0, 0.2, 0.2), (0.4, 0.14, 0.14), (high, 0.1, 0.1)], 0.2, 0, 8)]
    for _ in range(4):
        at = (rng.uniform(-0.9, 0.9), high + rng.uniform(0.1, 1.6), rng.uniform(-0.9, 0.9))
        ball = ellipsoid(at, list(rng.uniform(0.9, 1.5, 3) * (1, 0.85, 1)), 0.3 + 0.08 * rng.random(), 0, 10, 7)
        ball.points[:] += rng.normal(0, 0.09, ball.points.shape)
        parts.append(ball)
    return joined(parts)


def _trunk(seed: int) -> Mesh:
    """A tall bare trunk whose crown is out of sight, for the inside of a forest."""
    rng = np.random.default_rng(seed)
    wide = rng.uniform(0.16, 0.34)
    rows = [
        (0, wide * 1.5, wide * 1.5),
        (0.4, wide, wide),
        (4.5, wide * 0.85, wide * 0.85),
        (11, wide * 0.5, wide * 0.5),
    ]
    rows = [rows[0], rows[1], (2.2, wide * 0.93, wide * 0.93), rows[2], (7.5, wide * 0.7, wide * 0.7), rows[3]]
    parts = [lathe(rows, 0.2 + 0.08 * rng.random(), 0, 9)]
    for _ in range(3):
        level, lean = rng.uniform(5, 9), rng.uniform(0, 6.28)
        parts.append(ellipsoid((np.sin(lean) * 1.2, level, np.cos(lean) * 1.2), (1.7, 0.8, 1.7), 0.2, 0, 8, 6))
    return joined(parts)


def _bush() -> Mesh:
    ball = ellipsoid((0, 0.35, 0), (0.7, 0.5, 0.6), 0.28, 0, 10, 7)
    ball.points[:] += np.random.default_rng(2).normal(0, 0.05, ball.points.shape)
    return ball


def _rock() -> Mesh:
    ball = ellipsoid((0, 0.2, 0), (0.6, 0.35, 0.45), 0.45, 0, 9, 6)
    ball.points[:] += np.random.default_rng(9).normal(0, 0.05, ball.points.shape)
    return ball


def _fence() -> Mesh:
    posts = [box((x, 0.55, 0), (0.1, 1.1, 0.1), 0.3, 0.4) for x in (-1.5, 0.0, 1.5)]
    return joined([*posts, *[box((0, y, 0.05), (3.0, 0.1, 0.04), 0.36, 0.5) for y in (0.4, 0.85)]])


def _rail() -> Mesh:
    posts = [box((x, 0.5, 0), (0.06, 1.0, 0.06), 0.3, 0.5) for x in (-1.5, -0.5, 0.5, 1.5)]
    bars = [box((0, y, 0), (3.06, 0.05, 0.05), 0.42, 0.5) for y in (0.35, 0.68, 1.0)]
    return joined([*posts, *bars])


def _stairs() -> Mesh:
    """Twelve steps up toward +z, 2.4 m wide."""
    return joined(
        [
            box((0, 0.085 * (i + 1), 0.3 * i + 0.15), (2.4, 0.17 * (i + 1), 0.3), 0.5 + 0.04 * (i % 2), 0.4)
            for i in range(12)
        ]
    )


def _boat() -> Mesh:
    hull = _hull([(-2.0, 0.5, 0.0, 0.5), (-1.0, 0.75, -0.1, 0.5), (1.0, 0.65, -0.1, 0.55), (2.1, 0.08, 0.1, 0.8)], 0.44)
    return joined([hull, box((0, 0.5, -0.6), (1.2, 0.05, 0.3), 0.3, 0.3)])


def _car_cabin() -> Mesh:
    """Around four seats, open where the windows are; the nose points toward -z and the wheel is at x = 0.37."""
    parts = [box((x, 0.28, z), (0.52, 0.2, 0.5), 0.24, 0.3) for x in (-0.37, 0.37) for z in (0.0, 0.9)]
    parts += [box((x, 0.66, z + 0.27), (0.5, 0.62, 0.12), 0.26, 0.2) for x in (-0.37, 0.37) for z in (0.0, 0.9)]
    parts += [box((x, 1.06, 0.27), (0.26, 0.15, 0.08), 0.24, 0.2) for x in (-0.37, 0.37)]
    parts += [box((x, 0.5, 0.3), (0.07, 0.62, 2.3), 0.42, 0.25) for x in (-0.8, 0.8)]
    parts += [box((0, 0.68, -0.74), (1.5, 0.16, 0.22), 0.2, 0.25), box((0, 0.55, -1.5), (1.5, 0.3, 1.3), 0.44, 0.25)]
    parts += [box((0, 1.46, 0.5), (1.36, 0.05, 1.5), 0.36, 0.25), box((0, 0.7, 1.5), (1.5, 0.5, 0.1), 0.4, 0.25)]
    parts += [_bar((x * 0.76, 0.78, -0.8), (x * 0.64, 1.46, -0.22), 0.035) for x in (-1.0, 1.0)]
    parts += [_bar((x * 0.78, 0.8, 0.55), (x * 0.66, 1.46, 0.5), 0.035) for x in (-1.0, 1.0)]
    parts += [_bar((x * 0.76, 0.8, 1.5), (x * 0.64, 1.46, 1.2), 0.04) for x in (-1.0, 1.0)]
    return joined([*parts, _steering_wheel((0.37, 0.86, -0.5))])


def _bar(start: tuple[float, float, float], end: tuple[float, float, float], wide: float) -> Mesh:
    a, b = np.array(start), np.array(end)
    turn = np.arange(8) * np.pi / 4
    ring = wide * np.stack((np.sin(turn), np.zeros(8), np.cos(turn)), axis=-1)
    levels = [a + (b - a) * t for t in np.linspace(0, 1, 7)]
    return grid(
        np.array([np.repeat(a[None], 8, axis=0), *(level + ring for level in levels), np.repeat(b[None], 8, axis=0)]),
        0.34,
    )


def _steering_wheel(at: tuple[float, float, float]) -> Mesh:
    around, tube = np.arange(20) * np.pi / 10, np.arange(7) * np.pi / 3
    out = 0.17 + 0.016 * np.cos(tube)[:, None]
    flat = np.stack((out * np.cos(around), out * np.sin(around), 0.016 * np.sin(tube)[:, None] + 0 * around), axis=-1)
    s, c = np.sin(0.5), np.cos(0.5)
    return grid(flat @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]]).T + np.array(at), 0.12)


def _ferry() -> Mesh:
    """A small ferry lying along x; its deck is at height 0 and open at the front."""
    hull = _hull(
        [(-8.5, 1.9, -1.5, 0.25), (-7.5, 2.5, -1.5, 0.12), (5.5, 2.5, -1.5, 0.12), (9.0, 0.5, -1.3, 0.7)], 0.46
    )
    quarter = np.array([[0, 0, 1.0], [0, 1, 0], [-1.0, 0, 0]])
    hull = Mesh(hull.points @ quarter.T, hull.normals @ quarter.T, hull.grey, hull.facets, hull.part)
    house = [box((-3.4, 1.35, 0.7), (6.0, 2.5, 2.6), 0.62, 0.4), box((-2.2, 3.4, 0.7), (2.4, 1.6, 2.0), 0.66, 0.4)]
    panes = [box((x, 1.7, -0.72), (0.7, 0.7, 0.06), 1.5, 0.2) for x in (-5.6, -4.5, -3.4, -2.3, -1.2)]
    bridge = [box((-2.2, 3.6, -0.42), (2.0, 0.6, 0.06), 1.5, 0.2), _bar((-4.6, 2.6, 0.7), (-4.8, 4.6, 0.7), 0.4)]
    rails = [box((x, 0.55, -2.2), (0.05, 0.9, 0.05), 0.4, 0.5) for x in np.arange(-6.5, 7.0, 1.5)]
    return joined([hull, *house, *panes, *bridge, *rails, box((0, 0.98, -2.2), (13.0, 0.05, 0.05), 0.5, 0.6)])


def _suitcase() -> Mesh:
    return joined([box((0, 0.26, 0), (0.2, 0.46, 0.62), 0.26, 0.3), box((0, 0.51, 0), (0.04, 0.04, 0.2), 0.16, 0.3)])


def _bollard() -> Mesh:
    return lathe([(0, 0.16, 0.16), (0.45, 0.12, 0.12), (0.5, 0.2, 0.2), (0.58, 0.17, 0.17)], 0.22, 0, 12)


def _tv() -> Mesh:
    return joined([box((0, 0.25, 0), (1.3, 0.5, 0.4), 0.32, 0.3), box((0, 0.9, 0), (1.1, 0.65, 0.05), 0.07, 0.3)])


def _stone() -> Mesh:
    return joined(
        [box((0, 0.5, 0), (0.6, 1.0, 0.14), 0.52, 0.3), ellipsoid((0, 1.0, 0), (0.3, 0.2, 0.07), 0.52, 0, 12, 6)]
    )


KINDS: dict[str, Callable[[], Mesh]] = {
    "table": _table,
    "desk": _desk,
    "chair": _chair,
    "sofa": _sofa,
    "bed": _bed,
    "bench": _bench,
    "lamp": _lamp,
    "floor-lamp": _floor_lamp,
    "cupboard": _cupboard,
    "shelf": _shelf,
    "counter": _counter,
    "crate": _crate,
    "car": _car,
    "bush": _bush,
    "rock": _rock,
    "fence": _fence,
    "rail": _rail,
    "stairs": _stairs,
    "boat": _boat,
    "suitcase": _suitcase,
    "car-cabin": _car_cabin,
    "ferry": _ferry,
    "bollard": _bollard,
    "tv": _tv,
    "gravestone": _stone,
    **{f"tree-{i}": partial(_tree, i) for i in range(4)},
    **{f"conifer-{i}": partial(_conifer, i) for i in range(4)},
    **{f"trunk-{i}": partial(_trunk, i) for i in range(4)},
}


def variety(name: str) -> int:
    return zlib.crc32(name.encode())

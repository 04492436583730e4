"""Small closed shapes as vertices and four-cornered facets, in plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Mesh:
    """`points` and `normals` (n, 3), `grey` (n,) reflectance 0..1, `facets` (m, 4) seen anticlockwise from outside,
    `part` (n,) the bone each point hangs on, `nearer` (m,) metres by which a facet is sorted nearer than it is."""

    points: np.ndarray
    normals: np.ndarray
    grey: np.ndarray
    facets: np.ndarray
    part: np.ndarray
    nearer: np.ndarray = field(default_factory=lambda: np.zeros(0))


def joined(meshes: Sequence[Mesh]) -> Mesh:
    starts = np.cumsum([0, *(len(mesh.points) for mesh in meshes[:-1])])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.grey for mesh in meshes]),
        np.concatenate([mesh.facets + start for mesh, start in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.part for mesh in meshes]),
    )


def moved(mesh: Mesh, at: Sequence[float] = (0, 0, 0), turn: float = 0.0, scale: float = 1.0) -> Mesh:
    """Scaled, turned about the upright axis by degrees, then shifted."""
    angle = np.radians(turn)
    s, c = np.sin(angle), np.cos(angle)
    spin = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return Mesh(mesh.points * scale @ spin.T + np.asarray(at), mesh.normals @ spin.T, mesh.grey, mesh.facets, mesh.part)


def grid(points: np.ndarray, grey: float | np.ndarray, part: int = 0, inward: bool = False) -> Mesh:
    """From (rings, around, 3) points that close around; normals come from neighbours."""
    rings, around = points.shape[:2]
    index = np.arange(rings * around).reshape(rings, around)
    onward = np.roll(index, -1, axis=1)
    facets = np.stack((index[:-1], onward[:-1], onward[1:], index[1:]), axis=-1).reshape(-1, 4)
    along = np.gradient(points, axis=0)
    across = np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1)
    normals = np.cross(along, across)
    normals = _poles(normals, points)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-9
    centre = points.mean(axis=(0, 1))
    if np.sum(normals * (points - centre)) < 0:
        normals, facets = -normals, facets[:, ::-1]
    if inward:
        normals, facets = -normals, facets[:, ::-1]
    flat = np.broadcast_to(np.asarray(grey, float), (rings, around)).reshape(-1)
    return Mesh(
        points.reshape(-1, 3),
        normals.reshape(-1, 3),
        flat.copy(),
        _outward(points, facets, inward),
        np.full(rings * around, part),
    )


def _poles(normals: np.ndarray, points: np.ndarray) -> np.ndarray:
    for end, inner in ((0, 1), (-1, -2)):
        if np.ptp(points[end], axis=0).max() < 1e-6:
            normals[end] = normals[inner].mean(axis=0)
    return normals


def _outward(points: np.ndarray, facets: np.ndarray, inward: bool) -> np.ndarray:
    flat = points.reshape(-1, 3)
    a, b, c, d = (flat[facets[:, i]] for i in range(4))
    facing = np.sum(np.cross(c - a, d - b) * ((a + b + c + d) / 4 - flat.mean(axis=0)))
    wrong = (facing < 0) != inward
    return facets[:, ::-1] if wrong else facets


def lathe(profile: Sequence[tuple[float, ...]], grey: float = 0.7, part: int = 0, around: int = 12) -> Mesh:
    """Rings of (height, half width, half depth, shift forward); the ends close to points."""
    rows = np.array([(*row, 0.0)[:4] for row in profile], float)
    first, last = rows[0].copy(), rows[-1].copy()
    first[1:3] = last[1:3] = 0.0
    rows = np.vstack((first, rows, last))
    angle = np.arange(around) * 2 * np.pi / around
    ring = np.stack((np.sin(angle), np.zeros(around), np.cos(angle)), axis=-1)
    points = ring[None] * rows[:, None, [1, 0, 2]]
    points[..., 1] = rows[:, 0, None]
    points[..., 2] += rows[:, 3, None]
    return grid(points, grey, part)


def ellipsoid(
    centre: Sequence[float], radii: Sequence[float], grey: float = 0.7, part: int = 0, around: int = 12, rings: int = 8
) -> Mesh:
    level = np.linspace(-np.pi / 2, np.pi / 2, rings)
    angle = np.arange(around) * 2 * np.pi / around
    points = np.stack(
        (
            np.cos(level)[:, None] * np.sin(angle),
            np.sin(level)[:, None] + 0 * angle,
            np.cos(level)[:, None] * np.cos(angle),
        ),
        axis=-1,
    )
    return grid(points * np.asarray(radii) + np.asarray(centre), grey, part)


def box(centre: Sequence[float], size: Sequence[float], grey: float = 0.6, cell: float = 0.6, lid: bool = True) -> Mesh:
    """An upright box, each face cut into cells so that it sorts well among small things; no top where `lid` is off."""
    faces = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            if axis == 1 and side > 0 and not lid:
                continue
            faces.append(_face(np.asarray(centre, float), np.asarray(size, float), axis, side, grey, cell))
    return joined(faces)


def _face(centre: np.ndarray, size: np.ndarray, axis: int, side: float, grey: float, cell: float) -> Mesh:
    u, v = (axis + 1) % 3, (axis + 2) % 3
    nu, nv = (max(1, min(12, round(size[i] / cell))) for i in (u, v))
    points = np.zeros((nu + 1, nv + 1, 3))
    points[..., u] = np.linspace(-0.5, 0.5, nu + 1)[:, None] * size[u]
    points[..., v] = np.linspace(-0.5, 0.5, nv + 1)[None] * size[v]
    points[..., axis] = side * size[axis] / 2
    index = np.arange((nu + 1) * (nv + 1)).reshape(nu + 1, nv + 1)
    facets = np.stack((index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]), axis=-1).reshape(-1, 4)
    if side < 0:
        facets = facets[:, ::-1]
    normal = np.zeros(3)
    normal[axis] = side
    count = (nu + 1) * (nv + 1)
    return Mesh(
        points.reshape(-1, 3) + centre,
        np.tile(normal, (count, 1)),
        np.full(count, grey),
        facets,
        np.zeros(count, int),
    )

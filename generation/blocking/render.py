"""A staging to pictures, depth and masks, one frame at a time.

Everything is drawn in greys at twice the size, brought down, and graded to colour at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from . import panel, raster, weather
from .body import body
from .camera import NEAR, View, view_at
from .light import Light, grade, lit, seen_from, shade
from .mesh import Mesh
from .motion import Body, bodies_at
from .shadow import Shadows
from .skeleton import NEARER, PART
from .sky import sky
from .staging import Figure, Staging
from .world import FIGURES, PROPS, build

_BIGGEST_DOUBLED = 1280 * 720


@dataclass(frozen=True)
class Layers:
    """What one frame is made of: `frame` uint8 RGB, `depth` float32 metres along the lens (inf for the sky),
    `masks` bool by figure name."""

    frame: np.ndarray | None = None
    depth: np.ndarray | None = None
    masks: dict[str, np.ndarray] | None = None


class Renderer:
    """Holds what is built once for a staging. Sizes are pixels."""

    def __init__(self, staging: Staging, width: int, height: int) -> None:
        self.staging, self.width, self.height = staging, width, height
        self.fine = 2 if width * height <= _BIGGEST_DOUBLED else 1
        self.world = build(staging)
        self.shadows = Shadows(staging, self.world.light)
        self.colours = grade(staging).reshape(256, 1, 3)
        self.canvas = raster.Canvas(height * self.fine, width * self.fine)
        solid = self.world.solids
        self.solid_lit = lit(self.world.light, solid.points, solid.normals)
        self.vignette = _vignette(width, height)
        self.backdrop: tuple[bytes, np.ndarray, np.ndarray] | None = None

    def frame(self, n: int) -> np.ndarray:
        """The picture of frame n: uint8 RGB (height, width, 3)."""
        return cv2.applyColorMap(self.grey(n), self.colours)

    def grey(self, n: int) -> np.ndarray:
        """Frame n before it is graded: uint8 (height, width); each grey's colour is in `colours`."""
        view = view_at(self.staging, n, self.width * self.fine, self.height * self.fine)
        bodies = bodies_at(self.staging, n)
        picture, ground = self._background(view)
        picture = self.shadows.cast(picture, ground, view, bodies)
        raster.paint(picture, self._draw(view, bodies, self.canvas))
        if self.fine > 1:
            picture = cv2.resize(picture, (self.width, self.height), interpolation=cv2.INTER_AREA)
        picture = cv2.multiply(picture, self.vignette, scale=1 / 255)
        weather.fall(picture, self.staging, n, view_at(self.staging, n, self.width, self.height))
        return picture

    def layers(self, n: int, want: tuple[str, ...] = ("frame", "depth", "masks")) -> Layers:
        """Depth and masks are drawn at the frame's own size, without softened edges."""
        frame = self.frame(n) if "frame" in want else None
        if "depth" not in want and "masks" not in want:
            return Layers(frame)
        view = view_at(self.staging, n, self.width, self.height)
        drawn = self._draw(view, bodies_at(self.staging, n), raster.Canvas(self.height, self.width))
        depth = self._depth(view, drawn) if "depth" in want else None
        masks = self._masks(drawn) if "masks" in want else None
        return Layers(frame, depth, masks)

    def _background(self, view: View) -> tuple[np.ndarray, np.ndarray]:
        """Sky, ground and walls, and where the ground is in sight; kept while the camera rests."""
        key = view.eye.tobytes() + view.basis.tobytes() + np.float64(view.focal).tobytes()
        if self.backdrop is None or self.backdrop[0] != key:
            self.backdrop = (key, *self._paint_background(view))
        return self.backdrop[1].copy(), self.backdrop[2]

    def _paint_background(self, view: View) -> tuple[np.ndarray, np.ndarray]:
        size = (self.height * self.fine, self.width * self.fine)
        picture = sky(self.world.light, view, size)
        ground = np.zeros(size, np.uint8)
        seen = [surface for surface in self.world.ground if panel.faces(surface, view)]
        for i, surface in enumerate(seen):
            finer = [each for each in seen[i + 1 :] if each.corner[1] == surface.corner[1] and each.front[1] > 0]
            panel.paint(picture, surface, view, max([panel.covers(each, view) for each in finer], default=NEAR))
            if surface.front[1] > 0:
                _fill(ground, surface, view, 255)
        for surface in self._walls(view):
            panel.paint(picture, surface, view)
            _fill(ground, surface, view, 0)
        return picture, ground

    def _walls(self, view: View) -> list[panel.Panel]:
        seen = [surface for surface in self.world.walls if panel.faces(surface, view) and panel.in_sight(surface, view)]
        return sorted(seen, key=lambda surface: -float(np.linalg.norm(surface.corners.mean(axis=0) - view.eye)))

    def _draw(self, view: View, bodies: dict[str, Body], canvas: raster.Canvas) -> raster.Drawn:
        parts = [self._solid_part(view)]
        for i, figure in enumerate(self.staging.figures):
            clay = figure_mesh(figure, bodies[figure.name], view)
            grey = shade(self.light_near(bodies[figure.name]), clay.points, clay.normals, clay.grey, view.eye)
            parts.append(
                raster.Scene(clay.points, grey, clay.facets, np.full(len(clay.facets), FIGURES + i), clay.nearer)
            )
        return raster.draw(view, raster.together(parts), canvas)

    def _solid_part(self, view: View) -> raster.Scene:
        """Props: their light was worked out once, rim and haze depend on the view."""
        solid = self.world.solids
        grey = seen_from(self.world.light, self.solid_lit, solid.points, solid.normals, solid.grey, view.eye)
        none = np.zeros(len(solid.facets))
        return raster.Scene(solid.points, grey, solid.facets, np.full(len(solid.facets), PROPS), none)

    def light_near(self, body: Body) -> Light:
        """The light with only the three lamps that matter most to somebody here."""
        x, _, z = body.place
        lamps = sorted(self.world.light.lamps, key=lambda lamp: ((lamp.x - x) ** 2 + (lamp.z - z) ** 2) / lamp.power)
        return replace(self.world.light, lamps=tuple(lamps[:3]))

    def _depth(self, view: View, drawn: raster.Drawn) -> np.ndarray:
        near = np.zeros((self.height, self.width), np.float32)
        x, y = np.meshgrid(np.arange(self.width), np.arange(self.height))
        surfaces = [surface for surface in self.world.ground if panel.faces(surface, view)]
        for surface in [*surfaces, *self._walls(view)]:
            mask = np.zeros(near.shape, np.uint8)
            _fill(mask, surface, view, 1)
            a, b, c = panel.nearness(surface, view)
            near = np.where(mask > 0, np.maximum(a * x + b * y + c, 1e-6), near).astype(np.float32)
        here = drawn.canvas.number > 0
        solid = raster.filled(drawn, drawn.nearness, (0, 0, self.width, self.height))
        near = np.where(here, np.maximum(solid, 1e-6), near)
        return np.divide(1.0, near, out=np.full_like(near, np.inf), where=near > 1e-6)

    def _masks(self, drawn: raster.Drawn) -> dict[str, np.ndarray]:
        owners = np.concatenate(([0], drawn.owner))[drawn.canvas.number]
        return {figure.name: owners == FIGURES + i for i, figure in enumerate(self.staging.figures)}


def _fill(picture: np.ndarray, surface: panel.Panel, view: View, value: int) -> None:
    polygon = panel.outline(surface, view)
    if len(polygon) > 2:
        panel.fill(picture, polygon, value)


def figure_mesh(figure: Figure, now: Body, view: View) -> Mesh:
    """The figure's clay in the world, as finely made as its size in the picture asks."""
    head_scale = 1.0 + max(0.0, 1.62 - figure.height) * 0.55
    clay = body(figure.tone, figure.hair, figure.dress, _detail(figure, now, view), head_scale)
    places = now.joints(figure.height)
    hung = (now.spin @ now.hung[0])[clay.part]
    points = np.einsum("nij,nj->ni", hung, clay.points) * figure.height + places[clay.part]
    normals = np.einsum("nij,nj->ni", hung, clay.normals)
    nearer = NEARER[clay.part[clay.facets[:, 0]]] * figure.height
    return Mesh(points, normals, clay.grey, clay.facets, clay.part, nearer)


def _detail(figure: Figure, now: Body, view: View) -> int:
    head = now.place + np.array((0.0, figure.height * 0.8, 0.0))
    away = max(0.3, float(view.to_camera(head)[2]))
    pixels = view.focal * figure.height * 0.13 / away
    return 0 if pixels < 44 else 1 if pixels < 260 else 2


def _vignette(width: int, height: int) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    return (255 * (1 - 0.17 * np.clip((x * x + y * y) / 2, 0, 1) ** 1.5) + 0.5).astype(np.uint8)


def head_place(figure: Figure, now: Body) -> np.ndarray:
    """Between the eyes, in the world."""
    turns, places = now.hung
    local = places[PART["head"]] + turns[PART["head"]] @ np.array([0.0, 0.055, 0.03])
    return now.spin @ local * figure.height + now.place

"""Where the camera is and how it sees: keys to a view, a view to pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curves import smooth, through, unwrapped, wave
from .staging import Camera, CameraKey, Staging

GATE_HEIGHT = 20.25
NEAR = 0.06


@dataclass(frozen=True)
class View:
    """`basis` rows are right, up and forward in the world; `focal` is in pixels, `centre` the pixel straight ahead."""

    eye: np.ndarray
    basis: np.ndarray
    focal: float
    centre: tuple[float, float]

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """World (..., 3) to right, up, forward distances."""
        return (points - self.eye) @ self.basis.T

    def to_pixels(self, seen: np.ndarray) -> np.ndarray:
        """Camera-space points in front of the lens to (x, y) pixels, y down."""
        scale = self.focal / seen[..., 2]
        pixels = np.empty((*seen.shape[:-1], 2))
        pixels[..., 0] = self.centre[0] + seen[..., 0] * scale
        pixels[..., 1] = self.centre[1] - seen[..., 1] * scale
        return pixels

    @property
    def lens(self) -> np.ndarray:
        cx, cy = self.centre
        return np.array([[self.focal, 0.0, cx], [0.0, -self.focal, cy], [0.0, 0.0, 1.0]])


def view_at(staging: Staging, frame: float, width: int, height: int) -> View:
    values = camera_values(staging, frame)
    return view_of(values, width, height)


def view_of(values: np.ndarray, width: int, height: int) -> View:
    """From (x, y, z, pan, tilt, roll, focal). The gate's height fills the frame's height, whatever its shape."""
    pan, tilt, roll = np.radians(values[3:6])
    sp, cp, st, ct = np.sin(pan), np.cos(pan), np.sin(tilt), np.cos(tilt)
    right, up = np.array([cp, 0.0, -sp]), np.array([-sp * st, ct, -cp * st])
    forward = np.array([sp * ct, st, cp * ct])
    rolled = np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right
    focal = values[6] * height / GATE_HEIGHT
    return View(values[:3], np.stack((*rolled, forward)), focal, (width / 2 - 0.5, height / 2 - 0.5))


def camera_values(staging: Staging, frame: float) -> np.ndarray:
    """The camera as seven numbers, eased over from the take it carries on from."""
    now = _own_values(staging, frame)
    if staging.before is None or frame >= staging.takeover:
        return now
    then = camera_values(staging.before, staging.before_frame + frame)
    now[3:6] = then[3:6] + (now[3:6] - then[3:6] + 180.0) % 360.0 - 180.0
    weight = smooth(frame / staging.takeover)
    return then + (now - then) * weight


def _own_values(staging: Staging, frame: float) -> np.ndarray:
    camera = staging.camera
    frames = [key.frame for key in camera.keys]
    values = through(frames, _table(camera), frame).copy()
    if camera.shake:
        values += _hand(staging, frame)
    return values


def _table(camera: Camera) -> np.ndarray:
    table = np.array([_row(key) for key in camera.keys])
    table[:, 3] = unwrapped(table[:, 3])
    return table


def _row(key: CameraKey) -> tuple[float, ...]:
    return (key.x, key.y, key.z, key.pan, key.tilt, key.roll, key.focal)


def _hand(staging: Staging, frame: float) -> np.ndarray:
    second = staging.rate[0] / staging.rate[1]
    amount, seed = staging.camera.shake, staging.seed % 1000
    reach = 35.0 / max(20.0, staging.camera.keys[0].focal)
    drift = [wave(frame, seed + i, second * period) for i, period in enumerate((2.9, 2.3, 3.7, 1.7, 1.3, 2.1))]
    jolt = [wave(frame, seed + 9 + i, second * 0.45) for i in range(2)]
    size = np.array([0.05, 0.04, 0.05, 1.5 * reach, 1.1 * reach, 0.7])
    moved = amount * size * np.array(drift)
    moved[3:5] += amount * reach * 0.22 * np.array(jolt)
    return np.append(moved, 0.0)

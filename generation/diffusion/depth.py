"""Depth found in the pictures of a clip, by a model whose weights are here; kept, because takes share their guides."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generation.diffusion import plan as planning
from generation.report import Desk, Refused
from generation.weights import BadWeights, Weights

KEPT_CLIPS = 16
FARTHEST, NEAREST = 2.0, 99.8  # percentiles of the whole clip that become black and white
METRES_MIN = 0.1


def of_clip(frames: list[np.ndarray], sha256: str, pinned: str, desk: Desk) -> list[np.ndarray]:
    """uint8 RGB greys like blocking's depth, light where near, for uint8 RGB frames of one size.

    The range is the clip's own, so that greys do not pump from frame to frame. Raises Refused where the weights are
    gone or are not what was registered.
    """
    weights = _weights(pinned, desk)
    height, width = frames[0].shape[:2]
    kept = desk.cache / "depth" / f"{sha256[:32]}-{weights.revision[:16]}-{len(frames)}-{width}x{height}.npy"
    greys = _read(kept, (len(frames), height, width))
    if greys is None:
        greys = _greys(np.stack(list(_nearness(frames, weights, desk))))
        _write(kept, greys)
    return [np.repeat(grey[:, :, None], 3, axis=2) for grey in greys]


def _weights(pinned: str, desk: Desk) -> Weights:
    try:
        weights = desk.weights(pinned)
        weights.must_be_whole()
        return weights
    except BadWeights as error:
        raise Refused(str(error)) from None


def _nearness(frames: list[np.ndarray], weights: Weights, desk: Desk) -> Any:
    """float32 (height, width) for each frame, greater where nearer; scale and offset are the model's own."""
    from transformers import AutoImageProcessor, AutoModelForDepthEstimation

    device = _device(weights)
    how: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    prepare = AutoImageProcessor.from_pretrained(weights.path, **how)
    model = AutoModelForDepthEstimation.from_pretrained(weights.path, use_safetensors=True, **how)
    says_metres = getattr(model.config, "depth_estimation_type", "relative") == "metric"
    model = model.to(device).eval()
    for n, frame in enumerate(frames):
        desk.step(0, 100, f"finding depth in frame {n + 1} of {len(frames)}")
        with torch.inference_mode():
            found = model(**prepare(images=frame, return_tensors="pt").to(device)).predicted_depth[:, None].float()
            found = torch.nn.functional.interpolate(found, frame.shape[:2], mode="bilinear", align_corners=False)
        said = found[0, 0].cpu().numpy()
        yield 1.0 / np.maximum(said, METRES_MIN) if says_metres else said


def _device(weights: Weights) -> str:
    """The card where it has room beside what is loaded already, else the processor."""
    device = planning.device()
    return device if planning.free_bytes(device) > 2 * weights.memory_bytes else "cpu"


def _greys(nearness: np.ndarray) -> np.ndarray:
    if not np.isfinite(nearness).all():
        raise Refused("The depth model found no depth in this clip. Send another clip, or take depth from blocking.")
    low, high = np.percentile(nearness, (FARTHEST, NEAREST))
    scaled = (nearness - low) * (255.0 / max(high - low, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _read(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    try:
        greys = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    path.touch()
    return greys if greys.shape == shape and greys.dtype == np.uint8 else None


def _write(path: Path, greys: np.ndarray) -> None:
    """Into place in one go; the oldest make room. A disk without any costs only the finding again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, new = tempfile.mkstemp(dir=path.parent, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, greys, allow_pickle=False)
        os.replace(new, path)
    except OSError:
        Path(new).unlink(missing_ok=True)
    for old in sorted(path.parent.glob("*.np*"), key=_written)[:-KEPT_CLIPS]:
        old.unlink(missing_ok=True)


def _written(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0

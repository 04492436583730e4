"""Looks at decoded frames before anybody else does: a broken decode becomes a reason, never a black take."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from generation.report import Refused

BLACK, FLAT = 2 / 255, 1 / 255


def sound(frames: torch.Tensor, dtype: str) -> np.ndarray:
    """uint8 (N, H, W, 3) from a tensor (N, 3, H, W) of 0..1 on any device; raises Refused where they are no pictures.

    One frame after the other, so that each stays in the processor's cache: a clip of five seconds has half a gigabyte.
    A card does its part before they come over, as bytes; what it summed up is asked once, at the end.
    """
    count, _, height, width = frames.shape
    shown = np.empty((count, height, width, 3), np.uint8)
    scaled = torch.empty(frames.shape[1:], device=frames.device)
    sums = []
    for frame, pixels in zip(frames, shown, strict=True):
        values = frame.float()
        each = values.flatten()
        sums.append(torch.stack((each.sum(), each.dot(each))))
        torch.clamp(values, 0, 1, out=scaled).mul_(255).round_()
        cv2.merge(list(scaled.to(torch.uint8).cpu().numpy()), pixels)
    total, squares = torch.stack(sums).cpu().double().sum(0).tolist()
    if not np.isfinite(total):
        raise Refused(
            f"The decoder returned values that are not numbers, as happens when {dtype} is too narrow for these "
            "weights. Check the weights (manage.py weights check), then try again, or choose others."
        )
    mean = total / frames.numel()
    if mean < BLACK and squares / frames.numel() - mean * mean < FLAT * FLAT:
        raise Refused(
            f"The decoder returned nothing but black frames, as happens when {dtype} is too narrow for these weights "
            "or when they are incomplete. Check the weights (manage.py weights check), then try again."
        )
    return shown

"""Latents into something to look at while they are still being made: a linear map from cells to colours.

The map is fitted to this server's own takes: each finished one gives pairs of a latent cell and the mean colour of the
pixels it became. Until the first has finished, the strongest component of the latents is shown in grey.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

RIDGE = 1e-3


@dataclass
class Colours:
    """Sums for a least-squares fit: colour = [latent, 1] @ W. `path` keeps them between takes."""

    path: Path
    gram: np.ndarray | None = None
    moment: np.ndarray | None = None

    @classmethod
    def read(cls, path: Path) -> Colours:
        try:
            kept = load_file(path)
            return cls(path, kept["gram"], kept["moment"])
        except (OSError, SafetensorError, KeyError):
            return cls(path)

    def learn(self, latents: torch.Tensor, frames: np.ndarray) -> None:
        """latents: (channels, T, H, W) at the end of a take; frames: uint8 (N, height, width, 3) they became."""
        cells = _with_one(latents)
        count, height, width = latents.shape[1:]
        colours = np.stack([_shrunk(each, width, height) for each in _spread(frames, count)])
        rows = colours.reshape(-1, 3).astype(np.float64) / 255
        if not np.isfinite(cells).all():
            return
        if self.gram is None or self.moment is None or self.gram.shape[0] != cells.shape[1]:
            self.gram, self.moment = np.zeros((cells.shape[1],) * 2), np.zeros((cells.shape[1], 3))
        self.gram, self.moment = self.gram + cells.T @ cells, self.moment + cells.T @ rows
        with contextlib.suppress(OSError, SafetensorError):  # a full disk costs previews their colours, never a take
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = self.path.with_suffix(".new")
            save_file({"gram": self.gram, "moment": self.moment}, new)
            new.replace(self.path)

    def movie(self, latents: torch.Tensor, width: int, height: int) -> np.ndarray:
        """uint8 (T, height, width, 3): a small movie of the latents, one picture for each of their frames."""
        cells = _with_one(torch.nan_to_num(latents))
        shape = (*latents.shape[1:], 3)
        if self.gram is None or self.moment is None or self.gram.shape[0] != cells.shape[1]:
            small = _grey(cells).reshape(shape)
        else:
            ridge = RIDGE * np.trace(self.gram) / len(self.gram) * np.eye(len(self.gram))
            small = (cells @ np.linalg.solve(self.gram + ridge, self.moment)).reshape(shape)
        pictures = (np.clip(small, 0, 1) * 255).astype(np.uint8)
        return np.stack([cv2.resize(each, (width, height), interpolation=cv2.INTER_CUBIC) for each in pictures])


def _with_one(latents: torch.Tensor) -> np.ndarray:
    cells = latents.detach().float().cpu().numpy().astype(np.float64)
    rows = cells.reshape(cells.shape[0], -1).T
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def _grey(cells: np.ndarray) -> np.ndarray:
    centred = cells[:, :-1] - cells[:, :-1].mean(axis=0)
    strongest = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    along = centred @ strongest
    spread = np.abs(along).max() or 1.0
    return np.repeat((0.5 + 0.4 * along / spread)[:, None], 3, axis=1)


def _spread(frames: np.ndarray, count: int) -> np.ndarray:
    """As many frames as there are latent ones, evenly over the clip."""
    return frames[np.linspace(0, len(frames) - 1, count).round().astype(int)]


def _shrunk(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)

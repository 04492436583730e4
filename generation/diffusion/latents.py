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
from PIL import Image
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

RIDGE = 1e-3
SAMPLED, TURNS = 2048, 8  # cells that are enough to find the strongest component in, and turns towards it


@dataclass
class Colours:
    """Sums for a least-squares fit: colour = [latent, 1] @ W. `path` keeps them between takes.

    Pictures are drawn beside the sampling, so by one thread. `@`, `solve` and cv2.resize wake others, which then look
    for more work for as long as a picture takes, on cores that the sampling needs: the fit is made before, once.
    """

    path: Path
    gram: np.ndarray | None = None
    moment: np.ndarray | None = None
    fit: np.ndarray | None = None

    @classmethod
    def read(cls, path: Path) -> Colours:
        try:
            kept = load_file(path)
            return cls(path, kept["gram"], kept["moment"], _fitted(kept["gram"], kept["moment"]))
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
        self.fit = _fitted(self.gram, self.moment)
        with contextlib.suppress(OSError, SafetensorError):  # a full disk costs previews their colours, never a take
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = self.path.with_suffix(".new")
            save_file({"gram": self.gram, "moment": self.moment}, new)
            new.replace(self.path)

    def movie(self, latents: np.ndarray, width: int, height: int) -> np.ndarray:
        """uint8 (T, height, width, 3) from float32 (channels, T, H, W): one picture for each frame of the latents."""
        channels, *shape = latents.shape
        cells = np.nan_to_num(latents).reshape(channels, -1)
        fit = self.fit
        small = _grey(cells) if fit is None or len(fit) != channels + 1 else _coloured(cells, fit)
        pictures = (np.clip(small, 0, 1) * 255).astype(np.uint8).T.reshape(*shape, 3)
        return np.stack([_enlarged(each, width, height) for each in pictures])


def _fitted(gram: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """float32 (channels + 1, 3); its last row is what is added to each cell."""
    ridge = RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.linalg.solve(gram + ridge, moment).astype(np.float32)


def _enlarged(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def _with_one(latents: torch.Tensor) -> np.ndarray:
    cells = latents.detach().float().cpu().numpy().astype(np.float64)
    rows = cells.reshape(cells.shape[0], -1).T
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def _coloured(cells: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """(3, cells) from (channels, cells)."""
    return np.einsum("cn,cd->dn", cells, fit[:-1]) + fit[-1:].T


def _grey(cells: np.ndarray) -> np.ndarray:
    """(3, cells) from (channels, cells): where each lies along the direction in which they differ most."""
    centred = cells - cells.mean(axis=1, keepdims=True)
    along = np.einsum("cn,c->n", centred, _strongest(centred[:, :: 1 + cells.shape[1] // SAMPLED]))
    spread = np.abs(along).max() or 1.0
    return np.repeat(0.5 + 0.4 * along[None] / spread, 3, axis=0)


def _strongest(centred: np.ndarray) -> np.ndarray:
    """The first principal direction, near enough to look at: any direction turns towards it each time it is mapped."""
    direction = centred[:, (centred**2).sum(axis=0).argmax()]
    for _ in range(TURNS):
        direction = np.einsum("cn,n->c", centred, np.einsum("cn,c->n", centred, direction))
        direction = direction / (np.linalg.norm(direction) or 1.0)
    return direction


def _spread(frames: np.ndarray, count: int) -> np.ndarray:
    """As many frames as there are latent ones, evenly over the clip."""
    return frames[np.linspace(0, len(frames) - 1, count).round().astype(int)]


def _shrunk(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)

"""What those who wait see of the work: small moving pictures, drawn beside the sampling and never in its way."""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from generation.diffusion.latents import Colours
from generation.recipe import Recipe
from generation.report import Desk

log = logging.getLogger(__name__)

Unpack = Callable[[Any, torch.Tensor], torch.Tensor]
LONG_EDGE = 320
SECONDS = 0.5


class Window(contextlib.AbstractContextManager):
    """Entered for one take. At most two pictures a second, each drawn in one thread; what comes while it draws goes by.

    What is being drawn when the window is left is shown first, however the take ends; after that nothing is. So whoever
    looks at a held take sees the last picture there was. A picture that cannot be drawn costs nobody a take.
    """

    def __init__(self, desk: Desk, recipe: Recipe, colours: Colours, unpack: Unpack | None) -> None:
        scale = LONG_EDGE / max(recipe.width, recipe.height)
        self.size = (round(recipe.width * scale), round(recipe.height * scale))
        self.desk, self.colours, self.unpack = desk, colours, unpack
        self._thread = ThreadPoolExecutor(1, "previews")
        self._drawing: Future[None] | None = None
        self._taken = -math.inf
        self._complained = False

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def show(self, pipe: Any, clean: Callable[[], torch.Tensor]) -> None:
        """Called after each step. `clean()` computes the latents without their noise; it is asked only when due."""
        now = time.monotonic()
        if self.unpack is None or now - self._taken < SECONDS or self._is_drawing():
            return
        self._taken = now
        self._drawing = self._thread.submit(self._draw, copied(self.unpack(pipe, clean())))

    def learn(self, pipe: Any, latents: torch.Tensor | None, frames: np.ndarray) -> None:
        if self.unpack is not None and latents is not None:
            self.colours.learn(self.unpack(pipe, latents), frames)

    def _is_drawing(self) -> bool:
        return self._drawing is not None and not self._drawing.done()

    def _draw(self, cells: Callable[[], np.ndarray]) -> None:
        try:
            with torch.inference_mode():  # what the sampling thread entered holds for that thread alone
                self.desk.preview(self.colours.movie(cells(), *self.size))
        except Exception:
            if not self._complained:
                log.exception("a preview could not be drawn; the take goes on, and more of the same is not said")
            self._complained = True


def copied(latents: torch.Tensor) -> Callable[[], np.ndarray]:
    """A float32 copy of its own on the processor's side. From a card it is fetched without a wait.

    What comes back waits until it is there, so it is for another thread to call.
    """
    there = latents.detach().to(torch.float32, memory_format=torch.contiguous_format, copy=True)
    if not there.is_cuda:
        return there.cpu().numpy
    here = torch.empty(there.shape, pin_memory=True)
    here.copy_(there, non_blocking=True)
    come = torch.cuda.Event(blocking=True)
    come.record(torch.cuda.current_stream(there.device))

    def arrived() -> np.ndarray:
        come.synchronize()
        return here.numpy()

    return arrived

"""A look at a take on the card: the sampling does not wait for it, and the take's bits do not know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from generation.diffusion import window as windows
from generation.diffusion.window import Window
from tests.generation.contract.stage import Stage


def test_a_look_does_not_wait_for_the_card_and_leaves_the_bits_as_they_are(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    """While the sampling thread hands a picture over, whatever waits for the card raises."""
    show = Window.show

    def strictly(window: Window, pipe: Any, clean: Callable[[], torch.Tensor]) -> None:
        before = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode("error")
        try:
            show(window, pipe, clean)
        finally:
            torch.cuda.set_sync_debug_mode(before)

    monkeypatch.setattr(windows, "SECONDS", 0.0)
    if torch.cuda.is_available():
        monkeypatch.setattr(Window, "show", strictly)
    desk = stage.desk()
    seen = stage.run(desk=desk)
    assert desk.previews and all(np.ptp(each) > 0 for each in desk.previews)
    monkeypatch.setattr(Window, "show", lambda *_: None)
    assert np.array_equal(stage.run(), seen)

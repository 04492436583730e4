"""How a training goes on: so many seconds, a rate that warms up and runs out, a mean of the weights, checkpoints."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

WARM_STEPS = 60
RUN_OUT = 0.35  # the last part of the time, in which the rate falls to nothing
SAVE_SECONDS = 60


@dataclass
class Pace:
    """Counts in seconds of computing, over all runs that a checkpoint has seen, because nobody knows the steps before.

    A run ends after `pause` seconds of its own, the training after `seconds` in all.
    """

    seconds: float
    pause: float = math.inf
    spent: float = 0.0
    steps: int = 0
    _began: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return self.spent + time.monotonic() - self._began

    @property
    def over(self) -> bool:
        return self.elapsed >= self.seconds or self.elapsed - self.spent >= self.pause

    def rate(self) -> float:
        """What the learning rate is multiplied with now."""
        left = max(0.0, 1 - self.elapsed / self.seconds)
        return min(1.0, (self.steps + 1) / WARM_STEPS, max(left / RUN_OUT, 0.02))


class Mean:
    """A running mean of a module's weights, which is what is kept in the end."""

    def __init__(self, module: nn.Module, keep: float = 0.999) -> None:
        self.keep = keep
        self.weights = {name: each.detach().clone().float() for name, each in module.named_parameters()}

    @torch.no_grad()
    def see(self, module: nn.Module, steps: int) -> None:
        keep = min(self.keep, (1 + steps) / (10 + steps))
        torch._foreach_lerp_(
            list(self.weights.values()), [each.float() for _, each in module.named_parameters()], 1 - keep
        )

    @torch.no_grad()
    def into(self, module: nn.Module) -> None:
        for name, each in module.named_parameters():
            each.copy_(self.weights[name])


class Run:
    """A module that is taught: its optimizers, its pace and its mean, and the checkpoint from which it goes on."""

    def __init__(
        self, path: Path, module: nn.Module, steps: tuple[torch.optim.Optimizer, ...], rate: float, pace: Pace,
        device: str, keep: float = 0.999,
    ) -> None:  # fmt: skip
        self.path, self.module, self.steps, self.rate = path, module, steps, rate
        self.mean, self.pace = Mean(module, keep), pace
        kept = load(path, device)
        if kept is not None:
            module.load_state_dict(kept["module"])
            self.mean.weights = kept["mean"]
            for each, state in zip(steps, kept["steps"], strict=True):
                each.load_state_dict(state)
            self.pace = Pace(pace.seconds, pace.pause, kept["spent"], kept["count"])
        self._saved = time.monotonic()

    def step(self, loss: torch.Tensor) -> None:
        for each in self.steps:
            for group in each.param_groups:
                group["lr"] = self.rate * self.pace.rate()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        for each in self.steps:
            each.step()
            each.zero_grad(set_to_none=True)
        self.pace.steps += 1
        self.mean.see(self.module, self.pace.steps)
        if time.monotonic() - self._saved > SAVE_SECONDS:
            self._saved = time.monotonic()
            self.save()

    def save(self) -> None:
        states = [each.state_dict() for each in self.steps]
        save(
            self.path, module=self.module.state_dict(), mean=self.mean.weights, steps=states, spent=self.pace.elapsed,
            count=self.pace.steps,
        )  # fmt: skip

    def done(self) -> None:
        """Leaves a checkpoint, and the module with its mean weights."""
        self.save()
        self.mean.into(self.module)


def save(path: Path, **parts: Any) -> None:
    """A checkpoint of tensors and plain numbers, moved into place whole."""
    before = path.with_suffix(".part")
    torch.save(parts, before)
    before.rename(path)


def load(path: Path, device: str) -> dict[str, Any] | None:
    """The checkpoint where there is one; only tensors and plain values are read."""
    return torch.load(path, map_location=device, weights_only=True) if path.exists() else None

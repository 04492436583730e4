"""Steps that use a matrix of weights evenly: momentum brought near an orthogonal matrix (Muon, Jordan et al. 2024).

Matrices of one shape are turned together, which keeps many small ones from waiting for each other on a card.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from generation.training.fast import halves_help

# Of the quintic that brings singular values near one in five rounds; from the published method.
A, B, C = 3.4445, -4.7750, 2.0315
ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions; of a convolution everything behind the first dimension is one row."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:  # type: ignore[override]
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for each in group["params"]:
                if each.grad is not None:
                    alike[each.shape].append(each)
            for params in alike.values():
                self._step(params, group)

    def _step(self, params: list[nn.Parameter], group: dict[str, Any]) -> None:
        for each in params:
            self.state[each].setdefault("before", torch.zeros_like(each))
        befores = [self.state[each]["before"] for each in params]
        weights: list[Tensor] = list(params)
        grads = [each.grad for each in params if each.grad is not None]
        torch._foreach_lerp_(befores, grads, 1 - group["momentum"])
        ahead = torch._foreach_lerp(grads, befores, group["momentum"])
        even = evened(torch.stack([each.flatten(1) for each in ahead]))
        # So that an entry changes about as much as with AdamW at the same rate.
        rate = group["lr"] * 0.2 * max(even.shape[-2:]) ** 0.5
        torch._foreach_mul_(weights, 1 - group["lr"] * group["decay"])
        turned = [each.view_as(weight) for each, weight in zip(even, weights, strict=True)]
        torch._foreach_add_(weights, turned, alpha=-rate)


def evened(matrices: Tensor) -> Tensor:
    """(N, rows, columns) with singular values near one."""
    x = matrices.bfloat16() if halves_help(matrices.device.type) else matrices.clone()
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(ROUNDS):
        square = x @ x.mT
        x = A * x + (B * square + C * square @ square) @ x
    return (x.mT if tall else x).to(matrices.dtype)


def optimizers(
    module: nn.Module, rate: float, plain: Callable[[str, nn.Parameter], bool]
) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices inside a module and AdamW for the rest, where `plain(name, parameter)` says so."""
    named = [(name, each) for name, each in module.named_parameters() if each.requires_grad]
    matrices = [each for name, each in named if each.ndim > 1 and not plain(name, each)]
    others = [each for name, each in named if each.ndim < 2 or plain(name, each)]
    return Muon(matrices, rate), torch.optim.AdamW(others, rate, betas=(0.9, 0.98), weight_decay=0.0)

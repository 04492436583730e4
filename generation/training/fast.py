"""In which numbers a part of a training is computed."""

from __future__ import annotations

import contextlib
from typing import Any

import torch


def fast(device: str) -> Any:
    """bfloat16 where that is quicker: on a card, and on a processor that multiplies it."""
    if device.startswith("cuda"):
        return torch.autocast("cuda", torch.bfloat16)
    if halves_help(device):
        return torch.autocast("cpu", torch.bfloat16)
    return contextlib.nullcontext()


def halves_help(device: str) -> bool:
    return device.startswith("cuda") or torch.cpu._is_avx512_bf16_supported()

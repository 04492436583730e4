"""The repeated blocks of a denoiser, compiled: the same sums in fewer passes over memory, equal to some last digits.

Blocks are compiled one by one, as they are alike and so cost one compilation; what was compiled is kept with the loaded
pipeline and taken off after each take, so that an exact take beside it is the exact take.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch

from generation.diffusion.plan import Plan

BACKEND = "inductor"
DENOISERS = ("transformer", "transformer_2")

_kept: WeakKeyDictionary[torch.nn.Module, Callable[..., Any] | None] = WeakKeyDictionary()


def hindrance(pipe: Any, plan: Plan) -> str:
    """Why these blocks cannot be compiled here, as one sentence; nothing where they can."""
    if not _blocks(pipe):
        return "this engine's network has no repeated blocks to compile."
    if plan.residence == "group offload" or plan.casting:
        return f"compiled blocks cannot be moved about, which {plan.name} does to save memory."
    if plan.quantised:
        return f"rounded weights, which {plan.name} has to save memory, are not compiled here."
    return _lacking(plan.device)


def _lacking(device: str) -> str:
    """What this machine has not got that compiling for the device takes."""
    if device.startswith("cuda") and not importlib.util.find_spec("triton"):
        return "Triton, which compiles for this card, is not installed."
    if not shutil.which(os.environ.get("CXX", "g++")) and not shutil.which("clang++"):
        return "this machine has no C++ compiler. Install one (Debian and Ubuntu: apt install g++)."
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Python's header files are missing. Install them (Debian and Ubuntu: apt install python3-dev)."
    return ""


@contextlib.contextmanager
def blocks(pipe: Any) -> Iterator[None]:
    """For one call the repeated blocks run compiled."""
    here = _blocks(pipe)
    for block in here:
        if block in _kept:
            block._compiled_call_impl = _kept[block]
        else:
            block.compile(backend=BACKEND)
            _kept[block] = block._compiled_call_impl
    try:
        yield
    finally:
        for block in here:
            block._compiled_call_impl = None


def repeated(denoiser: Any) -> list[torch.nn.Module]:
    """The alike blocks that a transformer is made of, in their order; none for a network of another build."""
    lists = [getattr(denoiser, name, None) for name in ("transformer_blocks", "single_transformer_blocks", "blocks")]
    return [block for each in lists if isinstance(each, torch.nn.ModuleList) for block in each]


def _blocks(pipe: Any) -> list[torch.nn.Module]:
    parts = [getattr(pipe, name, None) for name in DENOISERS]
    return [block for part in parts if part is not None for block in repeated(part)]

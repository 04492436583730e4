"""Attention computed by another kernel than torch's own, for fast takes on servers whose owner named one.

Kernels differ by card, driver and what is installed, and no list of ours would stay true; so a name that diffusers
knows is tried here, small, before a take counts on it. It serves the denoiser's attention of a clip to itself, which is
where the time goes; to words, with their masks, torch's own is as quick.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, attention_backend, dispatch_attention_fn

from generation.diffusion.compiled import DENOISERS
from generation.diffusion.plan import Plan

NAMED = "CIRCLE_TAKE_ATTENTION"
FETCHED = "_hub"  # at the end of the names of kernels that are fetched from a hub, as programs, when they are used
ROUNDING = "sage"
TO_WORDS = "attn2"
TRIED = (1, 64, 2, 64)  # a batch, places, heads, and numbers of each


def named() -> str:
    """The kernel that fast takes are to use here, as diffusers calls it; nothing for torch's own."""
    return os.environ.get("CIRCLE_TAKE_ATTENTION", "").strip().lower()


def hindrance(pipe: Any, name: str, plan: Plan) -> str:
    """Why this kernel cannot be used here, as one sentence; nothing where it can."""
    known = [each.value for each in AttentionBackendName]
    if name not in known:
        usual = ", ".join(each for each in known if not each.startswith("_") and not each.endswith(FETCHED))
        return f"{NAMED} names {name!r}, which diffusers does not know; it knows {usual}."
    if name.endswith(FETCHED):
        return f"{NAMED} names {name!r}, which fetches a program while takes are made; install a kernel instead."
    if ROUNDING in name:
        return f"{NAMED} names {name!r}, which rounds to 8 bits; fast takes differ from exact ones in last digits only."
    if not any(_processors(pipe)):
        return "this engine's network computes its attention itself."
    try:
        tried = torch.zeros(TRIED, device=plan.device, dtype=plan.torch_dtype)
        with attention_backend(name), torch.inference_mode():
            dispatch_attention_fn(tried, tried, tried)
        if plan.device.startswith("cuda"):
            torch.cuda.synchronize(plan.device)  # what fails there is else heard of in the take, as a lost card
    except Exception as error:
        return f"attention by {name} does not work here ({first_sentence(error)})."
    return ""


@contextlib.contextmanager
def by(pipe: Any, name: str) -> Iterator[None]:
    """For one call the denoiser's attention to itself is computed by this kernel; by torch's own where it is ''."""
    processors = list(_processors(pipe)) if name else []
    before = [each._attention_backend for each in processors]
    try:
        for each in processors:
            each._attention_backend = AttentionBackendName(name)
        yield
    finally:
        for each, own in zip(processors, before, strict=True):
            each._attention_backend = own


def _processors(pipe: Any) -> Iterator[Any]:
    for part in DENOISERS:
        denoiser = getattr(pipe, part, None)
        for path, module in denoiser.named_modules() if denoiser is not None else ():
            processor = getattr(module, "processor", None)
            if hasattr(processor, "_attention_backend") and not path.endswith(TO_WORDS):
                yield processor


def first_sentence(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].split(". ")[0].rstrip(".")

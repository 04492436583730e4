"""Named ways of being quicker than exact. Nothing here is on unless a recipe says so, and a report says what it saved.

"exact" is the pipeline as its makers wrote it. "fast" computes the same with compiled blocks, and with the attention
that the server's owner named, whose last digits differ. "draft" leaves out the blocks after the first wherever the
first one's output has hardly changed since the step before (first-block cache), at a threshold found for the engine;
where none was found, the recipe itself asks for a smaller picture, and says of which size it is a draft.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import FirstBlockCacheConfig

from generation.diffusion import attention, compiled
from generation.diffusion.plan import Plan
from generation.engine import DRAFT, DRAFT_OF, EXACT, FAST, PROFILE, Engine
from generation.recipe import Recipe
from generation.report import Refused

SMALLER = "smaller draft"
STEPS_MIN = 20  # with fewer there is too much change between two steps for any to be left out


@dataclass
class Saving:
    """How many block runs a draft had room for, and how many were really computed."""

    of: int = 0
    computed: int = 0

    @property
    def left_out(self) -> int:
        return self.of - self.computed

    @property
    def said(self) -> str:
        if not self.left_out:
            return "The draft profile left nothing out: this take was computed in full."
        return f"The draft profile left out {self.left_out} of {self.of} block runs."


def named(recipe: Recipe, row: Engine) -> str:
    """The recipe's profile, SMALLER for a draft that leaves nothing out; raises Refused, with the reason, for one that
    this engine must not run with."""
    name = recipe.settings.get(PROFILE, EXACT)
    if name in (EXACT, FAST):
        return str(name)
    if name != DRAFT:
        raise Refused(f"The profile {name!r} is unknown; there are exact, fast and draft. Choose one of them.")
    if DRAFT_OF in recipe.settings and not row.draft_threshold:
        _check_size(recipe.settings[DRAFT_OF])
        return SMALLER
    if not row.draft_threshold:
        raise Refused(f"{row.no_draft} Ask for it exact.")
    if recipe.steps < STEPS_MIN:
        raise Refused(
            f"The draft profile needs {STEPS_MIN} steps or more, this take has {recipe.steps}. Ask for it exact; it is "
            "short."
        )
    return DRAFT


def _check_size(size: Any) -> None:
    if not (isinstance(size, list) and len(size) == 2 and all(type(each) is int and each > 0 for each in size)):
        raise Refused(f"The recipe says it is a draft of {size!r}, which is no width and height. Ask for it anew.")


def possible(pipe: Any, name: str, plan: Plan) -> tuple[str, str]:
    """The profile to run with and, where fast is not possible here, why the take is made exact instead."""
    why = compiled.hindrance(pipe, plan) if name == FAST else ""
    return (EXACT, f"Made exact, not fast: {why}") if why else (name, "")


def kernel(pipe: Any, name: str, plan: Plan) -> tuple[str, str]:
    """By what attention is computed, nothing for torch's own, and why it is that where another was named."""
    wanted = attention.named() if name == FAST else ""
    why = attention.hindrance(pipe, wanted, plan) if wanted else ""
    return ("", f"Made with torch's own attention: {why}") if why else (wanted, "")


@contextlib.contextmanager
def running(pipe: Any, name: str, row: Engine, kernel: str = "") -> Iterator[Saving | None]:
    """The profile for one call, its attention by `kernel`; everything it put on the pipeline is taken off again."""
    if name == DRAFT:
        with _caching(pipe.transformer, row.draft_threshold) as saving:
            yield saving
        return
    with attention.by(pipe, kernel), compiled.blocks(pipe) if name == FAST else contextlib.nullcontext():
        yield None


def said(name: str, recipe: Recipe, saving: Saving | None) -> str:
    """What a draft saved, as one sentence; nothing for a take that is none."""
    if name != SMALLER:
        return saving.said if saving else ""
    width, height = recipe.settings[DRAFT_OF]
    share = round(100 * recipe.width * recipe.height / (width * height))
    return f"A draft at {recipe.width} x {recipe.height}: {share} % of the pixels of {width} x {height}."


@contextlib.contextmanager
def _caching(denoiser: Any, threshold: float) -> Iterator[Saving]:
    saving = Saving()
    with contextlib.ExitStack() as stack:
        for block in compiled.repeated(denoiser):
            stack.callback(_counting(block, saving, "of").remove)
            stack.callback(_counting(next(block.children()), saving, "computed").remove)
        denoiser.enable_cache(FirstBlockCacheConfig(threshold=threshold))
        stack.callback(denoiser.disable_cache)
        yield saving


def _counting(module: torch.nn.Module, saving: Saving, field: str) -> Any:
    def count(*_: object) -> None:
        setattr(saving, field, getattr(saving, field) + 1)

    return module.register_forward_pre_hook(count)

"""One take through one pipeline: load, run, look at what came out; on too little memory, once more with less."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from generation import catalogue
from generation.diffusion import ahead, attention, profiles, residence
from generation.diffusion import plan as planning
from generation.diffusion.check import sound
from generation.diffusion.clock import ONCE, Beat, Clock, Pause
from generation.diffusion.device import WAITING, is_lost, lock
from generation.diffusion.latents import Colours
from generation.diffusion.plan import Plan
from generation.diffusion.state import BadState, State
from generation.diffusion.window import Unpack, Window
from generation.engine import DRAFT
from generation.recipe import Recipe
from generation.report import Desk, DeviceLost, Held, Refused, Sound
from generation.weights import BadWeights, Weights

log = logging.getLogger(__name__)

Arguments = Callable[[Any], dict[str, Any]]
KERNELS_RAISE = (ValueError, TypeError, AssertionError, RuntimeError)  # for masks, sizes or numbers they lack


class KernelFailed(Exception):
    """The attention that was named for fast takes cannot compute this one."""


@dataclass(frozen=True)
class Shooting:
    """uint8 frames (N, height, width, 3) as the decoder gave them, and what a report says about their making."""

    frames: np.ndarray
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sound: Sound | None = None


def shoot(
    recipe: Recipe,
    desk: Desk,
    pipeline_class: Any,
    arguments: Arguments,
    unpack: Unpack | None = None,
    dtypes: dict[str, str] | None = None,
    beat: Beat = ONCE,
) -> Shooting:
    """Runs the recipe's weights through `pipeline_class` with what `arguments(pipe)` says.

    `unpack` brings a scheduler's latents into (channels, T, H, W) for previews; `dtypes` names parts that need another
    number format than the plan's; `beat` is how its steps come. Raises Refused with a reason, Held with a saved state,
    and whatever the desk raises.
    """
    weights = _weights(recipe, desk)
    device = planning.device()
    card = lock(desk.cache / "devices", device, residence.clear)
    with card.held(lambda: desk.step(0, 100, WAITING)) if card else contextlib.nullcontext():
        free = planning.free_bytes(device) + (residence.held_bytes() if device == "cpu" else 0)
        plan = planning.choose(weights.tensor_bytes, device, free)
        why = planning.because(weights.tensor_bytes, plan, free)

        def attempt(plan: Plan) -> Shooting:
            def once(own_attention: bool) -> Shooting:
                how = (pipeline_class, plan, arguments, unpack, dtypes, beat, own_attention)
                return _once(recipe, desk, weights, *how)

            try:
                return once(own_attention=False)
            except KernelFailed as failed:
                log.warning("%s", failed, exc_info=failed.__cause__)
                why = f"Made with torch's own attention: {failed}"
            return _noted(once(own_attention=True), why)

        try:
            return _within_memory(recipe, plan, planning.thriftier(plan, weights.tensor_bytes), why, attempt)
        except RuntimeError as error:
            if not is_lost(error):
                raise
            raise DeviceLost(str(error)) from error


def _within_memory(
    recipe: Recipe, plan: Plan, less: Plan | None, why: str, attempt: Callable[[Plan], Shooting]
) -> Shooting:
    """The take under this plan, or once more under the one with less; its notes say why it was not the roomiest."""
    try:
        return _noted(attempt(plan), why)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        log.warning("%s did not fit as %s: %s", recipe.weights, plan.name, error)
    residence.clear()
    if less is not None:
        why = f"Made with {less.name}, because memory ran out as {plan.name}. {less.loss}".strip()
        try:
            return _noted(attempt(less), why)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not _is_memory(error):
                raise
    residence.clear()
    raise Refused(
        f"{recipe.frames} frames of {recipe.width} x {recipe.height} do not fit this machine's memory with these "
        f"weights, not even with {(less or plan).name}. Ask for fewer frames or a smaller size."
    )


def _noted(shooting: Shooting, why: str) -> Shooting:
    return replace(shooting, notes=(*shooting.notes, why)) if why else shooting


def _once(
    recipe: Recipe,
    desk: Desk,
    weights: Weights,
    pipeline_class: Any,
    plan: Plan,
    arguments: Arguments,
    unpack: Unpack | None,
    dtypes: dict[str, str] | None,
    beat: Beat,
    own_attention: bool,
) -> Shooting:
    seconds = {}
    row = catalogue.engine(recipe.engine)
    profile = profiles.named(recipe, row)
    began = time.monotonic()
    desk.step(0, 100, "loading the weights")
    here = residence.settle(weights.path, weights.pinned, pipeline_class, plan, dtypes)
    seconds["load weights"] = time.monotonic() - began
    profile, slower = profiles.possible(here.pipe, profile, plan)
    kernel, without = ("", "") if own_attention else profiles.kernel(here.pipe, profile, plan)
    if plan.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(plan.device)
    window = Window(desk, recipe, Colours.read(desk.cache / "previews" / f"{weights.revision}.safetensors"), unpack)
    generator = torch.Generator("cpu").manual_seed(recipe.seed)
    clock = Clock(
        pipe=here.pipe,
        generator=generator,
        digest=recipe.digest,
        weights=weights.pinned,
        tell=desk.step,
        # What a cache remembers of earlier steps is not in a saved state, so a draft goes through in one piece.
        hold=desk.hold if profile != DRAFT else lambda done, of: False,
        look=lambda clean: window.show(here.pipe, clean),
        resumed=_resumed(recipe, desk, weights),
        beat=beat,
        ahead=ahead.on(plan.device),
    )
    running = profiles.running(here.pipe, profile, row, kernel)
    began = time.monotonic()
    with window, torch.inference_mode(), running as saving, clock.running():
        try:
            result = here.pipe(**arguments(here.pipe), generator=generator, output_type="pt")
        except Pause as pause:
            raise _held(pause, desk) from None
        except KERNELS_RAISE as error:
            # What a kernel lacks it says at its first call; what fails later is something else.
            if not kernel or clock.done > clock.skipped or _is_memory(error) or is_lost(error):
                raise
            why = attention.first_sentence(error)
            raise KernelFailed(f"attention by {kernel} failed on this take ({why}).") from error
    seconds["run the pipeline"] = time.monotonic() - began
    began = time.monotonic()
    frames = sound(_frames(result), plan.dtype)
    seconds["check the frames"] = time.monotonic() - began
    if beat.passes == 1 or beat.whole:  # else the latents are those of a part of the frames
        window.learn(here.pipe, clock.last, frames)
    facts = _facts(plan, here.facts, clock, seconds) | {"profile": profile} | ({"attention": kernel} if kernel else {})
    notes = (profiles.said(profile, recipe, saving), slower, without)
    return Shooting(frames, facts, tuple(note for note in notes if note), _sound(result, here.pipe))


def _for_another(row: catalogue.Engine, weights: Weights) -> str:
    able = [each.label for each in catalogue.ENGINES if each.loads(weights.pipeline, weights.options)]
    found = f"The weights {weights.name!r} ({weights.pipeline}) are not for {row.label}."
    if not able:
        return f"{found} No engine here uses them; choose other weights in the form."
    return f"{found} Choose the engine {' or '.join(able)} for them in the form, or other weights for this engine."


def _weights(recipe: Recipe, desk: Desk) -> Weights:
    try:
        weights = desk.weights(recipe.weights)
        row = catalogue.engine(recipe.engine)
        if not row.loads(weights.pipeline, weights.options):
            raise Refused(_for_another(row, weights))
        loaded = residence.resident()
        if loaded is None or loaded.pinned != weights.pinned:
            weights.must_be_whole()
        return weights
    except BadWeights as error:
        raise Refused(str(error)) from None


def _resumed(recipe: Recipe, desk: Desk, weights: Weights) -> State | None:
    path = desk.saved()
    if path is None:
        return None
    try:
        return State.load(path, recipe.digest, weights.pinned)
    except BadState as error:
        log.warning("begun from the start, because %s", error)
        return None


def _held(pause: Pause, desk: Desk) -> Held:
    path = desk.scratch() / "state.safetensors"
    pause.state.save(path)
    return Held(path, pause.state.done, pause.state.of)


def _frames(result: Any) -> torch.Tensor:
    """(N, 3, H, W) of 0..1, where the decoder left them: a card makes bytes of them sooner than a processor."""
    return (result.frames if hasattr(result, "frames") else result[0])[0]


def _sound(result: Any, pipe: Any) -> Sound | None:
    """What a pipeline with a voice was heard to say; nothing where that is no sound."""
    if getattr(result, "audio", None) is None:
        return None
    samples = result.audio[0].float().cpu().numpy().T
    return Sound(samples, pipe.vocoder.config.output_sampling_rate) if np.isfinite(samples).all() else None


def _facts(plan: Plan, loaded: dict[str, Any], clock: Clock, seconds: dict[str, float]) -> dict[str, Any]:
    facts = {
        **loaded,
        "device": planning.device_label(plan.device),
        "dtype": plan.dtype,
        "plan": plan.name,
        "steps": clock.of,
        "steps resumed": clock.skipped,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
    }
    if plan.device.startswith("cuda"):
        facts["memory_bytes"] = torch.cuda.max_memory_allocated(plan.device)
    return facts


def _is_memory(error: BaseException) -> bool:
    """True for every way that too little memory is said; a RuntimeError says it only in its text."""
    text = str(error).lower()
    return (
        isinstance(error, torch.OutOfMemoryError | MemoryError)
        or "out of memory" in text
        or ("alloc" in text and "memory" in text)
    )

"""Listens to a pipeline from inside: counts its steps, stops it where it stands, holds and resumes it exactly.

A pipeline's own callback is not offered by every class and never sees the model's output. Every class calls its
scheduler once a step, so that is where the clock sits; hooks before each block make a cancellation felt inside a step.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from diffusers.models.modeling_outputs import Transformer2DModelOutput

from generation.diffusion import state
from generation.diffusion.ahead import Ahead, Place
from generation.diffusion.state import State

# Shares of the bar where no step is counted.
ENCODING, DECODING = 0.05, 0.2

# Where the clock asks from when it is not before a block.
ELSEWHERE = Place("between steps")


class Pause(Exception):
    """The take is to wait here: its state after the last step is in `state`."""

    def __init__(self, state: State) -> None:
        super().__init__(f"held after step {state.done} of {state.of}")
        self.state = state


@dataclass(frozen=True)
class Beat:
    """How the steps of one call come: its schedule is gone through `passes` times, then `more` steps of another are.

    `paired` says that a second scheduler of the pipeline's ends every step, `whole` that the last pass is of every
    frame.
    """

    passes: int = 1
    more: int = 0
    paired: bool = False
    whole: bool = False


ONCE = Beat()


@dataclass
class Clock:
    """One call of one pipeline. `poll` raises to stop; `hold` says whether to stop after a step and keep its state."""

    pipe: Any
    generator: torch.Generator
    digest: str
    weights: str
    tell: Callable[[int, int, str], None]
    hold: Callable[[int, int], bool]
    look: Callable[[Callable[[], torch.Tensor]], None] | None = None
    resumed: State | None = None
    beat: Beat = ONCE
    ahead: Ahead | None = None
    done: int = 0
    of: int = 0
    last: torch.Tensor | None = None
    phase: str = "reading the words"
    skipped: int = 0
    model_outputs: list[tuple[list[int], str]] = field(default_factory=list)
    outputs: list[torch.Tensor] = field(default_factory=list)
    past: list[torch.Tensor] = field(default_factory=list)

    @contextlib.contextmanager
    def running(self) -> Iterator[Clock]:
        """Everything put on the pipeline is taken off again, however the block ends."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(_as_class(self.pipe.scheduler, self._ticking(type(self.pipe.scheduler))))
            for part in _parts(self.pipe):
                stack.enter_context(_polled(part, self.poll))
            for denoiser in _denoisers(self.pipe):
                stack.enter_context(self._heard(denoiser))
            stack.callback(self._settle)
            self.poll()
            yield self

    def poll(self, place: Place = ELSEWHERE) -> None:
        """Called before every block with its place; as cheap as a comparison unless there is something to say."""
        if self.ahead is not None:
            self.ahead.at(place)
        units, of = self._units()
        self.tell(units, of, self.phase)

    def _units(self) -> tuple[int, int]:
        """Progress as whole units, with fixed shares for the words before and the pictures after the steps."""
        steps = self.of or 1
        of = max(steps + 2, round(steps / (1 - ENCODING - DECODING)))
        before = max(1, round(of * ENCODING))
        if self.phase == "reading the words":
            return 0, of
        return min(before + self.done, of - 1), of

    def _ticking(self, kind: Any) -> type:
        clock, watched = self, self.pipe.scheduler

        @functools.wraps(kind.step)
        def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            real = functools.partial(kind.step, scheduler)
            if scheduler is watched:
                return clock._tick(real, scheduler, args, kwargs)
            return clock._second_tick(real, scheduler, args, kwargs) if clock.beat.paired else real(*args, **kwargs)

        return type(kind.__name__, (kind,), {"step": step, "__module__": kind.__module__})

    def _tick(self, step: Callable[..., Any], scheduler: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        self._begin()
        if self.resumed and self.done < self.resumed.done:
            return self._skip(scheduler, args, kwargs)
        sample = _sample(scheduler, args, kwargs)
        before = _sigma(scheduler)
        result = step(*args, **kwargs)
        outputs = _tensors(result)
        self.done += 1
        self.last = outputs[0]
        if self.look is not None:
            after = _sigma(scheduler)
            self.look(lambda: outputs[1] if len(outputs) > 1 else _clean(sample, outputs[0], before, after))
        self._turn()
        self.outputs = outputs
        self._keep_past(outputs)
        if not self.beat.paired:
            self._pause_if_asked(outputs, state.remembered(scheduler))
        return result

    def _ends_a_pass(self) -> bool:
        """Whether the step just done is the last of a pass through the schedule that another one follows."""
        passes = self.beat.passes
        return passes > 1 and self.done < self.of and self.done % (self.of // passes) == 0

    def _keep_past(self, outputs: list[torch.Tensor]) -> None:
        if self._ends_a_pass():
            self.past.append(outputs[0].clone())
            if self.ahead is not None:
                self.ahead.forget()  # the next pass may be of another size

    def _second_tick(self, step: Callable[..., Any], scheduler: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """The step of the scheduler that comes behind the pipeline's own, with which a step is over."""
        resumed = self.resumed
        if resumed and self.done == self.skipped:
            sample = _sample(scheduler, args, kwargs)
            outputs = [sample] * (len(resumed.outputs) // 2)
            if self.done == resumed.done:
                outputs = [each.to(sample.device) for each in resumed.outputs[len(outputs) :]]
                state.remind(scheduler, resumed.scheduler, sample.device, state.SECOND)
            return _answered(outputs, kwargs.get("return_dict", True))
        result = step(*args, **kwargs)
        both = state.remembered(self.pipe.scheduler) | state.remembered(scheduler, state.SECOND)
        self._pause_if_asked([*self.outputs, *_tensors(result)], both)
        return result

    def _pause_if_asked(self, outputs: list[torch.Tensor], remembered: dict[str, Any]) -> None:
        if self.done < self.of and self.hold(self.done, self.of):
            raise Pause(self._state(outputs, remembered))

    def _begin(self) -> None:
        """The schedule is known once the loop begins; until then the words and guides are being read."""
        if not self.of:
            self.of = len(self.pipe.scheduler.timesteps) * self.beat.passes + self.beat.more
            self.phase = f"step 1 of {self.of}"

    def _turn(self) -> None:
        self.phase = f"step {self.done + 1} of {self.of}" if self.done < self.of else "decoding"
        self.poll()

    def _skip(self, scheduler: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Steps that were done before the pause pass by; at the last of them everything stands as it stood then."""
        assert self.resumed is not None
        self.done += 1
        self.skipped += 1
        sample = _sample(scheduler, args, kwargs)
        count = len(self.resumed.outputs) // (2 if self.beat.paired else 1)
        outputs = [sample] * count
        if self.done == self.resumed.done:
            outputs = [each.to(sample.device) for each in self.resumed.outputs[:count]]
            state.remind(scheduler, self.resumed.scheduler, sample.device)
            self.generator.set_state(self.resumed.generator)
        elif self._ends_a_pass():
            outputs = [self.resumed.past[len(self.past)].to(sample.device)] * count
        self._keep_past(outputs)
        self.last = outputs[0]
        self._turn()
        return _answered(outputs, kwargs.get("return_dict", True))

    @contextlib.contextmanager
    def _heard(self, denoiser: torch.nn.Module) -> Iterator[None]:
        """Notes the shape of what the denoiser says, and answers for it while steps pass by."""
        forward = denoiser.forward

        @functools.wraps(forward)
        def listening(*args: Any, **kwargs: Any) -> Any:
            self._begin()
            resumed = self.resumed
            if resumed is not None and self.done < resumed.done:
                here = next(each for each in (*args, *kwargs.values()) if isinstance(each, torch.Tensor))
                silence = tuple(
                    torch.zeros((here.shape[0], *shape[1:]), dtype=getattr(torch, dtype), device=here.device)
                    for shape, dtype in resumed.model_outputs
                )
                return Transformer2DModelOutput(silence[0]) if kwargs.get("return_dict", True) else silence
            result = forward(*args, **kwargs)
            self.model_outputs = [
                (list(each.shape), str(each.dtype).removeprefix("torch.")) for each in _tensors(result)
            ]
            return result

        denoiser.forward = listening  # type: ignore[method-assign]
        try:
            yield
        finally:
            denoiser.forward = forward  # type: ignore[method-assign]

    def _state(self, outputs: list[torch.Tensor], remembered: dict[str, Any]) -> State:
        noise = self.generator.get_state()
        return State(
            self.digest, self.weights, self.done, self.of, outputs, remembered, noise, self.model_outputs, self.past
        )

    def _settle(self) -> None:
        """After a stop in the middle, caches and offloading hooks must not tell the next take about this one."""
        if torch.cuda.is_available():
            with contextlib.suppress(RuntimeError):
                torch.cuda.synchronize()
        self.pipe.maybe_free_model_hooks()


def _parts(pipe: Any) -> list[torch.nn.Module]:
    return [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]


def _denoisers(pipe: Any) -> list[torch.nn.Module]:
    names = ("transformer", "transformer_2", "unet")
    return [part for name in names if isinstance(part := getattr(pipe, name, None), torch.nn.Module)]


@contextlib.contextmanager
def _as_class(thing: Any, kind: type) -> Iterator[None]:
    before = type(thing)
    thing.__class__ = kind
    try:
        yield
    finally:
        thing.__class__ = before


@contextlib.contextmanager
def _polled(part: torch.nn.Module, poll: Callable[[Place], None]) -> Iterator[None]:
    """Asks before each block of this part whether the work is still wanted."""
    with contextlib.ExitStack() as stack:
        for block in list(_steps_of(part)):
            ask = functools.partial(poll, Place(block, (part, type(block))))
            if block._compiled_call_impl is None:
                stack.callback(block.register_forward_pre_hook(lambda *_, ask=ask: ask()).remove)
            else:
                stack.enter_context(_polled_outside(block, ask))
        yield


@contextlib.contextmanager
def _polled_outside(block: torch.nn.Module, ask: Callable[[], None]) -> Iterator[None]:
    """A hook would become part of what was compiled, and compile it anew for every take."""
    compiled = block._compiled_call_impl
    assert compiled is not None

    def polled(*args: Any, **kwargs: Any) -> Any:
        ask()
        return compiled(*args, **kwargs)

    block._compiled_call_impl = polled
    try:
        yield
    finally:
        block._compiled_call_impl = compiled


def _steps_of(part: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Everything in a list of modules, at any depth, except what lies inside a compiled block."""
    for child in part.children():
        if isinstance(part, torch.nn.ModuleList):
            yield child
        if child._compiled_call_impl is None:
            yield from _steps_of(child)


def _tensors(result: Any) -> list[torch.Tensor]:
    """The tensors of a scheduler's or a model's answer, in whichever of its two forms it comes."""
    values = result if isinstance(result, tuple) else tuple(result.values())
    return [each for each in values if isinstance(each, torch.Tensor)]


def _answered(outputs: list[torch.Tensor], as_object: bool) -> Any:
    if not as_object:
        return tuple(outputs)
    return SimpleNamespace(**dict(zip(("prev_sample", "pred_original_sample"), outputs, strict=False)))


def _sample(scheduler: Any, args: tuple, kwargs: dict[str, Any]) -> torch.Tensor:
    """The noisy latents among a step's arguments; schedulers do not agree on their place."""
    return inspect.signature(type(scheduler).step).bind(scheduler, *args, **kwargs).arguments["sample"]


def _sigma(scheduler: Any) -> torch.Tensor | None:
    """The noise level where the scheduler stands now; None where it keeps none.

    Left on the device where the schedule is: to ask for its number would be to wait for all that the device has to do.
    """
    sigmas, index = getattr(scheduler, "sigmas", None), getattr(scheduler, "step_index", None)
    if sigmas is None or not hasattr(scheduler, "step_index"):
        return None
    at = index if index is not None else (scheduler.begin_index or 0)
    return torch.as_tensor(sigmas[min(int(at), len(sigmas) - 1)])


def _clean(
    sample: torch.Tensor, stepped: torch.Tensor, before: torch.Tensor | None, after: torch.Tensor | None
) -> torch.Tensor:
    """The picture that the model sees behind the noise: the straight line of this step followed to no noise at all.

    Exact for flow matching, where x = (1 - s) x0 + s n: the velocity is (x' - x) / (s' - s), and x0 = x - s v.
    """
    if before is None or after is None:
        return stepped
    before, after = (each.to(sample.device, non_blocking=True) for each in (before, after))
    velocity = (stepped.float() - sample.float()) / (after - before)
    return torch.where(after == before, stepped.float(), sample.float() - before * velocity)

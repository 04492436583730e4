"""What a person can choose to make takes with: each engine, once for each of the weights this server has for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

from django.conf import settings

from generation import catalogue
from generation.weights import DEPTH_MODELS, BadWeights, BuiltIn, Registry, Weights
from storyboard.refusal import Refusal


@dataclass(frozen=True)
class Choice:
    """One engine with the weights it would load; `name` is what a form sends, such as `ltx:ltx-2b-distilled`."""

    row: catalogue.Engine
    weights: Weights | None = None

    @property
    def name(self) -> str:
        return f"{self.row.name}:{self.weights.name}" if self.weights else self.row.name

    @property
    def label(self) -> str:
        if isinstance(self.weights, BuiltIn):
            return self.row.label if self.weights.is_released else f"{self.row.label} (experimental)"
        return f"{self.row.label} · {self.weights.name}" if self.weights else self.row.label

    @property
    def is_released(self) -> bool:
        """Whether it came with Circle Take and reaches what it has to."""
        return isinstance(self.weights, BuiltIn) and self.weights.is_released

    @property
    def why_not(self) -> dict[str, str]:
        """For each kind of guide that is not followed, why not: the engine cannot, or these weights cannot."""
        return self.row.why_not | self._lacking

    @property
    def honours(self) -> frozenset[str]:
        return self.row.honours - self._lacking.keys()

    @property
    def _lacking(self) -> dict[str, str]:
        return self.row.lacking(self.weights.files if self.weights else ())

    @property
    def why_no_finish(self) -> str:
        """Why a take cannot be composed small and then finished at twice the size; nothing where it can."""
        part = self.row.finishes_with
        if not part:
            return f"{self.row.label} has no second pass to finish a take with."
        if self.weights is None or not self.weights.tensor_bytes.get(part):
            return f"These weights have no upsampler beside them: the folder {part} is missing."
        return ""

    def can_last(self, frames: int, rate: tuple[int, int]) -> bool:
        """Whether a take of so many frames is not too long for it."""
        return self.row.frames_for(frames, rate) <= self.row.most_frames(rate)

    @property
    def pinned(self) -> str:
        return self.weights.pinned if self.weights else ""


def registry() -> Registry:
    return Registry(settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN)


def choices() -> list[Choice]:
    """Every engine that can run here now, in the order of the catalogue."""
    found: list[Choice] = []
    here = registry().all()
    for row in catalogue.ENGINES:
        if not row.pipelines:
            found.append(Choice(row))
        found += [Choice(row, weights) for weights in here if row.loads(weights.pipeline, weights.options)]
    return found


def default(frames: int = 0, rate: tuple[int, int] = (24, 1), here: list[Choice] | None = None) -> Choice:
    """What makes a take of so many frames where nobody said what with; `here` are the choices, where they are known.

    The weights that come with Circle Take once they are released, where nobody registered others to make takes with,
    this machine can load any, and the take is not too long for them; else blocking.
    """
    here = choices() if here is None else here
    built_in = [each for each in here if isinstance(each.weights, BuiltIn)]
    others = [each for each in here if each.weights is not None and each not in built_in]
    for each in built_in:
        if each.is_released and each.can_last(frames, rate) and not others and can_load():
            return each
    return next(each for each in here if each.weights is None)


def built_in() -> Choice | None:
    """The model that comes with Circle Take, where it is there and this machine can load it."""
    return next((each for each in choices() if isinstance(each.weights, BuiltIn)), None) if can_load() else None


@lru_cache(maxsize=1)
def can_load() -> bool:
    """Whether this machine has torch; where only others have, takes that need it may wait for a worker without end."""
    return find_spec("torch") is not None


def chosen(name: str) -> Choice:
    """The choice a form names; raises Refusal, with those there are, for any other."""
    engine, _, weights = name.partition(":")
    try:
        row = catalogue.engine(engine)
    except catalogue.UnknownEngine as error:
        raise Refusal(f"N{str(error)[1:]}. Choose one of those.") from None
    if not row.pipelines:
        return Choice(row)
    fitting = [each for each in choices() if each.row is row]
    if not weights and len(fitting) == 1:
        return fitting[0]
    for each in fitting:
        if each.name == name:
            return each
    there = ", ".join(each.weights.name for each in fitting if each.weights) or "none yet"
    raise Refusal(
        f"{row.label} has no weights called {weights or 'so'!r} here; there are: {there}. "
        "Weights are registered with: python manage.py weights add FOLDER"
    )


def depth_model() -> Weights | None:
    """The weights that find depth in pictures here: the first that are registered, by name."""
    return next((each for each in registry().all() if each.pipeline in DEPTH_MODELS), None)


def pinned(name: str) -> Weights | None:
    """The weights a recipe names, or None where this machine has them no more."""
    try:
        return registry().get(name)
    except BadWeights:
        return None

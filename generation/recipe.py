"""What a generation is made from: one frozen value that crosses from web to worker.

>>> recipe = Recipe(engine="blocking", words=Words(action="She runs."), seed=7, frames=48)
>>> recipe.digest == Recipe.parse(recipe.canonical()).digest
True
>>> Recipe.parse('{"format": 1, "tempo": 3}')
Traceback (most recent call last):
...
generation.recipe.BadRecipe: recipe has unknown field 'tempo'; known fields are ...
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import Any

FORMAT = 1

# What a guide asks of an engine. `at_frame` counts in the new take's own frames, `source_frame` in the ingredient's.
# "keep" and "mask" go together: the clip stays as it is except where the mask, a clip or one picture, is white.
PAIR = ("keep", "mask")
GUIDE_KINDS = ("first", "last", "key", "reference", "depth", "motion", *PAIR, "camera", "continue", "staging")


class BadRecipe(ValueError):
    """The text is not a recipe; the message says what was found and what was expected."""


@dataclass(frozen=True)
class Words:
    """What the shot says, in film's own terms; an engine that wants one prompt calls `prompt()`."""

    heading: str = ""
    action: str = ""
    dialogue: str = ""
    characters: tuple[str, ...] = ()
    size: str = ""
    angle: str = ""
    move: str = ""

    def prompt(self) -> str:
        framing = ", ".join(part for part in (self.size, self.angle, self.move) if part)
        return ". ".join(part.strip().rstrip(".") for part in (framing, self.action, self.heading) if part.strip())


@dataclass(frozen=True)
class Ingredient:
    """An input file, by hash and role. `kind` is one of GUIDE_KINDS; `media` says what the bytes are."""

    kind: str
    sha256: str
    media: str = "image"  # image | video | json
    at_frame: int = 0
    source_frame: int = 0
    strength: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """Every input of one take. `rate` is frames a second as (numerator, denominator); sizes are pixels."""

    engine: str
    words: Words = Words()
    negative: str = ""
    seed: int = 0
    frames: int = 72
    rate: tuple[int, int] = (24, 1)
    width: int = 640
    height: int = 360
    steps: int = 0
    guidance: float = 0.0
    weights: str = ""
    ingredients: tuple[Ingredient, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise BadRecipe(f"recipe asks for {self.frames} frames; at least 1 is needed")
        if self.rate[0] < 1 or self.rate[1] < 1:
            raise BadRecipe(f"recipe has rate {self.rate}; expected two positive whole numbers such as (24, 1)")
        for ingredient in self.ingredients:
            if ingredient.kind not in GUIDE_KINDS:
                raise BadRecipe(f"guide kind {ingredient.kind!r} is unknown; known kinds are {', '.join(GUIDE_KINDS)}")

    def canonical(self) -> str:
        """The one text of this recipe: sorted keys, no spaces, no NaN."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @property
    def digest(self) -> str:
        """sha256 of the canonical text, in hex; the recipe's name."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    @property
    def fps(self) -> Fraction:
        return Fraction(*self.rate)

    def ingredient(self, kind: str) -> Ingredient | None:
        return next((found for found in self.ingredients if found.kind == kind), None)

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """Reads any format this code knows, stepping old ones up; raises BadRecipe and never guesses."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadRecipe(f"recipe is not JSON: {error}") from None
        if not isinstance(data, dict):
            raise BadRecipe(f"recipe is a {type(data).__name__}; expected an object")
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Recipe:
        data = _upgraded(dict(data))
        _check(cls, data, "recipe")
        _check(Words, data.get("words", {}), "recipe words")
        for ingredient in data.get("ingredients", ()):
            _check(Ingredient, ingredient, "ingredient")
        try:
            words = dict(data.pop("words", {}))
            words["characters"] = tuple(words.get("characters", ()))
            ingredients = tuple(Ingredient(**each) for each in data.pop("ingredients", ()))
            rate = tuple(data.pop("rate", (24, 1)))
            return cls(words=Words(**words), ingredients=ingredients, rate=rate, **data)  # type: ignore[arg-type]
        except TypeError as error:
            raise BadRecipe(f"recipe is incomplete: {error}") from None


UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
    found = data.get("format", FORMAT)
    if not isinstance(found, int) or found > FORMAT or found < 1:
        raise BadRecipe(f"recipe has format {found!r}; this server reads formats 1 to {FORMAT}")
    while found < FORMAT:
        data = UPGRADES[found](data)
        found += 1
    return data


def _check(cls: type, data: object, what: str) -> None:
    """Known fields only, each of its own type: a recipe comes out of files that anybody may have written."""
    if not isinstance(data, dict):
        raise BadRecipe(f"{what} is a {type(data).__name__}; expected an object")
    known = {each.name: str(each.type) for each in fields(cls)}
    for name, value in data.items():
        if name not in known:
            raise BadRecipe(f"{what} has unknown field {name!r}; known fields are {', '.join(sorted(known))}")
        expected, fits = FORMS[known[name]]
        if not fits(value):
            raise BadRecipe(f"{what} has {name} {str(value)[:40]!r}; expected {expected}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not re.search("[\x00\ud800-\udfff]", value)


def _is_whole(value: object) -> bool:
    return type(value) is int and abs(value) < 1 << 63


def _is_number(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_whole, value))


def _are_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


# What may stand in a field, by the type it is declared with.
FORMS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "str": ("text without null characters", _is_text),
    "int": ("a whole number", _is_whole),
    "float": ("a number", _is_number),
    "tuple[str, ...]": ("a list of texts", _are_texts),
    "tuple[int, int]": ("two whole numbers such as [24, 1]", _is_pair),
    "tuple[Ingredient, ...]": ("a list", _is_list),
    "dict[str, Any]": ("an object", _is_object),
    "Words": ("an object", _is_object),
}

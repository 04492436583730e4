"""What one engine is: what it takes, what it can make, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from generation.recipe import PAIR, Recipe
from generation.report import Refused

# Profiles: as its makers wrote it, or quicker with what that costs said in the report.
EXACT, FAST, DRAFT = "exact", "fast", "draft"

# The setting of a recipe that names its profile; every engine with weights knows it.
PROFILE = "profile"

# The setting of a recipe that says of which width and height it is a smaller draft.
DRAFT_OF = "draft_of"
DRAFT_SHARE = 4 / 9  # of the pixels, about
DRAFT_MOST = 0.66
SHAPE_COUNTS = 10  # how much more a draft's shape matters than how many pixels it has

# The setting of a recipe that names the weights which find depth in the pictures of its depth clip.
DEPTH_MODEL = "depth_model"


@dataclass(frozen=True)
class Engine:
    """One row. `honours` lists the guide kinds the engine acts on; counts are frames, sizes are pixels.

    `frames_step` and `frames_plus` say which counts the engine can make: step * k + plus. `pipelines` are the
    classes that weights for this engine may name, `only` what must be on or off in them; none means that it needs
    no weights. `rate` is the rate the engine's motion is made at, where it knows only one. `steps`, `guidance` and
    `settings` are what a recipe gets when nobody says otherwise; `usual_frames` is what its makers ask for.
    `draft_threshold` is that of the draft profile's first-block cache, 0 where `no_draft` says why there is none; a
    draft is a smaller picture then.
    `finishes_with` is the part of the weights that enlarges a composed take, where the engine knows such a part.
    `follows_with` names, for a guide kind that only weights trained for it follow, the folder they lie in beside the
    others. `holds` says that a take can stop after a step and go on later with the same result. `max_frames` counts
    at the engine's own rate where it has one. `vocabulary` is the module that says what an engine hears which knows
    only a closed list of words: its `hearing(words)` gives phrases and what it does not know, without torch.
    `drawn_pixels` is what an engine of small pictures draws at most: of a larger one it makes a smaller one in the
    same shape, which is shown enlarged.
    """

    name: str
    label: str
    module: str
    summary: str
    honours: frozenset[str]
    why_not: dict[str, str]
    max_frames: int
    max_pixels: int
    size_multiple: int
    queue: str
    frames_step: int = 1
    frames_plus: int = 0
    pipelines: tuple[str, ...] = ()
    only: dict[str, bool] = field(default_factory=dict)
    rate: tuple[int, int] | None = None
    steps: int = 0
    guidance: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    holds: bool = False
    usual_frames: int = 0
    draft_threshold: float = 0.0
    finishes_with: str = ""
    follows_with: dict[str, str] = field(default_factory=dict)
    vocabulary: str = ""
    drawn_pixels: int = 0
    no_draft: str = "No threshold was found for this engine at which leaving blocks out keeps its pictures."

    def loads(self, pipeline: str, options: dict[str, Any]) -> bool:
        """Whether weights of this class, with these plain values in their model_index.json, are for this engine."""
        fits = all(bool(options.get(name)) == wanted for name, wanted in self.only.items())
        return pipeline in self.pipelines and fits

    def lacking(self, files: Iterable[str]) -> dict[str, str]:
        """Guide kinds that weights of these files cannot follow for want of a part, with what to do about each."""
        here = {name.rpartition("/")[0] for name in files if name.endswith(".safetensors")}
        return {
            kind: f"{self.label} follows {folder.rpartition('/')[2]} only with in-context weights beside its own: put "
            f"them into the folder {folder} and register the weights again, or choose another engine."
            for kind, folder in self.follows_with.items()
            if folder not in here
        }

    def legal_frames(self, frames: int) -> int:
        """The smallest count the engine can make that is not below `frames`."""
        over = max(0, frames - self.frames_plus)
        return -(-over // self.frames_step) * self.frames_step + self.frames_plus

    def frames_for(self, frames: int, rate: tuple[int, int]) -> int:
        """How many frames at `rate` to ask for, so that none the engine has to make anyway is thrown away."""
        own = self.rate or rate
        made = self.legal_frames(self.own_frames(frames, rate))
        return max(frames, made * rate[0] * own[1] // (rate[1] * own[0]))

    def own_frames(self, frames: int, rate: tuple[int, int]) -> int:
        """How many frames at the engine's own rate last as long as `frames` at `rate`."""
        own = self.rate or rate
        return -(-frames * rate[1] * own[0] // (rate[0] * own[1]))

    def most_frames(self, rate: tuple[int, int]) -> int:
        """The most frames at `rate` that the engine can make in one take."""
        own = self.rate or rate
        return self.max_frames * rate[0] * own[1] // (rate[1] * own[0])

    def legal_size(self, width: int, height: int) -> tuple[int, int]:
        """The nearest size the engine can make, in pixels; in the same shape where it draws smaller than was asked."""
        step = self.size_multiple
        nearest = max(step, round(width / step) * step), max(step, round(height / step) * step)
        if not 0 < self.drawn_pixels < nearest[0] * nearest[1]:
            return nearest
        heights = range(step, height, step)
        smaller = [(max(step, round(each * width / height / step) * step), each) for each in heights]
        return max(
            (size for size in smaller if math.prod(size) <= self.drawn_pixels), key=math.prod, default=(step, step)
        )

    @property
    def can_draft(self) -> bool:
        """Whether a draft of it is less work: one whose pictures are small anyway makes none."""
        return bool(self.pipelines) and (self.draft_threshold > 0 or not self.drawn_pixels)

    def draft_size(self, width: int, height: int) -> tuple[int, int]:
        """A smaller size of about the same shape that the engine makes, for a draft; this one where there is none."""
        step = self.size_multiple
        if width % (2 * step) == height % (2 * step) == 0:  # what depends on that in the whole take does so in a draft
            step *= 2
        sizes = [(w, h) for w in range(step, width, step) for h in range(step, height, step)]
        smaller = [size for size in sizes if math.prod(size) <= DRAFT_MOST * width * height]

        def off(size: tuple[int, int]) -> float:
            shape = math.log(size[0] * height / (size[1] * width))
            return SHAPE_COUNTS * abs(shape) + abs(math.log(math.prod(size) / (DRAFT_SHARE * width * height)))

        return min(smaller, key=off, default=(width, height)) if self.can_draft else (width, height)

    @property
    def known_settings(self) -> list[str]:
        """The names that a recipe's settings may have: the engine's own, and those read for many engines."""
        shared = [PROFILE, DRAFT_OF] if self.pipelines else []
        if "depth" in self.honours:
            shared.append(DEPTH_MODEL)
        return sorted({*self.settings, *shared})

    def check_settings(self, recipe: Recipe) -> None:
        """Raises Refused for a setting that would be of no effect."""
        if DRAFT_OF in recipe.settings and (recipe.settings.get(PROFILE) != DRAFT or self.draft_threshold):
            raise Refused(
                f"This recipe says which size it is a draft of, but {self.label} makes no smaller draft of it so. Take "
                f"{DRAFT_OF} out of the recipe."
            )
        known = self.known_settings
        unknown = sorted(recipe.settings.keys() - set(known))
        if unknown:
            named = f"those it knows are {', '.join(known)}" if known else "it knows none"
            raise Refused(
                f"This recipe has the setting {unknown[0]!r}, which {self.label} does not know; {named}. Take it out "
                "of the recipe, or choose the engine it is for."
            )

    def check(self, recipe: Recipe) -> None:
        """Raises Refused, with what to do next, for a recipe this engine cannot act on."""
        self.check_settings(recipe)
        for ingredient in recipe.ingredients:
            if ingredient.kind not in self.honours:
                reason = self.why_not.get(ingredient.kind, f"{self.label} does not take a {ingredient.kind} guide.")
                raise Refused(f"{reason} Take that guide off this shot, or choose another engine.")
        _check_pair(recipe)
        most = self.most_frames(recipe.rate)
        if recipe.frames > most:
            raise Refused(f"This take asks for {recipe.frames} frames; {self.label} makes up to {most}, so shorten it.")
        if recipe.width < 1 or recipe.height < 1 or recipe.width * recipe.height > self.max_pixels:
            raise Refused(
                f"This take asks for {recipe.width} x {recipe.height} pixels; {self.label} makes up to "
                f"{self.max_pixels:,} pixels a frame, so choose a smaller size."
            )
        if self.legal_size(recipe.width, recipe.height) != (recipe.width, recipe.height):
            width, height = self.legal_size(recipe.width, recipe.height)
            raise Refused(
                f"This take asks for {recipe.width} x {recipe.height} pixels; {self.label} needs multiples of "
                f"{self.size_multiple}, so ask for {width} x {height}."
            )
        if self.pipelines and not recipe.weights:
            raise Refused(f"This take names no weights; {self.label} needs some. Choose them in the form.")


def or_exact(recipe: Recipe) -> str:
    """What else to do where a size does not do: a person who asked for a draft chose none."""
    return " Or ask for it exact, not as a draft." if DRAFT_OF in recipe.settings else ""


def _check_pair(recipe: Recipe) -> None:
    clip, mask = map(recipe.ingredient, PAIR)
    if clip and not mask:
        raise Refused(
            "A clip is to be kept, but no mask says what of it is made anew. Give this shot a mask as well, or take "
            "the kept clip off it."
        )
    if mask and not clip:
        raise Refused(
            "A mask says what is made anew, but there is no clip of which the rest is kept. Give this shot a clip to "
            "keep as well, or take the mask off it."
        )

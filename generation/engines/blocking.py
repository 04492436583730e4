"""The instant engine: grey figures in a simple set, staged from the shot's words and drawn on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from generation import blocking, ffmpeg
from generation.blocking.carry import carry_on
from generation.blocking.stills import Stills, covering
from generation.catalogue import engine
from generation.recipe import Ingredient, Recipe
from generation.report import Desk, Made, Refused

VERSION = "3"
PREVIEW_EVERY = 6
_DISSOLVE = 12
_STILLS = ("first", "last", "key")


def run(recipe: Recipe, desk: Desk) -> Made:
    """Frames for a recipe. Raises Refused for guides it cannot act on; Cancelled passes through from the desk."""
    cv2.setNumThreads(1)
    engine("blocking").check(recipe)
    desk.step(0, recipe.frames, "staging")
    stills = _stills(recipe, desk)
    staging = _staging(recipe, desk)
    if staging is None or (stills and recipe.ingredient("staging") is None):
        show = Stills(stills, _move(recipe), recipe.frames, recipe.seed)
        return Made(_frames(recipe, desk, show.frame), version=VERSION, notes=("A still under a camera move.",))
    renderer = blocking.Renderer(staging, recipe.width, recipe.height)
    draw = _laid_over(renderer.frame, stills) if stills else renderer.frame
    return Made(
        _frames(recipe, desk, draw), {"staging": staging.to_json().encode()}, version=VERSION, notes=_notes(recipe)
    )


def _frames(recipe: Recipe, desk: Desk, draw: Callable[[int], np.ndarray]) -> Iterator[np.ndarray]:
    for n in range(recipe.frames):
        desk.step(n, recipe.frames, "rendering")
        frame = np.ascontiguousarray(draw(n))
        if n % PREVIEW_EVERY == 0:
            desk.preview(frame)
        yield frame
    desk.step(recipe.frames, recipe.frames, "rendering")


def _staging(recipe: Recipe, desk: Desk) -> blocking.Staging | None:
    """From the staging that came with the recipe, or from the words; None where only a still can be carried on."""
    given, parent = recipe.ingredient("staging"), recipe.ingredient("continue")
    facts = blocking.read_facts(recipe.words)
    if given is None:
        return None if parent else blocking.instant(recipe.words, recipe.seed, recipe.frames, recipe.rate)
    try:
        staging = blocking.Staging.parse(desk.ingredient(given.sha256).read_bytes())
    except (blocking.BadStaging, UnicodeDecodeError) as error:
        raise Refused(f"The staging given to this shot cannot be read ({error}); remove it or give it again.") from None
    if parent is None and given.source_frame == 0:
        return _resized(staging, recipe)
    frame = parent.source_frame if parent else given.source_frame
    return carry_on(staging, frame, facts, recipe.seed, recipe.frames, recipe.rate)


def _resized(staging: blocking.Staging, recipe: Recipe) -> blocking.Staging:
    """A staging given as it is keeps its marks; only its length and rate follow the shot."""
    from dataclasses import replace

    return replace(staging, frames=recipe.frames, rate=recipe.rate)


def _stills(recipe: Recipe, desk: Desk) -> dict[int, np.ndarray]:
    """Pictures by the frame they must be shown at."""
    found: dict[int, np.ndarray] = {}
    for ingredient in recipe.ingredients:
        if ingredient.kind in _STILLS:
            found[_frame_of(ingredient, recipe)] = _picture(ingredient, recipe, desk)
    parent = recipe.ingredient("continue")
    if parent is not None and recipe.ingredient("staging") is None:
        found.setdefault(
            0, covering(_grab(desk.ingredient(parent.sha256), parent.source_frame), recipe.width, recipe.height)
        )
    return found


def _frame_of(ingredient: Ingredient, recipe: Recipe) -> int:
    if ingredient.kind == "first":
        return 0
    if ingredient.kind == "last":
        return recipe.frames - 1
    if not 0 <= ingredient.at_frame < recipe.frames:
        raise Refused(
            f"A key frame is set at frame {ingredient.at_frame}, but the take has frames 0 to {recipe.frames - 1}; "
            "move the key frame or lengthen the shot."
        )
    return ingredient.at_frame


def _picture(ingredient: Ingredient, recipe: Recipe, desk: Desk) -> np.ndarray:
    path = desk.ingredient(ingredient.sha256)
    if ingredient.media == "video":
        return covering(_grab(path, ingredient.source_frame), recipe.width, recipe.height)
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if found is None:
        raise Refused(f"The picture given as {ingredient.kind} frame cannot be opened; give it again as PNG or JPEG.")
    return covering(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), recipe.width, recipe.height)


def _grab(path: Path, frame: int) -> np.ndarray:
    """Frame number `frame` of a movie."""
    try:
        found = next(ffmpeg.frames(path, frame, 1), None)
    except ffmpeg.MediaError as error:
        raise Refused(f"The take to continue from cannot be read: {error}. Continue from another one.") from None
    if found is None:
        raise Refused(f"The take to continue from has no frame {frame}; choose an earlier frame.")
    return found


def _move(recipe: Recipe) -> str:
    return blocking.read_facts(recipe.words).move


def _laid_over(draw: Callable[[int], np.ndarray], stills: dict[int, np.ndarray]) -> Callable[[int], np.ndarray]:
    """Drawn frames that dissolve into each still and out again around the frame it is held at."""

    def both(n: int) -> np.ndarray:
        nearest = min(stills, key=lambda at: abs(at - n))
        weight = 1.0 - abs(nearest - n) / _DISSOLVE
        if weight <= 0:
            return draw(n)
        return stills[nearest] if weight == 1 else cv2.addWeighted(draw(n), 1 - weight, stills[nearest], weight, 0.0)

    return both


def _notes(recipe: Recipe) -> tuple[str, ...]:
    unknown = blocking.read_facts(recipe.words).not_understood
    return (f"Not staged: {', '.join(word.lower() for word in unknown[:12])}.",) if unknown else ()

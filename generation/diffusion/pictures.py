"""Ingredients as the pictures pipelines take: PIL images of the take's own size, and runs of frames from a clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from generation import ffmpeg
from generation.blocking.stills import covering
from generation.diffusion import depth
from generation.engine import DEPTH_MODEL
from generation.recipe import Ingredient, Recipe
from generation.report import Desk, Refused

HALF = 128  # of white


def picture(ingredient: Ingredient, recipe: Recipe, desk: Desk) -> Image.Image:
    """The still an ingredient gives, cut to the take's size."""
    return Image.fromarray(covering(_still(ingredient, desk), recipe.width, recipe.height))


def whole(ingredient: Ingredient, desk: Desk) -> Image.Image:
    """The still an ingredient gives, uncut and at its own size: a reference loses nothing at its edges."""
    return Image.fromarray(_still(ingredient, desk))


def prefix(ingredient: Ingredient, recipe: Recipe, desk: Desk, count: int) -> list[Image.Image]:
    """The `count` frames up to and with the one a take goes on from; fewer where the clip begins later."""
    found = _frames(desk.ingredient(ingredient.sha256), ingredient.source_frame, count)
    return [Image.fromarray(covering(each, recipe.width, recipe.height)) for each in found]


def clip(ingredient: Ingredient, recipe: Recipe, desk: Desk, count: int) -> list[Image.Image]:
    """`count` frames of a guide clip from its start, its last one held where it is shorter."""
    found = beginning(ingredient, recipe, desk, count)
    return found + [found[-1]] * (count - len(found))


def mask(ingredient: Ingredient, recipe: Recipe, desk: Desk, count: int) -> list[Image.Image]:
    """`count` frames of a mask, black or white and nothing between; a picture, or the last of a clip, is held."""
    if ingredient.media == "image":
        found = [picture(ingredient, recipe, desk)] * count
    else:
        found = clip(ingredient, recipe, desk, count)
    return [each.convert("L").point(lambda grey: 255 if grey >= HALF else 0) for each in found]


def beginning(ingredient: Ingredient, recipe: Recipe, desk: Desk, count: int) -> list[Image.Image]:
    """The first frames of a guide clip, `count` or as many as it has.

    Depth is found in the clip's pictures first where the recipe names a model for that.
    """
    found = _frames(desk.ingredient(ingredient.sha256), count - 1, count, exact=False)
    cut = [covering(each, recipe.width, recipe.height) for each in found]
    if ingredient.kind == "depth" and recipe.settings.get(DEPTH_MODEL):
        cut = depth.of_clip(cut, ingredient.sha256, recipe.settings[DEPTH_MODEL], desk)
    return [Image.fromarray(each) for each in cut]


def at_frame(ingredient: Ingredient, recipe: Recipe) -> int:
    """The frame of the take that a still stands at. The last one of the cut may have frames made behind it."""
    if ingredient.kind == "first":
        return 0
    if ingredient.kind == "last":
        return min(ingredient.at_frame or recipe.frames - 1, recipe.frames - 1)
    if not 0 <= ingredient.at_frame < recipe.frames:
        raise Refused(
            f"A key frame is set at frame {ingredient.at_frame}, but the take has frames 0 to {recipe.frames - 1}; "
            "move the key frame or lengthen the shot."
        )
    return ingredient.at_frame


def conformed(frames: np.ndarray, count: int, rate: tuple[int, int], native_rate: tuple[int, int]) -> list[np.ndarray]:
    """`count` frames at the take's rate, each the one on screen at that time; none is invented, and none is copied."""
    ratio = Fraction(*native_rate) / Fraction(*rate)
    return [frames[min(int(n * ratio), len(frames) - 1)] for n in range(count)]


def _still(ingredient: Ingredient, desk: Desk) -> np.ndarray:
    path = desk.ingredient(ingredient.sha256)
    if ingredient.media == "video":
        return _frames(path, ingredient.source_frame, 1)[-1]
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if found is None:
        raise Refused(f"The picture given as {ingredient.kind} frame cannot be opened; give it again as PNG or JPEG.")
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def _frames(path: Path, last: int, count: int, exact: bool = True) -> list[np.ndarray]:
    """Frames last-count+1 to `last`; fewer where the clip begins later or, unless `exact`, ends before."""
    begins = max(0, last - count + 1)
    try:
        found = list(ffmpeg.frames(path, begins, last + 1 - begins))
    except ffmpeg.MediaError as error:
        raise Refused(f"The clip given as a guide cannot be read: {error}. Give it again.") from None
    if not found or (exact and len(found) < min(count, last + 1)):
        raise Refused(f"The clip given as a guide has no frame {last}; choose an earlier frame.")
    return found

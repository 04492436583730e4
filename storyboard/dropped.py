"""A recipe out of a file that somebody dropped: a take's movie, which carries it, or the JSON itself."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from generation import catalogue, ffmpeg
from generation.recipe import BadRecipe, Recipe
from generation.report import Refused
from storyboard.refusal import Refusal, TooMuch

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

JSON_MAX = 1_000_000
LIMITS = ffmpeg.Limits(seconds=30, cpu_seconds=30, memory_bytes=2 << 30)


def recipe_in(upload: UploadedFile) -> Recipe:
    """Raises Refusal with one sentence that names the file."""
    head = upload.read(1).strip()
    upload.seek(0)
    text = _json(upload) if head == b"{" else _comment(upload)
    try:
        recipe = Recipe.parse(text)
    except BadRecipe as error:
        raise Refusal(f"{upload.name} holds no recipe this server can load: {error}.") from None
    _check_settings(recipe)
    return recipe


def _check_settings(recipe: Recipe) -> None:
    """Of an engine that is not here only the words and guides are wanted."""
    with contextlib.suppress(catalogue.UnknownEngine):
        try:
            catalogue.engine(recipe.engine).check_settings(recipe)
        except Refused as refused:
            raise Refusal(str(refused)) from None


def _json(upload: UploadedFile) -> str:
    if (upload.size or 0) > JSON_MAX:
        raise TooMuch(f"{upload.name} has {upload.size:,} bytes; a recipe has at most {JSON_MAX:,}.")
    try:
        return upload.read().decode()
    except UnicodeDecodeError:
        raise Refusal(f"{upload.name} is not text. Drop a take's movie or its recipe file.") from None


def _comment(upload: UploadedFile) -> str:
    if (upload.size or 0) > settings.MOVIE_MAX_BYTES:
        raise TooMuch(f"{upload.name} has {upload.size:,} bytes; at most {settings.MOVIE_MAX_BYTES:,} are read.")
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / "dropped"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        try:
            text = ffmpeg.read_recipe(path)
        except ffmpeg.MediaError as error:
            raise Refusal(str(error).replace("dropped", upload.name or "The file", 1)) from None
    if not text:
        raise Refusal(f"{upload.name} carries no recipe. Drop a movie that was exported here, or a recipe file.")
    return text

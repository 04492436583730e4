"""A take's recipe and report as rows for people: names, values, and each ingredient with its picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.urls import reverse

from generation import catalogue, film
from generation.recipe import BadRecipe, Ingredient, Recipe
from storyboard.models import Media, Take

KINDS = {
    "first": "First frame",
    "last": "Last frame",
    "key": "Key frame",
    "reference": "Reference",
    "depth": "Depth",
    "motion": "Motion",
    "keep": "Kept clip",
    "mask": "Mask",
    "camera": "Camera path",
    "continue": "Continues",
    "staging": "Staging",
}


@dataclass(frozen=True)
class Shown:
    """One ingredient: what it does, where it came from, and a picture of it where there is one."""

    kind: str
    where: str
    sha256: str
    thumb: str
    note: str


class RecipePage:
    """What the Recipe tab shows of one take."""

    def __init__(self, take: Take) -> None:
        self.take = take

    @cached_property
    def recipe(self) -> Recipe | None:
        try:
            return self.take.frozen
        except BadRecipe:
            return None

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of every input that says something."""
        recipe = self.recipe
        if recipe is None:
            return []
        words = recipe.words
        rows = [
            ("Engine", _engine(recipe.engine)),
            ("Weights", recipe.weights),
            ("Seed", str(recipe.seed)),
            ("Frames", f"{recipe.frames} at {_rate(recipe.rate)}"),
            ("Picture", f"{recipe.width} × {recipe.height}"),
            ("Steps", str(recipe.steps or "")),
            ("Guidance", str(recipe.guidance or "")),
            ("Scene", words.heading),
            ("Size", film.label(words.size)),
            ("Angle", film.label(words.angle)),
            ("Move", film.label(words.move)),
            ("Action", words.action),
            ("Dialogue", words.dialogue),
            ("Characters", ", ".join(words.characters)),
            ("Not wanted", recipe.negative),
            *((name.replace("_", " ").capitalize(), _said(value)) for name, value in sorted(recipe.settings.items())),
        ]
        return [(name, value) for name, value in rows if value]

    def ingredients(self) -> list[Shown]:
        recipe = self.recipe
        return [self._shown(each) for each in recipe.ingredients] if recipe else []

    def measured(self) -> list[tuple[str, str]]:
        """What came out, from the report."""
        report = self.take.report or {}
        phases = (report.get("seconds") or {}) | ((report.get("facts") or {}).get("seconds") or {})
        seconds = [(f"Time to {phase}", f"{value:.1f} s") for phase, value in phases.items()]
        memory = report.get("memory_bytes") or 0
        metrics = [
            (each["name"].replace("_", " ").capitalize(), f"{each['value']:g} {each['unit']}")
            for each in report.get("metrics") or ()
        ]
        made = report.get("facts") or {}
        facts = [
            ("Engine version", report.get("engine_version", "")),
            ("Device", report.get("device", "")),
            ("Number format", made.get("dtype", "")),
            ("Memory plan", made.get("plan", "")),
            ("Profile", made.get("profile", "")),
            ("Attention", made.get("attention", "")),
            ("Steps gone on from", str(made.get("steps resumed") or "")),
            ("Memory", f"{memory / (1 << 20):.0f} MB" if memory else ""),
        ]
        return [(name, value) for name, value in [*facts, *seconds, *metrics] if value]

    def notes(self) -> list[str]:
        return list((self.take.report or {}).get("notes") or ())

    def _shown(self, each: Ingredient) -> Shown:
        media = Media.objects.filter(project=self.take.project_id, sha256=each.sha256).first()
        source = self._source(each)
        thumb = media.url if media and each.media == "image" else ""
        if source and each.kind in ("continue", "staging"):
            thumb = reverse("take-frame", args=[source.pk, each.source_frame])
        note = "" if media else "This file is no longer in the store."
        return Shown(KINDS[each.kind], self._where(each, source), each.sha256, thumb, note)

    def _source(self, each: Ingredient) -> Take | None:
        """The take that this ingredient is a file of."""
        takes = Take.objects.filter(project=self.take.project_id).select_related("shot")
        files = {"continue": "master__sha256", "staging": "staging__sha256"}
        return takes.filter(**{files[each.kind]: each.sha256}).first() if each.kind in files else None

    def _where(self, each: Ingredient, source: Take | None) -> str:
        if source is not None:
            shot = "" if source.shot_id == self.take.shot_id else f"{source.shot.code} "
            return f"{shot}T{source.number}, frame {each.source_frame}"
        return f"at frame {each.at_frame}"


def _engine(name: str) -> str:
    try:
        return catalogue.engine(name).label
    except catalogue.UnknownEngine:
        return name


def _rate(rate: tuple[int, int]) -> str:
    exact = Fraction(*rate)
    return f"{exact} a second" if exact.denominator == 1 else f"{rate[0]}/{rate[1]} a second"


def _said(value: Any) -> str:
    """A setting in words; the only lists among them are a width and a height."""
    return " × ".join(str(each) for each in value) if isinstance(value, list) else str(value)

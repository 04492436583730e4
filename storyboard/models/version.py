from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from generation import film
from generation.recipe import Ingredient, Words
from storyboard.models.fields import OfProject

WORDS = ("action", "dialogue", "characters", "size", "angle", "move", "negative", "notes")
FIELDS = (*WORDS, "frames")


class Version(models.Model):
    """An immutable snapshot of what a shot asks for, once a take was made of it."""

    shot = models.ForeignKey("storyboard.Shot", on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    action = models.TextField(blank=True)
    dialogue = models.TextField(blank=True)
    characters = models.JSONField(default=list, blank=True)
    size = models.CharField(max_length=12, blank=True, choices=film.SIZES)
    angle = models.CharField(max_length=12, blank=True, choices=film.ANGLES)
    move = models.CharField(max_length=20, blank=True, choices=film.MOVES)
    frames = models.PositiveIntegerField(default=72)
    negative = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["shot", "number"], name="version_number_once"),
            models.CheckConstraint(condition=models.Q(frames__gt=0), name="version_has_frames"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    def words(self) -> Words:
        return Words(
            heading=self.shot.scene.heading,
            action=self.action,
            dialogue=self.dialogue,
            characters=tuple(self.characters),
            size=self.size,
            angle=self.angle,
            move=self.move,
        )

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in FIELDS}

    @property
    def framing(self) -> str:
        """Size, angle and move as a camera report would say them."""
        parts = (self.size, "" if self.angle in ("", "eye") else film.label(self.angle))
        move = "" if self.move in ("", "static") else film.label(self.move)
        return " · ".join(part for part in (*parts, move) if part)


class Guide(models.Model):
    """A control given to a version: a picture, or a frame of a take, at one of the new take's frames."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="guides")
    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(
        max_length=12, choices=[("first", "First frame"), ("last", "Last frame"), ("key", "Key frame")]
    )
    media = models.ForeignKey("storyboard.Media", on_delete=models.PROTECT, related_name="+")
    at_frame = models.PositiveIntegerField(default=0)
    take = models.ForeignKey("storyboard.Take", null=True, on_delete=models.SET_NULL, related_name="+")
    source_frame = models.PositiveIntegerField(default=0)
    strength = models.FloatField(default=1.0)

    objects = OfProject.as_manager()

    class Meta:
        ordering = ["at_frame", "pk"]
        constraints = [models.UniqueConstraint(fields=["version", "kind", "at_frame"], name="guide_once_per_frame")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at_frame}"

    def ingredient(self, frames: int) -> Ingredient:
        at = {"first": 0, "last": frames - 1}.get(self.kind, min(self.at_frame, frames - 1))
        return Ingredient(kind=self.kind, sha256=self.media.sha256, media="image", at_frame=at, strength=self.strength)

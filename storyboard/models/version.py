from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models

from generation import film
from generation.recipe import Ingredient, Words
from storyboard.models.fields import OfProject

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from storyboard.models.person import User
    from storyboard.models.project import Project
    from storyboard.models.shot import Shot

WORDS = ("action", "dialogue", "characters", "size", "angle", "move", "negative", "notes")
FIELDS = (*WORDS, "frames")
GUIDE_KINDS = (
    ("first", "First frame"),
    ("last", "Last frame"),
    ("key", "Key frame"),
    ("reference", "Reference"),
    ("depth", "Depth"),
    ("motion", "Motion"),
    ("keep", "Kept clip"),
    ("mask", "Mask"),
)
CLIP_KINDS = ("depth", "motion", "keep")
EITHER_KINDS = ("mask",)  # a clip or a picture


@dataclass(frozen=True)
class Entry:
    """One version in a shot's history; `changed` lists name, before and after of each field against the one before."""

    version: Version
    changed: tuple[tuple[str, Any, Any], ...]
    guides_changed: bool
    takes: int


class VersionQuerySet(models.QuerySet["Version"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        return self.filter(shot__project__memberships__user=user)

    def history(self, shot: Shot) -> list[Entry]:
        """Newest first."""
        made = models.Count("takes", filter=models.Q(takes__trashed_at=None))
        told = self.filter(shot=shot).select_related("by").prefetch_related("guides").annotate(made=made)
        rows = list(told.order_by("-number"))
        older = [*rows[1:], None]
        return [_entry(version, before) for version, before in zip(rows, older, strict=True)]


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

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["shot", "number"], name="version_number_once"),
            models.CheckConstraint(condition=models.Q(frames__gt=0), name="version_has_frames"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    @property
    def project(self) -> Project:
        return self.shot.project

    def hand_guides_to(self, other: Version) -> None:
        """Gives another version the same guides."""
        for guide in self.guides.all():
            guide.pk = None
            guide.version = other
            guide.save(force_insert=True)

    def words(self) -> Words:
        return Words(
            heading=self.shot.scene.heading_with_time(),
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
    """A control given to a version: a picture, a frame of a take, or a clip that counts from the take's first frame.

    `poster` and `filmstrip` show a clip in the form; `take` names where a picture, or a clip of blocking, came from, or
    the take that is kept where a mask is black.
    `is_pictures` marks a depth guide whose clip shows pictures: its depth is found when a take is made.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="guides")
    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=GUIDE_KINDS)
    media = models.ForeignKey("storyboard.Media", on_delete=models.PROTECT, related_name="+")
    at_frame = models.PositiveIntegerField(default=0)
    take = models.ForeignKey("storyboard.Take", null=True, on_delete=models.SET_NULL, related_name="+")
    source_frame = models.PositiveIntegerField(default=0)
    strength = models.FloatField(default=1.0)
    is_pictures = models.BooleanField(default=False)
    poster = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")
    filmstrip = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")

    objects = OfProject.as_manager()

    class Meta:
        ordering = ["at_frame", "pk"]
        constraints = [models.UniqueConstraint(fields=["version", "kind", "at_frame"], name="guide_once_per_frame")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at_frame}"

    def ingredient(self, frames: int) -> Ingredient:
        at = min(self.at_frame, frames - 1) if self.kind == "key" else frames - 1 if self.kind == "last" else 0
        media = "video" if self.is_clip else "image"
        return Ingredient(kind=self.kind, sha256=self.media.sha256, media=media, at_frame=at, strength=self.strength)

    @property
    def is_clip(self) -> bool:
        return self.media.is_clip


def _entry(version: Version, before: Version | None) -> Entry:
    made = version.made  # type: ignore[attr-defined]
    if before is None:
        return Entry(version, (), False, made)
    was, now = before.values(), version.values()
    changed = tuple((name, was[name], now[name]) for name in FIELDS if was[name] != now[name])
    return Entry(version, changed, _held(before) != _held(version), made)


def _held(version: Version) -> set[tuple[str, int, int]]:
    return {(guide.kind, guide.at_frame, guide.media_id) for guide in version.guides.all()}

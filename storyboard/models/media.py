from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from storyboard.models.fields import OfProject

if TYPE_CHECKING:
    from storyboard.models.project import Project

CHUNK = 1 << 20

SUFFIXES = {
    "video/mp4": ".mp4",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "application/json": ".json",
    "application/zip": ".zip",
    "application/pdf": ".pdf",
}


class MediaQuerySet(OfProject):
    def keep(self, project: Project, path: Path, content_type: str, **facts: Any) -> Media:
        """Moves a finished file into the store and names it by its sha256.

        The file is in place before the row says so: a crash between the two leaves an orphan for the sweep, never a
        row without its file. The same bytes twice are one row and one file.
        """
        digest, size = _digest(path)
        target = stored_at(digest, content_type)
        if target.exists():
            path.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            _move_durably(path, target)
        media, _ = self.get_or_create(
            project=project, sha256=digest, content_type=content_type, defaults={"bytes": size, **facts}
        )
        return media

    def keep_bytes(self, project: Project, data: bytes, content_type: str, **facts: Any) -> Media:
        path = scratch_path()
        path.write_bytes(data)
        return self.keep(project, path, content_type, **facts)


class Media(models.Model):
    """A file of a project, content-addressed. Sizes are pixels, `frames` counts at rate_num/rate_den."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="media")
    sha256 = models.CharField(max_length=64, db_index=True)
    content_type = models.CharField(max_length=40)
    bytes = models.PositiveBigIntegerField()
    name = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    frames = models.PositiveIntegerField(default=0)
    rate_num = models.PositiveIntegerField(default=0)
    rate_den = models.PositiveIntegerField(default=1)
    samples = models.PositiveBigIntegerField(default=0)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MediaQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256", "content_type"], name="media_once")]

    def __str__(self) -> str:
        return f"{self.content_type} {self.sha256[:12]}"

    @property
    def path(self) -> Path:
        return stored_at(self.sha256, self.content_type)

    @property
    def is_clip(self) -> bool:
        return self.content_type.startswith("video/")

    @property
    def url(self) -> str:
        return _address(self.pk, f"{self.sha256[:16]}{SUFFIXES[self.content_type]}")


@lru_cache(maxsize=8192)
def _address(pk: int, name: str) -> str:
    """A long board asks for a thousand of these at once."""
    return reverse("media", args=[pk, name])


def stored_at(digest: str, content_type: str) -> Path:
    return settings.MEDIA_ROOT / digest[:2] / f"{digest}{SUFFIXES[content_type]}"


def scratch_path(suffix: str = "") -> Path:
    """A new name on the store's own disk, so that keeping it is a rename."""
    folder = settings.MEDIA_ROOT / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{os.getpid()}-{os.urandom(8).hex()}{suffix}"


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _move_durably(path: Path, target: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(target)

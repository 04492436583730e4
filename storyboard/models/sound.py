from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from storyboard.models.fields import OfProject

if TYPE_CHECKING:
    from storyboard.models.media import Media
    from storyboard.models.person import User
    from storyboard.models.project import Project


class SoundQuerySet(OfProject):
    @transaction.atomic
    def lay(self, project: Project, media: Media, by: User, **fields: Any) -> Sound:
        """Puts this file under the whole cut, in place of the one that lay there."""
        sound, _ = self.update_or_create(project=project, defaults={"media": media, "by": by, **fields})
        project.record("sound.laid", sound, by)
        return sound


class Sound(models.Model):
    """The scratch track under the cut. It starts `offset_frames` of the cut's rate into the file."""

    project = models.OneToOneField("storyboard.Project", on_delete=models.CASCADE, related_name="sound")
    media = models.ForeignKey("storyboard.Media", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    gain_db = models.FloatField(default=0.0)
    offset_frames = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SoundQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or "scratch track"

    @transaction.atomic
    def remove(self, by: User) -> None:
        project = self.project
        self.delete()
        project.record("sound.removed", None, by)

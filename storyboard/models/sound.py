from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from storyboard.models.fields import OfProject
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from storyboard.models.media import Media
    from storyboard.models.person import User
    from storyboard.models.project import Project

GAIN_MIN, GAIN_MAX = -60, 24
OFFSET_MAX = 1_000_000


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
    def adjust(self, by: User, gain_db: float, offset_frames: int) -> None:
        """Louder or softer, and from which frame of the file it begins."""
        if not (GAIN_MIN <= gain_db <= GAIN_MAX):
            raise Refusal(f"The gain goes from {GAIN_MIN} to +{GAIN_MAX} dB; {gain_db:g} was asked.")
        if not 0 <= offset_frames <= OFFSET_MAX:
            raise Refusal(f"The sound can begin 0 to {OFFSET_MAX} frames into its file; {offset_frames} was asked.")
        Sound.objects.filter(pk=self.pk).update(gain_db=gain_db, offset_frames=offset_frames)
        self.gain_db, self.offset_frames = gain_db, offset_frames
        self.project.record("sound.adjusted", self, by)

    @transaction.atomic
    def remove(self, by: User) -> None:
        project = self.project
        self.delete()
        project.record("sound.removed", None, by)

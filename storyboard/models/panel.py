from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from storyboard.models.fields import OfProject
from storyboard.models.positioned import Positioned
from storyboard.refusal import Conflict, Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User

CAPTION_MAX = 300
HOLD_MAX = 1440


class Panel(Positioned):
    """One drawing or picture for a shot, with a caption; it holds for so many frames."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="panels")
    shot = models.ForeignKey("storyboard.Shot", on_delete=models.CASCADE, related_name="panels")
    media = models.ForeignKey("storyboard.Media", on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(max_length=CAPTION_MAX, blank=True)
    hold_frames = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfProject.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.caption or f"panel {self.pk}"

    def siblings(self) -> models.QuerySet[Any]:
        return Panel.objects.filter(shot=self.shot_id).exclude(pk=self.pk).order_by("position", "pk")

    def fill(self, caption: str | None = None, hold_frames: int | None = None) -> None:
        """Sets what is given, checked. The caller saves."""
        if caption is not None:
            if len(caption.strip()) > CAPTION_MAX:
                raise Refusal(f"This caption has {len(caption.strip())} characters; at most {CAPTION_MAX} fit.")
            self.caption = caption.strip()
        if hold_frames is not None:
            if not 0 <= hold_frames <= HOLD_MAX:
                raise Refusal(f"A panel holds for 0 to {HOLD_MAX} frames; {hold_frames} was asked.")
            self.hold_frames = hold_frames

    @transaction.atomic
    def change(self, by: User, caption: str | None = None, hold_frames: int | None = None) -> None:
        self.fill(caption, hold_frames)
        self._keep("caption", "hold_frames")
        self.project.record("panel.changed", self, by)

    @transaction.atomic
    def move(self, after: Panel | None, by: User) -> None:
        """To right behind `after`, or to the front of its shot."""
        if after is not None and after.shot_id != self.shot_id:
            raise Refusal("A panel can only move among the panels of its own shot.")
        self.place_after(after)
        self._keep("position")
        self.project.record("panel.moved", self, by)

    def _keep(self, *fields: str) -> None:
        rows = Panel.objects.filter(pk=self.pk)
        if not rows.update(**{name: getattr(self, name) for name in fields}):
            raise Conflict("This panel was removed meanwhile; nothing was changed.")

    @transaction.atomic
    def remove(self, by: User) -> None:
        """Takes the panel away; its picture stays in the store."""
        shot, project = self.shot, self.project
        self.delete()
        project.record("panel.removed", shot, by)

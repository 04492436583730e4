from __future__ import annotations

from django.conf import settings
from django.db import models

from storyboard.models.fields import OfProject


class Event(models.Model):
    """One numbered line of a project's log: live updates, activity page and audit trail are all read from it."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="events")
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    shot_id = models.BigIntegerField(null=True)
    take_id = models.BigIntegerField(null=True)
    subject_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    data = models.JSONField(default=dict)

    objects = OfProject.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="event_number_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"

    def to_message(self) -> dict[str, object]:
        """What the socket carries: number, kind and ids, never content."""
        return {
            "n": self.number,
            "kind": self.kind,
            "shot": self.shot_id,
            "take": self.take_id,
            "id": self.subject_id,
            "by": self.by_id,
        }

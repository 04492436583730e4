from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q

from storyboard import queue
from storyboard.models.fields import OfProject
from storyboard.models.job import Job, JobQuerySet, Status

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.models.project import Project


class ExportQuerySet(OfProject, JobQuerySet):  # type: ignore[override]
    @transaction.atomic
    def ask(self, project: Project, kind: str, by: User, **options: Any) -> Export:
        """Queues one export of the cut as it stands when a worker begins."""
        export = self.create(project=project, kind=kind, by=by, options=options, turn=self.next_turn(by))
        export.record("queued", by)
        export.ring()
        return export


class Export(Job):
    """The cut, rendered to a file to take away."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=20)
    options = models.JSONField(default=dict)
    media = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=Status.FINISHED) | Q(media__isnull=False), name="finished_export_has_media"
            ),
            models.CheckConstraint(condition=~Q(status=Status.FAILED) | ~Q(error=""), name="failed_export_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.project}"

    def ring(self) -> None:
        queue.ring("generation.make_export", "media")

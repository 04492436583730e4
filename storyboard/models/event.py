from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models

from storyboard.models.fields import OfProject

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.models.project import Project


APPEND = """
WITH numbered AS (
    UPDATE storyboard_project SET last_event = last_event + 1 WHERE id = %(project)s RETURNING last_event
)
INSERT INTO storyboard_event (project_id, number, kind, shot_id, take_id, subject_id, by_id, at, data)
SELECT %(project)s, last_event, %(kind)s, %(shot)s, %(take)s, %(subject)s, %(by)s, clock_timestamp(), %(data)s
FROM numbered
RETURNING id, number, at
"""


class EventQuerySet(OfProject):
    def append(
        self,
        project: Project,
        kind: str,
        by: User | None,
        data: dict[str, Any],
        shot_id: int | None = None,
        take_id: int | None = None,
        subject_id: int | None = None,
    ) -> Event:
        """Takes the next number and writes the line in one statement, so that the project's row is held briefly."""
        values: dict[str, Any] = {
            "project": project.pk,
            "kind": kind,
            "shot": shot_id,
            "take": take_id,
            "subject": subject_id,
            "by": by.pk if by else None,
            "data": json.dumps(data),
        }
        with connection.cursor() as cursor:
            cursor.execute(APPEND, values)
            pk, number, at = cursor.fetchone()
        ids = {"shot_id": shot_id, "take_id": take_id, "subject_id": subject_id}
        return Event(pk=pk, project=project, number=number, kind=kind, by=by, at=at, data=data, **ids)


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

    objects = EventQuerySet.as_manager()

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

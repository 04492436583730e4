"""What the queue drawer says of each take: its place, its time, who asked, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from storyboard.estimate import Line, Place, Span
from storyboard.models import Media, Project, Status, Take
from storyboard.models.take import Coverage

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from storyboard.models import User

LAST = 20


@dataclass
class QueuedJob:
    take: Take
    place: Place | None = None
    left: Span | None = None
    picture: Media | None = None

    @property
    def elapsed(self) -> str:
        """How long it ran, or has been running."""
        if self.take.started_at is None:
            return ""
        return _clock((self.take.finished_at or timezone.now()) - self.take.started_at)


@dataclass
class QueuePage:
    running: list[QueuedJob]
    queued: list[QueuedJob]
    finished: list[QueuedJob]
    elsewhere: int
    """How many of other projects stand in front of this project's last queued take."""
    mine: int
    coverage: Coverage

    @property
    def waiting(self) -> int:
        return len(self.running) + len(self.queued)

    @classmethod
    def of(cls, project: Project, user: User | AnonymousUser) -> QueuePage:
        line = Line.now()
        places = line.places()
        rows = Take.objects.filter(project=project).select_related("shot", "by", "poster").defer("recipe", "report")
        waiting = {take.pk: take for take in rows.waiting()}
        running = [waiting[take.pk] for take in line.running if take.pk in waiting]
        queued = [waiting[take.pk] for take in line.queued if take.pk in waiting]
        over = rows.kept().exclude(status__in=[Status.QUEUED, Status.RUNNING]).exclude(finished_at=None)
        last = places[queued[-1].pk].number if queued else 0
        left = {take.pk: line.left(take) for take in line.running}
        ended = list(over.order_by("-finished_at")[:LAST])
        pictures = _pictures({take.shot_id for take in (*running, *queued, *ended)})
        return cls(
            running=[QueuedJob(take, None, left[take.pk], pictures.get(take.shot_id)) for take in running],
            queued=[QueuedJob(take, places[take.pk], None, pictures.get(take.shot_id)) for take in queued],
            finished=[QueuedJob(take, picture=take.poster or pictures.get(take.shot_id)) for take in ended],
            elsewhere=last - len(queued) if queued else 0,
            mine=sum(take.by_id == user.pk for take in waiting.values()),
            coverage=Take.objects.coverage(),
        )


def _pictures(shots: set[int]) -> dict[int, Media]:
    """What each shot shows now, to be recognized by while its new take is made."""
    shown = Take.objects.shown().filter(shot__in=shots).select_related("poster").defer("recipe", "report")
    return {take.shot_id: take.poster for take in shown}


def _clock(time: timedelta) -> str:
    seconds = max(0, int(time.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60}:{seconds % 60:02d}"

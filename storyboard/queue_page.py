"""What the queue drawer says of each take: its place, its time, who asked, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from generation.engine import DRAFT, EXACT, FAST
from storyboard import workers
from storyboard.engines import Choice, choices
from storyboard.estimate import Line, Place, Span
from storyboard.models import Media, Project, Role, Status, Take
from storyboard.models.asking import HANDLES_MAX
from storyboard.models.take import Coverage

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from storyboard.models import User

LAST = 20


@dataclass
class QueuedJob:
    """One row; `is_theirs` says whether whoever looks may move, pause, change and cancel it."""

    take: Take
    picture: Media | None = None
    is_theirs: bool = False
    place: Place | None = None
    left: Span | None = None
    ready: Span | None = None
    aside: str = ""
    """Why it is passed over, in a word or two."""

    @property
    def can_pause(self) -> bool:
        return not self.take.cancel_wanted and self.take.can_stop_half_way

    @property
    def in_time(self) -> str:
        """Whether it will be ready when it is needed, as far as anybody knows."""
        if self.take.needed_by is None or self.ready is None:
            return ""
        within = (self.take.needed_by - timezone.now()).total_seconds()
        return "in time" if self.ready.high <= within else "may be late" if self.ready.low <= within else "late"

    @property
    def elapsed(self) -> str:
        """How long it ran, or has been running."""
        if self.take.started_at is None:
            return ""
        return _clock((self.take.finished_at or timezone.now()) - self.take.started_at)


@dataclass
class Change:
    """What the form to change a waiting take begins with."""

    take: Take

    profiles = (EXACT, FAST, DRAFT)

    @property
    def choices(self) -> list[Choice]:
        return choices()

    @property
    def profile(self) -> str:
        return str(self.take.frozen.settings.get("profile", EXACT))

    @property
    def handles(self) -> int:
        """The frames it makes behind the end of what its version asks for, those included that its engine adds."""
        return min(HANDLES_MAX, max(0, self.take.frozen.frames - self.take.version.frames))

    @property
    def newer(self) -> int | None:
        """The version the shot asks for now, where that is another than the one this take would be made of."""
        current = self.take.shot.current
        return current.number if current is not None and current.pk != self.take.version_id else None


@dataclass
class QueuePage:
    running: list[QueuedJob]
    queued: list[QueuedJob]
    aside: list[QueuedJob]
    finished: list[QueuedJob]
    elsewhere: int
    """How many of other projects stand in front of this project's last queued take."""
    mine: int
    mine_paused: int
    coverage: Coverage
    nobody: str
    """Why nobody could make what waits, where that is so."""
    computed: float
    is_over_budget: bool
    saved: float
    """Seconds that auditions which nobody finished did not take."""

    @property
    def waiting(self) -> int:
        return len(self.running) + len(self.queued) + len(self.aside)

    @classmethod
    def of(cls, project: Project, user: User | AnonymousUser) -> QueuePage:
        line = Line.now()
        places = line.places()
        rows = Take.objects.filter(project=project).select_related("shot", "by", "poster").defer("recipe", "report")
        waiting = {take.pk: take for take in rows.waiting()}
        parts = (line.running, line.queued, line.aside)
        running, queued, aside = ([waiting[take.pk] for take in part if take.pk in waiting] for part in parts)
        over = rows.kept().exclude(status__in=[Status.QUEUED, Status.RUNNING]).exclude(finished_at=None)
        ended = list(over.order_by("-finished_at")[:LAST])
        pictures = _pictures({take.shot_id for take in (*waiting.values(), *ended)})
        computed = project.computed
        owns = project.role_of(user) == Role.OWNER

        def job(take: Take, **told: Any) -> QueuedJob:
            return QueuedJob(take, pictures.get(take.shot_id), owns or take.by_id == user.pk, **told)

        whys = {take.pk: line.why_aside(take) for take in line.aside}
        whole = {take.pk: take for take in (*line.running, *line.queued)}
        last = places[queued[-1].pk].number if queued else 0
        mine = [take for take in waiting.values() if take.by_id == user.pk]
        return cls(
            running=[_running(job, line, whole[take.pk], take) for take in running],
            queued=[
                job(take, place=places[take.pk], ready=line.ready(whole[take.pk], places[take.pk])) for take in queued
            ],
            aside=[job(take, aside=whys[take.pk]) for take in aside],
            finished=[replace(job(take), picture=take.poster or pictures.get(take.shot_id)) for take in ended],
            elsewhere=last - len(queued) if queued else 0,
            mine=len(mine),
            mine_paused=sum(take.paused_at is not None for take in mine),
            coverage=Take.objects.coverage(),
            nobody=workers.missing(any(take.weights for take in queued)) if queued and not running else "",
            computed=computed,
            is_over_budget=project.budget is not None and computed >= project.budget,
            saved=Take.objects.filter(project=project).seconds_saved(),
        )


def _running(job: Callable[..., QueuedJob], line: Line, measured: Take, take: Take) -> QueuedJob:
    left = line.left(measured)
    return job(take, left=left, ready=left)


def _pictures(shots: set[int]) -> dict[int, Media]:
    """What each shot shows now, to be recognized by while its new take is made."""
    shown = Take.objects.shown().filter(shot__in=shots).select_related("poster").defer("recipe", "report")
    return {take.shot_id: take.poster for take in shown}


def _clock(time: timedelta) -> str:
    seconds = max(0, int(time.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60}:{seconds % 60:02d}"

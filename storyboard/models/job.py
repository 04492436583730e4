"""Work that a worker does outside the request: the row is the truth, messages only ring.

`attempt` is a fencing token. Every write of a worker names the attempt it was given; a worker that was given up on
changes no row, and learns so by `Lost`.
"""

from __future__ import annotations

import socket
from datetime import timedelta
from os import getpid
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Case, DurationField, ExpressionWrapper, F, FloatField, When
from django.db.models.functions import Coalesce, Extract, Now

from storyboard.models.access import Role
from storyboard.refusal import Conflict


class Lost(Exception):
    """This row is no longer ours: it was given to another worker, cancelled or finished."""


class Status(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Generating"
    HELD = "held", "In audition"
    FINISHED = "finished", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


COMES_FROM = {
    Status.RUNNING: [Status.QUEUED],
    Status.HELD: [Status.RUNNING],
    Status.FINISHED: [Status.RUNNING],
    Status.FAILED: [Status.RUNNING, Status.QUEUED],
    Status.CANCELLED: [Status.QUEUED, Status.RUNNING, Status.HELD],
    Status.QUEUED: [Status.RUNNING, Status.FAILED, Status.CANCELLED],
}

WAITING = (Status.QUEUED, Status.RUNNING)
FRONT_MAX = 32_000


class JobQuerySet(models.QuerySet[Any]):
    LINE: tuple[str, ...] = ("-priority", "turn", "pk")
    """Front first, then turn by turn between people."""

    def waiting(self) -> Self:
        return self.filter(status__in=WAITING)

    def in_line(self) -> Self:
        """Queued rows in the order they will be taken."""
        return self.filter(status=Status.QUEUED).order_by(*self.LINE)

    def next_turn(self, by: Any) -> int:
        """The turn a person's next row gets: behind their own last, and never before what is being served now.

        Turns are handed out when queueing, one per row and person, so that somebody who asks for one take waits for
        one round, however many another has asked for.
        """
        mine = self.filter(status__in=WAITING, by=by).aggregate(last=models.Max("turn"))["last"] or 0
        return max(self.served_turn(), mine + 1)

    def served_turn(self) -> int:
        """The round that is being served: of what runs, or of what may be begun next. Who was moved up counts not."""
        running = self.filter(status=Status.RUNNING, priority=0).aggregate(first=models.Min("turn"))["first"]
        waiting = self.in_line().filter(priority=0).aggregate(first=models.Min("turn"))["first"]
        return min((turn for turn in (running, waiting) if turn is not None), default=1)

    def next_for(self, loaded: str) -> int | None:
        """The row this worker should take; `loaded` names the weights it has in memory."""
        return self.in_line().values_list("pk", flat=True).first()

    def claim(self, loaded: str = "") -> Any | None:
        """Takes the next row in line for this worker, or None when nothing waits."""
        while True:
            pk = self.next_for(loaded)
            if pk is None:
                return None
            row = self.model._default_manager.get(pk=pk)
            try:
                row.begin()
            except Lost:
                continue
            return row

    def cancel_all(self, by: Any) -> int:
        """Cancels every one of these that waits or runs; how many that were."""
        cancelled = 0
        for row in self.waiting():
            try:
                row.cancel(by)
            except Conflict:
                continue
            cancelled += 1
        return cancelled

    def on_this_machine(self) -> Self:
        """Running rows that a worker of this machine has."""
        return self.filter(status=Status.RUNNING, worker__startswith=f"{socket.gethostname()}:")

    def silent(self) -> Self:
        """Running rows whose worker has not spoken for a whole lease, by the database's clock."""
        return self.filter(status=Status.RUNNING, beat_at__lt=Now() - timedelta(seconds=settings.LEASE_SECONDS))


def _computed(kept: bool) -> dict[str, Any]:
    """Adds the seconds of this run: to `spent` where what it made is kept, else to `wasted`, up to the last beat."""
    until = Now() if kept else Coalesce(F("beat_at"), Now())
    ran = ExpressionWrapper(until - F("started_at"), output_field=DurationField())
    seconds = Extract(ran, "epoch", output_field=FloatField())
    name = "spent" if kept else "wasted"
    return {name: F(name) + Case(When(status=Status.RUNNING, then=Coalesce(seconds, 0.0)), default=0.0)}


class Job(models.Model):
    """`spent` is the seconds of computing that what there is took, `wasted` those of runs whose work was dropped."""

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    priority = models.SmallIntegerField(default=0)
    turn = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="%(class)ss")
    queued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=120, blank=True)
    cancel_wanted = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0)
    phase = models.CharField(max_length=20, blank=True)
    error = models.TextField(blank=True)
    report = models.JSONField(null=True)
    spent = models.FloatField(default=0)
    wasted = models.FloatField(default=0)

    class Meta:
        abstract = True

    @property
    def percent(self) -> int:
        return 100 * self.done // self.of if self.of else 0

    @property
    def doing(self) -> str:
        """What a running one does now: engines with steps name them in words, others count their frames."""
        if " " in self.phase or self.phase == "decoding":
            return self.phase[0].upper() + self.phase[1:]
        if not self.of:
            return "Starting"
        return f"Generating {self.done} of {self.of}" if self.done < self.of else "Finishing"

    @property
    def is_waiting(self) -> bool:
        return self.status in WAITING

    def record(self, verb: str, by: Any = None, **data: Any) -> None:
        """One event about this row; `verb` is its last word, as in take.finished."""
        self.project.record(f"{type(self).__name__.lower()}.{verb}", self, by, **data)  # type: ignore[attr-defined]

    def _become(self, status: Status, fenced: bool = True, **fields: Any) -> None:
        """The one way a status changes: where the row is still as expected, or Lost."""
        if status != Status.RUNNING:
            fields |= _computed(kept=status in (Status.FINISHED, Status.HELD) or "state" in fields)
        rows = type(self)._default_manager.filter(pk=self.pk, status__in=COMES_FROM[status])
        if fenced:
            rows = rows.filter(attempt=self.attempt)
        if not rows.update(status=status, **fields):
            raise Lost(f"{self} is not {' or '.join(COMES_FROM[status])} in attempt {self.attempt} any more")
        self.refresh_from_db()

    @transaction.atomic
    def begin(self) -> None:
        """A worker takes this row; raises Lost where another was quicker."""
        name = f"{socket.gethostname()}:{getpid()}"
        self._become(
            Status.RUNNING,
            attempt=F("attempt") + 1,
            tries=F("tries") + 1,
            worker=name,
            started_at=Now(),
            beat_at=Now(),
            done=0,
            of=0,
            phase="",
            error="",
        )
        self.record("started")

    def wants_to_stop(self) -> bool:
        """Whether a running one has to make room as soon as it can be gone on with later."""
        return False

    def beat(self, done: int, of: int, phase: str) -> bool:
        """Heartbeat, progress and cancellation poll in one statement. True: stop, it is no longer wanted."""
        rows = type(self)._default_manager.filter(pk=self.pk, attempt=self.attempt, status=Status.RUNNING)
        if not rows.update(beat_at=Now(), done=done, of=of, phase=phase):
            raise Lost(f"{self} was given to another worker")
        return bool(rows.values_list("cancel_wanted", flat=True).first())

    @transaction.atomic
    def finish(self, **fields: Any) -> None:
        self._become(Status.FINISHED, finished_at=Now(), done=F("of"), **fields)
        self.record("finished")

    @transaction.atomic
    def fail(self, reason: str) -> None:
        """Ends with a reason that a director can act on."""
        self._become(Status.FAILED, finished_at=Now(), error=reason)
        self.record("failed")

    @transaction.atomic
    def give_up_on_worker(self, what: str = "The worker stopped without a word") -> None:
        """Something ended the worker: begin again elsewhere, or fail with a reason after too many tries."""
        if self.cancel_wanted:
            return self.stopped()
        if self.tries >= settings.ATTEMPTS_MAX:
            return self.fail(
                f"{what} {self.tries} times while making this. "
                "Ask for something smaller or shorter, or look into the worker's log, then try again."
            )
        self._become(Status.QUEUED, attempt=F("attempt") + 1, done=0, of=0, phase="")
        self.record("requeued")
        self.ring()
        return None

    @transaction.atomic
    def let_go(self) -> None:
        """The worker was told to stop: the row waits again, and the try is not spent."""
        if self.cancel_wanted:
            return self.stopped()
        self._become(Status.QUEUED, attempt=F("attempt") + 1, tries=F("tries") - 1, done=0, of=0, phase="")
        self.record("released")
        self.ring()
        return None

    @transaction.atomic
    def stopped(self) -> None:
        """The worker stopped because the person cancelled."""
        self._become(Status.CANCELLED, finished_at=Now())
        self.record("cancelled")

    def is_theirs(self, user: Any) -> bool:
        """Whether this person asked for it, or owns the project."""
        own = self.by_id is not None and self.by_id == getattr(user, "pk", None)
        return own or self.project.role_of(user) == Role.OWNER  # type: ignore[attr-defined]

    def require_theirs(self, user: Any, what: str) -> None:
        """Raises PermissionDenied, with who may, for anybody who did not ask for it and does not own the project."""
        if self.is_theirs(user):
            return
        owners = f"an owner of “{self.project}” can {what} it"  # type: ignore[attr-defined]
        raise PermissionDenied(f"{self.by} asked for this; only they or {owners}." if self.by else f"Only {owners}.")

    @transaction.atomic
    def cancel(self, by: Any) -> None:
        """Ends what waits or is held at once; asks a worker to stop what runs."""
        self.require_theirs(by, "cancel")
        rows = type(self)._default_manager.filter(pk=self.pk)
        if rows.filter(status__in=[Status.QUEUED, Status.HELD]).update(
            status=Status.CANCELLED, finished_at=Now(), cancel_wanted=True
        ):
            self.refresh_from_db()
            self.record("cancelled", by)
        elif rows.filter(status=Status.RUNNING).update(cancel_wanted=True):
            self.refresh_from_db()
            self.record("stopping", by)
        else:
            self.refresh_from_db()
            raise Conflict(f"This is {self.get_status_display().lower()} already; there is nothing to cancel.")

    @transaction.atomic
    def to_front(self, by: Any) -> None:
        """Makes a queued row the next to be taken, before everything that waits."""
        self.require_theirs(by, "move")
        manager = type(self)._default_manager
        first = manager.filter(status=Status.QUEUED).aggregate(first=models.Max("priority"))["first"] or 0
        if not manager.filter(pk=self.pk, status=Status.QUEUED).update(priority=min(first + 1, FRONT_MAX)):
            raise Conflict("Only what still waits can go to the front of the queue.")
        self.refresh_from_db()
        self.record("fronted", by)

    @transaction.atomic
    def retry(self, by: Any) -> None:
        """Queues a failed or cancelled row again, with the same inputs."""
        rows = type(self)._default_manager.filter(pk=self.pk, status__in=[Status.FAILED, Status.CANCELLED])
        if not rows.update(
            status=Status.QUEUED,
            attempt=F("attempt") + 1,
            cancel_wanted=False,
            queued_at=Now(),
            started_at=None,
            finished_at=None,
            done=0,
            of=0,
            error="",
            tries=0,
            turn=max(self.turn, self._alike().served_turn()),
            **self._anew(),
        ):
            raise Conflict("Only a failed or cancelled one can be tried again.")
        self.refresh_from_db()
        self.record("queued", by)
        self.ring()

    def _anew(self) -> dict[str, Any]:
        """What was computed counts as wasted, unless its state is there to go on from."""
        if getattr(self, "state_path", None):
            return {}
        return {"wasted": F("wasted") + F("spent"), "spent": 0.0}

    def _alike(self) -> Any:
        """The rows it takes turns with."""
        return type(self)._default_manager.all()

    def ring(self) -> None:
        """Wakes a worker once this commits."""
        raise NotImplementedError

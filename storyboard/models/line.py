"""The line of takes: who is next, what stands aside, and how people arrange what they asked for.

Fair by person, drafts before finals, takes with the same weights together, and what is needed by a time before it would
be late. What is paused, or in a project that is paused or has used up its budget, keeps its turn and is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from storyboard import deadlines
from storyboard.models.audition import Audition, AuditionQuerySet
from storyboard.models.job import WAITING, Status
from storyboard.models.project import Project
from storyboard.refusal import Conflict, Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User

# How many rounds of turns a take may be put off for the sake of weights that are loaded already.
ROUNDS_FOR_WEIGHTS = 1

NOT_OVER = (*WAITING, Status.HELD)


class LineQuerySet(AuditionQuerySet):
    LINE = ("-priority", "is_final", "turn", "pk")
    """Front first, drafts before finals, then turn by turn between people."""

    def in_line(self) -> Self:
        stopped = Project.objects.with_a_stopped_line().values("pk")
        return super().in_line().filter(paused_at=None).exclude(project__in=stopped)

    def drafts_waiting(self) -> Self:
        """What a final lets go first."""
        return self.in_line().filter(is_final=False)

    def next_for(self, loaded: str) -> int | None:
        """What is needed by a time and would be late, else the first in line, or one near it for `loaded` weights."""
        line = self.in_line()
        asked = line.annotate(in_time=models.Exists(line.exclude(needed_by=None).order_by()))
        first = asked.values_list("pk", "priority", "is_final", "turn", "weights", "in_time", named=True).first()
        if first is None or first.priority > 0:
            return first and first.pk
        pressing = line.pressing(first.pk) if first.in_time else None
        if pressing is not None:
            return pressing
        if not loaded or first.weights in ("", loaded):
            return first.pk
        near = {"priority": first.priority, "is_final": first.is_final, "turn__lte": first.turn + ROUNDS_FOR_WEIGHTS}
        same = line.filter(**near, weights=loaded).values_list("pk", flat=True).first()
        return first.pk if same is None else same

    def pressing(self, first: int) -> int | None:
        """The one of these that has to go before `first`, lest it is late; None also where others are due a turn."""
        needed = list(self.exclude(needed_by=None).only(*SAID_OF_TIME))
        if not needed:
            return None
        now = timezone.now()
        regular = self.model._default_manager.only(*SAID_OF_TIME).get(pk=first)
        devices = max(1, self.model._default_manager.filter(status=Status.RUNNING).count())
        pk = deadlines.pressing([each.wanted(now) for each in needed], regular.computes, devices)
        if pk is None or pk == first or not self.filter(needed_by=None).exists():
            return pk
        last = self.model._default_manager.exclude(started_at=None).order_by("-started_at")
        went = list(last.values_list("needed_by", flat=True)[: deadlines.IN_A_ROW])
        return None if len(went) == deadlines.IN_A_ROW and all(went) else pk

    @transaction.atomic
    def pause_all(self, project: Project, by: User) -> int:
        """Keeps back all of this person's that wait here, and those that run and can stop; how many that were."""
        mine = self.filter(project=project, by=by, paused_at=None)
        paused = mine.filter(status=Status.QUEUED).update(paused_at=Now())
        for row in mine.filter(status=Status.RUNNING):
            if row.can_stop_half_way:
                paused += mine.filter(pk=row.pk, status=Status.RUNNING).update(paused_at=Now())
        if paused:
            project.record("takes.paused", None, by, count=paused)
        return paused

    @transaction.atomic
    def resume_all(self, project: Project, by: User) -> int:
        """Back into line with all that this person keeps back here, each with the turn it had."""
        kept_back = list(self.filter(project=project, by=by).exclude(paused_at=None).select_for_update(of=("self",)))
        self.filter(pk__in=[row.pk for row in kept_back]).update(paused_at=None)
        for row in kept_back:
            row.ring()
        if kept_back:
            project.record("takes.resumed", None, by, count=len(kept_back))
        return len(kept_back)

    @transaction.atomic
    def need_all_by(self, project: Project, at: datetime | None, by: User) -> int:
        """One time for all of this person's that wait, run or are in audition here; how many those are."""
        _check_time(at)
        wanted = self.filter(project=project, by=by, status__in=NOT_OVER).update(needed_by=at)
        if wanted:
            project.record("takes.needed", None, by, count=wanted, at=at.isoformat() if at else "")
        return wanted

    @transaction.atomic
    def arrange(self, project: Project, by: User, ids: Sequence[int]) -> None:
        """Puts these waiting takes of one person into the order of `ids`: they share out the turns they have.

        Nobody else's turn changes. Raises Conflict where one of them is no longer theirs to move.
        """
        rows = self.filter(pk__in=ids, project=project, by=by, status=Status.QUEUED).order_by(*self.LINE)
        held = {row.pk: row for row in rows.select_for_update(of=("self",))}
        if len(held) != len(set(ids)):
            raise Conflict("Some of these do not wait any more, or are not yours. Look at the queue, then move again.")
        slots = [(row.priority, row.turn) for row in sorted(held.values(), key=_slot)]
        last = (0, 0)
        for pk, (priority, turn) in zip(dict.fromkeys(ids), slots, strict=True):
            later = last[1] + 1 if last[0] == priority else 0
            last = (priority, max(turn, later))
            self.filter(pk=pk).update(priority=priority, turn=last[1])
        project.record("takes.arranged", None, by, count=len(held))


SAID_OF_TIME = ("status", "needed_by", "estimate", "hold_share", "done", "of", "state", "turn")


def _check_time(at: datetime | None) -> None:
    if at is not None and at <= timezone.now():
        raise Refusal("That time is over. Give one that is still to come, or leave it empty.")


def _slot(row: InLine) -> tuple[int, int, int]:
    return -row.priority, row.turn, row.pk


class InLine(Audition):
    """A take in line. `paused_at` says since when its asker keeps it back, `needed_by` when it is wanted at the latest.

    `estimate` is the seconds it was said to last when it was asked for (low, middle, high) and to wait before; nothing
    where nobody knew.
    """

    paused_at = models.DateTimeField(null=True)
    needed_by = models.DateTimeField(null=True)
    estimate = models.JSONField(null=True)

    class Meta:
        abstract = True

    @property
    def computes(self) -> float:
        """The seconds its next run is thought to last at most: to its audition, or from where it was held."""
        whole = float((self.estimate or {}).get("high") or deadlines.UNKNOWN)
        return whole * max(0.0, (self.hold_share or 100) / 100 - self.share_saved)

    def wanted(self, now: datetime) -> deadlines.Wanted:
        assert self.needed_by is not None
        return deadlines.Wanted(self.pk, (self.needed_by - now).total_seconds(), self.computes)

    def wants_to_stop(self) -> bool:
        """Whether a running one makes room after its step: kept back, or a final before which a draft waits."""
        rows = type(self)._default_manager.filter(pk=self.pk)
        self.paused_at, self.needed_by = rows.values_list("paused_at", "needed_by").first() or (None, None)
        if self.paused_at is not None:
            return True
        drafts: Any = type(self)._default_manager.all()
        return self.is_final and not self._cannot_wait() and drafts.drafts_waiting().exists()

    def _cannot_wait(self) -> bool:
        """Whether it would be late if it let others go first now."""
        if self.needed_by is None:
            return False
        return deadlines.pressing([self.wanted(timezone.now())], self.computes) is not None

    def _become(self, status: Status, fenced: bool = True, **fields: Any) -> None:
        if status not in WAITING:
            fields["paused_at"] = None
        super()._become(status, fenced, **fields)

    @transaction.atomic
    def pause(self, by: User) -> None:
        """Keeps it back: one that waits is passed over, one that runs stops after its step and goes on later."""
        self.require_theirs(by, "pause")
        rows = type(self)._default_manager.filter(pk=self.pk, status__in=WAITING, paused_at=None)
        self.refresh_from_db()
        if self.status == Status.RUNNING and not self.can_stop_half_way:
            raise Conflict("This engine cannot stop half-way and go on later. Let it finish, or cancel it.")
        if not rows.update(paused_at=Now()):
            raise Conflict(self._past("paused"))
        self.refresh_from_db()
        self.record("paused", by)

    @transaction.atomic
    def resume(self, by: User) -> None:
        """Back into line, with the turn it had."""
        self.require_theirs(by, "resume")
        if not type(self)._default_manager.filter(pk=self.pk).exclude(paused_at=None).update(paused_at=None):
            raise Conflict("This was not paused any more; it goes on by itself.")
        self.refresh_from_db()
        self.record("resumed", by)
        self.ring()

    @transaction.atomic
    def need_by(self, at: datetime | None, by: User) -> None:
        """Says when it is wanted at the latest, or with None that any time will do."""
        self.require_theirs(by, "set a time for")
        _check_time(at)
        rows = type(self)._default_manager.filter(pk=self.pk, status__in=NOT_OVER)
        if not rows.update(needed_by=at):
            raise Conflict(self._past("given a time"))
        self.refresh_from_db()
        self.record("needed", by, at=at.isoformat() if at else "")

    def _alike(self) -> Any:
        return type(self)._default_manager.filter(is_final=self.is_final)

    @property
    def can_stop_half_way(self) -> bool:
        raise NotImplementedError

    def _past(self, what: str) -> str:
        if self.paused_at is not None:
            return "This is paused already."
        return f"This is {self.get_status_display().lower()}; only what waits or runs can be {what}."

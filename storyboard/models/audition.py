"""Takes that stop part of the way: to be looked at before the rest is computed, or to make room for others.

A take in audition waits with everything its next step depends on saved in one file. Finishing it computes only what is
left, and gives the same frames as if it had never stopped.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, FloatField, Sum
from django.db.models.functions import Extract, Now

from storyboard.models.job import Job, JobQuerySet, Status
from storyboard.refusal import Conflict


class AuditionQuerySet(JobQuerySet):
    def in_audition(self) -> Self:
        return self.filter(status=Status.HELD)

    def expired(self) -> Self:
        """In audition for longer than the setting says."""
        return self.in_audition().filter(held_at__lt=Now() - timedelta(days=settings.AUDITION_DAYS))

    def seconds_saved(self) -> float:
        """Seconds of computing that auditions which nobody finished did not take, by each take's own speed."""
        rows = self.filter(status__in=[Status.HELD, Status.CANCELLED], held_at__isnull=False, done__gt=0)
        ran = Extract(F("held_at") - F("started_at"), "epoch", output_field=FloatField())
        rest = ran / F("done") * (F("of") - F("done"))
        return float(rows.exclude(started_at=None).aggregate(saved=Sum(rest))["saved"] or 0.0)


class Audition(Job):
    """`hold_share` is the share of the steps, in percent, after which the take stops; nobody stops it without one."""

    hold_share = models.PositiveSmallIntegerField(null=True)
    is_final = models.BooleanField(default=False)
    state = models.CharField(max_length=80, blank=True)
    held_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def state_path(self) -> Path | None:
        """The saved state, where there is one and it is still on the disk."""
        path = states() / self.state if self.state else None
        return path if path is not None and path.exists() else None

    @property
    def share_saved(self) -> float:
        """The share of the steps that need not be computed again."""
        return self.done / self.of if self.state and self.of else 0.0

    @transaction.atomic
    def hold(self, state: Path, done: int, of: int, **fields: Any) -> None:
        """The worker stopped where it was asked to: people look, then finish or dismiss it."""
        self._keep(state)
        self._become(Status.HELD, state=self.state, done=done, of=of, phase="", held_at=Now(), **fields)
        self.record("held")

    @transaction.atomic
    def step_aside(self, state: Path, done: int, of: int) -> None:
        """It makes room, and goes on later from where it stands; the try is not spent."""
        self._keep(state)
        self._become(
            Status.QUEUED, state=self.state, attempt=F("attempt") + 1, tries=F("tries") - 1, done=done, of=of, phase=""
        )
        self.record("stepped_aside")
        self.ring()

    @transaction.atomic
    def go_on(self, by: Any) -> None:
        """Finish this one: it waits in line again, behind the drafts, and computes only what is left."""
        manager: Any = type(self)._default_manager
        if not manager.filter(pk=self.pk, status=Status.HELD).update(
            status=Status.QUEUED,
            attempt=F("attempt") + 1,
            hold_share=None,
            is_final=True,
            queued_at=Now(),
            turn=manager.filter(is_final=True).next_turn(by),
            tries=0,
            held_at=None,
        ):
            raise Conflict("Only a take in audition can be finished; this one is not any more.")
        self.refresh_from_db()
        self.record("continued", by)
        self.ring()

    @transaction.atomic
    def expire(self) -> None:
        """Nobody finished it in time: its state is deleted, its look stays."""
        self._become(Status.CANCELLED, finished_at=Now(), error="Nobody finished this audition in time.")
        self.record("cancelled")
        self.drop_state()

    def drop_state(self) -> None:
        """Deletes the saved state once the row no longer needs it."""
        path = self.state_path
        if path is not None:
            transaction.on_commit(lambda: path.unlink(missing_ok=True))

    def _keep(self, state: Path) -> None:
        """Moved into place before the row says so; on another disk, copied first."""
        folder = states()
        folder.mkdir(parents=True, exist_ok=True)
        self.state = f"{self.pk}-{self.attempt}.safetensors"
        new = folder / f"{self.state}.new"
        copyfile(state, new)
        os.replace(new, folder / self.state)


def states() -> Path:
    """Where half-made takes lie; every worker of this server sees it."""
    return Path(settings.MEDIA_ROOT) / "states"

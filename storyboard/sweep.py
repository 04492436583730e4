"""Mends what a crash left behind: jobs whose worker went silent, bells that nobody heard, files that no row names."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from storyboard import queue
from storyboard.models import Export, Lost, Status, Take
from storyboard.models.audition import states

log = logging.getLogger(__name__)

LOCK = 0x63697263  # any number, as long as every sweep asks for the same one
SCRATCH_SECONDS = 24 * 60 * 60
RINGS_MAX = 16
STATE_SECONDS = 10 * 60
OVER = (Status.FINISHED, Status.CANCELLED)


def sweep() -> None:
    """One round. Several processes may sweep: an advisory lock lets one at a time."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return
        for model in (Take, Export):
            _revive(model)
    for model, task, name in ((Take, "generation.make_take", "takes"), (Export, "generation.make_export", "media")):
        _ring_again(model, task, name)
    _end_auditions()
    _clear_scratch()
    _clear_states()


def release() -> None:
    """Gives back what this machine's workers had under way, once they have been told to stop and have ended."""
    for model in (Take, Export):
        for job in model.objects.on_this_machine().order_by("pk"):
            with contextlib.suppress(Lost):
                job.let_go()


def _revive(model: type[Take] | type[Export]) -> None:
    for job in model.objects.silent().order_by("pk"):
        try:
            with transaction.atomic():
                job.give_up_on_worker()
            log.warning("%s: its worker went silent; now %s", job, job.status)
        except Lost:
            continue


def _ring_again(model: type[Take] | type[Export], task: str, name: str) -> None:
    queued = model.objects.in_line().count()
    missing = queued - queue.rung(name)
    for _ in range(min(missing, RINGS_MAX)):
        queue.ring(task, name)


def _end_auditions() -> None:
    for take in Take.objects.expired().order_by("pk"):
        with contextlib.suppress(Lost):
            take.expire()


def _clear_states() -> None:
    """Saved states that no waiting take names; a young one may belong to a row that is about to say so."""
    wanted = set(Take.objects.exclude(state="").exclude(status__in=OVER).values_list("state", flat=True))
    before = time.time() - STATE_SECONDS
    for path in states().glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.name not in wanted and path.stat().st_mtime < before:
                path.unlink()


def _clear_scratch() -> None:
    before = time.time() - SCRATCH_SECONDS
    folder = Path(settings.MEDIA_ROOT) / "scratch"
    for path in folder.glob("*") if folder.exists() else ():
        if path.stat().st_mtime < before:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

"""The only place that names background tasks. A message says that there is work, never which: the rows say that."""

from __future__ import annotations

import logging

from django.db import transaction

log = logging.getLogger(__name__)

TASKS = ("generation.make_take", "generation.make_export", "generation.sweep")


def ring(task: str, queue: str) -> None:
    """Wakes one worker of this queue once the transaction commits; a lost ring is rung again by the sweep."""
    assert task in TASKS, f"{task} is not among {TASKS}"
    transaction.on_commit(lambda: _send(task, queue))


def _send(task: str, queue: str) -> None:
    from storyboard.celery import app

    try:
        app.send_task(task, queue=queue, retry=False)
    except Exception as error:  # the row is queued; the sweep rings again when the broker is back
        log.warning("could not ring %s: %s", task, error)

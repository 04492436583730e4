"""The only place that names background tasks. A message says that there is work, never which: the rows say that."""

from __future__ import annotations

import logging

from django.db import transaction

log = logging.getLogger(__name__)

TASKS = ("generation.make_take", "generation.make_export")


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


def rung(queue: str) -> int:
    """How many rings still wait in the broker; a broker that is away holds none."""
    from storyboard.celery import app

    try:
        with app.connection_for_read() as connection:
            return connection.default_channel.client.llen(queue)
    except Exception as error:
        log.warning("could not look into %s: %s", queue, error)
        return 0

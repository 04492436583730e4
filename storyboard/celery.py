from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storyboard.settings")

from django.conf import settings

app = Celery("storyboard")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    # Early ack: the take's row is the truth, so a lost message costs a delay and a repeated one nothing.
    task_acks_late=False,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 3600, "socket_timeout": 30, "retry_on_timeout": True},
    task_default_queue="media",
    imports=["generation.tasks"],
)

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from storyboard.sweep import sweep

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Mends what a crash left behind, every few seconds, until it is stopped."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            try:
                close_old_connections()
                sweep()
            except Exception:  # the database may be away for a while; the next round may find it
                log.exception("this round failed; the next comes in %s s", settings.SWEEP_SECONDS)
            if options["once"]:
                return
            time.sleep(settings.SWEEP_SECONDS)

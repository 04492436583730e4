"""Ground for a measurement: servers of its own in a folder of its own, migrated, gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def ground() -> Iterator[Path]:
    """Enter before anything of Django is imported; yields the data directory."""
    folder = Path(tempfile.mkdtemp(prefix="circle-take-bench-"))
    os.environ["CIRCLE_TAKE_DATA"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storyboard.settings")
    from storyboard.embedded.servers import Servers

    servers = Servers(folder)
    servers.join()
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield folder
    finally:
        from django.db import connections

        connections.close_all()
        servers.leave()
        shutil.rmtree(folder, ignore_errors=True)


def median(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

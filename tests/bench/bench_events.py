"""The event log with eight writers: numbered events a second, against the same rows written without numbers.

The baseline is what the database alone does: the same insert by the same eight writers, each in a transaction of its
own, with no project row to agree on a number and no doorbell.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.bench.ground import ground

WRITERS = 8
EACH = 150


def main() -> None:
    with ground():
        from django.db import transaction

        from storyboard.models import Event, Project
        from tests import factories

        alice = factories.person("Alice")
        one = factories.project(alice)
        several = [factories.project(alice) for _ in range(WRITERS)]

        def bare(writer: int, n: int) -> None:
            with transaction.atomic():
                Event.objects.create(project=one, number=1_000_000 + writer * EACH + n, kind="bench", by=alice)

        def same(writer: int, n: int) -> None:
            Project(pk=one.pk).record("bench", by=alice)

        def own(writer: int, n: int) -> None:
            Project(pk=several[writer].pk).record("bench", by=alice)

        rates = {
            name: _rate(act) for name, act in (("bare insert", bare), ("one project", same), ("eight projects", own))
        }
        numbers = list(one.events.filter(number__lt=1_000_000).values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1)), "the log has a hole"
        base = rates["bare insert"]
        for name, rate in rates.items():
            print(f"{name:16} {rate:8.0f} events/s   {rate / base:5.2f} of bare insert")


def _rate(act: Callable[[int, int], None]) -> float:
    barrier = Barrier(WRITERS)

    def write(writer: int) -> None:
        from django.db import connection

        connection.ensure_connection()
        barrier.wait()
        for n in range(EACH):
            act(writer, n)
        connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(write, writer) for writer in range(WRITERS)]:
            done.result()
    return WRITERS * EACH / (time.perf_counter() - began)


if __name__ == "__main__":
    main()

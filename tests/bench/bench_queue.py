"""200 takes from five people on one device: who waits how long, how often weights are swapped, how long it idles.

A real worker makes them with two engines' random weights. Four people ask for 40 takes each, one after the other, the
fifth for 40 when a third is done; each person's takes alternate between the two weights, which is the worst that the
line can be given. The baseline is the same run in the order of asking: its swaps and waits are counted, not run.
"""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.ground import ground, median, percentile

if TYPE_CHECKING:
    from storyboard.models import Take, User

PEOPLE = ("Ada", "Ben", "Cleo", "Dan", "Eve")
EACH = 40
LATE = "Eve"
ENGINES = ("ltx:one", "cogvideox:two")


def main() -> None:
    with ground() as folder:
        registered(folder)
        from tests import factories

        people = {name: factories.person(name) for name in PEOPLE}
        owner = people[PEOPLE[0]]
        project = factories.project(owner, "Bench", width=64, height=64)
        shot = factories.shot(project, frames=17)
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "storyboard", "worker", "-Q", "takes", "-c", "1", "-P", "prefork",
             "--without-gossip", "--without-mingle", "--disable-prefetch", "--loglevel", "WARNING"],
        )  # fmt: skip
        try:
            warm(shot, owner)
            run(shot, people)
        finally:
            worker.terminate()
            worker.wait(30)


def registered(folder: Path) -> None:
    from storyboard import engines
    from tests.generation.tiny import cogvideox, ltx

    for name, tiny in (("one", ltx), ("two", cogvideox)):
        (folder / name).mkdir()
        tiny.build(folder / name)
        engines.registry().add(folder / name, name)


def ask(shot: object, by: User, count: int) -> list[Take]:
    from storyboard.models import Take

    asked = []
    for n in range(count):
        asked += Take.objects.ask(shot.project, [shot], 1, by, engine=ENGINES[n % 2])  # type: ignore[attr-defined]
    return asked


def warm(shot: object, by: User) -> None:
    ask(shot, by, 2)
    until(0)


def until(left: int) -> None:
    from storyboard.models import Take

    deadline = time.monotonic() + 1800
    while Take.objects.waiting().count() > left:
        if time.monotonic() > deadline:
            raise SystemExit("The takes were not made within half an hour.")
        time.sleep(0.05)


def run(shot: object, people: dict[str, User]) -> None:
    from storyboard.models import Take

    asked: list[Take] = []
    for name, by in people.items():
        if name == LATE:
            until(len(asked) * 2 // 3)
        asked += ask(shot, by, EACH)
    until(0)
    made = list(Take.objects.filter(pk__in=[take.pk for take in asked]).select_related("by").order_by("started_at"))
    assert all(take.status == "finished" for take in made), {take.error for take in made}
    report(made, asked)


def report(made: list[Take], asked: list[Take]) -> None:
    lasted = [(take.finished_at - take.started_at).total_seconds() for take in made]
    gaps = [(after.started_at - before.finished_at).total_seconds() for before, after in pairwise(made)]
    whole = (made[-1].finished_at - made[0].started_at).total_seconds()
    print(f"{len(made)} takes of {len(PEOPLE)} people in {whole:.0f} s; a take lasts {median(lasted):.2f} s (median)")
    print(f"idle between takes: {100 * sum(gaps) / whole:.1f} % of the time")
    print(f"next take's start: median {1000 * median(gaps):.0f} ms after, p95 {1000 * percentile(gaps, 0.95):.0f} ms")
    print("mean wait, seconds: " + ", ".join(f"{name} {wait:.0f}" for name, wait in waits(made).items()))
    regular = [wait for name, wait in waits(made).items() if name != LATE]
    first_come = in_order_of_asking(asked, sum(lasted) / len(lasted))
    print(f"largest to smallest mean wait of those who asked at once: {max(regular) / min(regular):.2f}")
    print(f"the same, first come first served (baseline): {max(first_come) / max(min(first_come), 0.01):.2f}")
    print(f"swaps of weights: {swaps(made)}; in the order of asking (baseline): {swaps(asked)}")


def waits(made: list[Take]) -> dict[str, float]:
    by: dict[str, list[float]] = {}
    for take in made:
        by.setdefault(str(take.by), []).append((take.started_at - take.queued_at).total_seconds())
    return {name: sum(each) / len(each) for name, each in by.items()}


def in_order_of_asking(asked: list[Take], lasts: float) -> list[float]:
    """Each of the first four people's mean wait, were the takes made one behind the other as they came."""
    groups = [range(n * EACH, (n + 1) * EACH) for n in range(len(PEOPLE) - 1)]
    return [sum(place * lasts for place in group) / EACH for group in groups]


def swaps(takes: list[Take]) -> int:
    return sum(before.weights != after.weights for before, after in pairwise(takes))


if __name__ == "__main__":
    main()

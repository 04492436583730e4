"""Takes under bad days: a worker killed or frozen in the middle, the broker gone or emptied, the database restarted."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from generation import ffmpeg
from storyboard.embedded import address
from tests.running import RunningApp, wait_until

FRAMES = 300

ASK = """
from storyboard.models import Project, Shot, Take, User, Version
from tests import factories
owner = User.objects.filter(is_superuser=True).first()
project = Project.objects.start("Faults", owner, width=320, height=180)
shot = factories.shot(project, frames={frames})
print("ASKED", *[take.pk for take in factories.ask(shot, owner, {count})])
"""


QUIET = """
from storyboard.models import Take
for take in Take.objects.waiting():
    take.cancel(take.by)
"""


class Watched:
    """The running app and a look at its rows."""

    def __init__(self, app: RunningApp) -> None:
        self.app = app
        self.database = psycopg.connect(address.database_url(app.data_dir), autocommit=True)

    def ask(self, count: int = 1, frames: int = FRAMES) -> list[int]:
        said = self.app.manage("shell", "-c", ASK.format(count=count, frames=frames)).stdout
        return [int(word) for word in said.split("ASKED", 1)[1].split()]

    def row(self, take: int, *columns: str) -> tuple:
        names = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(name) for name in columns)
        query = psycopg.sql.SQL("SELECT {} FROM storyboard_take WHERE id = %s").format(names)
        try:
            return self.database.execute(query, [take]).fetchone() or ()
        except psycopg.OperationalError:
            self.database.close()
            self.database = psycopg.connect(address.database_url(self.app.data_dir), autocommit=True)
            return self.row(take, *columns)

    def status(self, take: int) -> str:
        return self.row(take, "status")[0]

    def until(self, take: int, status: str, seconds: float = 90) -> None:
        wait_until(lambda: self.status(take) == status, f"take {take} to be {status}", seconds)

    def until_half_way(self, take: int) -> None:
        def under_way() -> bool:
            status, done = self.row(take, "status", "done")
            assert status in ("queued", "running"), f"take {take} is {status} before the fault came"
            return status == "running" and done > 10

        wait_until(under_way, f"take {take} to be under way", 60)

    def finished_events(self, take: int) -> int:
        query = "SELECT count(*) FROM storyboard_event WHERE take_id = %s AND kind = 'take.finished'"
        return self.database.execute(query, [take]).fetchone()[0]

    def master(self, take: int) -> Path:
        query = "SELECT sha256 FROM storyboard_media m JOIN storyboard_take t ON t.master_id = m.id WHERE t.id = %s"
        digest = self.database.execute(query, [take]).fetchone()[0]
        return self.app.data_dir / "media" / digest[:2] / f"{digest}.mp4"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    app = RunningApp(tmp_path_factory.mktemp("faults"), LEASE_SECONDS="4", SWEEP_SECONDS="1", ATTEMPTS_MAX="5")
    app.start()
    app.manage("shell", "-c", QUIET)
    yield Watched(app)
    app.destroy()


def test_a_worker_killed_in_the_middle_starts_again_and_finishes_once(watched: Watched) -> None:
    (take,) = watched.ask()
    watched.until_half_way(take)
    watched.app.kill("takes")
    watched.until(take, "finished")
    assert watched.row(take, "tries") == (2,)
    assert watched.finished_events(take) == 1
    assert ffmpeg.probe(watched.master(take)).frames == FRAMES


def test_a_frozen_worker_that_wakes_up_publishes_nothing(watched: Watched) -> None:
    (take,) = watched.ask()
    watched.until_half_way(take)
    group = watched.app.pid("takes")
    os.killpg(group, signal.SIGSTOP)
    try:
        watched.until(take, "queued")
    finally:
        os.killpg(group, signal.SIGCONT)
    watched.until(take, "finished")
    assert watched.row(take, "tries") == (2,)
    assert watched.finished_events(take) == 1


def test_a_cancelled_take_really_stops_and_the_next_one_starts(watched: Watched) -> None:
    first, second = watched.ask(2)
    watched.until_half_way(first)
    code = f"from storyboard.models import Take; t = Take.objects.get(pk={first}); t.cancel(t.by)"
    watched.app.manage("shell", "-c", code)
    watched.until(first, "cancelled", 10)
    assert watched.row(first, "done")[0] < FRAMES
    watched.until(second, "finished")


def test_an_emptied_broker_costs_delay_and_no_take(watched: Watched) -> None:
    takes = watched.ask(3, frames=24)
    redis.Redis.from_url(address.redis_url(watched.app.data_dir)).flushall()
    for take in takes:
        watched.until(take, "finished")
        assert watched.finished_events(take) == 1


def test_a_broker_killed_and_restarted_costs_delay_and_no_take(watched: Watched) -> None:
    takes = watched.ask(2, frames=150)
    watched.until_half_way(takes[0])
    watched.app.restart("valkey")
    for take in takes:
        watched.until(take, "finished")
        assert watched.finished_events(take) == 1


def test_a_database_restart_in_the_middle_ends_in_one_finished_take(watched: Watched) -> None:
    (take,) = watched.ask()
    watched.until_half_way(take)
    watched.app.restart("postgres")
    watched.until(take, "finished")
    assert watched.finished_events(take) == 1
    assert ffmpeg.probe(watched.master(take)).frames == FRAMES


def test_a_take_goes_on_at_once_after_a_stop_and_no_try_is_spent(watched: Watched) -> None:
    (take,) = watched.ask()
    watched.until_half_way(take)
    watched.app.stop()
    watched.app.start()
    watched.until(take, "finished")
    assert watched.row(take, "tries") == (1,)
    assert watched.finished_events(take) == 1


def test_a_worker_that_is_told_to_end_takes_nothing_more(watched: Watched) -> None:
    takes = watched.ask(12, frames=100)
    watched.until_half_way(takes[0])
    pid = watched.app.pid("takes")
    os.kill(pid, signal.SIGINT)  # warm: what it has it finishes
    wait_until(lambda: watched.app.pid("takes") not in (0, pid), "another worker in its place", 30)
    assert watched.status(takes[0]) == "finished"
    assert watched.row(takes[0], "tries") == (1,)
    assert "queued" in {watched.status(take) for take in takes}
    for take in takes:
        watched.until(take, "finished")
        assert watched.finished_events(take) == 1

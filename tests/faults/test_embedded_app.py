"""`manage.py up` as people and machines treat it: started twice, closed, killed, cut off from power."""

import contextlib
import http.client
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.embedded.crew import workers
from tests.running import ROOT, RunningApp, free_port, running_app, wait_until

MEMBERS = ("web", "takes", "media", "sweep", "valkey", "postgres")


@pytest.fixture(scope="module")
def hurt() -> Iterator[RunningApp]:
    """One app for all tests here; each leaves it running."""
    with running_app() as app:
        yield app


def members(app: RunningApp) -> dict[str, int]:
    return {name: app.pid(name) for name in MEMBERS}


def status(app: RunningApp, path: str = "/sign-in/") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def try_to_start(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT, env={**os.environ, **environment}, text=True, capture_output=True, timeout=60,
    )  # fmt: skip


def count_projects(app: RunningApp) -> int:
    asked = app.manage(
        "shell", "--no-imports", "-c", "from storyboard.models import Project; print(Project.objects.count())"
    )
    return int(asked.stdout.splitlines()[-1])


def test_the_greeting_is_three_lines_and_the_link_signs_the_owner_in_once(hurt: RunningApp) -> None:
    assert len(hurt.said.splitlines()) == 3, hurt.said
    assert hurt.sign_in_url.startswith(hurt.url)
    assert status(hurt, hurt.sign_in_url.removeprefix(hurt.url)) == 200


def test_a_second_start_says_where_the_first_one_is_and_starts_nothing(hurt: RunningApp) -> None:
    before = members(hurt)
    second = try_to_start(**hurt.environment)
    assert second.returncode == 0
    assert second.stdout == f"Circle Take already runs on {hurt.url}. Nothing new was started.\n"
    assert members(hurt) == before


@pytest.mark.parametrize("name", MEMBERS)
def test_what_dies_is_started_again(hurt: RunningApp, name: str) -> None:
    hurt.restart(name)
    wait_until(lambda: status(hurt) == 200, "the sign-in page")


def test_a_worker_leaves_nothing_behind_when_its_first_process_is_killed(hurt: RunningApp) -> None:
    old = hurt.pid("takes")
    group = [pid for pid in hurt.processes() if os.getpgid(pid) == old]
    assert len(group) > 1, "the worker has a process for its tasks"
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: hurt.pid("takes") not in (0, old), "the worker to come back")
    assert not set(group) & set(hurt.processes())


def test_workers_of_the_running_app_are_used_by_commands(hurt: RunningApp) -> None:
    before = members(hurt)
    with workers(hurt.data_dir):
        assert members(hurt) == before
        workers_of_takes = {os.getpgid(pid) for pid, command in hurt.processes().items() if "-Q takes" in command}
        assert workers_of_takes == {hurt.pid("takes")}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_stop_ends_every_process(hurt: RunningApp, number: signal.Signals) -> None:
    assert hurt.stop(number) == 0
    assert hurt.processes() == {}
    hurt.start()


def test_closing_the_terminal_ends_every_process(hurt: RunningApp) -> None:
    """As a window does that ran `make run` outright: the signal goes to make alone, and the last words nowhere."""
    hurt.stop()
    ours, theirs = pty.openpty()
    hurt.start(stdin=theirs)
    os.close(theirs)
    hurt.process.stdout.close()
    os.close(ours)
    assert hurt.process.wait(timeout=60) == 0
    assert hurt.processes() == {}
    hurt.start()


def test_a_killed_supervisor_does_not_stop_the_next_start(hurt: RunningApp) -> None:
    hurt.kill("supervisor")
    hurt.process.wait()
    hurt.start()
    assert status(hurt) == 200
    assert sum("uvicorn" in command for command in hurt.processes().values()) == 1


def test_everything_is_there_after_a_power_cut(hurt: RunningApp) -> None:
    projects = count_projects(hurt)
    assert projects >= 1
    for pid in hurt.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    hurt.process.wait()
    hurt.start()
    assert count_projects(hurt) == projects
    assert status(hurt) == 200


def test_a_database_that_holds_something_is_saved_before_its_tables_change(hurt: RunningApp) -> None:
    hurt.manage("migrate", "sessions", "zero")
    hurt.stop()
    hurt.start()
    assert [file.name.split("-2")[0] for file in (hurt.data_dir / "backups").iterdir()] == ["before-0001_initial"]
    assert status(hurt) == 200


def test_a_taken_port_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = try_to_start(CIRCLE_TAKE_DATA=str(tmp_path), PORT=str(port))
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken by another program. Choose another" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_address_others_can_reach_has_to_be_meant(tmp_path: Path) -> None:
    refused = try_to_start(CIRCLE_TAKE_DATA=str(tmp_path), HOST="0.0.0.0", PORT=str(free_port()))
    assert refused.returncode == 1
    assert "which other machines can reach. Name the addresses people will type" in refused.stderr
    assert not (tmp_path / "postgres").exists()


def test_commands_bring_their_own_workers_when_the_app_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resting = RunningApp(tmp_path)
    with workers(tmp_path):
        commands = " ".join(resting.processes().values())
        assert "-Q takes" in commands and "-Q media" in commands and "valkey" in commands and "postgres" in commands
    assert resting.processes() == {}


def test_a_data_directory_that_cannot_be_written_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = try_to_start(CIRCLE_TAKE_DATA=str(tmp_path / "file"))
    assert refused.returncode == 1
    assert "is not this user's to write. Start Circle Take as the user it belongs to" in refused.stderr
    assert "Traceback" not in refused.stderr

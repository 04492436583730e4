"""The real app as separate processes on a data directory of its own: what browser and fault tests talk to."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storyboard.embedded import holders
from storyboard.embedded.crew import app_lock
from storyboard.embedded.postgres import Postgres
from storyboard.embedded.servers import Servers
from storyboard.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60


class RunningApp:
    """`manage.py up` in a data directory: start it, ask it, hurt it, end it."""

    def __init__(self, data_dir: Path, port: int | None = None, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.said = ""
        self._given = environment
        self._process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        place = {"CIRCLE_TAKE_DATA": str(self.data_dir), "HOST": "127.0.0.1", "PORT": str(self.port)}
        with_its_own_weights = {"WEIGHTS_BUILT_IN": ""}  # as people have it; other tests begin without
        return {**os.environ, **place, **with_its_own_weights, **self._given}

    @property
    def sign_in_url(self) -> str:
        """The owner's one-time link as it was printed at the last start."""
        found = re.search(r"https?://\S+/\S+", self.said.partition("Sign in")[2])
        assert found, f"no sign-in link in what the start said:\n{self.said}"
        return found.group()

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None, "the app was not started"
        return self._process

    def start(self, stdin: int = subprocess.DEVNULL) -> "RunningApp":
        """Start it and wait until all of it is there; a start that ends instead fails with all it said."""
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT, env=self.environment, text=True,
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.said = ""
        for line in self._process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                wait_until(lambda: all(self.pid(name) for name in ("takes", "media", "sweep")), "the workers")
                return self
        raise AssertionError(f"the app did not start:\n{self.said}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.said += rest
        return self.process.returncode

    def pid(self, name: str) -> int:
        """The process number of web, takes, media, sweep, postgres, valkey or supervisor; 0 while there is none."""
        if name == "supervisor":
            return self.process.pid
        if name == "postgres":
            lock = self.data_dir / "postgres" / "postmaster.pid"
            return int(lock.read_text().split("\n", 1)[0]) if lock.exists() else 0
        if name == "valkey":
            return Valkey(self.data_dir).pid() or 0
        return int(app_lock(self.data_dir).read_note().get("processes", {}).get(name, ["0"])[0])

    def kill(self, name: str) -> int:
        """kill -9 it and all it started. The supervisor will notice. Returns the number it had."""
        pid = self.pid(name)
        assert pid, f"{name} does not run"
        if name in ("supervisor", "valkey"):
            os.kill(pid, signal.SIGKILL)
        else:
            os.killpg(pid, signal.SIGKILL)
        return pid

    def restart(self, name: str) -> None:
        """Kill it and wait until its successor is there."""
        old = self.kill(name)
        wait_until(lambda: self.pid(name) not in (0, old) and self.serves(name), f"{name} to come back")

    def serves(self, name: str) -> bool:
        if name == "web":
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
            return False
        if name == "postgres":
            return Postgres(self.data_dir).answers()
        if name == "valkey":
            return Valkey(self.data_dir).answers()
        return holders.started_at(self.pid(name)) is not None

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A management command on the same data; `check` makes a refusal fail the test with its text."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"manage.py {' '.join(arguments)} failed:\n{done.stdout}"
        return done

    def processes(self) -> dict[int, str]:
        """Every live process that belongs to this data directory, with its command line."""
        mark = f"CIRCLE_TAKE_DATA={self.data_dir}\0".encode()
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                if str(self.data_dir).encode() in command or mark in (entry / "environ").read_bytes() + b"\0":
                    found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        return {pid: command for pid, command in found.items() if command}

    def destroy(self) -> None:
        """End whatever is left of it and remove its data."""
        if self._process is not None and self._process.poll() is None:
            self.stop()
        Servers(self.data_dir).leave()
        shutil.rmtree(self.data_dir, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return asking.getsockname()[1]


def wait_until(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Ask again and again; fails saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def running_app(**environment: str) -> Iterator[RunningApp]:
    app = RunningApp(Path(tempfile.mkdtemp(prefix="circle-take-app-")).resolve(), **environment)
    try:
        yield app.start()
    finally:
        app.destroy()


@pytest.fixture(scope="session")
def app() -> Iterator[RunningApp]:
    """The app that browser tests share. Those who hurt it make one of their own with `running_app()`."""
    with running_app() as app:
        yield app

"""One program of the app as a process of its own that cannot outlive us."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storyboard.embedded import holders
from storyboard.embedded.errors import tail

ROOT = Path(__file__).resolve().parent.parent.parent
PR_SET_PDEATHSIG = 1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Program:
    """A name and what follows the Python interpreter on its command line; `polite` lets others go first."""

    name: str
    arguments: tuple[str, ...]
    polite: bool = False


class Child:
    """Starts a program, starts it again when it dies (each time a little later), and ends it with all it started."""

    def __init__(self, program: Program, data_dir: Path) -> None:
        self.program = program
        self.data_dir = data_dir
        self.log = data_dir / "log" / f"{program.name}.log"
        self.deaths = 0
        self._pause = FIRST_PAUSE
        self._began = self._due = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.program.arguments],
                cwd=ROOT, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=_before_exec(os.getpid(), self.program.polite),
            )  # fmt: skip
        self._began = time.monotonic()

    def tend(self) -> bool:
        """Start it again once it has died and its pause is over. True when it was started."""
        now = time.monotonic()
        if self._process is not None:
            if not self._is_over():
                return False
            self._reap()
            self.deaths += 1
            self._pause = FIRST_PAUSE if now - self._began > STEADY_SECONDS else min(self._pause * 2, LONGEST_PAUSE)
            self._due = now + (0 if self.deaths == 1 else self._pause)
        if now < self._due:
            return False
        self.start()
        return True

    def has_ended(self) -> bool:
        return self._process is None or self._is_over()

    def last_words(self) -> str:
        return tail(self.log)

    def ask_to_end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()

    def ensure_ended(self, deadline: float) -> None:
        """Wait for it until `deadline` (monotonic), then end it and everything in its group."""
        if self._process is None:
            return
        while not self._is_over() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._reap()

    def _is_over(self) -> bool:
        assert self._process is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _reap(self) -> None:
        """Before its number is free again, whatever it left running in its group is ended too."""
        assert self._process is not None
        end_group(self._process.pid)
        self._process.wait()
        self._process = None

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "storyboard.settings",
            "CIRCLE_TAKE_DATA": str(self.data_dir),
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
            "REMAP_SIGTERM": "SIGQUIT",  # Celery: end at once; an unfinished take goes back into the queue
        }


def end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def end_leftovers(recorded: dict[str, list[str]]) -> None:
    """End what an earlier, killed supervisor left: `recorded` has for each name the process number and its start."""
    for pid, began in recorded.values():
        if holders.started_at(int(pid)) == began:
            end_group(int(pid))


def _before_exec(parent: int, polite: bool) -> Callable[[], None]:
    """Linux ends the child when we are gone, even by kill -9; elsewhere the next start does."""

    def prepare() -> None:
        if polite:
            os.nice(5)
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return prepare

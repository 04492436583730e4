"""The processes of the app: which there are, and all of them together."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from storyboard.embedded import holders
from storyboard.embedded.child import Child, Program
from storyboard.embedded.lock import FileLock
from storyboard.embedded.servers import servers

END_SECONDS = 10
LOG_BYTES = 5_000_000


def web(host: str, port: int) -> Program:
    place = ("--host", host, "--port", str(port))
    limits = ("--timeout-graceful-shutdown", "3", "--ws-max-size", "65536", "--lifespan", "off")
    # Without a proxy in front, the address a request claims to come from is whatever its sender wrote there.
    behind_proxy = os.environ.get("PUBLIC_URL", "").startswith("https://")
    trust = () if behind_proxy else ("--no-proxy-headers",)
    return Program("web", ("-m", "uvicorn", "storyboard.asgi:application", *place, *limits, *trust, "--no-access-log"))


def worker(queue: str) -> Program:
    """One task at a time, asked for only when there is a free hand: the next take may go to another worker."""
    quiet = ("--without-gossip", "--without-mingle", "--disable-prefetch", "--loglevel", "INFO")
    work = ("-Q", queue, "-c", "1", "-n", f"{queue}@%h")
    return Program(queue, ("-m", "celery", "-A", "storyboard", "worker", *work, *quiet), polite=True)


SWEEP = Program("sweep", ("manage.py", "sweep"))
WORKERS = (worker("takes"), worker("media"), SWEEP)


class Crew:
    """Children that are tended and ended together; the first tending starts whoever was not started before."""

    def __init__(self, data_dir: Path, programs: tuple[Program, ...]) -> None:
        self.data_dir = data_dir
        self.children = [Child(program, data_dir) for program in programs]

    @property
    def website(self) -> Child:
        return next(child for child in self.children if child.program.name == "web")

    def tend(self) -> bool:
        """True when somebody had to be started."""
        started = [child.tend() for child in self.children]
        return any(started)

    def end(self) -> None:
        for child in self.children:
            child.ask_to_end()
        deadline = time.monotonic() + END_SECONDS
        for child in self.children:
            child.ensure_ended(deadline)

    def record(self) -> dict[str, list[str]]:
        """For each running child its process number and when that began, for `end_leftovers`."""
        running = [(child.program.name, child.pid) for child in self.children if child.pid is not None]
        return {name: [str(pid), holders.started_at(pid) or ""] for name, pid in running}


def app_lock(data_dir: Path | str) -> FileLock:
    """Held by the one `up` of a data directory; its note says where the app is and which processes it runs."""
    return FileLock(Path(data_dir).resolve() / "app.lock")


def where() -> str:
    """Where the app of this data runs now, which may be another port than the one set here; else where it would."""
    lock = app_lock(settings.DATA_DIR)
    told = lock.read_note().get("url") if lock.is_held_by_another() else None
    return told or settings.PUBLIC_URL


@contextlib.contextmanager
def workers(data_dir: Path | str) -> Iterator[None]:
    """The servers and workers of this data directory for as long as the block lasts.

    Where the app runs, its own are used; otherwise they are started, kept alive, and stopped at the end.
    """
    with servers(data_dir):
        if app_lock(data_dir).is_held_by_another():
            yield
            return
        crew = Crew(Path(data_dir).resolve(), WORKERS)
        crew.tend()
        over = threading.Event()
        keeper = threading.Thread(target=_tend_until, args=(crew, over), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()
            crew.end()


def _tend_until(crew: Crew, over: threading.Event) -> None:
    while not over.wait(0.5):
        crew.tend()


def rotate_logs(data_dir: Path) -> None:
    """Copy and cut: those who write hold the file open to append, so it stays the same file."""
    for log in (data_dir / "log").glob("*.log"):
        if log.stat().st_size > LOG_BYTES:
            log.with_suffix(".log.1").write_bytes(log.read_bytes())
            with open(log, "r+b") as file:
                file.truncate(0)

"""The servers every test run needs, announced before Django reads its settings: an early plugin, see pyproject.toml.

A run has a data directory of its own, so runs may overlap; what an interrupted run left is swept away by the next.
"""

import os
import shutil
import tempfile
from pathlib import Path

from storyboard.embedded.lock import FileLock
from storyboard.embedded.servers import Servers

PREFIX = f"circle-take-tests-{os.getuid()}-"
WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def own_directory() -> tuple[Path, FileLock]:
    """A fresh data directory and the lock that says its run is alive."""
    temporary = Path(tempfile.gettempdir())
    with FileLock(temporary / f"{PREFIX}door.lock"):
        for left in temporary.glob(f"{PREFIX}*/"):
            sweep_if_abandoned(left)
        directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = FileLock(directory / "run.lock")
        lock.acquire()
    return directory, lock


def sweep_if_abandoned(directory: Path) -> None:
    lock = FileLock(directory / "run.lock")
    if lock.acquire(wait=False):
        Servers(directory).leave()
        shutil.rmtree(directory, ignore_errors=True)
    lock.release()


data_dir, _alive = own_directory()
os.environ["CIRCLE_TAKE_DATA"] = str(data_dir)
os.environ["WEIGHTS_BUILT_IN"] = str(data_dir / "none")  # tests that want the weights that come with the code say so
for theirs in ("DATABASE_URL", "REDIS_URL", "MEDIA_LOCATION"):  # nobody's real board is a place for tests
    os.environ.pop(theirs, None)
_servers = Servers(data_dir, WITHOUT_DURABILITY)


def pytest_sessionstart() -> None:
    _servers.join()


def pytest_unconfigure() -> None:
    _servers.leave()
    _alive.release()
    shutil.rmtree(data_dir, ignore_errors=True)

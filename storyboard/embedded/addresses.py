"""DATABASE_URL and REDIS_URL, read once for all who need them. A refusal never repeats a password."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

POSTGRES = "postgresql://user:password@host:5432/name"
REDIS = "redis://:password@host:6379/0, rediss:// for TLS, or unix:///path/to/socket?db=0"
PERCENT = "In a password, @ : / ? # and % are written %40 %3A %2F %3F %23 and %25."


class BadAddress(ValueError):
    """The text says which variable, what was found and what was expected."""


def postgres_parts(url: str) -> dict[str, str]:
    """The parts by libpq's names, as libpq itself reads them. Raises BadAddress."""
    scheme = url.partition("://")[0]
    if scheme not in ("postgres", "postgresql"):
        raise BadAddress(f"DATABASE_URL {_beginning(scheme, url)}; expected {POSTGRES}")
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        raise BadAddress(f"DATABASE_URL cannot be read; expected {POSTGRES}. {PERCENT}") from None
    if not re.fullmatch(r"[\d,]*", parts.get("port", "")):
        raise BadAddress(f"DATABASE_URL has no number where the port belongs; expected {POSTGRES}. {PERCENT}")
    if "@" in parts.get("dbname", ""):
        raise BadAddress(f"DATABASE_URL cannot be read; expected {POSTGRES}. {PERCENT}")
    if not parts.get("dbname"):
        raise BadAddress(f"DATABASE_URL names no database; expected {POSTGRES}")
    return parts


@dataclass(frozen=True)
class RedisAddress:
    """A Redis-compatible server as both clients take it: redis-py reads `url`, Celery's transport `broker_url`."""

    url: str
    broker_url: str
    where: str
    db: int


def redis_address(url: str) -> RedisAddress:
    """Raises BadAddress. Over TLS the certificate is checked, by Celery too, unless `ssl_cert_reqs` says otherwise."""
    try:
        parts = urlsplit(url)
        port, options = parts.port, dict(parse_qsl(parts.query))
    except ValueError:
        raise BadAddress(f"REDIS_URL cannot be read; expected {REDIS}. {PERCENT}") from None
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise BadAddress(f"REDIS_URL {_beginning(parts.scheme, url)}; expected {REDIS}")
    if parts.fragment or "@" in parts.path or "@" in parts.query:
        raise BadAddress(f"REDIS_URL cannot be read; expected {REDIS}. {PERCENT}")
    socket = unquote(parts.path) if parts.scheme == "unix" else ""
    db = options.pop("db", "") or ("" if socket else parts.path.strip("/")) or "0"
    if not db.isdecimal():
        raise BadAddress(f"REDIS_URL names the database {db!r}; expected a number such as 0")
    user = unquote(parts.username or "") or options.pop("username", "")
    password = unquote(parts.password or "") or options.pop("password", "")
    who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    if socket:
        rest = f"?{urlencode({'db': db, **options})}"
        return RedisAddress(
            f"unix://{who}{quote(socket)}{rest}",
            f"redis+socket://{who}{quote(socket)}?virtual_host={db}",
            socket,
            int(db),
        )
    if not parts.hostname:
        raise BadAddress(f"REDIS_URL names no host; expected {REDIS}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = f"{host}:{port or 6379}"
    if parts.scheme == "rediss":
        options.setdefault("ssl_cert_reqs", "required")
    trust = {name: value for name, value in options.items() if name.startswith("ssl_")}
    place = f"{parts.scheme}://{who}{where}/{db}"
    return RedisAddress(_with(place, options), _with(place, trust), where, int(db))


def _with(place: str, options: dict[str, str]) -> str:
    return f"{place}?{urlencode(options)}" if options else place


def _beginning(scheme: str, url: str) -> str:
    """How an address begins, where that is safe to repeat."""
    return f"begins with {scheme!r}" if "://" in url and re.fullmatch(r"[a-z+]{1,20}", scheme) else "has no scheme"

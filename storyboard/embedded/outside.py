"""Servers that are somebody else's: looked at before the start, used, never started and never stopped."""

from collections.abc import Callable, Mapping
from typing import Protocol

import psycopg
import redis
from django.db.backends.postgresql.features import DatabaseFeatures
from psycopg.conninfo import make_conninfo
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry

from storyboard.embedded.addresses import BadAddress, postgres_parts, redis_address
from storyboard.embedded.errors import CannotStart

OLDEST_MAJOR = (DatabaseFeatures.minimum_database_version or (14,))[0]
PATIENCE_SECONDS = 5
RIGHTS = "SELECT pg_encoding_to_char(encoding), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) \
FROM pg_database WHERE datname = current_database()"


class Outside(Protocol):
    def look(self) -> None:
        """Raises CannotStart where this server cannot serve, with what to do."""


def outside_servers(environment: Mapping[str, str]) -> list[Outside]:
    """Those that the environment names. Raises CannotStart for an address that cannot be read."""
    try:
        kinds: dict[str, Callable[[str], Outside]] = {"REDIS_URL": OutsideRedis, "DATABASE_URL": OutsidePostgres}
        return [kind(environment[name]) for name, kind in kinds.items() if environment.get(name)]
    except BadAddress as error:
        raise CannotStart(str(error)) from error


class OutsidePostgres:
    def __init__(self, url: str) -> None:
        self.parts = postgres_parts(url)
        self.name, self.user = self.parts["dbname"], self.parts.get("user", "")
        host = self.parts.get("host", "this machine")
        self.where = f"{host}:{self.parts['port']}" if "port" in self.parts else host

    def look(self) -> None:
        try:
            with psycopg.connect(make_conninfo(**self._hurried()), autocommit=True) as connection:
                self._refuse_old(connection.info.server_version // 10_000)
                found = connection.execute(RIGHTS).fetchone()
        except psycopg.Error as error:
            raise CannotStart(f"DATABASE_URL: {self._refusal(str(error))}") from error
        assert found is not None
        encoding, may_create = found
        if encoding != "UTF8":
            raise CannotStart(
                f"DATABASE_URL: the database {self.name} at {self.where} keeps text as {encoding}; expected UTF8. "
                f"Make another: CREATE DATABASE {self.name} ENCODING 'UTF8' TEMPLATE template0."
            )
        if not may_create:
            raise CannotStart(
                f"DATABASE_URL: {self.user} may make no tables in the database {self.name} at {self.where}. "
                f"Let it, for example: ALTER DATABASE {self.name} OWNER TO {self.user}."
            )

    def _hurried(self) -> dict[str, str]:
        return {"connect_timeout": str(PATIENCE_SECONDS), **self.parts}

    def _refuse_old(self, major: int) -> None:
        if major < OLDEST_MAJOR:
            raise CannotStart(
                f"DATABASE_URL: the server at {self.where} is PostgreSQL {major}; expected {OLDEST_MAJOR} or newer. "
                "Upgrade it, or name another server."
            )

    def _refusal(self, said: str) -> str:
        if "password authentication failed" in said or "no password supplied" in said:
            return (
                f"PostgreSQL at {self.where} does not accept the password given for user {self.user}. "
                f"Put the right one into the address."
            )
        if f'database "{self.name}" does not exist' in said:
            return (
                f"PostgreSQL at {self.where} has no database {self.name}. "
                f"Make it (CREATE DATABASE {self.name} OWNER {self.user}) or name one that is there."
            )
        reason = " ".join(said.splitlines()[0].split()) if said else "no answer"
        return f"the database at {self.where} cannot be used ({reason}). See that it runs and lets {self.user} in."


class OutsideRedis:
    def __init__(self, url: str) -> None:
        self.address = redis_address(url)

    def look(self) -> None:
        client = redis.Redis.from_url(
            self.address.url, retry=Retry(NoBackoff(), 0),
            socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        try:
            with client:
                client.delete("circletake:asked")  # needs the password, the database and the right to write
        except (redis.RedisError, OSError) as error:
            raise CannotStart(f"REDIS_URL: {self._refusal(error)}") from error

    def _refusal(self, error: Exception) -> str:
        where, db = self.address.where, self.address.db
        match error:
            case redis.AuthenticationError():
                return (
                    f"the server at {where} does not accept the password given, or wants one. "
                    "Put the right one into the address, as redis://:password@host:6379/0."
                )
            case redis.ReadOnlyError():
                return f"the server at {where} is a replica that takes no writes. Name its primary."
            case NoPermissionError():
                return f"the user given may not write at {where}. Give it all commands on all keys and channels."
            case redis.ResponseError() if "DB index" in str(error):
                return f"the server at {where} has no database number {db}. Name a lower one, such as 0."
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        return f"no Redis-compatible server can be used at {where} ({reason}). See that it runs and can be reached."

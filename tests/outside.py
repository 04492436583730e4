"""A studio's own Postgres and Valkey: on loopback, behind passwords, and run by nobody of Circle Take's."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from storyboard.embedded import address
from storyboard.embedded.postgres import Postgres
from storyboard.embedded.valkey import program
from tests.running import free_port, wait_until

DATABASE_PASSWORD = "ink/and@paint#7"
REDIS_PASSWORD = "cel/wash?9"
REDIS_DATABASE = 3
NOT_DURABLE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class Studio:
    """Both servers, started and stopped apart from any app. `environment` is what such a studio would set."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="circle-take-studio-")).resolve()
        self.postgres_port, self.redis_port = free_port(), free_port()
        self.redis_socket = self.home / "redis.sock"
        self._postgres = Postgres(self.home, {"fsync": "off"})
        self._redis: subprocess.Popen[bytes] | None = None

    @property
    def database_url(self) -> str:
        return self.database_url_of("studio", DATABASE_PASSWORD, "films")

    @property
    def redis_url(self) -> str:
        return f"redis://:{quote(REDIS_PASSWORD, safe='')}@127.0.0.1:{self.redis_port}/{REDIS_DATABASE}"

    @property
    def redis_socket_url(self) -> str:
        return f"unix://:{quote(REDIS_PASSWORD, safe='')}@{self.redis_socket}?db={REDIS_DATABASE}"

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "MEDIA_LOCATION": str(self.media)}

    @property
    def media(self) -> Path:
        return self.home / "shelf"

    def database_url_of(self, user: str, password: str, name: str) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.postgres_port}/{name}"

    def open(self) -> "Studio":
        self._postgres._prepare_directories()
        self._postgres._initialise()
        self.start_postgres()
        self.start_redis()
        with self.administrator() as connection:
            connection.execute(f"CREATE ROLE studio LOGIN PASSWORD '{DATABASE_PASSWORD}'")
            connection.execute("CREATE DATABASE films OWNER studio")
            connection.execute("CREATE DATABASE theirs")
            connection.execute("CREATE DATABASE letters ENCODING 'LATIN1' TEMPLATE template0 OWNER studio")
        return self

    def administrator(self) -> psycopg.Connection:
        url = self.database_url_of(address.USER, address.password(self.home), "postgres")
        return psycopg.connect(url, autocommit=True)

    def start_postgres(self) -> None:
        where = f"-p {self.postgres_port} -h 127.0.0.1 -k {address.socket_dir(self.home)}"
        done = self._postgres._run(
            "pg_ctl",
            "start",
            "-D",
            self._postgres.cluster,
            "-w",
            "-l",
            self._postgres.log,
            "-o",
            f"{where} {NOT_DURABLE}",
        )
        assert done.returncode == 0, done.stdout

    def stop_postgres(self) -> None:
        self._postgres.stop()

    def start_redis(self) -> None:
        words = ["--port", self.redis_port, "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD, "--save", ""]
        words += ["--unixsocket", self.redis_socket, "--dir", self.home]
        self._redis = subprocess.Popen([program(), *map(str, words)], stdout=subprocess.DEVNULL, start_new_session=True)
        wait_until(self._redis_listens, "Valkey to listen")

    def stop_redis(self) -> None:
        assert self._redis is not None
        self._redis.terminate()
        self._redis.wait()

    def redis(self) -> redis.Redis:
        return redis.Redis(port=self.redis_port, password=REDIS_PASSWORD, db=REDIS_DATABASE)

    def is_open(self) -> bool:
        with self.administrator() as connection, self.redis() as client:
            return bool(connection.execute("SELECT 1").fetchone() and client.ping())

    def close(self) -> None:
        self.stop_postgres()
        self.stop_redis()
        shutil.rmtree(self.home, ignore_errors=True)

    def _redis_listens(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.redis_port)) == 0

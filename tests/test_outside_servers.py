"""A studio that has its own Postgres and Redis: the app uses them and leaves them as they were."""

import http.cookiejar
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from storyboard.embedded.addresses import BadAddress, postgres_parts, redis_address
from storyboard.embedded.errors import CannotStart
from storyboard.embedded.outside import OutsideRedis
from storyboard.embedded.postgres import dump
from tests.outside import DATABASE_PASSWORD, REDIS_DATABASE, REDIS_PASSWORD, Studio
from tests.running import ROOT, RunningApp, free_port, running_app

SCRIPT = "Title: The Kettle\n\nINT. KITCHEN - DAY\n\nCLOSE UP. INGRID waits.\n\nWIDE SHOT. She sits at the table.\n"
SECRETS = [
    word for password in (DATABASE_PASSWORD, REDIS_PASSWORD) for word in (password, urllib.parse.quote(password, ""))
]


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    studio = Studio()
    try:
        yield studio.open()
    finally:
        studio.close()


@pytest.fixture(scope="module")
def board(studio: Studio) -> Iterator[RunningApp]:
    """The app on the studio's servers; each test leaves it running."""
    with running_app(**studio.environment) as app:
        yield app


@pytest.fixture(scope="module")
def film(studio: Studio, board: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pitch(board, tmp_path_factory.mktemp("film"))


def pitch(app: RunningApp, folder: Path) -> Path:
    """A short script through the running app's workers, as far as the film."""
    (folder / "kettle.fountain").write_text(SCRIPT)
    app.manage("pitch", str(folder / "kettle.fountain"), "--takes", "1", "--export", str(folder / "kettle.mp4"))
    return folder / "kettle.mp4"


def count(app: RunningApp, noun: str) -> int:
    code = f"from storyboard.models import {noun}; print({noun}.objects.count())"
    return int(app.manage("shell", "--no-imports", "-c", code).stdout.splitlines()[-1])


def first_page_as_owner(app: RunningApp) -> str:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = browser.open(app.sign_in_url).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token, form
    data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1]}).encode()
    return browser.open(urllib.request.Request(app.sign_in_url, data, {"Referer": app.sign_in_url})).read().decode()


def test_no_server_is_started_where_others_are_named(board: RunningApp) -> None:
    assert board.pid("postgres") == board.pid("valkey") == 0
    assert not [command for command in board.processes().values() if re.search(r"postgres|valkey|pg_ctl", command)]
    assert not (board.data_dir / "postgres").exists()
    assert not (board.data_dir / "valkey").exists()


def test_the_owner_signs_in_and_finds_the_sample_pitch(board: RunningApp) -> None:
    assert "Where The Road Stops" in first_page_as_owner(board)


def test_takes_and_a_film_are_made_and_their_files_lie_where_media_belong(
    studio: Studio, film: Path, board: RunningApp
) -> None:
    assert film.stat().st_size > 10_000
    assert len(list(studio.media.glob("??/*.mp4"))) >= 2
    assert not (board.data_dir / "media").exists()


def test_what_is_published_carries_the_number_of_the_redis_database(
    studio: Studio, board: RunningApp, tmp_path: Path
) -> None:
    with studio.redis() as client, client.pubsub() as ear:
        ear.psubscribe("circletake:*")
        pitch(board, tmp_path)
        heard = {message["channel"] for message in iter(lambda: ear.get_message(timeout=1), None) if "data" in message}
    published = {channel for channel in heard if channel != b"circletake:*"}
    assert published == {f"circletake:{REDIS_DATABASE}:{what}".encode() for what in ("live", "previews")}


def test_everything_is_kept_in_the_database_that_was_named(studio: Studio, film: Path) -> None:
    with studio.redis() as client:
        assert client.info("keyspace").keys() == {f"db{REDIS_DATABASE}"}


def test_a_second_start_finds_all_again_and_the_servers_never_stopped(
    studio: Studio, film: Path, board: RunningApp
) -> None:
    before = count(board, "Project"), count(board, "Take")
    assert board.stop(signal.SIGINT) == 0
    assert board.processes() == {}
    assert studio.is_open()
    board.start()
    assert (count(board, "Project"), count(board, "Take")) == before


def test_the_board_comes_back_by_itself_after_both_servers_were_restarted(
    studio: Studio, board: RunningApp, tmp_path: Path
) -> None:
    studio.stop_redis()
    studio.stop_postgres()
    studio.start_postgres()
    studio.start_redis()
    assert pitch(board, tmp_path).exists()


def test_no_password_is_in_a_log_an_output_or_a_command_line(
    studio: Studio, film: Path, board: RunningApp, tmp_path: Path
) -> None:
    written = [board.said, *board.processes().values(), *(log.read_text() for log in board.data_dir.glob("log/*"))]
    assert len(written) > 5
    assert not [text for text in written for secret in SECRETS if secret in text]


def test_a_backup_hides_the_password_from_the_list_of_processes(
    studio: Studio, board: RunningApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[object]] = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda words, **how: asked.append(words) or run(words, **how))
    dump(studio.database_url, tmp_path / "films.dump")
    assert (tmp_path / "films.dump").read_bytes().startswith(b"PGDMP")
    assert asked and not [word for word in asked[0] for secret in SECRETS if secret in str(word)]


def refused_start(tmp_path: Path, environment: dict[str, str]) -> str:
    """What a start says that has to end with one sentence, or a few, on one line."""
    place = {"CIRCLE_TAKE_DATA": str(tmp_path / "data"), "PORT": str(free_port()), "HOST": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT, env={**os.environ, **place, **environment}, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert len(said.splitlines()) == 1, said
    assert not [secret for secret in (*SECRETS, "not-it") if secret in said]
    return said


DATABASE_REFUSALS = {
    "not-it": ("studio:not-it@127.0.0.1:{port}/films", "does not accept the password given for user studio"),
    "no database": ("studio:{password}@127.0.0.1:{port}/reels", "has no database reels. Make it"),
    "another's": ("studio:{password}@127.0.0.1:{port}/theirs", "studio may make no tables in the database theirs"),
    "encoding": ("studio:{password}@127.0.0.1:{port}/letters", "keeps text as LATIN1; expected UTF8"),
    "nobody there": ("studio:{password}@127.0.0.1:{free}/films", "cannot be used (connection failed"),
    "bare password": ("studio:" + DATABASE_PASSWORD + "@127.0.0.1:{port}/films", "%40 %3A %2F"),
    "no name": ("studio:{password}@127.0.0.1:{port}/", "DATABASE_URL names no database; expected postgresql://"),
}


@pytest.mark.parametrize("found", DATABASE_REFUSALS)
def test_a_database_that_cannot_be_used_is_refused_in_a_sentence(studio: Studio, tmp_path: Path, found: str) -> None:
    address, words = DATABASE_REFUSALS[found]
    password = urllib.parse.quote(DATABASE_PASSWORD, "")
    url = "postgresql://" + address.format(port=studio.postgres_port, free=free_port(), password=password)
    assert words in refused_start(tmp_path, {**studio.environment, "DATABASE_URL": url})


REDIS_REFUSALS = {
    "wrong password": ("redis://:not-it@127.0.0.1:{port}/3", "does not accept the password given"),
    "no password": ("redis://127.0.0.1:{port}/3", "does not accept the password given, or wants one"),
    "high number": ("redis://:{password}@127.0.0.1:{port}/99", "has no database number 99. Name a lower one"),
    "a word": ("redis://:{password}@127.0.0.1:{port}/films", "names the database 'films'; expected a number"),
    "nobody there": ("redis://:{password}@127.0.0.1:{free}/3", "no Redis-compatible server can be used at"),
    "a database": ("redis://:{password}@127.0.0.1:{postgres}/3", "no Redis-compatible server can be used at"),
    "another scheme": ("http://:{password}@127.0.0.1:{port}", "begins with 'http'; expected redis://"),
    "bare password": ("redis://:" + REDIS_PASSWORD + "@127.0.0.1:{port}/3", "%40 %3A %2F"),
}


@pytest.mark.parametrize("found", REDIS_REFUSALS)
def test_a_message_server_that_cannot_be_used_is_refused_in_a_sentence(
    studio: Studio, tmp_path: Path, found: str
) -> None:
    address, words = REDIS_REFUSALS[found]
    password = urllib.parse.quote(REDIS_PASSWORD, "")
    url = address.format(port=studio.redis_port, free=free_port(), postgres=studio.postgres_port, password=password)
    assert words in refused_start(tmp_path, {**studio.environment, "REDIS_URL": url})


@pytest.mark.parametrize(("missing", "given"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")])
def test_half_of_a_pair_is_refused(studio: Studio, tmp_path: Path, missing: str, given: str) -> None:
    said = refused_start(tmp_path, {**studio.environment, missing: ""})
    assert f"{given} is set and {missing} is not. Set both" in said


def test_a_place_for_media_that_cannot_be_written_is_refused(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    said = refused_start(tmp_path, {**studio.environment, "MEDIA_LOCATION": str(tmp_path / "taken")})
    assert "MEDIA_LOCATION" in said and "Name a folder this user may write." in said


def test_a_postgres_that_is_too_old_is_refused_with_both_numbers(studio: Studio, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=greet_as_postgres, args=(server, "12.22"), daemon=True).start()
        url = f"postgresql://studio:not-it@127.0.0.1:{server.getsockname()[1]}/films?sslmode=disable&gssencmode=disable"
        said = refused_start(tmp_path, {**studio.environment, "DATABASE_URL": url})
    assert "is PostgreSQL 12; expected 14 or newer. Upgrade it" in said


def greet_as_postgres(server: socket.socket, version: str) -> None:
    """Lets one visitor in and names a version: AuthenticationOk, ParameterStatus, ReadyForQuery of the v3 protocol."""
    visitor, _ = server.accept()
    visitor.recv(8192)
    for kind, body in ((b"R", b"\0\0\0\0"), (b"S", f"server_version\0{version}\0".encode()), (b"Z", b"I")):
        visitor.sendall(kind + struct.pack("!I", len(body) + 4) + body)
    visitor.recv(8192)
    visitor.close()


def test_a_redis_behind_a_socket_serves_both_clients(studio: Studio) -> None:
    OutsideRedis(studio.redis_socket_url).look()
    with Connection(redis_address(studio.redis_socket_url).broker_url) as broker:
        assert broker.default_channel.client.client_info()["db"] == REDIS_DATABASE


@pytest.mark.parametrize(
    ("given", "broker"),
    [
        ("redis://host", "redis://host:6379/0"),
        ("redis://host?db=4&socket_timeout=9", "redis://host:6379/4"),
        ("redis://ann:p%40ss@host:7000/2", "redis://ann:p%40ss@host:7000/2"),
        ("redis://[::1]:7000/2", "redis://[::1]:7000/2"),
        ("unix:///run/redis.sock?db=5&password=p%2Fw", "redis+socket://:p%2Fw@/run/redis.sock?virtual_host=5"),
        ("rediss://host/1", "rediss://host:6379/1?ssl_cert_reqs=required"),
        ("rediss://host/1?ssl_ca_certs=/ca.pem", "rediss://host:6379/1?ssl_ca_certs=%2Fca.pem&ssl_cert_reqs=required"),
        ("rediss://host/1?ssl_cert_reqs=none", "rediss://host:6379/1?ssl_cert_reqs=none"),
    ],
)
def test_celery_is_sent_where_everyone_else_goes_and_checks_certificates(given: str, broker: str) -> None:
    assert redis_address(given).broker_url == broker


def test_a_refusal_to_write_is_told_from_a_wrong_password(studio: Studio) -> None:
    with studio.redis() as client:
        client.execute_command("ACL", "SETUSER", "looker", "on", ">not-it", "~*", "+@read", "+select")
        with pytest.raises(CannotStart, match="the user given may not write"):
            OutsideRedis(f"redis://looker:not-it@127.0.0.1:{studio.redis_port}/3").look()


@pytest.mark.parametrize(
    "url", ["postgresql://u:12/x@y@host/name", "postgresql://u:p%zz@host/name", "mysql://h/n", "films"]
)
def test_an_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadAddress) as refused:
        postgres_parts(url)
    assert url not in str(refused.value) and "x@y" not in str(refused.value)

"""The supervisor against what happens to laptops: crashes, power cuts, reused process numbers, two starts at once."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from storyboard.embedded import address, holders, privilege
from storyboard.embedded.errors import CannotStart
from storyboard.embedded.postgres import Postgres, dump
from storyboard.embedded.privilege import Identity
from storyboard.embedded.servers import Servers, servers
from storyboard.embedded.valkey import Valkey
from tests.running import wait_until


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    yield tmp_path
    Servers(tmp_path).leave()


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def kill_postgres(data_dir: Path) -> None:
    """All of it at once, as a power cut does."""
    for pid in holders.working_in(data_dir / "postgres"):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not holders.working_in(data_dir / "postgres"), "Postgres to be gone")


def test_every_acknowledged_row_is_there_after_postgres_is_killed_while_writing(data_dir: Path) -> None:
    with servers(data_dir) as both:
        with both.postgres.connect() as connection:
            connection.execute("CREATE TABLE line (number int PRIMARY KEY)")
        acknowledged: list[int] = []
        writer = threading.Thread(target=write_until_cut_off, args=(both.postgres, acknowledged))
        writer.start()
        wait_until(lambda: len(acknowledged) > 500, "500 rows")
        kill_postgres(data_dir)
        writer.join()
        both.revive()
        with both.postgres.connect() as connection:
            kept = {number for (number,) in connection.execute("SELECT number FROM line")}
    assert set(acknowledged) <= kept
    assert len(kept) - len(acknowledged) <= 1, "only the row whose answer was on its way may be extra"


def write_until_cut_off(postgres: Postgres, acknowledged: list[int]) -> None:
    with pytest.raises(psycopg.OperationalError), postgres.connect() as connection:
        for number in range(1_000_000):
            connection.execute("INSERT INTO line VALUES (%s)", [number])
            acknowledged.append(number)


def test_a_killed_postmaster_whose_children_still_work_is_replaced(data_dir: Path) -> None:
    with servers(data_dir) as both:
        sleeper = both.postgres.connect()
        sleeper.pgconn.send_query(b"SELECT pg_sleep(60)")
        sleeper.pgconn.flush()
        old = postmaster(data_dir)
        os.kill(old, signal.SIGKILL)
        both.revive()
        assert postmaster(data_dir) != old
        assert both.postgres.answers()
        sleeper.close()


def test_a_stale_lock_file_whose_number_now_belongs_to_a_stranger_does_not_stop_the_start(data_dir: Path) -> None:
    locks = [data_dir / "postgres" / "postmaster.pid", address.socket_dir(data_dir) / ".s.PGSQL.5432.lock"]
    with servers(data_dir):
        kill_postgres(data_dir)
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for lock in locks:
        lock.write_text(f"{stranger.pid}\n{lock.read_text().split(chr(10), 1)[1]}")
    with servers(data_dir) as both:
        assert both.postgres.answers()
        assert postmaster(data_dir) != stranger.pid
    assert stranger.poll() is None, "the stranger was left alone"
    stranger.communicate()


@pytest.mark.parametrize("torn", ["", "12", "not a number\n\n"])
def test_a_torn_lock_file_does_not_stop_the_start(data_dir: Path, torn: str) -> None:
    with servers(data_dir):
        kill_postgres(data_dir)
    (data_dir / "postgres" / "postmaster.pid").write_text(torn)
    with servers(data_dir) as both:
        assert both.postgres.answers()


def test_a_start_interrupted_while_making_the_cluster_begins_it_again(data_dir: Path) -> None:
    half = data_dir / "postgres.unfinished"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with servers(data_dir) as both:
        assert both.postgres.answers()


def test_two_starts_at_once_share_one_server_and_the_last_to_leave_stops_it(data_dir: Path) -> None:
    first, second = Servers(data_dir), Servers(data_dir)
    starts = [threading.Thread(target=each.join) for each in (first, second)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    pid = postmaster(data_dir)
    first.leave()
    assert second.all_answer() and postmaster(data_dir) == pid
    second.leave()
    assert not second.postgres.answers()
    assert not second.valkey.answers()


def test_an_owner_that_was_killed_does_not_keep_the_servers_running_for_ever(data_dir: Path) -> None:
    script = (
        "import sys; from storyboard.embedded.servers import Servers;"
        "Servers(sys.argv[1]).join(); print(1, flush=True); input()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert owner.stdout.readline()
    owner.kill()
    owner.wait()
    with servers(data_dir) as both:
        assert both.all_answer()
    assert not both.all_answer()
    assert not holders.working_in(data_dir / "postgres")


def test_messages_survive_when_valkey_is_killed(data_dir: Path) -> None:
    with servers(data_dir) as both:
        assert both.valkey._ask("SET bell rung") == "+OK\r\n"
        wait_until(lambda: "aof_pending_bio_fsync:0" in both.valkey._ask("INFO persistence"), "the file to be written")
        os.kill(both.valkey.pid(), signal.SIGKILL)
        wait_until(lambda: not both.valkey.answers(), "Valkey to be gone")
        assert both.valkey.socket.exists(), "a stale socket is left behind"
        both.revive()
        assert "rung" in both.valkey._ask("GET bell")


def test_unreadable_messages_are_set_aside_and_the_server_starts_empty(data_dir: Path) -> None:
    with servers(data_dir) as both:
        both.valkey._ask("SET bell rung")
    for file in (data_dir / "valkey" / "appendonlydir").glob("*.incr.aof"):
        file.write_bytes(b"*3\r\n$3\r\nSET\r\n$-7garbage" + file.read_bytes())
    with servers(data_dir) as both:
        assert both.valkey._ask("GET bell") == "$-1\r\n"
    assert list((data_dir / "valkey").glob("appendonlydir.unreadable-*"))


def test_a_wrong_password_file_is_named_in_words(data_dir: Path) -> None:
    with servers(data_dir) as both:
        (data_dir / "postgres.password").write_text("not the one")
        with pytest.raises(CannotStart, match="Put back the password file"):
            both.postgres.answers()


def test_data_of_another_postgres_version_is_refused_untouched(data_dir: Path) -> None:
    with servers(data_dir):
        pass
    (data_dir / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 17; this version brings 18"):
        Servers(data_dir).join()
    (data_dir / "postgres" / "PG_VERSION").write_text("18\n")


def test_a_backup_can_be_read_back(data_dir: Path) -> None:
    with servers(data_dir) as both:
        with both.postgres.connect() as connection:
            connection.execute("CREATE TABLE line AS SELECT 7 AS number")
        dump(address.database_url(data_dir), data_dir / "backups" / "one.dump")
        with both.postgres.connect() as connection:
            connection.execute("DROP TABLE line")
        restore = both.postgres._program("pg_restore")
        subprocess.run([restore, "-d", address.database_url(data_dir), data_dir / "backups" / "one.dump"], check=True)
        with both.postgres.connect() as connection:
            assert connection.execute("SELECT number FROM line").fetchone() == (7,)


def test_only_the_owner_can_reach_sockets_and_password(data_dir: Path) -> None:
    with servers(data_dir):
        assert address.socket_dir(data_dir).stat().st_mode & 0o077 == 0
        assert (data_dir / "postgres.password").stat().st_mode & 0o077 == 0
        with psycopg.connect(address.database_url(data_dir), autocommit=True) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        wrong = address.database_url(data_dir).replace(address.password(data_dir), "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_a_data_directory_with_a_long_name_or_spaces_gets_a_short_socket_path(data_dir: Path) -> None:
    awkward = data_dir / "a folder with spaces and ünïcode" / ("deep" * 30)
    with servers(awkward) as both:
        assert both.all_answer()
        assert len(str(both.valkey.socket)) < address.LONGEST_SOCKET_PATH
    address.socket_dir(awkward).rmdir()


def test_an_ordinary_user_runs_postgres_as_himself(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert privilege.identity_for(data_dir / "postgres") == Identity()


if os.geteuid() == 0:

    def test_root_runs_postgres_in_a_namespace_and_keeps_the_files(data_dir: Path) -> None:
        with servers(data_dir) as both:
            assert both.postgres.identity == Identity(namespace=True)
            assert both.postgres.cluster.stat().st_uid == 0

    def test_without_namespaces_root_runs_postgres_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(privilege, "namespaces_work", lambda: False)
        monkeypatch.setattr("storyboard.embedded.postgres.closed_to_others", lambda path: path)
        with tempfile.TemporaryDirectory() as reachable:
            with servers(reachable) as both:
                assert both.all_answer()
                assert both.postgres.cluster.stat().st_uid == pwd.getpwnam("nobody").pw_uid
                assert Path(f"/proc/{postmaster(Path(reachable))}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
                assert both.postgres._program("postgres").is_relative_to(reachable), "programs it can reach"
            monkeypatch.undo()
            with servers(reachable) as both:
                assert both.all_answer(), "the cluster stays with its owner when namespaces come back"

    def test_without_namespaces_a_directory_nobody_may_pass_is_refused_in_words(
        data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(privilege, "namespaces_work", lambda: False)
        data_dir.chmod(0o700)
        with pytest.raises(CannotStart, match="Start Circle Take as an ordinary user, or set CIRCLE_TAKE_DATA"):
            Servers(data_dir / "inside").join()
        assert not Valkey(data_dir / "inside").answers(), "what had started by then is stopped again"

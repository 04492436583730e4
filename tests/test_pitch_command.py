"""The main job without a browser, with real servers, workers and films."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.ffmpeg import probe
from storyboard.embedded.servers import Servers
from tests.running import ROOT, RunningApp, wait_until

SCRIPT = """Title: Two Shots

INT. KITCHEN - NIGHT

MARA stands at the window. She has not slept.

EXT. FIELD - DAY

CLOSE ON a red kite in the grass.
"""


@pytest.fixture(scope="module")
def house() -> Iterator[RunningApp]:
    """A data directory in which nothing runs."""
    app = RunningApp(Path(tempfile.mkdtemp(prefix="circle-take-pitch-")).resolve())
    yield app
    app.destroy()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "two.fountain"
    path.write_text(SCRIPT)
    return path


def pitch(house: RunningApp, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "pitch", *map(str, arguments)],
        cwd=ROOT, env=house.environment, text=True, capture_output=True, timeout=170,
    )  # fmt: skip


def test_a_script_becomes_a_film_and_nothing_stays_running(house: RunningApp, written: Path, tmp_path: Path) -> None:
    film = tmp_path / "animatic.mp4"
    done = pitch(house, written, "--takes", 2, "--export", film, "--size", "160x90", "--burn-ins", "--project", "Red")
    assert done.returncode == 0, done.stderr
    address, made, result = done.stdout.splitlines()
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("/p/1/")
    assert made == "Red: 2 scenes, 2 shots, 4 takes"
    facts = probe(film)
    assert result.startswith(f"{film}: {facts.frames} frames, ")
    assert (facts.width, facts.height, facts.rate) == (160, 90, (24, 1))
    assert "Takes: all 4 are ready." in done.stderr
    assert house.processes() == {}


def test_a_running_app_is_used_and_left_running(written: Path, tmp_path: Path, app: RunningApp) -> None:
    film = tmp_path / "animatic.mp4"
    done = pitch(app, written, "--takes", 1, "--export", film, "--size", "160x90", "--rate", "23.976")
    assert done.returncode == 0, done.stderr
    assert probe(film).rate == (24000, 1001)
    assert app.serves("web")


def test_the_model_that_comes_along_makes_a_film(written: Path, tmp_path: Path, app: RunningApp) -> None:
    film = tmp_path / "animatic.mp4"
    how = ("--takes", 1, "--export", film, "--size", "256x160", "--engine", "sketch", "--project", "Sketched")
    done = pitch(app, written, *how)
    assert done.returncode == 0, done.stderr
    assert "Asked: 2 takes of Sketch" in done.stderr
    facts = probe(film)
    assert (facts.width, facts.height) == (256, 160) and facts.frames > 48


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.fountain", b"", "is empty"),
        ("noise.fountain", bytes(range(256)) * 30, "noise.fountain"),
        ("torn.fdx", b"<FinalDraft><Content><Paragraph>", "torn.fdx"),
    ],
)
def test_a_bad_script_is_refused_before_anything_starts(
    name: str, content: bytes, reason: str, house: RunningApp, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = pitch(house, path, "--export", tmp_path / "film.mp4")
    assert done.returncode == 1
    assert reason in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--rate", "25.5"], "no rate offered"),
        (["--size", "641x360"], "even number"),
        (["--takes", "0"], "expected 1 to 64"),
        (["--engine", "dream"], "No engine is called 'dream'"),
        (["--export", "/nowhere/at/all/film.mp4"], "There is no folder /nowhere/at/all"),
    ],
)
def test_a_wrong_wish_is_refused_with_what_was_expected(
    arguments: list[str], reason: str, house: RunningApp, written: Path, tmp_path: Path
) -> None:
    done = pitch(house, written, "--export", tmp_path / "film.mp4", *arguments)
    assert done.returncode in (1, 2)
    assert reason in done.stderr


def test_a_script_that_is_not_there_is_told_so(house: RunningApp, tmp_path: Path) -> None:
    done = pitch(house, tmp_path / "gone.fountain", "--export", tmp_path / "film.mp4")
    assert done.returncode == 1
    assert "gone.fountain could not be read: No such file or directory" in done.stderr


def test_ctrl_c_cancels_what_it_asked_and_stops_what_it_started(
    house: RunningApp, written: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "pitch", str(written), "--takes", "20", "--export", str(tmp_path / "film.mp4")],
        cwd=ROOT, env=house.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    line = next(line for line in process.stderr if line.startswith("Takes:"))
    assert "of 40 ready" in line
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "What was asked is cancelled" in said
    assert not (tmp_path / "film.mp4").exists()
    wait_until(lambda: house.processes() == {}, "everything to end")
    assert waiting(house) == "0"


def waiting(house: RunningApp) -> str:
    """How many takes still wait in this house, read with its servers up for a moment."""
    servers = Servers(house.data_dir)
    servers.join()
    try:
        with servers.postgres.connect() as connection:  # type: ignore[union-attr]
            query = "SELECT count(*) FROM storyboard_take WHERE status = 'queued'"
            return str(connection.execute(query).fetchone()[0])  # type: ignore[index]
    finally:
        servers.leave()

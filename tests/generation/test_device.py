"""Two workers and one card: one pipeline there at a time, whoever waits says so, and a death frees the card."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.diffusion import device
from generation.report import Cancelled
from tests.running import ROOT, wait_until

OTHER = """
import os, sys
from pathlib import Path
from generation.diffusion.device import DeviceLock
def say(word):
    os.write(1, f"{word}\\n".encode())
lock = DeviceLock(Path(sys.argv[1]), "card", lambda: say("emptied"))
for line in sys.stdin:
    with lock.held(lambda: say("waits")):
        say("has it")
        sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another worker that has the card, in a take until it is given a line."""
    words = [sys.executable, "-c", OTHER, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        say(process)
        assert heard(process) == "has it"
        yield process
        process.kill()


def say(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_second_waits_until_the_first_is_done_and_has_let_go(tmp_path: Path, other: subprocess.Popen[str]):
    mine = device.DeviceLock(tmp_path, "card", lambda: None)
    waited: list[int] = []

    def wait() -> None:
        waited.append(1)
        if len(waited) == 2:
            say(other)

    with mine.held(wait):
        assert heard(other) == "emptied"
    assert len(waited) >= 2


def test_an_idle_holder_gives_the_card_to_who_wants_it(tmp_path: Path, other: subprocess.Popen[str]):
    emptied: list[int] = []
    say(other)
    mine = device.DeviceLock(tmp_path, "card", lambda: emptied.append(1))
    with mine.held(lambda: None):
        assert emptied == []
    say(other)
    wait_until(lambda: emptied, "this process to give way", 20)


def test_a_killed_holder_frees_the_card(tmp_path: Path, other: subprocess.Popen[str]):
    other.kill()
    with device.DeviceLock(tmp_path, "card", lambda: None).held(lambda: None):
        assert other.wait() != 0


def test_who_waits_can_be_cancelled_and_the_next_still_gets_it(tmp_path: Path, other: subprocess.Popen[str]):
    mine = device.DeviceLock(tmp_path, "card", lambda: None)

    def cancelled() -> None:
        raise Cancelled

    with pytest.raises(Cancelled), mine.held(cancelled):
        pass
    other.kill()
    with mine.held(lambda: None):
        assert other.wait() != 0


def test_a_cpu_is_shared_freely(tmp_path: Path):
    assert device.lock(tmp_path, "cpu", lambda: None) is None

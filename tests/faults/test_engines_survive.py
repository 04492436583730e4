"""A worker with an engine dies at every bad moment: its take is begun again elsewhere and comes out once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from generation import ffmpeg, tasks
from storyboard import engines
from storyboard.models import Media, Shot, Status, Take, User
from storyboard.sweep import sweep
from tests import factories
from tests.generation.tiny import ltx
from tests.running import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import os, signal, sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"], settings.WEIGHTS_ROOT, settings.MEDIA_ROOT = sys.argv[1:4]
django.setup()
import torch
from pathlib import Path
settings.MEDIA_ROOT = Path(settings.MEDIA_ROOT)
from generation import tasks
from generation.diffusion import residence, shooting, state
from generation.diffusion.clock import Clock

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def vanish(*_, **__):
    raise torch.AcceleratorError("CUDA error: unspecified launch failure")

def at(phase):
    poll = Clock.poll
    def polled(clock, *place):
        if clock.phase.startswith(phase):
            die()
        poll(clock, *place)
    Clock.poll = polled

def in_call(number, kind, name):
    real, calls = getattr(kind, name), []
    def counted(*args, **kwargs):
        calls.append(name)
        return die() if len(calls) == number else real(*args, **kwargs)
    setattr(kind, name, counted)

{bad}
tasks.make_take()
"""

DEATHS = {
    "while loading": "residence._load = die",
    "while the words are read": "residence._remember_prompts = lambda pipe: setattr(pipe, 'encode_prompt', die)",
    "in a step": "at('step 7')",
    "while decoding": "at('decoding')",
    "while the master is encoded": "in_call(9, tasks.ffmpeg.Encoder, 'write')",
    "while the rest is derived from the master": "tasks.ffmpeg.derive = die",
    "while a state is saved": "state.save_file = die",
    "while the state is moved": "import storyboard.models.audition as a; a.copyfile = die",
}

# What an audition, which stops half-way, does not come to.
WHOLE = ("in a step", "while decoding", "while the master is encoded", "while the rest is derived from the master")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    ltx.build(folder)
    return folder


@pytest.fixture
def take(settings: LazySettings, tmp_path: Path, tiny: Path, alice: User) -> Take:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    engines.registry().add(tiny, "tiny")
    shot: Shot = factories.shot(factories.project(alice, width=64, height=64), frames=20)
    return Take.objects.ask(shot.project, [shot], 1, alice, engine="ltx:tiny", audition=True)[0]


def another_worker(settings: Any, bad: str) -> int:
    """Runs one task in a process of its own, where `bad` happens; how that process ended."""
    words = [connection.settings_dict["NAME"], str(settings.WEIGHTS_ROOT), str(settings.MEDIA_ROOT)]
    code = WORKER.replace("{bad}", bad)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "storyboard.settings"}
    return subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, env=environment, timeout=90).returncode


@pytest.mark.parametrize("moment", DEATHS)
def test_a_worker_killed_at_any_moment_costs_one_try_and_no_take(
    take: Take, settings: LazySettings, alice: User, moment: str
) -> None:
    if moment in WHOLE:
        Take.objects.filter(pk=take.pk).update(hold_share=None)
    assert another_worker(settings, DEATHS[moment]) == -signal.SIGKILL
    take.refresh_from_db()
    assert take.status == Status.RUNNING
    settings.LEASE_SECONDS = 0
    sweep()
    settings.LEASE_SECONDS = 60
    tasks.make_take()
    take.refresh_from_db()
    if take.status == Status.HELD:
        take.go_on(alice)
        tasks.make_take()
        take.refresh_from_db()
    assert (take.status, take.error) == (Status.FINISHED, "")
    assert ffmpeg.probe(take.master.path).frames == 25
    assert take.project.events.filter(kind="take.finished").count() == 1
    assert Media.objects.filter(pk=take.master_id).count() == 1


def test_a_worker_whose_card_vanished_ends_and_leaves_the_take_in_line(take: Take, settings: LazySettings) -> None:
    assert another_worker(settings, "residence._load = vanish") == 1
    take.refresh_from_db()
    assert (take.status, take.tries) == (Status.QUEUED, 1)

"""Rules of the house that no single room can keep."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from generation import catalogue, tasks
from storyboard import queue
from storyboard.celery import app

ROOT = Path(__file__).resolve().parent.parent


def test_every_task_that_the_queue_names_is_registered() -> None:
    assert tasks is not None
    assert set(queue.TASKS) <= set(app.tasks)


def test_the_web_process_never_imports_torch(tmp_path: Path) -> None:
    for name in ("torch", "diffusers"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the web process imported this')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import storyboard.asgi, storyboard.urls; print('clean')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "clean", done.stderr


def test_imports_point_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_every_engine_of_the_catalogue_loads() -> None:
    for row in catalogue.ENGINES:
        assert callable(catalogue.load(row.name).run)
        assert row.honours.isdisjoint(row.why_not)


@pytest.mark.django_db
def test_migrations_match_the_models() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)

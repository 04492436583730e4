from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.diffusion import residence
from tests.generation.contract.stage import Stage, rows


@pytest.fixture(scope="module", params=rows())
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Callable[[dict[str, Any]], str]]:
    """Another process, one for all engines because importing torch takes longest: a job in, its frames' digest out."""
    command = [sys.executable, "-m", "tests.generation.contract.elsewhere"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        into, out = process.stdin, process.stdout

        def ask(job: dict[str, Any]) -> str:
            into.write(json.dumps(job) + "\n")
            into.flush()
            return out.readline().strip()

        yield ask
        into.close()

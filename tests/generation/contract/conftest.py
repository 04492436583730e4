from __future__ import annotations

import pytest

from generation.diffusion import residence
from tests.generation.contract.stage import Stage, rows


@pytest.fixture(scope="module", params=rows())
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build(request.param, tmp_path_factory.mktemp(request.param))

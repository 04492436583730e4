"""What only the HunyuanVideo family has: two readers of the words, and guidance kept in two places."""

from __future__ import annotations

import numpy as np
import pytest

from generation.diffusion import residence
from tests.generation.contract.stage import Stage


@pytest.fixture(scope="module", params=["hunyuan", "hunyuan15", "hunyuan_i2v", "hunyuan15_i2v"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build(request.param, tmp_path_factory.mktemp(request.param))


def test_guidance_is_the_recipes_and_not_what_the_take_before_asked(stage: Stage):
    weak = stage.run(stage.recipe(guidance=2.0))
    assert not np.array_equal(stage.run(stage.recipe(guidance=9.0)), weak)
    assert np.array_equal(stage.run(stage.recipe(guidance=2.0)), weak)


def test_what_is_not_wanted_counts_where_the_take_is_guided_away_from_it(stage: Stage):
    known = {"negative_guidance": 4.0} if "negative_guidance" in stage.row.settings else {}
    settings = stage.row.settings | known
    plain = stage.run(stage.recipe(settings=settings))
    assert not np.array_equal(stage.run(stage.recipe(settings=settings, negative="smoke and fog")), plain)


def test_motion_is_made_at_24_frames_a_second_and_shown_at_the_takes_rate(stage: Stage):
    own = stage.run()
    shown = stage.run(stage.recipe(frames=20, rate=(30, 1)))
    assert all(np.array_equal(shown[n], own[n * 4 // 5]) for n in range(20))

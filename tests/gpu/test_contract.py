"""The contract of every engine once more, on the card and in its number format."""

from __future__ import annotations

from generation.diffusion import plan as planning
from tests.generation.contract.stage import Stage
from tests.generation.contract.test_engines import *  # noqa: F403

# Another process knows nothing of a rehearsal; on a card the test stands.
from tests.gpu.conftest import FORMAT, REHEARSE

if REHEARSE:
    del test_the_same_recipe_gives_the_same_frames_in_another_process  # noqa: F821


def test_it_ran_where_and_in_the_format_that_this_suite_is_about(stage: Stage) -> None:
    facts = stage.made().facts
    assert facts["dtype"] == FORMAT
    assert facts["device"] == planning.device_label(planning.device())

"""Every plan for this device makes takes, and forgets one that was cancelled."""

from __future__ import annotations

import numpy as np
import pytest

from generation.diffusion import plan as planning
from generation.diffusion import residence
from generation.report import Cancelled, Held
from tests.generation.contract.stage import Stage


def test_every_plan_makes_the_same_take_again_whatever_was_cancelled_or_held_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    for plan in planning.plans(planning.device()):
        monkeypatch.setattr(planning, "choose", lambda *_, plan=plan: plan)
        residence.clear()
        made = stage.made()
        expected = np.stack(list(made.frames))
        assert made.facts["plan"] == plan.name
        for phase in ("reading the words", "step 2", "decoding"):
            with pytest.raises(Cancelled):
                stage.run(desk=stage.desk(stop=lambda done, of, said, phase=phase: said.startswith(phase)))
        with pytest.raises(Held) as held:
            stage.run(desk=stage.desk(hold_at=2))
        resumed = stage.run(desk=stage.desk(state=held.value.path))
        assert np.array_equal(resumed, expected), plan.name
        assert np.array_equal(stage.run(), expected), plan.name
    residence.clear()

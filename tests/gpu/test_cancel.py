"""A model whose steps take seconds is stopped inside one, within a second of the word."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from generation import catalogue
from generation.diffusion import residence
from generation.report import Cancelled
from tests.generation.desk import TestDesk
from tests.gpu.conftest import REHEARSE
from tests.gpu.measure import REHEARSAL, REHEARSED, SMALL_VAE, Ground, Person, Scale, Size

# Deep enough for steps of some seconds on the quickest card of its day; a rehearsal cannot wait for it.
DEEP = Scale("a deep stack", 32, 64, 72, 64, SMALL_VAE)
LONG = Size(1216, 736, 257, 2, 1)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    residence.clear()
    scale, size = (REHEARSAL, REHEARSED) if REHEARSE else (DEEP, LONG)
    yield Ground(scale, size, tmp_path_factory.mktemp("deep"))
    residence.clear()


def made(ground: Ground, desk: TestDesk) -> np.ndarray:
    return np.stack(list(catalogue.load("ltx").run(ground.recipe, desk).frames))


def test_a_cancel_in_the_middle_of_a_long_step_is_felt_within_a_second_and_leaves_no_trace(ground: Ground):
    ground.size, size = replace(ground.size, frames=9), ground.size
    made(ground, ground.desk())  # loads
    ground.size = size
    began = time.perf_counter()
    expected = made(ground, ground.desk())
    step = (time.perf_counter() - began) / ground.size.steps
    person = Person()
    with pytest.raises(Cancelled):
        made(ground, ground.desk(stop=person.no_longer_wants_it))
    lasted = time.perf_counter() - person.asked
    assert lasted < 1.0
    assert REHEARSE or step > 2.0, f"steps of {step:.2f} s prove nothing; the model is too small for this card"
    assert np.array_equal(made(ground, ground.desk()), expected)

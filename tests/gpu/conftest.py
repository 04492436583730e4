"""These tests need an accelerator. With REHEARSE=1 they run on the CPU, in the number format a card would use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

from generation.diffusion import plan as planning
from generation.diffusion import residence
from generation.diffusion.plan import Plan
from tests.generation.contract.conftest import elsewhere, stage

__all__ = ["elsewhere", "stage"]

REHEARSE = bool(os.environ.get("REHEARSE"))
FORMAT = "bfloat16"
LADDER = (
    Plan("cpu", FORMAT),
    Plan("cpu", FORMAT, "model offload"),
    Plan("cpu", FORMAT, "model offload", tiled=True),
    *((Plan("cpu", FORMAT, tiled=True, quantised=True),) if planning.can_quantise() else ()),
    Plan("cpu", FORMAT, "group offload", tiled=True),
    Plan("cpu", FORMAT, "group offload", tiled=True, casting=True),
)


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Several processes share the device, each with engines of its own."""
    for item in items:
        item.add_marker(pytest.mark.gpu)
        of = item.callspec.params["stage"] if hasattr(item, "callspec") else item.path.stem
        item.add_marker(pytest.mark.xdist_group(of))
        if not REHEARSE and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="no accelerator here; REHEARSE=1 runs this on the CPU"))


@pytest.fixture(scope="session", autouse=True)
def rehearsal() -> Iterator[None]:
    """On the CPU: the plans that a card would be offered as far as one has them, in a card's number format."""
    if not REHEARSE:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCLE_TAKE_DEVICE", "cpu")
        patch.setattr(planning, "plans", lambda _: LADDER)
        yield
    residence.clear()

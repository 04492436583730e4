from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.script import Screenplay, read

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture
def script(sample: Callable[[str], bytes]) -> Callable[[str], Screenplay]:
    return lambda name: read(sample(name), name)

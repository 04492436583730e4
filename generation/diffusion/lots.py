"""What words and a first picture leave open of how things go: by lot one goes farther, another begins late."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

# Spread of how far is gone, as a logarithm: as real clips go around what a surveyor tells of them, two in three.
CAMERA_FAR, PEOPLE_FAR = 0.1, 0.25
LATE = 0.15  # at most


class Timing(NamedTuple):
    """How far something goes, in times of what is usual, and how late: from -1, mostly at first, to 1, mostly in the
    end."""

    far: float = 1.0
    late: float = 0.0

    def at(self, moments: Tensor) -> Tensor:
        """Where along its way it is at moments (N) from 0 to 1."""
        return moments - self.late * moments * (1 - moments)


class Lot(NamedTuple):
    """What words and a first picture leave open: how the camera and people time what they do."""

    camera: Timing = Timing()
    people: Timing = Timing()


USUAL = Lot()


def lot(noise: Tensor) -> Lot:
    """One of what can be, as `noise` (4) has it."""
    camera, camera_late, people, people_late = noise.tolist()
    return Lot(
        Timing(math.exp(CAMERA_FAR * camera), LATE * math.tanh(camera_late)),
        Timing(math.exp(PEOPLE_FAR * people), LATE * math.tanh(people_late)),
    )

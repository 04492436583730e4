"""Scripts into scenes and proposed shots, and the difference between two drafts.

    screenplay = read(uploaded_bytes, "draft.fountain")   # raises BadScript, a sentence for the person
    scenes = propose(screenplay, rate=(24, 1))
    changes = difference(earlier, screenplay)

Standard library only; nothing here touches the database.
"""

from pathlib import Path

from .changed_lines import LineChange
from .drafts import Difference, SceneChange, difference
from .proposal import ProposedScene, ProposedShot, propose
from .reading import read
from .screenplay import BadScript, Element, Remark, Scene, Screenplay

__all__ = [
    "BadScript",
    "Difference",
    "Element",
    "LineChange",
    "ProposedScene",
    "ProposedShot",
    "Remark",
    "Scene",
    "SceneChange",
    "Screenplay",
    "difference",
    "propose",
    "read",
    "sample",
]


SAMPLE = Path(__file__).parent / "sample" / "where_the_road_stops.fountain"


def sample() -> tuple[str, bytes]:
    """The name and bytes of the pitch a new installation begins with."""
    return SAMPLE.name, SAMPLE.read_bytes()

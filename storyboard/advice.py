"""What an engine would make of a shot, said before it is asked: what it follows, frames, size, time, memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from storyboard.engines import Choice
from storyboard.estimate import Pace
from storyboard.models import Shot
from storyboard.needs import need_of

KINDS = {
    "first": "First frame",
    "last": "Last frame",
    "key": "Key frames",
    "continue": "Continuing a take",
    "reference": "Reference",
    "depth": "Depth",
    "motion": "Motion",
    "camera": "Camera path",
}


@dataclass(frozen=True)
class Advice:
    """One engine, with its weights, in front of one shot."""

    choice: Choice
    shot: Shot

    @property
    def honoured(self) -> list[str]:
        return [label for kind, label in KINDS.items() if kind in self.choice.row.honours]

    @property
    def unheeded(self) -> list[tuple[str, str]]:
        row = self.choice.row
        return [(label, row.why_not.get(kind, "")) for kind, label in KINDS.items() if kind not in row.honours]

    @property
    def share(self) -> int:
        return settings.AUDITION_SHARE

    @property
    def sentences(self) -> list[str]:
        said = [self._frames, self._size, self._time, self._memory]
        return [sentence for sentence in said if sentence]

    @cached_property
    def frames(self) -> int:
        """How many frames would be asked for."""
        assert self.shot.current is not None
        return self.choice.row.frames_for(self.shot.current.frames, self.shot.project.rate)

    @property
    def _frames(self) -> str:
        row, needed = self.choice.row, self.frames_in_cut
        if row.frames_step == 1 or self.frames == needed:
            return ""
        more = self.frames - needed
        why = f"it makes {row.frames_step}k + {row.frames_plus} at a time"
        saved = ""
        if row.usual_frames > self.frames:
            percent = round(100 - 100 * self.frames / row.usual_frames)
            saved = f" That is {percent} % less than the {row.usual_frames} it is usually asked for."
        return f"Makes {self.frames} frames, {more} more than the cut needs, because {why}.{saved}"

    @property
    def frames_in_cut(self) -> int:
        assert self.shot.current is not None
        return self.shot.current.frames

    @property
    def _size(self) -> str:
        project = self.shot.project
        width, height = self.choice.row.legal_size(project.width, project.height)
        if (width, height) == (project.width, project.height):
            return ""
        return f"Pictures of {width} × {height}, the nearest it makes to {project.width} × {project.height}."

    @property
    def _time(self) -> str:
        pace = Pace.of(self.choice.row.name)
        if pace is None:
            return "No take of this engine was made here yet, so nobody knows how long one lasts."
        project = self.shot.project
        return f"A take lasts {pace.seconds(self.frames, project.width, project.height)} on this server."

    @property
    def _memory(self) -> str:
        return f"Weights: {need_of(self.choice.weights).said}" if self.choice.weights else ""

"""What an engine would make of a shot, said before it is asked: what it follows, frames, size, time, memory."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings

from storyboard.engines import Choice
from storyboard.estimate import ENOUGH, Footprint, Line, Pace
from storyboard.models import Shot, Take, User
from storyboard.needs import in_words, need_of

if TYPE_CHECKING:
    from generation.vocabulary import Hearing

FEW = 100

KINDS = {
    "first": "First frame",
    "last": "Last frame",
    "key": "Key frames",
    "continue": "Continuing a take",
    "reference": "Reference",
    "depth": "Depth",
    "motion": "Motion",
    "keep": "Kept clip",
    "mask": "Mask",
    "camera": "Camera path",
}


@dataclass(frozen=True)
class Advice:
    """One engine, with its weights, in front of one shot."""

    choice: Choice
    shot: Shot
    by: User | None = None
    """Who would ask, for the wait of their next turn."""
    handles: int = 0
    """Frames wanted behind the end of the cut."""

    @property
    def honoured(self) -> list[str]:
        return [label for kind, label in KINDS.items() if kind in self.choice.honours]

    @property
    def unheeded(self) -> list[tuple[str, str, str]]:
        honours, why = self.choice.honours, self.choice.why_not
        return [(kind, label, why.get(kind, "")) for kind, label in KINDS.items() if kind not in honours]

    @property
    def hearing(self) -> Hearing | None:
        """What the engine makes of the shot's words, where it knows only a closed list of them."""
        if not self.choice.row.vocabulary:
            return None
        assert self.shot.current is not None
        return import_module(self.choice.row.vocabulary).hearing(self.shot.current.words())

    @property
    def share(self) -> int:
        return settings.AUDITION_SHARE

    @property
    def draft_size(self) -> tuple[int, int] | None:
        """How large a draft would be that is a smaller picture; none where nothing smaller is made."""
        row, project = self.choice.row, self.shot.project
        whole = row.legal_size(project.width, project.height)
        small = row.draft_size(*whole)
        return None if small == whole else small

    @property
    def sentences(self) -> list[str]:
        said = [self._frames, self._size, self._time, self._memory, self._disk]
        return [sentence for sentence in said if sentence]

    @cached_property
    def frames(self) -> int:
        """How many frames would be asked for."""
        assert self.shot.current is not None
        return self.choice.row.frames_for(self.shot.current.frames + self.handles, self.shot.project.rate)

    @property
    def _frames(self) -> str:
        row, needed = self.choice.row, self.frames_in_cut
        if self.frames == needed:
            return ""
        more = self.frames - needed
        whys = [f"you want {self.handles} to trim with"] if self.handles else []
        if more > self.handles:
            whys.append(f"it makes {row.frames_step}k + {row.frames_plus} at a time")
        why = " and ".join(whys)
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
        row = self.choice.row
        pace = Pace.of(row.name, self.choice.pinned, row.steps)
        if pace is None:
            return f"Fewer than {ENOUGH} takes were made like this here, so nobody knows how long one lasts."
        return f"A take lasts {pace.seconds(self._pixels * max(1, row.steps))} on this server.{self._wait}"

    @property
    def _wait(self) -> str:
        wait = Line.now().wait(Take.objects.filter(is_final=False).next_turn(self.by)) if self.by else None
        return f" The first would start in {wait}." if wait and wait.middle else ""

    @property
    def _memory(self) -> str:
        if self.choice.weights:
            return f"Weights: {need_of(self.choice.weights).said}"
        most = self._footprint.memory
        return f"The last takes like this had up to {in_words(most)} of memory." if most else ""

    @property
    def _disk(self) -> str:
        """What a take would add to the disk, and a warning where few have room."""
        adds = round(self._footprint.bytes_per_pixel * self._pixels)
        if not adds:
            return ""
        free = shutil.disk_usage(settings.MEDIA_ROOT).free
        room = f", which has room for {free // adds} more" if free < FEW * adds else ""
        return f"A take adds about {in_words(adds)} to the disk{room}."

    @cached_property
    def _footprint(self) -> Footprint:
        return Footprint.of(self.choice.row.name, self.choice.pinned)

    @property
    def _pixels(self) -> int:
        """Of all frames together."""
        width, height = self.choice.row.legal_size(self.shot.project.width, self.shot.project.height)
        return self.frames * width * height

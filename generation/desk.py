"""What a worker lends an engine while it runs: input files, the heartbeat, and a window for the people who wait."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from generation.report import Cancelled, Refused
from storyboard import live
from storyboard.models import Media

if TYPE_CHECKING:
    import numpy as np

    from storyboard.models import Export, Take

BEAT_SECONDS = 1.0
TELL_SECONDS = 0.2
PREVIEW_SECONDS = 0.25
PREVIEW_SIZE = (320, 320)


class Desk:
    """One job's heartbeat. The database hears once a second, open pages five times, previews come four times."""

    def __init__(self, job: Take | Export) -> None:
        self.job = job
        self.began = time.monotonic()
        self._beaten = self._told = self._shown = 0.0
        self._done = self._of = 0

    def ingredient(self, sha256: str) -> Path:
        media = Media.objects.filter(project=self.job.project_id, sha256=sha256).first()
        if media is None or not media.path.exists():
            raise Refused("A guide picture or clip of this take is no longer on the disk. Give it again, then retry.")
        return media.path

    def step(self, done: int, of: int, phase: str) -> None:
        now = time.monotonic()
        self._done, self._of = done, of
        if now - self._beaten >= BEAT_SECONDS:
            self._beaten = now
            if self.job.beat(done, of, phase):
                raise Cancelled
        if now - self._told >= TELL_SECONDS or done == of:
            self._told = now
            live.tell(self.job.project_id, self._progress(done, of, phase, now))

    def preview(self, frame: np.ndarray) -> None:
        now = time.monotonic()
        if now - self._shown < PREVIEW_SECONDS:
            return
        self._shown = now
        picture = Image.fromarray(frame)
        picture.thumbnail(PREVIEW_SIZE)
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=70)
        live.show(self.job.project_id, self.job.pk, self._done, self._of, jpeg.getvalue())

    def _progress(self, done: int, of: int, phase: str, now: float) -> dict[str, object]:
        elapsed = now - self.began
        left = elapsed / done * (of - done) if done else None
        return {
            "e": "progress",
            type(self.job).__name__.lower(): self.job.pk,
            "shot": getattr(self.job, "shot_id", None),
            "done": done,
            "of": of,
            "phase": phase,
            "eta": None if left is None else round(left, 1),
        }

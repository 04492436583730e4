"""What a worker lends an engine while it runs: input files, the heartbeat, and a window for the people who wait."""

from __future__ import annotations

import io
import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from PIL import Image

from generation.report import Cancelled, Refused
from generation.weights import Registry, Weights
from storyboard import live
from storyboard.models import Lost, Media

if TYPE_CHECKING:
    import numpy as np

    from storyboard.models import Export, Take

BEAT_SECONDS = 0.5
TELL_SECONDS = 0.2
PREVIEW_SECONDS = 0.25
PREVIEW_SIZE = (320, 320)
MOVING_MS = 160

log = logging.getLogger(__name__)


class Desk:
    """One job's heartbeat, for as long as it is entered.

    The database hears twice a second, from a thread of its own: loading weights or one long native call must not look
    like a dead worker. Open pages hear five times a second, previews come four times.
    """

    def __init__(self, job: Take | Export, folder: Path | None = None) -> None:
        self.job = job
        self.folder = folder
        self.began = time.monotonic()
        self._told = self._shown = 0.0
        self._done, self._of, self._phase = 0, 0, ""
        self._lost: Lost | None = None
        self._unwanted = False
        self._makes_room = False
        self.last_look: bytes = b""
        self._over = threading.Event()
        self._pulse = threading.Thread(target=self._beat_on, name=f"pulse of {job.pk}", daemon=True)

    def __enter__(self) -> Desk:
        self._pulse.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pulse.join()

    def ingredient(self, sha256: str) -> Path:
        media = Media.objects.filter(project=self.job.project_id, sha256=sha256).first()
        if media is None or not media.path.exists():
            raise Refused("A guide picture or clip of this take is no longer on the disk. Give it again, then retry.")
        return media.path

    def step(self, done: int, of: int, phase: str) -> None:
        if self._lost:
            raise self._lost
        if self._unwanted:
            raise Cancelled
        self._done, self._of, self._phase = done, of, phase
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS or done == of:
            self._told = now
            live.tell(self.job.project_id, self._progress(done, of, phase, now))

    def preview(self, frame: np.ndarray) -> None:
        now = time.monotonic()
        if now - self._shown < PREVIEW_SECONDS:
            return
        self._shown = now
        self.last_look = shown = _still(frame) if frame.ndim == 3 else _moving(frame)
        live.show(self.job.project_id, self.job.pk, self._done, self._of, shown)

    def weights(self, pinned: str) -> Weights:
        return Registry(settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN).get(pinned)

    def hold(self, done: int, of: int) -> bool:
        return self.is_at_audition(done, of) or self._makes_room

    def is_at_audition(self, done: int, of: int) -> bool:
        """Whether so many steps are what somebody wanted to see before the rest."""
        share = getattr(self.job, "hold_share", None)
        return share is not None and 100 * done >= share * of

    def saved(self) -> Path | None:
        return getattr(self.job, "state_path", None)

    def scratch(self) -> Path:
        assert self.folder is not None
        return self.folder

    @property
    def cache(self) -> Path:
        return Path(settings.WEIGHTS_ROOT)

    def _beat_on(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                self._unwanted = self.job.beat(self._done, self._of, self._phase)
                self._makes_room = self.job.wants_to_stop()
            except Lost as lost:
                self._lost = lost
                break
            except DatabaseError as error:  # it may come back before the lease is over
                log.warning("%s could not be heard: %s", self.job, error)
                connection.close()
        connection.close()

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


def _still(frame: np.ndarray) -> bytes:
    picture = Image.fromarray(frame)
    picture.thumbnail(PREVIEW_SIZE)
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=70)
    return jpeg.getvalue()


def _moving(frames: np.ndarray) -> bytes:
    """A small animated WebP, which an image element plays by itself, over and over."""
    pictures = [Image.fromarray(frame) for frame in frames]
    for picture in pictures:
        picture.thumbnail(PREVIEW_SIZE)
    webp = io.BytesIO()
    first, *rest = pictures
    first.save(webp, "WEBP", save_all=True, append_images=rest, duration=MOVING_MS, loop=0, quality=60, method=0)
    return webp.getvalue()

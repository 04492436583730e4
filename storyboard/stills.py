"""Single pictures: one that somebody sent, and one exact frame of a take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from generation import ffmpeg
from storyboard.intake import Limit, picture
from storyboard.models import Media, Project, Take
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}


def kept(project: Project, upload: UploadedFile) -> Media:
    """A picture as it came in, taken into the store; raises Refusal with one sentence for whoever sent it."""
    limit = Limit(bytes=settings.PICTURE_MAX_BYTES, pixels=settings.PICTURE_MAX_PIXELS)
    taken = picture(upload, limit)  # type: ignore[arg-type]
    facts = {"name": (upload.name or "")[:200], "width": taken.width, "height": taken.height}
    return Media.objects.keep_bytes(project, taken.data, CONTENT_TYPES[taken.suffix], **facts)


def exact(take: Take, n: int) -> bytes:
    """Frame `n` of a take as PNG; masters run at a constant rate, so it is sought and not counted."""
    master = take.master
    if master is None:
        raise Refusal(f"Take {take.number} is {take.get_status_display().lower()}; it has no pictures yet.")
    if not 0 <= n < master.frames:
        raise Refusal(f"Take {take.number} has frames 0 to {master.frames - 1}; {n} was asked.")
    rate = (master.rate_num or take.project.rate_num, master.rate_den)
    return ffmpeg.frame(master.path, n, ffmpeg.Probe("mov", frames=master.frames, rate=rate))

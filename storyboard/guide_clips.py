"""Clips that a take follows or keeps: one that somebody sent, a take, or a shot's own blocking drawn in some way."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from django.conf import settings

from generation import blocking, catalogue, ffmpeg
from storyboard import intake, live
from storyboard.models import Media, Shot, Take
from storyboard.models.media import scratch_path
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

# Drawn in about 60 ns a pixel on one core, so this is the most that a request should wait for: some ten seconds.
PIXELS_MAX = 150_000_000
ONE_AT_A_TIME = threading.Lock()
DRAWN = {"depth": ("depth",), "motion": ("pictures", "poses"), "keep": ("pictures",), "mask": ("figures", "set")}
MARGIN = 40  # of a picture's height, one part: what stands in for a figure has other hair and clothes


def sent(shot: Shot, kind: str, upload: UploadedFile) -> dict[str, Any]:
    """A clip as it came in, made upright and steady, and what to show of it; raises Refusal with one sentence."""
    limit = replace(intake.CLIP, bytes=settings.MOVIE_MAX_BYTES)
    with tempfile.TemporaryDirectory(dir=scratch_path().parent) as folder:
        path = Path(folder, "clip.mp4")
        try:
            taken = intake.clip(upload, path, limit, _told(shot, kind))  # type: ignore[arg-type]
        except ffmpeg.NoSpace:
            raise Refusal("The server's disk is full. Free some space, then send the clip again.") from None
        return _kept(shot, path, taken.facts, (upload.name or "clip")[:200])


def from_blocking(shot: Shot, kind: str, take: Take | None, drawn: str, seed: int = 0) -> dict[str, Any]:
    """What the blocking of this shot shows: its depth, its pictures or its poses to follow, or its figures as a mask.

    The staging is that of `take`, else of the newest blocking take, else one staged from the words with `seed`.
    """
    if drawn not in DRAWN[kind]:
        raise Refusal(f"A {kind} guide is drawn from blocking as {' or '.join(DRAWN[kind])}; {drawn!r} was asked.")
    take = take or Take.objects.ready().filter(shot=shot, engine="blocking").exclude(staging=None).last()
    if take and take.staging is None:
        raise Refusal(f"Take {take.number} has no staging to draw from. Choose a blocking take, or ask for one.")
    version = shot.current
    assert version is not None
    whole = take is not None and take.master is not None and take.frames == version.frames
    if drawn == "pictures" and take and whole:
        return of_take(take)
    staging = _staging(shot, take, seed)
    source = f"T{take.number}" if take else f"words, seed {seed}"
    with tempfile.TemporaryDirectory(dir=scratch_path().parent) as folder:
        path = Path(folder, "clip.mp4")
        _draw(path, shot, kind, drawn, staging)
        return {**_kept(shot, path, ffmpeg.probe(path), f"Blocking, {drawn}, {source}"), "take": take}


def of_take(take: Take) -> dict[str, Any]:
    """A take as it is."""
    if take.master is None:
        raise Refusal(f"Take {take.number} is {take.get_status_display().lower()}; it has no pictures yet.")
    return {"media": take.master, "poster": take.poster, "filmstrip": take.filmstrip, "take": take}


def mask_frames(renderer: blocking.Renderer, frames: int, drawn: str) -> Iterator[np.ndarray]:
    """uint8 RGB, white on the figures and a margin around them, or on everything else; black where a clip is kept."""
    size = 2 * (renderer.height // MARGIN) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    is_anybody_seen = False
    for n in range(frames):
        masks = renderer.layers(n, ("masks",)).masks or {}
        figures = np.zeros((renderer.height, renderer.width), np.uint8)
        for each in masks.values():
            figures[each] = 255
        is_anybody_seen = is_anybody_seen or bool(figures.any())
        white = cv2.dilate(figures, around)
        yield np.repeat((white if drawn == "figures" else 255 - white)[:, :, None], 3, axis=2)
    if not is_anybody_seen:
        raise Refusal("Nobody is in sight in this blocking, so it has no figures for a mask. Send a mask instead.")


def _staging(shot: Shot, take: Take | None, seed: int) -> blocking.Staging:
    version, rate = shot.current, shot.project.rate
    assert version is not None
    if take is None:
        return blocking.instant(version.words(), seed, version.frames, rate)
    assert take.staging is not None
    try:
        return replace(blocking.Staging.parse(take.staging.path.read_bytes()), frames=version.frames, rate=rate)
    except (blocking.BadStaging, OSError) as error:
        raise Refusal(f"The staging of take {take.number} cannot be read ({error}). Make the take again.") from None


def _draw(path: Path, shot: Shot, kind: str, drawn: str, staging: blocking.Staging) -> None:
    width, height = catalogue.engine("blocking").legal_size(shot.project.width, shot.project.height)
    if staging.frames * width * height > PIXELS_MAX:
        most = PIXELS_MAX // (width * height)
        raise Refusal(
            f"This shot has {staging.frames} frames of {width} x {height}; up to {most} can be drawn here. "
            "Shorten the shot, or send a clip of your own."
        )
    tell = _told(shot, kind)
    with ONE_AT_A_TIME, ffmpeg.Encoder(path, width, height, staging.rate) as encoder:
        for n, frame in enumerate(_frames(drawn, staging, width, height)):
            encoder.write(np.ascontiguousarray(frame))
            if n % 6 == 0:
                tell(n, staging.frames)


def _frames(drawn: str, staging: blocking.Staging, width: int, height: int) -> Iterator[np.ndarray]:
    every = range(staging.frames)
    if drawn == "poses":
        return (blocking.sticks(staging, n, width, height) for n in every)
    renderer = blocking.Renderer(staging, width, height)
    if drawn in DRAWN["mask"]:
        return mask_frames(renderer, staging.frames, drawn)
    return blocking.depth_frames(renderer, staging.frames) if drawn == "depth" else map(renderer.frame, every)


def _kept(shot: Shot, path: Path, facts: ffmpeg.Probe, name: str) -> dict[str, Any]:
    still, row = path.with_name("poster.jpg"), path.with_name("filmstrip.webp")
    ffmpeg.poster(path, still, facts=facts)
    strip = ffmpeg.filmstrip(path, row, facts=facts)
    keep, project = Media.objects.keep, shot.project
    shape = {"width": facts.width, "height": facts.height, "frames": facts.frames}
    rate = {"rate_num": facts.rate[0], "rate_den": facts.rate[1]}
    return {
        "poster": keep(project, still, "image/jpeg"),
        "filmstrip": keep(project, row, "image/webp", facts={"tiles": strip.tiles}),
        "media": keep(project, path, "video/mp4", name=name, **shape, **rate),
    }


def _told(shot: Shot, kind: str) -> Callable[..., None]:
    """Says to the open pages how many frames of the clip are ready; `of` is 0 where nobody knows yet."""

    def tell(done: int, of: int = 0) -> None:
        live.tell(shot.project_id, {"e": "progress", "guide": kind, "shot": shot.pk, "done": done, "of": of})

    return tell

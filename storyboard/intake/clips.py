"""A moving picture somebody filmed or made elsewhere: upright, at a steady rate, with stereo sound or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generation.ffmpeg import MASTER, Limits, MediaError, Probe, probe, proxy, sniff
from generation.ffmpeg.runner import Progress
from storyboard.intake.appearance import seems
from storyboard.intake.limits import CLIP, Limit
from storyboard.intake.movement import measure, refusal
from storyboard.intake.quarantine import Refused, Upload, quarantine

KINDS = ("mov", "matroska", "webm", "avi", "mpegts")
WANTED = "export it as MP4 (H.264) and send that"
TIME = Limits(seconds=1800, cpu_seconds=3600)


@dataclass(frozen=True)
class Clip:
    """A clip as it is kept: the file, its facts, what it was before, and a note for the sender (or nothing)."""

    path: Path
    facts: Probe
    before: Probe
    note: str


def clip(sent: Upload | Path, target: Path, limit: Limit = CLIP, on_progress: Progress | None = None) -> Clip:
    """Writes what was sent to `target` as a master: H.264, longer edge at most 1920, constant rate, 48 kHz stereo.

    A clip that was cut off but can be played keeps what is there, and the note says so.
    Raises Refused with a sentence for the sender, TooLarge for too much, NoSpace.
    """
    with quarantine(sent, limit.bytes) as (path, name):
        if sniff(path) not in KINDS:
            raise Refused(f"{name} is {seems(path)}, not a video that is accepted; {WANTED}")
        try:
            before = probe(path, TIME, decode=False)
            if not before.frames:
                raise Refused(f"{name} holds no moving picture; {WANTED}")
            measure(before, limit, name)
            after = proxy(path, target, before, on_progress, MASTER, TIME)
        except MediaError as error:
            raise refusal(error, name, WANTED) from error
    return Clip(target, after, before, _note(before, after, name))


def _note(before: Probe, after: Probe, name: str) -> str:
    numerator, denominator = after.rate
    if before.damage:
        return f"{name} is damaged or was cut off; its first {after.frames} frames were kept"
    if not before.constant_rate:
        return f"{name} had frames at uneven times; it now plays at {numerator / denominator:.5g} a second"
    return ""

"""A sound to lie under the cut: 48 kHz stereo, whatever came in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from generation.ffmpeg import Limits, MediaError, Probe, probe, run, sniff, waveform
from generation.ffmpeg.movies import opened, stereo
from generation.ffmpeg.recipes import aac
from generation.ffmpeg.runner import Progress, address
from storyboard.intake.appearance import seems
from storyboard.intake.limits import SOUND, Limit
from storyboard.intake.movement import measure, refusal
from storyboard.intake.quarantine import Refused, Upload, quarantine

KINDS = ("wav", "mp3", "flac", "ogg", "mov", "matroska", "webm", "avi", "mpegts")
WANTED = "send WAV, MP3, M4A or FLAC"
TIME = Limits(seconds=900, cpu_seconds=1800)


@dataclass(frozen=True)
class SoundTrack:
    """A sound as it is kept: `samples` at 48 kHz; `is_silent` when nothing in it can be heard."""

    path: Path
    samples: int
    before: Probe
    is_silent: bool


def sound(sent: Upload | Path, target: Path, limit: Limit = SOUND, on_progress: Progress | None = None) -> SoundTrack:
    """Writes what was sent to `target` as M4A (AAC, 48 kHz stereo); pictures and words beside it are left out.

    Raises Refused with a sentence for the sender, TooLarge for too much, NoSpace.
    """
    with quarantine(sent, limit.bytes) as (path, name):
        if sniff(path) not in KINDS:
            raise Refused(f"{name} is {seems(path)}, not a sound that is accepted; {WANTED}")
        try:
            before = probe(path, TIME, decode=False)
            if not before.samples:
                raise Refused(f"{name} holds no sound; {WANTED}")
            measure(before, limit, name)
            _write(path, target, before, on_progress)
            return SoundTrack(target, probe(target).samples, before, waveform(target, 1) == [0])
        except MediaError as error:
            raise refusal(error, name, WANTED) from error


def _write(path: Path, target: Path, before: Probe, on_progress: Progress | None) -> None:
    options = {**aac(), "map_metadata": -1, "map_chapters": -1, "movflags": "+faststart", "f": "mp4"}
    output = ffmpeg.output(stereo(opened(path)["a:0"], before.channels), address(target), **options)
    run(output.get_args(), writes=[target], on_progress=on_progress, limits=TIME)

"""The cut as a movie: every shot brought to one gauge once and kept, then joined without encoding again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from generation.ffmpeg import Gauge, Probe, Sound, concatenate, probe
from generation.ffmpeg.assembly import SAMPLE_RATE
from storyboard.cut import Cut
from storyboard.exporters import ExportFailed, Progress
from storyboard.exporters.segments import Segment, prune, segments

KEEP_BYTES = 8 << 30


@dataclass(frozen=True)
class Preset:
    """`height` None keeps the cut's own size."""

    label: str
    height: int | None
    crf: int
    speed: str


PRESETS = {
    "h264": Preset("H.264 at the cut's size", None, 20, "veryfast"),
    "h264-1080": Preset("H.264, 1080 lines", 1080, 20, "veryfast"),
    "h264-720": Preset("H.264, 720 lines", 720, 22, "veryfast"),
    "h264-draft": Preset("H.264, small and quick", 360, 28, "ultrafast"),
}


class _Stopped(Exception):
    """Another piece failed, or the person no longer wants the film."""


def export(
    cut: Cut,
    target: Path,
    *,
    burn_ins: bool,
    work: Path,
    preset: str = "h264",
    on_progress: Progress | None = None,
) -> Probe:
    """Writes the film to `target` and returns its facts: exactly `cut.frames` frames at `cut.rate`.

    `work` keeps the pieces, so that the next export makes only what changed; with burn-ins a change moves every later
    timecode, and so remakes every later piece. Clips keep their shape; one that is too short holds its last frame.
    There is always a sound track, silent where the cut has none. The comment holds the project's facts and every
    shot's take and recipe digest as JSON.
    `on_progress(done frames, all frames)` is called in this thread; what it raises stops the work and passes through.
    Raises ExportFailed, NoSpace, Unreadable, TookTooLong.
    """
    if not cut.frames:
        raise ExportFailed("The cut is empty; add a shot before exporting")
    gauge = gauge_of(cut, preset)
    work.mkdir(parents=True, exist_ok=True)
    date = cut.facts.get("date") or datetime.now(UTC).date().isoformat()
    pieces = segments(cut, gauge, date if burn_ins else None)
    parts = make_all(pieces, work, on_progress or (lambda done, total: None))
    sound = Sound(cut.sound, cut.sound_gain, _samples_into(cut)) if cut.sound else None
    concatenate(parts, target, gauge, cut.frames, sound=sound, metadata=metadata(cut))
    facts = probe(target, decode=False)
    if facts.frames != cut.frames:
        for part in parts:
            part.unlink(missing_ok=True)
        raise ExportFailed(f"The film came out with {facts.frames} frames instead of {cut.frames}; export it again")
    prune(work, KEEP_BYTES)
    return facts


def gauge_of(cut: Cut, preset: str) -> Gauge:
    """Size, rate and effort of the film; raises ExportFailed for an unknown preset."""
    chosen = PRESETS.get(preset)
    if chosen is None:
        raise ExportFailed(f"There is no preset named {preset!r}; choose {', '.join(PRESETS)}")
    height = chosen.height or cut.height
    width = cut.width * height // cut.height
    return Gauge((width + 1) // 2 * 2, (height + 1) // 2 * 2, cut.rate, chosen.crf, chosen.speed)


def metadata(cut: Cut) -> dict[str, str]:
    """The words inside the film: no prompts and no seeds, only which take and which recipe each shot shows."""
    shots = [
        {"shot": shot.code, "take": shot.take_number, "shows": shot.shows, "recipe": shot.recipe_digest,
         "start": start, "frames": shot.frames}
        for shot, start in zip(cut.shots, cut.starts(), strict=True)
    ]  # fmt: skip
    facts = {"project": cut.project, "rate": list(cut.rate), "frames": cut.frames, "facts": cut.facts, "shots": shots}
    comment = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {"title": cut.project, "comment": comment}


def make_all(pieces: Sequence[Segment], work: Path, on_progress: Progress) -> list[Path]:
    """Makes the pieces, as many at once as there are processors, and returns their files in order."""
    total = sum(piece.shot.frames for piece in pieces)
    done = [0] * len(pieces)
    stop = Event()
    at_once = max(1, min(os.cpu_count() or 1, 8, len(pieces)))

    def made(n: int) -> Path:
        path = pieces[n].make(work, _counter(done, n, stop), threads=1 if at_once > 1 else 2)
        done[n] = pieces[n].shot.frames
        return path

    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(made, n) for n in range(len(pieces))]
        waiting = set(futures)
        try:
            while waiting:
                finished, waiting = wait(waiting, timeout=0.25, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                on_progress(sum(done), total)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _counter(done: list[int], n: int, stop: Event) -> Callable[[int], None]:
    def count(frame: int) -> None:
        if stop.is_set():
            raise _Stopped
        done[n] = frame

    return count


def _samples_into(cut: Cut) -> int:
    return cut.sound_offset * cut.rate[1] * SAMPLE_RATE // cut.rate[0]

"""One shot as a finished piece of film, made once and kept under the name of everything it was made from."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from generation.ffmpeg import Gauge, MediaError, Overlay, conform, sniff
from generation.ffmpeg.assembly import STILLS
from generation.ffmpeg.runner import Progress
from storyboard.cut import Cut, CutShot
from storyboard.exporters import ExportFailed
from storyboard.exporters.burnin import Strip, overlays
from storyboard.exporters.cards import card, framed

# Part of every name: raise it when the same inputs would make another picture.
EDITION = 1


@dataclass(frozen=True)
class Segment:
    """A shot, the gauge it is brought to, and what is written along its edge."""

    shot: CutShot
    gauge: Gauge
    strip: Strip | None

    @property
    def name(self) -> str:
        shot, source = self.shot, self.shot.source
        stat = source.stat() if source else None
        made_from = {
            "edition": EDITION,
            "gauge": asdict(self.gauge),
            "strip": asdict(self.strip) if self.strip else None,
            "frames": shot.frames,
            "source": [str(source), stat.st_size, stat.st_mtime_ns] if stat else None,
            "trim": [shot.in_frame, shot.source_frames, shot.source_rate] if stat else None,
            "words": None if stat else [shot.code, shot.heading, shot.line, shot.dialogue],
        }
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest() + ".mp4"

    def make(self, work: Path, on_progress: Progress | None = None, threads: int = 2) -> Path:
        """The file in `work`, made now unless it is there already; raises ExportFailed naming the shot."""
        try:
            target = work / self.name
            if target.exists():
                os.utime(target)
                return target
            with tempfile.TemporaryDirectory(dir=work) as folder:
                self._draw(Path(folder), target, on_progress, threads)
        except OSError as error:
            raise ExportFailed(f"Shot {self.shot.code} cannot be drawn: {error.strerror or error}") from error
        except MediaError as error:
            raise type(error)(f"Shot {self.shot.code}: {error}", error.detail) from error
        return target

    def _draw(self, folder: Path, target: Path, on_progress: Progress | None, threads: int) -> None:
        shot, gauge = self.shot, self.gauge
        laid: list[Overlay] = overlays(self.strip, gauge.width, gauge.height, folder) if self.strip else []
        source, in_frame = self._picture(folder)
        conform(
            source, target, gauge, shot.frames, in_frame=in_frame, source_rate=shot.source_rate,
            overlays=laid, on_progress=on_progress, threads=threads,
        )  # fmt: skip

    def _picture(self, folder: Path) -> tuple[Path, int]:
        """The file to draw from, and the frame to begin at, never past the last."""
        shot = self.shot
        if shot.source and sniff(shot.source) not in STILLS:
            last = max(0, shot.source_frames - 1)
            return shot.source, min(shot.in_frame, last) if shot.source_frames else shot.in_frame
        size = (self.gauge.width, self.gauge.height)
        still = framed(shot.source, *size) if shot.source else card(shot, *size)
        still.save(folder / "still.png", compress_level=1)
        return folder / "still.png", 0


def segments(cut: Cut, gauge: Gauge, date: str | None) -> list[Segment]:
    """The pieces of a film in order; with `date` each carries a strip."""
    made = []
    for shot, start in zip(cut.shots, cut.starts(), strict=True):
        left = f"{cut.project}   {shot.label}"
        strip = None if date is None else Strip(left, date, start, shot.frames, cut.rate)
        if shot.frames > 0:
            made.append(Segment(shot, gauge, strip))
    return made


def prune(work: Path, keep_bytes: int) -> None:
    """Removes the pieces used longest ago until at most `keep_bytes` are left."""
    kept = 0
    for path in sorted(work.glob("*.mp4"), key=lambda path: path.stat().st_mtime, reverse=True):
        kept += path.stat().st_size
        if kept > keep_bytes:
            path.unlink(missing_ok=True)

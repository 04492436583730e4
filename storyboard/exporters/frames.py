"""Every frame of the cut as a numbered JPEG in one ZIP, for tools that read pictures and not movies."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path

from generation.ffmpeg import run
from generation.ffmpeg.derived import pictured
from generation.ffmpeg.movies import opened
from storyboard.cut import Cut
from storyboard.exporters import Progress, animatic


def export(cut: Cut, target: Path, *, burn_ins: bool, work: Path, on_progress: Progress | None = None) -> int:
    """Writes the ZIP: frames/000000.jpg and on, and cut.json; returns the count. Raises as `animatic.export` does."""
    target = Path(target)
    partial = target.with_name(f".{target.name}.part")
    with tempfile.TemporaryDirectory(dir=work) if work.is_dir() else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = folder / "film.mp4"
        animatic.export(cut, film, burn_ins=burn_ins, work=work, on_progress=on_progress)
        still = {"c:v": "mjpeg", "q:v": 2, "fps_mode": "passthrough", "f": "image2", "start_number": 0}
        run(pictured(opened(film)["V:0"]).output(f"file:{folder}/%06d.jpg", **still).get_args())
        pictures = sorted(folder.glob("*.jpg"))
        try:
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr("cut.json", json.dumps(json.loads(animatic.metadata(cut)["comment"]), indent=1))
                for picture in pictures:
                    archive.write(picture, f"frames/{picture.name}")
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)
    return len(pictures)

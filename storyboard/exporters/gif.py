"""The cut as an animated GIF, small enough for a message: at most 480 pixels wide and about 12 frames a second."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import ffmpeg

from generation.ffmpeg import probe, run
from generation.ffmpeg.runner import address, reading
from storyboard.cut import Cut
from storyboard.exporters import Progress, animatic

WIDTH = 480
FASTEST = Fraction(25, 2)


def export(cut: Cut, target: Path, *, burn_ins: bool, work: Path, on_progress: Progress | None = None) -> int:
    """Writes the GIF and returns how many frames it has; raises as `animatic.export` does."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder, "film.mp4")
        animatic.export(cut, film, burn_ins=burn_ins, work=work, preset="h264", on_progress=on_progress)
        every = -(-Fraction(*cut.rate) // FASTEST)
        picture = ffmpeg.input(address(film), **reading(film)).video.filter("select", f"not(mod(n,{every}))")
        twin = picture.filter("scale", f"min({WIDTH},iw)", -2, flags="area").filter_multi_output("split")
        palette = twin.stream(0).filter("palettegen", stats_mode="diff")
        drawn = ffmpeg.filter([twin.stream(1), palette], "paletteuse", dither="bayer", bayer_scale=4)
        options = {"f": "gif", "fps_mode": "passthrough"}
        run(drawn.output(address(target), **options).get_args(), writes=[target])
        return -(-probe(film, decode=False).frames // every)

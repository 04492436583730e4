"""Clips that carry their frame number in the picture, encoded as the product's own proxies are.

Frame n is drawn as twelve squares, most significant first, white for one; `pages/barcode.js` reads them back from what
the browser shows. Left of them a white square, right a black one, so that a blank picture reads as none.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

BITS = 12
SQUARE = 20
WIDTH = (BITS + 2) * SQUARE + 40
HEIGHT = 180

# How many frames to let run before each of fifty pauses.
STOPS = random.Random(47).choices(range(1, 8), k=50)
# Runs and pauses `ct-player` as often as counts are given; each time what the counter says and the picture shows.
PAUSE_AFTER = """async (counts) => {
    const player = document.querySelector("ct-player");
    const frames = (count) => new Promise((done) => player.addEventListener("player:frame", function look() {
        count -= 1;
        if (count > 0) return;
        player.removeEventListener("player:frame", look);
        done();
    }));
    const stops = [];
    for (const count of counts) {
        player.play();
        await frames(count);
        await player.pause();
        const counter = Number(player.querySelector("[data-part=counter]").textContent);
        stops.push([counter, readBarcode(player.querySelector("video"))]);
    }
    return stops;
}"""


def barcode_frame(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """One RGB picture (height, width, 3), uint8; the squares stand in the middle, scaled to the width."""
    picture = np.full((height, width, 3), 90, np.uint8)
    picture[:, :, 0] = np.linspace(40, 140, width, dtype=np.uint8)
    square = width / (BITS + 4)
    top, bottom = height // 2 - round(square / 2), height // 2 + round(square / 2)
    bits = [1, *(number >> bit & 1 for bit in reversed(range(BITS))), 0]
    for place, bit in enumerate(bits, start=1):
        picture[top:bottom, round(place * square) : round((place + 1) * square)] = 255 * bit
    return picture


def make_clip(
    path: Path, frames: int, rate: tuple[int, int] = (24, 1), size: tuple[int, int] = (WIDTH, HEIGHT), first: int = 0
) -> Path:
    """A proxy of `frames` frames whose pictures say first, first + 1 and so on."""
    width, height = size
    num, den = rate
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"),
        *("-r", f"{num}/{den}", "-i", "-", "-fps_mode", "cfr", "-r", f"{num}/{den}"),
        *("-vf", "scale=in_color_matrix=bt709:out_color_matrix=bt709"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"),
        *("-g", "12", "-keyint_min", "12", "-sc_threshold", "0", "-bf", "0", "-threads", "1"),
        *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "iec61966-2-1"),
        *("-video_track_timescale", str(num if den == 1001 else num * 1000), "-movflags", "+faststart", str(path)),
    ]
    pictures = b"".join(barcode_frame(first + n, width, height).tobytes() for n in range(frames))
    subprocess.run(command, input=pictures, check=True)
    return path


def make_tone(path: Path, seconds: float) -> Path:
    """A quiet sound file, for scratch audio."""
    source = f"sine=frequency=330:duration={seconds}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i", source]
    subprocess.run([*command, "-af", "volume=0.1", "-c:a", "aac", str(path)], check=True)
    return path

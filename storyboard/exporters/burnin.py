"""The strip along the bottom of a picture that says what it is: project, shot, take, what it shows, date, timecode."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from generation.ffmpeg import Overlay
from storyboard.exporters.lettering import clipped, font_for
from storyboard.timecode import to_timecode

PAPER = 16
INK = 235


@dataclass(frozen=True)
class Strip:
    """What the strip of one shot says; `start` is the film's frame the shot begins on."""

    left: str
    middle: str
    start: int
    frames: int
    rate: tuple[int, int]


def overlays(strip: Strip, width: int, height: int, folder: Path) -> list[Overlay]:
    """Draws the strip for a picture of this size into `folder`: what stays, and the timecode that runs."""
    tall = max(16, height // 24 // 2 * 2)
    clock = _clock(strip, tall)
    inset = tall // 2
    band = Image.new("L", (width, tall), PAPER)
    _write(band, strip, tall, inset, clock.shape[2])
    still, running = folder / "strip.png", folder / "clock.gray"
    band.save(still)
    running.write_bytes(clock.tobytes())
    top, left = (height - tall) // 2 * 2, (width - inset - clock.shape[2]) // 2 * 2
    return [Overlay(still, 0, top), Overlay(running, max(0, left), top, (clock.shape[2], tall))]


def _write(band: Image.Image, strip: Strip, tall: int, inset: int, clock_width: int) -> None:
    draw, size = ImageDraw.Draw(band), tall * 5 // 8
    room: float = band.width - 3 * inset - clock_width
    date_font = font_for(strip.middle, size)
    date_width = date_font.getlength(strip.middle)
    if date_width < room / 3:
        draw.text((inset + room - date_width, tall / 2), strip.middle, font=date_font, fill=INK, anchor="lm")
        room -= date_width + inset
    font = font_for(strip.left, size)
    draw.text((inset, tall / 2), clipped(strip.left, font, room), font=font, fill=INK, anchor="lm")


def _clock(strip: Strip, tall: int) -> np.ndarray:
    """uint8 grey (frames, tall, width): one timecode a frame, every digit in a cell of the same width."""
    cells = {letter: _cell(letter, tall) for letter in "0123456789:;"}
    texts = [to_timecode(strip.start + n, strip.rate) for n in range(strip.frames)]
    rows = [np.hstack([cells[letter] for letter in text]) for text in texts]
    width = max(row.shape[1] for row in rows)
    even = width + width % 2
    return np.stack([np.pad(row, ((0, 0), (even - row.shape[1], 0)), constant_values=PAPER) for row in rows])


def _cell(letter: str, tall: int) -> np.ndarray:
    font = font_for("0:;", tall * 5 // 8)
    cell = Image.new("L", (round(font.getlength("0" if letter.isdigit() else ":")) + 1, tall), PAPER)
    ImageDraw.Draw(cell).text((cell.width / 2, tall / 2), letter, font=font, fill=INK, anchor="mm")
    return np.asarray(cell)

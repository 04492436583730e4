"""Still pictures for shots without a moving one: a card drawn from the shot's words, or a panel on the canvas."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from storyboard.cut import CutShot
from storyboard.exporters.lettering import MISSING_FONT_NOTE, font_for, is_covered, wrapped

GREY = (84, 84, 84)
INK = (236, 236, 236)
QUIET = (186, 186, 186)


def card(shot: CutShot, width: int, height: int) -> Image.Image:
    """A neutral grey RGB picture with the shot's code, heading, line and dialogue, in any script a font has."""
    canvas = Image.new("RGB", (width, height), GREY)
    draw = ImageDraw.Draw(canvas)
    dialogue = "" if shot.dialogue.strip() == shot.line else shot.dialogue
    blocks = [
        (shot.code, height // 7, INK, 1),
        (shot.heading, height // 28, QUIET, 2),
        (shot.line, height // 20, INK, 5),
        (dialogue, height // 22, QUIET, 4),
    ]
    top = height * 0.12
    for text, size, color, most in blocks:
        top = _block(draw, text, size, color, most, top, width) + height * 0.035
    words = "".join(text for text, *_ in blocks)
    if not is_covered(words):
        _block(draw, MISSING_FONT_NOTE, height // 36, QUIET, 1, height * 0.86, width)
    return canvas


def framed(path: Path, width: int, height: int) -> Image.Image:
    """A picture file on the film's canvas, whole and unstretched; raises OSError when it is no readable picture."""
    canvas = Image.new("RGB", (width, height))
    with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as opened:
        picture = Image.new("RGB", opened.size, (128, 128, 128))
        layer = opened.convert("RGBA")
        picture.paste(layer, mask=layer.getchannel("A"))
    scale = min(width / picture.width, height / picture.height)
    fitted = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.LANCZOS
    )
    canvas.paste(fitted, ((width - fitted.width) // 2, (height - fitted.height) // 2))
    return canvas


def _block(
    draw: ImageDraw.ImageDraw, text: str, size: int, color: tuple[int, int, int], most: int, top: float, width: int
) -> float:
    """Draws centred lines from `top` and returns where they end; nothing takes no room."""
    if not text.strip():
        return top
    font = font_for(text, size)
    for line in wrapped(text, font, width * 0.8, most):
        draw.text((width / 2, top), line, font=font, fill=color, anchor="ma")
        top += size * 1.3
    return top

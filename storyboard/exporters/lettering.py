"""Words drawn on pictures, in whatever script they are written."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path

from PIL import ImageFont

# Latin, Greek, Cyrillic, Hebrew, Arabic and more; what it lacks is looked for on the machine.
HOUSE_FONT = Path(__file__).with_name("fonts") / "DejaVuSans.ttf"
MISSING_FONT_NOTE = "Some letters need a font this server does not have"

_WIDE_COVERAGE = re.compile(r"noto|cjk|unicode|unifont|gothic|mincho|hiragino|pingfang|msyh|yahei|wqy|droid|ipa", re.I)
_PLACES = {
    "darwin": ("/System/Library/Fonts", "/Library/Fonts"),
    "win32": (os.path.join(os.environ.get("WINDIR", r"C:\Windows"), "Fonts"),),
}


def font_for(text: str, size: int) -> ImageFont.FreeTypeFont:
    """The first font that has every letter of `text`, else the house font; `size` in pixels."""
    wanted = frozenset(text) - frozenset("\n\r\t \u200b\u200e\u200f\ufeff")
    return ImageFont.truetype(_path_for(wanted), max(6, size))


def is_covered(text: str) -> bool:
    """Whether some font here has every letter of `text`."""
    wanted = frozenset(text) - frozenset("\n\r\t \u200b\u200e\u200f\ufeff")
    return _covers(_path_for(wanted), wanted)


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: float, most: int) -> list[str]:
    """`text` in lines no wider than `width` pixels, at most `most` of them; what is left out ends in an ellipsis.

    Words are kept whole where they fit; writing without spaces is broken between letters.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in re.findall(r"\S+\s*", paragraph):
            for piece in _pieces(word, font, width):
                if line and font.getlength((line + piece).rstrip()) > width:
                    lines.append(line.rstrip())
                    line = ""
                line += piece
        if line:
            lines.append(line.rstrip())
    if len(lines) > most:
        lines = [*lines[: most - 1], clipped(lines[most - 1] + " …", font, width)] if most else []
    return lines


def clipped(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """`text` on one line no wider than `width` pixels, ending in an ellipsis where it had to be cut."""
    if font.getlength(text) <= width:
        return text
    kept = text.rstrip(" …")
    while kept and font.getlength(kept + "…") > width:
        kept = kept[:-1]
    return kept.rstrip() + "…" if kept else ""


def _pieces(word: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    return [word] if font.getlength(word.rstrip()) <= width else list(word)


@cache
def _path_for(wanted: frozenset[str]) -> Path:
    if _covers(HOUSE_FONT, wanted):
        return HOUSE_FONT
    return next((path for path in _machine_fonts() if _covers(path, wanted)), HOUSE_FONT)


@cache
def _machine_fonts() -> tuple[Path, ...]:
    """Fonts of the machine that cover many scripts; the name is a good enough hint and keeps the search short."""
    home = Path.home()
    places = _PLACES.get(sys.platform, ("/usr/share/fonts", "/usr/local/share/fonts"))
    folders = [*map(Path, places), home / ".fonts", home / ".local/share/fonts", home / "Library/Fonts"]
    found = (path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*.[toTO]t[fcFC]")))
    return tuple(path for path in found if _WIDE_COVERAGE.search(path.name))


def _covers(path: Path, wanted: frozenset[str]) -> bool:
    try:
        font = ImageFont.truetype(path, 16)
    except OSError:
        return False
    missing = _drawn(font, "\U0010fffe")
    return all(_drawn(font, letter) != missing for letter in wanted)


def _drawn(font: ImageFont.FreeTypeFont, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)

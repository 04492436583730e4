"""What a file that cannot be taken seems to be, so that the sentence can say it."""

from __future__ import annotations

from pathlib import Path

from generation.ffmpeg import sniff_bytes

_WORDS = {
    "mov": "a video", "matroska": "a video", "webm": "a video", "avi": "a video", "mpegts": "a video",
    "wav": "a sound", "mp3": "a sound", "flac": "a sound", "ogg": "a sound",
    "png": "a picture", "jpeg": "a picture", "webp": "a picture",
}  # fmt: skip
_TEXTS = (
    (b"#extm3u", "a playlist that points to other files"),
    (b"ffconcat", "a playlist that points to other files"),
    (b"<mpd", "a playlist that points to other files"),
    (b"<svg", "an SVG drawing"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)
_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"GIF8", "a picture"),
    (b"BM", "a picture"),
)
_PHONE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")


def seems(path: Path) -> str:
    """A few words such as 'an SVG drawing', from the first bytes."""
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head:
        return "an empty file"
    if head[4:8] == b"ftyp" and head[8:12] in _PHONE_BRANDS:
        return "a HEIC or AVIF picture"
    lowered = head.lower()
    texts = (words for mark, words in _TEXTS if mark in lowered)
    magic = (words for mark, words in _MAGIC if head.startswith(mark))
    kind = sniff_bytes(head)
    return _WORDS[kind] if kind else next(texts, None) or next(magic, None) or _otherwise(head)


def _otherwise(head: bytes) -> str:
    return "a text" if b"\x00" not in head and sum(byte < 9 for byte in head) == 0 else "a file of an unknown kind"

"""What a file is by its first bytes, never by its name."""

from __future__ import annotations

from pathlib import Path

# The one demuxer that may open each kind. Playlists, manifests and drawings are absent: they name other files.
DEMUXERS = {
    "mov": "mov",
    "matroska": "matroska",
    "webm": "matroska",
    "avi": "avi",
    "mpegts": "mpegts",
    "wav": "wav",
    "mp3": "mp3",
    "flac": "flac",
    "ogg": "ogg",
    "png": "png_pipe",
    "jpeg": "jpeg_pipe",
    "webp": "webp_pipe",
}

_MOVIE_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"}
_PICTURE_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"}
_TRANSPORT_PACKET = 188


def sniff(path: Path) -> str | None:
    """One of the keys of DEMUXERS, or None when the bytes are of no kind that is accepted."""
    with open(path, "rb") as file:
        return sniff_bytes(file.read(4096))


def sniff_bytes(head: bytes) -> str | None:
    """As `sniff`, from the first 4096 bytes of a file."""
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head[:128] else "matroska"
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"AVI ": "avi", b"WAVE": "wav", b"WEBP": "webp"}.get(head[8:12])
    if head[4:8] in _MOVIE_BOXES:
        return None if head[8:12] in _PICTURE_BRANDS and head[4:8] == b"ftyp" else "mov"
    for magic, kind in ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"fLaC", "flac"), (b"OggS", "ogg")):
        if head.startswith(magic):
            return kind
    if _is_transport_stream(head):
        return "mpegts"
    return "mp3" if _is_mp3(head) else None


def _is_transport_stream(head: bytes) -> bool:
    marks = head[::_TRANSPORT_PACKET][:4]
    return len(marks) == 4 and set(marks) == {0x47}


def _is_mp3(head: bytes) -> bool:
    if head.startswith(b"ID3"):
        return True
    is_sync = len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return is_sync and head[1] & 0x06 == 0x02 and head[2] >> 4 not in (0x0, 0xF) and head[2] & 0x0C != 0x0C

"""How much may be sent at once; settings may say otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """Bytes of the file, pixels of one picture (width x height), and seconds of playing time."""

    bytes: int
    pixels: int = 0
    seconds: int = 0


PICTURE = Limit(bytes=60 << 20, pixels=40_000_000)
CLIP = Limit(bytes=2 << 30, pixels=36_000_000, seconds=600)
SOUND = Limit(bytes=500 << 20, seconds=7200)

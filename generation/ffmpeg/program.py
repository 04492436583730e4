"""Which ffmpeg is used: the one the environment names, or the one that came with the installation."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache

import imageio_ffmpeg

# Older releases have known holes in the decoders and playlist checks that uploads would reach.
OLDEST = (8, 1, 3)


@cache
def executable() -> str:
    """Path of the ffmpeg program; CIRCLE_TAKE_FFMPEG overrides the bundled one."""
    return os.environ.get("CIRCLE_TAKE_FFMPEG") or imageio_ffmpeg.get_ffmpeg_exe()


def version() -> tuple[int, ...]:
    """Release number such as (9, 0, 2); empty when the program does not say one (a nightly build)."""
    printed = subprocess.run([executable(), "-version"], capture_output=True, text=True, timeout=30).stdout
    found = re.match(r"ffmpeg version n?(\d+(?:\.\d+)*)", printed)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def complaint() -> str:
    """One sentence when this ffmpeg is missing or too old to face uploads; empty when all is well."""
    wanted = ".".join(map(str, OLDEST))
    try:
        found = version()
    except OSError as error:
        return f"ffmpeg could not be started ({error}); install ffmpeg {wanted} or newer, or set CIRCLE_TAKE_FFMPEG"
    if found and found < OLDEST:
        have = ".".join(map(str, found))
        return f"ffmpeg {have} is too old to open uploads safely; use {wanted} or newer, or set CIRCLE_TAKE_FFMPEG"
    return ""

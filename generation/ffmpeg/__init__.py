"""Every use of ffmpeg: what a file holds, how a take is stored, and what is made from it. No Django, no torch."""

from generation.ffmpeg.assembly import Gauge, Overlay, Sound, concatenate, conform
from generation.ffmpeg.derived import Derived, Filmstrip, derive, filmstrip, poster
from generation.ffmpeg.encoder import Encoder
from generation.ffmpeg.errors import MediaError, NoSpace, TookTooLong, Unreadable
from generation.ffmpeg.facts import Probe, is_proxy, probe
from generation.ffmpeg.frames import frames
from generation.ffmpeg.kinds import sniff, sniff_bytes
from generation.ffmpeg.loudness import waveform
from generation.ffmpeg.movies import MASTER, PROXY, Size, proxy
from generation.ffmpeg.runner import run
from generation.ffmpeg.sandbox import Limits
from generation.ffmpeg.sounds import wav
from generation.ffmpeg.stills import frame
from generation.ffmpeg.tags import read_recipe, read_tags

__all__ = [
    "MASTER",
    "PROXY",
    "Derived",
    "Encoder",
    "Filmstrip",
    "Gauge",
    "Limits",
    "MediaError",
    "NoSpace",
    "Overlay",
    "Probe",
    "Size",
    "Sound",
    "TookTooLong",
    "Unreadable",
    "concatenate",
    "conform",
    "derive",
    "filmstrip",
    "frame",
    "frames",
    "is_proxy",
    "poster",
    "probe",
    "proxy",
    "read_recipe",
    "read_tags",
    "run",
    "sniff",
    "sniff_bytes",
    "wav",
    "waveform",
]  # fmt: skip

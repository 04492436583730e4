"""What a media file really holds, by decoding it: counts and rationals, never seconds as floats.

No ffprobe is shipped, and containers lie about lengths. So every frame is decoded once and counted, beside a copy of
the packets that shows key frames and reordering; names and rotation are read from the program's own description.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from generation.ffmpeg.errors import Unreadable
from generation.ffmpeg.runner import kind_of, run, source
from generation.ffmpeg.sandbox import STANDARD, Limits

COMMON_RATES = tuple(
    Fraction(*rate)
    for rate in (
        (8, 1), (10, 1), (12, 1), (15, 1), (16, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1),
        (48000, 1001), (48, 1), (50, 1), (60000, 1001), (60, 1), (100, 1), (120, 1),
    )
)  # fmt: skip

_COMPLAINTS = "Invalid data|rror while decoding|orrupt|partial file|truncat|decode_slice"


@dataclass(frozen=True)
class Probe:
    """Facts about one file.

    `width` and `height` are pixels as shown, after `rotation` (degrees, a multiple of 90). `frames` were all decoded.
    `rate` is frames a second; where `constant_rate` is False it is the nearest usual rate to the average.
    `first_pts` is the time of the first frame in seconds. `key_frame_every` is the longest distance between key
    frames. Sound: `samples` at `sample_rate` in `channels`, all 0 without sound. `duration` is seconds of picture, or
    of sound where there is no picture.
    """

    container: str
    video_codec: str = ""
    pixel_format: str = ""
    width: int = 0
    height: int = 0
    rotation: int = 0
    frames: int = 0
    rate: tuple[int, int] = (24, 1)
    first_pts: Fraction = Fraction(0)
    constant_rate: bool = True
    key_frame_every: int = 0
    has_b_frames: bool = False
    audio_codec: str | None = None
    channels: int = 0
    sample_rate: int = 0
    samples: int = 0
    duration: Fraction = Fraction(0)
    color: str = ""
    damage: str = ""


@dataclass(frozen=True)
class _Packet:
    dts: int
    pts: int
    duration: int
    size: int
    key: bool


@dataclass
class _Listing:
    """What framecrc printed: headers and packets by stream number."""

    headers: dict[str, dict[int, str]]
    packets: dict[int, list[_Packet]]

    def stream(self, media: str, codec: str | None = None) -> int | None:
        """The first stream of this kind; `codec` picks between the copied and the decoded picture."""
        kinds, codecs = self.headers["media_type"], self.headers["codec_id"]
        return next((n for n in kinds if kinds[n] == media and (codec is None or codecs[n] == codec)), None)

    def time_base(self, stream: int) -> Fraction:
        return Fraction(self.headers["tb"][stream])


def probe(path: Path, limits: Limits = STANDARD, *, decode: bool = True) -> Probe:
    """Decodes `path` once and says what it holds; raises Unreadable with one sentence for the person who sent it.

    With `decode` False packets are counted instead of pictures, which is quick and enough for files made here; a
    rotated file then has its stored width and height.
    """
    container = kind_of(path)
    picture = ["-map", "0:V:0?", "-map", "0:V:0?", "-c:v:0", "copy", "-c:v:1", "wrapped_avframe"]
    if not decode:
        picture = ["-map", "0:V:0?", "-c:v", "copy"]
    stamps = ["-fps_mode", "passthrough", "-enc_time_base:v", "demux", "-f", "framecrc", "pipe:1"]
    args = ["-copyts", *source(path), "-sn", "-dn", *picture, "-map", "0:a:0?", "-c:a", "pcm_s16le", *stamps]
    ran = run(args, limits=limits)
    listing = _parse(ran.stdout.decode("ascii", "replace"))
    banner = ran.stderr.split("\nStream mapping:")[0]
    facts = _picture_facts(listing, banner) | _sound_facts(listing, banner)
    if not facts:
        raise Unreadable(f"{Path(path).name} holds neither picture nor sound that can be decoded")
    return Probe(container=container, damage=_damage(ran.stderr), **facts)  # type: ignore[arg-type]


def is_proxy(facts: Probe, max_edge: int = 960) -> bool:
    """Whether a browser can play and seek this very file: what `proxy` would make, already there."""
    return (
        facts.container == "mov"
        and (facts.video_codec, facts.pixel_format) == ("h264", "yuv420p")
        and facts.audio_codec in (None, "aac")
        and max(facts.width, facts.height) <= max_edge
        and facts.constant_rate
        and not (facts.first_pts or facts.rotation or facts.has_b_frames or facts.damage)
        and facts.key_frame_every <= 12
    )


def nearest_rate(average: Fraction) -> Fraction:
    """The usual rate closest to `average` frames a second."""
    return min(COMMON_RATES, key=lambda rate: abs(rate - average))


def _parse(printed: str) -> _Listing:
    headers: dict[str, dict[int, str]] = defaultdict(dict)
    packets: dict[int, list[_Packet]] = defaultdict(list)
    for line in printed.splitlines():
        if header := re.match(r"#(\w+) (\d+): (.*)", line):
            headers[header[1]][int(header[2])] = header[3]
        elif line and line[0].isdigit():
            stream, dts, pts, duration, size, _checksum, *rest = (part.strip() for part in line.split(","))
            flags = next((int(part[2:], 16) for part in rest if part.startswith("F=")), 1)
            packets[int(stream)].append(_Packet(int(dts), int(pts), int(duration), int(size), bool(flags & 1)))
    return _Listing(headers, packets)


def _picture_facts(listing: _Listing, banner: str) -> dict[str, object]:
    copy = listing.stream("video")
    decoded = listing.stream("video", "wrapped_avframe")
    decoded = copy if decoded is None else decoded
    if copy is None or decoded is None or not listing.packets[decoded]:
        return {}
    copied = listing.packets[copy]
    frames, base = sorted(listing.packets[decoded], key=lambda frame: frame.pts), listing.time_base(decoded)
    rate, constant = _rate([frame.pts for frame in frames], base, _described_rate(banner))
    width, height = map(int, listing.headers["dimensions"][decoded].split("x"))
    codec, pixels, color = _described_picture(banner)
    end = frames[-1].pts + (frames[-1].duration if not constant else 0)
    span = len(frames) / rate if constant else (end - frames[0].pts) * base
    return {
        "video_codec": codec, "pixel_format": pixels, "color": color, "width": width, "height": height,
        "rotation": _rotation(banner), "frames": len(frames), "rate": (rate.numerator, rate.denominator),
        "first_pts": frames[0].pts * base, "constant_rate": constant, "duration": span,
        "key_frame_every": _longest_gap([packet.key for packet in copied]),
        "has_b_frames": any(late.pts < early.pts for early, late in pairwise(copied)),
    }  # fmt: skip


def _sound_facts(listing: _Listing, banner: str) -> dict[str, object]:
    stream = listing.stream("audio")
    if stream is None or not listing.packets[stream]:
        return {}
    packets = listing.packets[stream]
    samples = sum(packet.duration for packet in packets)
    sample_rate = int(listing.headers["sample_rate"][stream])
    named = re.search(r"^  Stream #0:\d+.*?: Audio: (\w+)", banner, re.MULTILINE)
    facts: dict[str, object] = {
        "audio_codec": named[1] if named else "unknown",
        "channels": sum(packet.size for packet in packets) // (2 * samples) if samples else 0,
        "sample_rate": sample_rate,
        "samples": samples,
    }
    if listing.stream("video") is None:
        facts["duration"] = Fraction(samples, sample_rate)
    return facts


def _rate(times: Sequence[int], base: Fraction, described: Fraction) -> tuple[Fraction, bool]:
    """The rate, and whether every frame sits where that rate puts it.

    Containers with millisecond clocks round every time, so a fine clock may be one tick off, and a candidate is judged
    by all frames, not by neighbours.
    """
    if len(times) < 2 or times[-1] <= times[0]:
        return nearest_rate(described) if described else Fraction(24), True
    average = (len(times) - 1) / ((times[-1] - times[0]) * base)
    usual = nearest_rate(average)
    for candidate in (usual, average.limit_denominator(1001)):
        step = 1 / (candidate * base)
        slack = 1 if step >= 8 else 0
        if all(abs(time - times[0] - n * step) <= slack for n, time in enumerate(times)):
            return candidate, True
    return usual, False


def _longest_gap(keys: Sequence[bool]) -> int:
    at = [n for n, key in enumerate(keys) if key]
    return max((after - before for before, after in pairwise([*at, len(keys)])), default=0)


def _described_picture(banner: str) -> tuple[str, str, str]:
    """Codec, pixel format and colour words of the first picture stream, as the program describes it."""
    found = re.search(r"^  Stream #0:\d+.*?: Video: (\w+)(?: \([^)]*\))*, (\w+)(?:\(([^)]*)\))?", banner, re.MULTILINE)
    return (found[1], found[2], found[3] or "") if found else ("unknown", "", "")


def _described_rate(banner: str) -> Fraction:
    found = re.search(r"^  Stream #0:\d+.*?: Video: .*?, ([\d.]+) fps", banner, re.MULTILINE)
    return Fraction(found[1]) if found else Fraction(0)


def _rotation(banner: str) -> int:
    found = re.search(r"^      Display Matrix: rotation of (-?[\d.]+) degrees", banner, re.MULTILINE)
    return round(float(found[1])) % 360 if found else 0


def _damage(stderr: str) -> str:
    """The first line in which a decoder or demuxer complains; empty for a sound file."""
    complaint = re.search(rf"^.*(?:{_COMPLAINTS}).*$", stderr, re.MULTILINE)
    return re.sub(r"^\[[^\]]*\]\s*", "", complaint[0]).strip()[:200] if complaint else ""

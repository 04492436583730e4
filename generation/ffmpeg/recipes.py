"""How pictures are stored: one set of choices for every H.264 file this code writes.

A key frame every 12 and no frames that borrow from the future: stepping is then as quick as with key frames only,
and every browser shows the frame that was asked for. sRGB transfer tags look alike in every browser; bt709 ones do not.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

KEY_FRAME_EVERY = 12
ACCURATE = "bicubic+accurate_rnd+full_chroma_int"  # how YUV is turned to RGB, so that nothing darkens


def timescale(rate: tuple[int, int]) -> int:
    """Ticks a second in which one frame at `rate` is a whole number of ticks."""
    exact = Fraction(*rate)
    return exact.numerator if exact.denominator == 1001 else exact.numerator * 1000


def h264(rate: tuple[int, int], crf: int, preset: str = "veryfast") -> dict[str, Any]:
    """Output options for a picture stream at exactly `rate`; lower `crf` is better and larger."""
    return {
        "c:v": "libx264", "preset": preset, "crf": crf, "pix_fmt": "yuv420p",
        "g": KEY_FRAME_EVERY, "keyint_min": KEY_FRAME_EVERY, "sc_threshold": 0, "bf": 0,
        "color_range": "tv", "colorspace": "bt709", "color_primaries": "bt709", "color_trc": "iec61966-2-1",
        "fps_mode": "cfr", "r": "{}/{}".format(*rate), "video_track_timescale": timescale(rate),
        "movflags": "+faststart", "threads": 2, "f": "mp4",
    }  # fmt: skip


def aac() -> dict[str, Any]:
    """Output options for sound: 48 kHz stereo."""
    return {"c:a": "aac", "b:a": "160k", "ar": 48000, "ac": 2}


def bounded(picture: Any, edge: int) -> Any:
    """The picture scaled down until its longer edge is at most `edge`, both edges even, in the colours we store."""
    ratio = f"min(1,{edge}/max(iw,ih))"
    width, height = f"2*trunc(iw*{ratio}/2+0.5)", f"2*trunc(ih*{ratio}/2+0.5)"
    return colored(squared(picture), width, height)


def squared(picture: Any) -> Any:
    """The picture with square pixels, as wide as it is shown."""
    return picture.filter("scale", "2*trunc(iw*sar/2+0.5)", "ih").filter("setsar", 1)


def colored(picture: Any, width: object = "iw", height: object = "ih") -> Any:
    """Scaled, with square pixels, in BT.709 limited range and marked so."""
    scaled = picture.filter("scale", width, height, out_color_matrix="bt709", out_range="tv").filter("setsar", 1)
    marks = {"color_primaries": "bt709", "color_trc": "iec61966-2-1", "colorspace": "bt709", "range": "tv"}
    return scaled.filter("format", "yuv420p").filter("setparams", **marks)

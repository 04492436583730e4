"""Clips and sounds come in upright, steady and in stereo, or are refused with a reason."""

import tempfile
import wave
from pathlib import Path

import numpy as np
import pytest

from generation import ffmpeg
from storyboard import intake
from tests.generation import barcode
from tests.generation.test_ffmpeg_facts import tone, uneven
from tests.generation.test_intake_pictures import Sent


def sent(path, name=None):
    return Sent(name or path.name, Path(path).read_bytes())


def made(source, target, *options, before=()):
    ffmpeg.run([*before, *barcode.source(source), *options, str(target)])
    return target


@pytest.mark.parametrize("rate", barcode.RATES)
def test_a_clip_keeps_every_frame_and_its_rate(tmp_path, rate):
    take = barcode.clip(tmp_path / "take.mp4", 30, rate)
    clip = intake.clip(sent(take), tmp_path / "kept.mp4")
    assert (clip.facts.frames, clip.facts.rate, clip.note) == (30, rate, "")
    assert barcode.numbers(clip.path) == list(range(30))
    assert ffmpeg.is_proxy(clip.facts)


def test_a_phone_clip_turned_and_uneven_comes_in_upright_and_steady(tmp_path):
    turned = made(uneven(tmp_path), tmp_path / "phone.mov", "-c", "copy", before=("-display_rotation", "-90"))
    clip = intake.clip(sent(turned), tmp_path / "kept.mp4")
    assert (clip.facts.width, clip.facts.height, clip.facts.rotation) == (180, 320, 0)
    assert clip.facts.constant_rate and not clip.before.constant_rate
    assert "frames at uneven times" in clip.note
    upright = np.rot90(barcode.decoded(clip.path, 180, 320), k=1, axes=(1, 2))
    shown = [barcode.number(frame) for frame in upright]
    assert shown == sorted(shown) and len(set(shown)) >= 36


@pytest.mark.parametrize("channels", [1, 6, 8, 16])
def test_a_clip_with_any_number_of_channels_comes_in_as_stereo(tmp_path, channels):
    take, sound = barcode.clip(tmp_path / "take.mp4", 24, (24, 1)), tone(tmp_path / "tone.wav", channels)
    both = made(take, tmp_path / "both.mkv", *barcode.source(sound), "-map", "0:v", "-map", "1:a", "-c", "copy")
    clip = intake.clip(sent(both), tmp_path / "kept.mp4")
    assert (clip.before.channels, clip.facts.channels, clip.facts.frames) == (channels, 2, 24)


def test_a_clip_from_a_whole_folder_of_kinds_is_taken(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 12, (25, 1))
    kinds = {"a.mov": "prores", "a.avi": "mjpeg", "a.ts": "libx264", "a.webm": "libvpx", "a.mkv": "libx265"}
    for name, codec in kinds.items():
        pixels = "yuv422p10le" if codec == "prores" else "yuvj420p" if codec == "mjpeg" else "yuv420p"
        odd = made(take, tmp_path / name, "-c:v", codec, "-pix_fmt", pixels)
        assert barcode.numbers(intake.clip(sent(odd), tmp_path / f"{name}.mp4").path) == list(range(12)), name


def test_odd_sizes_become_even(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 3, (24, 1))
    odd = made(take, tmp_path / "odd.mkv", "-vf", "scale=321:181", "-c:v", "ffv1", "-pix_fmt", "yuv444p")
    facts = intake.clip(sent(odd), tmp_path / "kept.mp4").facts
    assert facts.width % 2 == facts.height % 2 == 0 and abs(facts.width - 321) <= 1


def test_a_clip_cut_off_before_its_index_is_refused_with_the_reason(tmp_path):
    take = made(barcode.clip(tmp_path / "t.mp4", 60, (24, 1)), tmp_path / "take.mp4", "-c", "copy")
    half = Sent("take.mp4", take.read_bytes()[: take.stat().st_size * 2 // 3])
    with pytest.raises(intake.Refused, match=r"take\.mp4 is cut off: .*send the whole file"):
        intake.clip(half, tmp_path / "kept.mp4")
    assert not (tmp_path / "kept.mp4").exists()


def test_a_clip_cut_off_after_its_index_keeps_what_is_there(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 60, (24, 1))
    half = Sent("take.mp4", take.read_bytes()[: take.stat().st_size * 2 // 3])
    clip = intake.clip(half, tmp_path / "kept.mp4")
    shown = barcode.numbers(clip.path)
    assert 10 < len(shown) < 60 and shown == list(range(len(shown)))
    assert f"its first {len(shown)} frames were kept" in clip.note


DISGUISED = {
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile neighbour.mp4\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
}


@pytest.mark.parametrize("door", [intake.clip, intake.sound])
@pytest.mark.parametrize("kind", DISGUISED)
def test_a_playlist_named_mp4_is_refused_as_what_it_is(tmp_path, door, kind):
    barcode.clip(tmp_path / "neighbour.mp4", 2, (24, 1))
    with pytest.raises(intake.Refused, match=r"holiday\.mp4 is a playlist that points to other files"):
        door(Sent("holiday.mp4", DISGUISED[kind]), tmp_path / "kept.mp4")
    assert not (tmp_path / "kept.mp4").exists()


@pytest.mark.parametrize("door", [intake.clip, intake.sound])
@pytest.mark.parametrize(
    ("data", "found"), [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"), (b"", "an empty file")]
)
def test_neither_a_drawing_nor_nothing_is_a_movie(tmp_path, door, data, found):
    with pytest.raises(intake.Refused, match=found):
        door(Sent("holiday.mp4", data), tmp_path / "kept.mp4")


def test_a_movie_that_refers_to_another_file_does_not_get_it(tmp_path):
    """A QuickTime track can say that its pictures lie in another file; this one says they lie in its neighbour."""
    take = made(barcode.clip(tmp_path / "t.mp4", 5, (24, 1)), tmp_path / "neighbour.mov", "-c", "copy", "-f", "mov")
    hall = tmp_path / "hall"
    hall.mkdir()
    (hall / "pointing.mov").write_bytes(pointing_at(take))
    trusting = ["-enable_drefs", "1", "-use_absolute_path", "1", "-i", str(hall / "pointing.mov")]
    assert ffmpeg.run([*trusting, "-f", "framecrc", "pipe:1"]).stdout.count(b"\n0,") == 5
    kept = tmp_path / "kept.mp4"
    with pytest.raises(intake.Refused, match=r"pointing\.mov is damaged"):
        intake.clip(hall / "pointing.mov", kept)
    assert not kept.exists()


def pointing_at(take):
    """The bytes of a QuickTime file whose index is that of `take` and whose pictures are said to lie there."""
    data = take.read_bytes()
    path = str(take).encode()
    alias = bytes(150)
    extra = (2).to_bytes(2, "big") + len(path).to_bytes(2, "big") + path + b"\0" * (len(path) % 2) + b"\xff\xff\0\0"
    box = alias + extra
    entry = (12 + len(box)).to_bytes(4, "big") + b"alis" + (0).to_bytes(4, "big") + box
    return grown(data, entry).replace(b"mdat", b"free")


def grown(data, entry):
    """`data` with the video track's data reference replaced, and every box around it made as much longer."""
    at = data.index(b"dref") + 12
    old = int.from_bytes(data[at : at + 4], "big")
    data = bytearray(data[:at] + entry + data[at + old :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        start = data.rindex(box, 0, at) - 4
        size = int.from_bytes(data[start : start + 4], "big") + len(entry) - old
        data[start : start + 4] = size.to_bytes(4, "big")
    return bytes(data)


def test_high_dynamic_range_comes_in_with_whites_white(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 6, (24, 1))
    marks = "scale=out_color_matrix=bt2020nc,format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=arib-std-b67"
    phone = made(take, tmp_path / "hdr.mov", "-vf", f"{marks}:colorspace=bt2020nc", "-c:v", "libx265")
    clip = intake.clip(sent(phone), tmp_path / "kept.mp4")
    assert "arib-std-b67" in clip.before.color and "arib-std-b67" not in clip.facts.color
    assert barcode.numbers(clip.path) == list(range(6))


def test_a_rare_coding_is_refused_by_name(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 3, (24, 1))
    rare = made(take, tmp_path / "rare.mkv", "-c:v", "magicyuv")
    with pytest.raises(intake.Refused, match=r"rare\.mkv is coded as magicyuv.*MP4 \(H\.264\)"):
        intake.clip(sent(rare), tmp_path / "kept.mp4")


def test_a_clip_that_plays_too_long_or_weighs_too_much_is_refused(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 48, (24, 1))
    with pytest.raises(intake.TooLarge, match="plays for 0 min 02 s; at most 0 min 01 s"):
        intake.clip(sent(take), tmp_path / "kept.mp4", intake.Limit(bytes=1 << 30, pixels=10**6, seconds=1))
    with pytest.raises(intake.TooLarge, match="320 x 180 pixels"):
        intake.clip(sent(take), tmp_path / "kept.mp4", intake.Limit(bytes=1 << 30, pixels=1000, seconds=9))
    with pytest.raises(intake.TooLarge, match="larger than 1 KB"):
        intake.clip(sent(take), tmp_path / "kept.mp4", intake.Limit(bytes=1024, pixels=10**6, seconds=9))


def test_a_sound_sent_as_a_clip_is_told_so(tmp_path):
    with pytest.raises(intake.Refused, match=r"tone\.wav is a sound, not a video"):
        intake.clip(sent(tone(tmp_path / "tone.wav")), tmp_path / "kept.mp4")


@pytest.mark.parametrize("channels", [1, 2, 8, 16])
def test_a_sound_becomes_stereo_of_the_same_length(tmp_path, channels):
    sound = intake.sound(sent(tone(tmp_path / "tone.wav", channels, 2)), tmp_path / "kept.m4a")
    assert (sound.samples, sound.before.channels, sound.is_silent) == (96000, channels, False)
    facts = ffmpeg.probe(sound.path)
    assert (facts.audio_codec, facts.channels, facts.sample_rate) == ("aac", 2, 48000)


def test_a_silent_sound_is_a_sound(tmp_path):
    sound = intake.sound(sent(tone(tmp_path / "quiet.wav", volume=0)), tmp_path / "kept.m4a")
    assert sound.is_silent and sound.samples == 48000


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.m4a"])
def test_the_usual_kinds_of_sound_are_taken(tmp_path, name):
    codec = ("-c:a", "libvorbis") if name == "a.ogg" else ()
    odd = made(tone(tmp_path / "tone.wav"), tmp_path / name, "-ar", "44100", *codec)
    sound = intake.sound(sent(odd), tmp_path / "kept.m4a")
    assert abs(sound.samples - 48000) < 3000


def test_the_sound_of_a_clip_is_taken_and_a_silent_clip_refused(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 24, (24, 1))
    with pytest.raises(intake.Refused, match=r"take\.mp4 holds no sound"):
        intake.sound(sent(take), tmp_path / "kept.m4a")
    both = made(take, tmp_path / "both.mp4", *barcode.source(tone(tmp_path / "t.wav")), "-c:v", "copy")
    assert intake.sound(sent(both), tmp_path / "kept.m4a").samples == 48000


def test_a_sound_without_a_single_sample_is_refused(tmp_path):
    with wave.open(str(tmp_path / "none.wav"), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", ""))
    with pytest.raises(intake.Refused, match=r"none\.wav"):
        intake.sound(sent(tmp_path / "none.wav"), tmp_path / "kept.m4a")


def test_nothing_sent_stays_behind(tmp_path, monkeypatch):
    hall = tmp_path / "hall"
    hall.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(hall))
    take = barcode.clip(tmp_path / "take.mp4", 3, (24, 1))
    intake.clip(sent(take), tmp_path / "kept.mp4")
    with pytest.raises(intake.Refused):
        intake.clip(Sent("a.mp4", b"nothing"), tmp_path / "kept2.mp4")
    assert list(hall.iterdir()) == []

"""What a file holds is found by looking, not by believing its container."""

from fractions import Fraction

import pytest

from generation import ffmpeg
from generation.ffmpeg.facts import nearest_rate
from tests.generation import barcode


@pytest.mark.parametrize("rate", barcode.RATES)
def test_every_frame_and_the_exact_rate_of_a_master_are_found(tmp_path, rate):
    facts = ffmpeg.probe(barcode.clip(tmp_path / "take.mp4", 37, rate))
    assert (facts.frames, facts.rate, facts.first_pts) == (37, rate, 0)
    assert facts.duration == 37 / Fraction(*rate)
    assert facts.constant_rate and not facts.has_b_frames
    assert facts.key_frame_every <= 12
    assert ffmpeg.is_proxy(facts)


@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
def test_a_container_with_a_millisecond_clock_still_has_its_true_rate(tmp_path, suffix):
    rate = (30000, 1001)
    take = barcode.clip(tmp_path / "take.mp4", 50, rate)
    other = tmp_path / f"take{suffix}"
    codec = ["-c:v", "libvpx", "-deadline", "realtime"] if suffix == ".webm" else ["-c:v", "copy"]
    ffmpeg.run([*barcode.source(take), *codec, str(other)])
    facts = ffmpeg.probe(other)
    assert (facts.frames, facts.rate, facts.constant_rate) == (50, rate, True)
    assert facts.container == suffix[1:].replace("mkv", "matroska")


def test_a_phone_clip_is_as_wide_as_it_is_shown(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 12, (30, 1))
    turned = tmp_path / "turned.mp4"
    ffmpeg.run(["-display_rotation", "90", *barcode.source(take), "-c", "copy", str(turned)])
    facts = ffmpeg.probe(turned)
    assert (facts.width, facts.height, facts.rotation) == (180, 320, 90)
    assert not ffmpeg.is_proxy(facts)


def test_frames_at_uneven_times_are_noticed(tmp_path):
    facts = ffmpeg.probe(uneven(tmp_path))
    assert not facts.constant_rate
    assert facts.frames == 40
    assert facts.rate in ((24, 1), (24000, 1001), (25, 1))


def test_frames_that_borrow_from_the_future_are_noticed(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 48, (24, 1))
    other = tmp_path / "other.mp4"
    ffmpeg.run([*barcode.source(take), "-c:v", "libx264", "-bf", "2", "-g", "48", "-pix_fmt", "yuv420p", str(other)])
    facts = ffmpeg.probe(other)
    assert facts.has_b_frames and facts.key_frame_every == 48 and facts.frames == 48
    assert not ffmpeg.is_proxy(facts)


def test_counting_packets_agrees_with_counting_pictures(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 40, (25, 1))
    assert ffmpeg.probe(take, decode=False) == ffmpeg.probe(take)


def test_sound_is_counted_in_samples(tmp_path):
    sound = tone(tmp_path / "tone.wav", channels=8, seconds=2)
    facts = ffmpeg.probe(sound)
    assert (facts.audio_codec, facts.channels, facts.sample_rate, facts.samples) == ("pcm_s16le", 8, 48000, 96000)
    assert (facts.frames, facts.duration) == (0, 2)


def test_words_inside_a_file_cannot_pass_for_facts(tmp_path):
    take = tmp_path / "take.mp4"
    stream = "  Stream #0:0: Video: prores, rgb24(pc), 9x9, 99 fps"
    lie = f"x\n{stream}\nStream mapping:\n      Display Matrix: rotation of 90.00 degrees"
    with ffmpeg.Encoder(take, 320, 180, (24, 1), {"comment": lie}) as encoder:
        encoder.write(barcode.picture(0))
    facts = ffmpeg.probe(take)
    assert (facts.video_codec, facts.pixel_format, facts.rotation) == ("h264", "yuv420p", 0)
    assert ffmpeg.read_recipe(take) == lie


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"#EXTM3U\nhttp://example.org/a.ts\n", "is not a video"), (b"\x00" * 5000, "is not a video")],
)
def test_a_file_that_is_no_media_is_refused_in_a_sentence(tmp_path, content, words):
    path = tmp_path / "what.mp4"
    path.write_bytes(content)
    with pytest.raises(ffmpeg.Unreadable, match=words):
        ffmpeg.probe(path)


def test_an_average_snaps_to_the_nearest_usual_rate():
    assert nearest_rate(Fraction(2987, 100)) == Fraction(30000, 1001)
    assert nearest_rate(Fraction(241, 10)) == 24


def uneven(folder):
    """Forty frames whose times wander by up to a third of a frame, as a phone's do."""
    take = barcode.clip(folder / "even.mp4", 40, (24, 1))
    path = folder / "uneven.mp4"
    wander = "settb=1/24000,setpts=N*1000+mod(N*7\\,5)*80"
    ffmpeg.run(
        [*barcode.source(take), "-vf", wander, "-fps_mode", "passthrough", "-enc_time_base", "1/24000",
         "-c:v", "libx264", "-bf", "0", str(path)]
    )  # fmt: skip
    return path


def tone(path, channels=2, seconds=1, volume=0.5):
    """A 440 Hz tone in every channel, as 16-bit WAV."""
    import wave

    import numpy as np

    wave_form = np.sin(np.arange(48000 * seconds) * 2 * np.pi * 440 / 48000) * 32767 * volume
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(np.repeat(wave_form.astype("<i2"), channels).tobytes())
    return path

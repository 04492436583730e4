"""A take is stored frame for frame, and everything shown of it shows the right frame."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation import ffmpeg
from generation.recipe import Recipe, Words
from tests.generation import barcode
from tests.generation.test_ffmpeg_facts import tone, uneven


@pytest.mark.parametrize("rate", barcode.RATES)
def test_a_master_decodes_to_the_frames_it_was_given(tmp_path, rate):
    take = barcode.clip(tmp_path / "take.mp4", 41, rate)
    assert barcode.numbers(take) == list(range(41))


@pytest.mark.parametrize("rate", barcode.RATES)
def test_a_frame_asked_for_is_the_frame_given(tmp_path, rate):
    take = barcode.clip(tmp_path / "take.mp4", 61, rate)
    facts = ffmpeg.probe(take)
    asked = [0, 1, 11, 12, 13, 35, 36, 59, 60]
    assert [barcode.png_number(ffmpeg.frame(take, n, facts)) for n in asked] == asked
    assert [barcode.png_number(ffmpeg.frame(take, n)) for n in (0, 13, 60)] == [0, 13, 60]


def _stored(path: Path, frames: list[np.ndarray]) -> None:
    height, width = frames[0].shape[:2]
    with ffmpeg.Encoder(path, width, height, (24, 1)) as encoder:
        for frame in frames:
            encoder.write(frame)


def test_runs_of_frames_are_the_ones_asked_for(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 41, (24, 1))
    for first, count, there in ((0, 41, 41), (13, 3, 3), (40, 1, 1), (38, 9, 3), (41, 2, 0)):
        found = [barcode.number(each) for each in ffmpeg.frames(take, first, count)]
        assert found == list(range(first, first + there))


def test_a_reader_that_has_seen_enough_leaves_nothing_running(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 41, (24, 1))
    reading = ffmpeg.frames(take, 0, 41)
    assert barcode.number(next(reading)) == 0
    reading.close()


def test_what_is_no_clip_gives_no_frames(tmp_path):
    (tmp_path / "take.mp4").write_bytes(b"no clip at all")
    with pytest.raises(ffmpeg.Unreadable):
        list(ffmpeg.frames(tmp_path / "take.mp4", 0, 1))


@pytest.mark.parametrize("colour", [(20, 20, 20), (128, 128, 128), (235, 235, 235), (180, 90, 60), (40, 110, 200)])
def test_going_on_again_and_again_changes_no_colour(tmp_path, colour):
    """Eight takes, each begun with the last frame of the one before."""
    frame = np.full((64, 96, 3), colour, np.uint8)
    for number in range(8):
        take = tmp_path / f"{number}.mp4"
        _stored(take, [frame, frame])
        frame = next(ffmpeg.frames(take, 1, 1))
    assert np.abs(frame.mean((0, 1)) - colour).max() <= 2
    shown = np.array(Image.open(io.BytesIO(ffmpeg.frame(take, 1))))
    assert np.abs(shown.mean((0, 1)) - colour).max() <= 2


@pytest.mark.parametrize("n", [61, 500])
def test_a_frame_past_the_end_is_refused(tmp_path, n):
    take = barcode.clip(tmp_path / "take.mp4", 61, (24, 1))
    for facts in (None, ffmpeg.probe(take)):
        with pytest.raises(ffmpeg.Unreadable, match=f"no frame {n}"):
            ffmpeg.frame(take, n, facts)


def test_a_master_carries_its_recipe_through_any_words(tmp_path):
    text = Recipe("blocking", Words(action='She says: "a=b; #1"\\\n\tDann — 終わり [x]\n[y]=z')).canonical()
    take = tmp_path / "take.mp4"
    with ffmpeg.Encoder(take, 320, 180, (24, 1), {"comment": text, "title": "010 T3"}) as encoder:
        encoder.write(barcode.picture(0))
    assert ffmpeg.read_recipe(take) == text
    other = tmp_path / "take.mkv"
    ffmpeg.run([*barcode.source(take), "-c", "copy", str(other)])
    assert ffmpeg.read_recipe(other) == text
    assert ffmpeg.read_tags(take)["title"] == "010 T3"


@pytest.mark.parametrize("seconds", [0.5, 5.0])
def test_a_master_is_heard_for_as_long_as_it_is_seen(tmp_path, seconds):
    pure = np.sin(np.arange(int(seconds * 24000)) * 2 * np.pi * 440 / 24000, dtype=np.float32)
    sound = ffmpeg.wav(tmp_path / "sound.wav", np.stack([pure, pure / 2], 1), 24000, 41 * 1000)
    take = tmp_path / "take.mp4"
    with ffmpeg.Encoder(take, 320, 180, (24, 1), sound=sound) as encoder:
        for n in range(41):
            encoder.write(barcode.picture(n))
    facts = ffmpeg.probe(take)
    assert (facts.frames, facts.channels, facts.sample_rate) == (41, 2, 48000)
    assert abs(facts.samples / 48000 - 41 / 24) < 0.03 and barcode.numbers(take) == list(range(41))
    assert ffmpeg.probe(ffmpeg.derive(take, tmp_path).proxy).channels == 2
    first, *_, last = ffmpeg.waveform(take, 8)
    assert first > 50 and (last > 50) == (seconds > 1)


def test_colours_survive_and_are_marked(tmp_path):
    take = tmp_path / "take.mp4"
    colour = (200, 60, 40)
    with ffmpeg.Encoder(take, 64, 64, (24, 1)) as encoder:
        encoder.write(np.full((64, 64, 3), colour, dtype=np.uint8))
    assert ffmpeg.probe(take).color.startswith("tv, bt709/bt709/iec61966-2-1")
    with Image.open(io.BytesIO(ffmpeg.frame(take, 0))) as still:
        assert np.abs(np.asarray(still.convert("RGB"))[32, 32].astype(int) - colour).max() <= 4


@pytest.mark.parametrize("name", ["poster.jpg", "filmstrip.webp", "strip.jpg"])
def test_stills_have_the_colours_of_the_take(tmp_path, name):
    take, colour = tmp_path / "take.mp4", (200, 60, 40)
    with ffmpeg.Encoder(take, 640, 360, (24, 1)) as encoder:
        encoder.write(np.full((360, 640, 3), colour, dtype=np.uint8))
    ffmpeg.derive(take, tmp_path)
    ffmpeg.filmstrip(take, tmp_path / "strip.jpg")
    with Image.open(tmp_path / name) as still:
        assert np.abs(np.asarray(still.convert("RGB"))[60, 60].astype(int) - colour).max() <= 5


def test_an_engine_that_fails_leaves_no_file(tmp_path):
    with (
        pytest.raises(RuntimeError, match="engine"),
        ffmpeg.Encoder(tmp_path / "take.mp4", 320, 180, (24, 1)) as encoder,
    ):
        encoder.write(barcode.picture(0))
        raise RuntimeError("engine")
    assert list(tmp_path.iterdir()) == []


def test_a_take_of_no_frames_is_refused(tmp_path):
    with pytest.raises(ffmpeg.MediaError, match="no frames"), ffmpeg.Encoder(tmp_path / "t.mp4", 320, 180, (24, 1)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_another_size_is_refused_with_both_sizes(tmp_path):
    with (
        pytest.raises(ValueError, match=r"90, 160, 3.*180, 320, 3"),
        ffmpeg.Encoder(tmp_path / "take.mp4", 320, 180, (24, 1)) as encoder,
    ):
        encoder.write(barcode.picture(0, 160, 90))


def test_a_full_disk_is_named(tmp_path):
    small = ffmpeg.Limits(file_bytes=20_000)
    noise = np.random.default_rng(1)
    with pytest.raises(ffmpeg.NoSpace), ffmpeg.Encoder(tmp_path / "t.mp4", 640, 360, (24, 1), limits=small) as encoder:
        for _ in range(60):
            encoder.write(noise.integers(0, 255, (360, 640, 3), dtype=np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_what_is_derived_of_a_take_shows_its_frames(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 50, (24, 1))
    derived = ffmpeg.derive(take, tmp_path)
    assert barcode.numbers(derived.proxy) == list(range(50))
    assert ffmpeg.is_proxy(ffmpeg.probe(derived.proxy))
    assert derived.tiles == 24
    assert tiles(derived.strip) == list(derived.strip.frames) == [n * 50 // 24 for n in range(24)]
    with Image.open(derived.poster) as poster:
        assert poster.size == (480, 270)


def test_a_proxy_does_not_carry_the_recipe(tmp_path):
    take = tmp_path / "take.mp4"
    with ffmpeg.Encoder(take, 320, 180, (24, 1), {"comment": "a secret", "title": "010"}) as encoder:
        encoder.write(barcode.picture(0))
    derived = ffmpeg.derive(take, tmp_path)
    assert b"a secret" in take.read_bytes()
    assert b"a secret" not in derived.proxy.read_bytes()
    ffmpeg.proxy(take, tmp_path / "again.mp4")
    assert b"a secret" not in (tmp_path / "again.mp4").read_bytes()


def test_a_large_take_gets_a_small_proxy_in_one_pass(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 30, (30000, 1001), 1280, 720)
    derived = ffmpeg.derive(take, tmp_path)
    assert (derived.facts.width, derived.facts.height, derived.facts.rate) == (960, 540, (30000, 1001))
    assert barcode.numbers(derived.proxy, 960, 540, (1280, 720)) == list(range(30))


def test_a_clip_of_one_frame_has_one_tile(tmp_path):
    derived = ffmpeg.derive(barcode.clip(tmp_path / "take.mp4", 1, (24, 1)), tmp_path)
    assert (derived.tiles, derived.facts.frames) == (1, 1)


def test_a_poster_is_not_a_black_frame(tmp_path):
    take = tmp_path / "take.mp4"
    with ffmpeg.Encoder(take, 320, 180, (24, 1)) as encoder:
        for n in range(48):
            encoder.write(np.zeros((180, 320, 3), np.uint8) if n < 40 else barcode.picture(n))
    assert ffmpeg.poster(take, tmp_path / "poster.jpg") >= 40
    assert ffmpeg.poster(take, tmp_path / "chosen.jpg", frame=3) == 3
    assert ffmpeg.derive(take, tmp_path).facts.frames == 48
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert np.asarray(poster).mean() > 60


def test_uneven_frames_become_even_in_the_proxy(tmp_path):
    facts = ffmpeg.proxy(uneven(tmp_path), tmp_path / "proxy.mp4")
    assert ffmpeg.is_proxy(facts)
    shown = barcode.numbers(tmp_path / "proxy.mp4")
    assert shown == sorted(shown) and shown[0] == 0 and shown[-1] == 39
    assert len(set(shown)) >= 36


def test_a_turned_clip_is_upright_in_the_proxy(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 12, (30, 1))
    turned = tmp_path / "turned.mp4"
    ffmpeg.run(["-display_rotation", "90", *barcode.source(take), "-c", "copy", str(turned)])
    facts = ffmpeg.proxy(turned, tmp_path / "proxy.mp4")
    assert (facts.width, facts.height, facts.rotation) == (180, 320, 0)
    upright = np.rot90(barcode.decoded(tmp_path / "proxy.mp4", 180, 320), k=-1, axes=(1, 2))
    assert [barcode.number(frame) for frame in upright] == list(range(12))


@pytest.mark.parametrize("channels", [1, 2, 8, 16])
def test_sound_of_any_width_becomes_stereo(tmp_path, channels):
    take = barcode.clip(tmp_path / "take.mp4", 48, (24, 1))
    both = tmp_path / "both.mkv"
    sound = tone(tmp_path / "tone.wav", channels, 2)
    ffmpeg.run([*barcode.source(take), *barcode.source(sound), "-map", "0:v", "-map", "1:a", "-c", "copy", str(both)])
    facts = ffmpeg.proxy(both, tmp_path / "proxy.mp4")
    assert (facts.channels, facts.sample_rate, facts.frames) == (2, 48000, 48)
    assert max(ffmpeg.waveform(tmp_path / "proxy.mp4", 4)) > 20


def test_a_waveform_rises_with_the_sound(tmp_path):
    quiet, loud = tone(tmp_path / "quiet.wav", volume=0.1), tone(tmp_path / "loud.wav", volume=0.9)
    assert max(ffmpeg.waveform(quiet, 10)) < 15 < 80 < min(ffmpeg.waveform(loud, 10)[1:9])
    assert len(ffmpeg.waveform(quiet, 333)) == 333


def tiles(strip):
    with Image.open(strip.path) as image:
        row = np.asarray(image.convert("RGB"))
    return [barcode.number(tile) for tile in np.split(row, strip.tiles, axis=1)]

"""The film has the cut's frames, no more, no fewer, in order, whatever the shots were made of."""

import dataclasses
import io
import itertools
import json
import zipfile
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from generation import ffmpeg
from storyboard.cut import Cut, CutShot
from storyboard.exporters import EXPORTERS, ExportFailed, animatic, exporter
from tests.generation import barcode
from tests.generation.test_ffmpeg_facts import tone

SIZE = (640, 360)
SOURCES = ((16, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1))


def take(folder, code, frames, rate=(24, 1), first=0, source_frames=60, **more):
    path = barcode.clip(folder / f"{code}-{first}.mp4", source_frames, rate, first=first)
    return CutShot(
        int(code), code, "1", "INT. KITCHEN - NIGHT", "pick", frames, source=path, source_frames=source_frames,
        source_rate=rate, take_id=1, take_number=2, recipe_digest="ab" * 32, **more,
    )  # fmt: skip


def card(code, frames, **words):
    return CutShot(int(code), code, "1", "EXT. PIER - DAY", "card", frames, **words)


def cut_of(*shots, rate=(24, 1), **more):
    return Cut("The Last Ferry", rate, *SIZE, shots, **more)


def expected(shot, rate):
    step = Fraction(*shot.source_rate) / Fraction(*rate)
    last = shot.source_frames - 1
    first = barcode.numbers(shot.source)[0]
    return [first + min(last, shot.in_frame + int(k * step)) for k in range(shot.frames)]


def export(cut, folder, name="film.mp4", burn_ins=False, **more):
    facts = animatic.export(cut, folder / name, burn_ins=burn_ins, work=folder / "work", **more)
    return folder / name, facts


@pytest.mark.parametrize("rate", [(24, 1), (25, 1), (30000, 1001), (24000, 1001), (16, 1)])
def test_shots_of_every_rate_show_the_right_frames_at_the_cuts_rate(tmp_path, rate):
    shots = [
        take(tmp_path, f"{n + 1:02}0", 20 + n, source, first=100 * (n + 1), in_frame=3 * n)
        for n, source in enumerate(SOURCES)
    ]
    cut = cut_of(*shots, rate=rate)
    film, facts = export(cut, tmp_path)
    shown = barcode.numbers(film, *SIZE)
    assert shown == list(itertools.chain(*(expected(shot, rate) for shot in shots)))
    assert (facts.frames, facts.rate, facts.constant_rate) == (cut.frames, rate, True)
    assert facts == ffmpeg.probe(film)
    assert ffmpeg.is_proxy(facts)


def test_a_short_clip_holds_its_last_frame_and_a_late_start_stays_inside(tmp_path):
    shots = [take(tmp_path, "010", 30, source_frames=10), take(tmp_path, "020", 5, source_frames=10, in_frame=99)]
    film, _ = export(cut_of(*shots), tmp_path)
    assert barcode.numbers(film, *SIZE) == [*range(10), *[9] * 20, *[9] * 5]


def test_nothing_is_stretched(tmp_path):
    tall = barcode.clip(tmp_path / "tall.mp4", 4, (24, 1), 200, 400)
    panel = tmp_path / "panel.png"
    Image.new("RGB", (100, 300), (250, 250, 250)).save(panel)
    shots = (
        CutShot(1, "010", "1", "", "take", 4, source=tall, source_frames=4, take_number=1),
        CutShot(2, "020", "1", "", "panel", 4, source=panel),
    )
    film, _ = export(cut_of(*shots), tmp_path)
    pictures = barcode.decoded(film, *SIZE).astype(int)
    clip_columns = np.flatnonzero(pictures[1, 20].mean(axis=1) > 50)
    panel_columns = np.flatnonzero(pictures[6, 20].mean(axis=1) > 128)
    assert abs(np.ptp(clip_columns) + 1 - 180) <= 2
    assert abs(np.ptp(panel_columns) + 1 - 120) <= 2
    assert abs(clip_columns.mean() - 319.5) <= 1.5


def test_a_cut_of_nothing_but_cards_is_a_film(tmp_path):
    cut = cut_of(card("010", 24, line="She waits."), card("020", 12), card("030", 1))
    film, facts = export(cut, tmp_path)
    assert facts.frames == 37
    first, second = (barcode.decoded(film, *SIZE)[n] for n in (0, 30))
    assert np.abs(first.astype(int) - second).max() > 50


def test_a_shot_without_length_is_left_out(tmp_path):
    film, facts = export(cut_of(card("010", 0), take(tmp_path, "020", 6), card("030", 0)), tmp_path)
    assert facts.frames == 6 and barcode.numbers(film, *SIZE) == list(range(6))


def test_an_empty_cut_and_an_unknown_preset_are_refused(tmp_path):
    with pytest.raises(ExportFailed, match="cut is empty"):
        export(cut_of(), tmp_path)
    with pytest.raises(ExportFailed, match=r"no preset named 'betamax'; choose h264, h264-1080"):
        export(cut_of(card("010", 4)), tmp_path, preset="betamax")
    with pytest.raises(ExportFailed, match=r"no export named 'telex'; choose animatic"):
        exporter("telex")


def test_a_preset_of_another_height_keeps_the_shape(tmp_path):
    _, facts = export(cut_of(card("010", 4)), tmp_path, preset="h264-720")
    assert (facts.width, facts.height) == (1280, 720)


def test_the_next_export_makes_only_what_changed(tmp_path):
    shots = [take(tmp_path, f"0{n}0", 10, first=20 * n) for n in range(1, 5)]
    export(cut_of(*shots), tmp_path)
    before = stamps(tmp_path)
    shots[1] = dataclasses.replace(shots[1], frames=14)
    film, facts = export(cut_of(*shots), tmp_path)
    after = stamps(tmp_path)
    assert len(before) == 4 and len(set(after) - set(before)) == 1
    assert facts.frames == 44
    assert barcode.numbers(film, *SIZE) == [*range(20, 30), *range(40, 54), *range(60, 70), *range(80, 90)]


def test_a_changed_order_makes_nothing_anew(tmp_path):
    shots = [take(tmp_path, f"0{n}0", 5, first=20 * n) for n in range(1, 4)]
    export(cut_of(*shots), tmp_path)
    before = stamps(tmp_path)
    film, _ = export(cut_of(*reversed(shots)), tmp_path)
    assert stamps(tmp_path) == before
    assert barcode.numbers(film, *SIZE) == [*range(60, 65), *range(40, 45), *range(20, 25)]


def test_burn_ins_say_what_is_shown_and_leave_the_frames_alone(tmp_path):
    shots = [take(tmp_path, "010", 12), card("020", 6)]
    plain, _ = export(cut_of(*shots), tmp_path, "plain.mp4")
    burned, facts = export(cut_of(*shots), tmp_path, "burned.mp4", burn_ins=True)
    assert facts.frames == 18
    assert barcode.numbers(burned, *SIZE)[:12] == list(range(12))
    with_strip, without = barcode.decoded(burned, *SIZE).astype(int), barcode.decoded(plain, *SIZE).astype(int)
    assert np.abs(with_strip[:, :-40] - without[:, :-40]).mean() < 2
    strip = with_strip[:, -12:, :, 0]
    assert (strip > 180).any(axis=(1, 2)).all() and (strip < 60).mean() > 0.5
    left, right = strip[:, :, :320], strip[:, :, 480:]
    assert np.abs(left[1:12] - left[:11]).mean() < 3
    assert all(np.abs(later - earlier).max() > 60 for earlier, later in itertools.pairwise(right))


def test_the_sound_is_as_long_as_the_picture(tmp_path):
    for seconds, rate in ((1, (24, 1)), (5, (30000, 1001))):
        cut = cut_of(card("010", 50), rate=rate, sound=tone(tmp_path / f"{seconds}.wav", 2, seconds))
        _, facts = export(cut, tmp_path, f"{seconds}.mp4")
        assert facts.samples == 50 * 48000 * rate[1] // rate[0]
        assert (facts.channels, facts.sample_rate) == (2, 48000)


def test_the_sound_begins_at_its_offset_and_has_its_gain(tmp_path):
    late = tmp_path / "late.wav"
    ffmpeg.run([*barcode.source(tone(tmp_path / "tone.wav", 2, 1)), "-af", "adelay=1000:all=1", str(late)])
    film, _ = export(cut_of(card("010", 48), sound=late), tmp_path)
    assert halves(film) == (False, True)
    film, _ = export(cut_of(card("010", 48), sound=late, sound_offset=24), tmp_path)
    assert halves(film) == (True, False)
    loud = max(ffmpeg.waveform(film, 20))
    film, facts = export(cut_of(card("010", 48), sound=tmp_path / "tone.wav", sound_offset=-24), tmp_path)
    assert halves(film) == (False, True) and facts.samples == 96000
    film, _ = export(cut_of(card("010", 48), sound=late, sound_offset=24, sound_gain=0.25), tmp_path)
    assert 0.2 < max(ffmpeg.waveform(film, 20)) / loud < 0.3


def test_a_cut_without_sound_has_a_silent_track(tmp_path):
    film, facts = export(cut_of(card("010", 24)), tmp_path)
    assert (facts.audio_codec, facts.samples) == ("aac", 48000)
    assert max(ffmpeg.waveform(film, 5)) == 0


def test_the_film_carries_its_facts_and_no_prompts(tmp_path):
    cut = cut_of(take(tmp_path, "010", 6), card("020", 6, line="A secret; =#\n"), facts={"cut": "7"})
    film, _ = export(cut, tmp_path)
    told = json.loads(ffmpeg.read_recipe(film))
    assert (told["project"], told["rate"], told["frames"], told["facts"]) == (
        "The Last Ferry",
        [24, 1],
        12,
        {"cut": "7"},
    )
    assert told["shots"][0] == {
        "shot": "010", "take": 2, "shows": "pick", "recipe": "ab" * 32, "start": 0, "frames": 6,
    }  # fmt: skip
    assert told["shots"][1]["start"] == 6
    assert b"A secret" not in film.read_bytes()


def test_a_film_of_a_thousand_shots_still_carries_its_facts(tmp_path):
    one = card("010", 1)
    cut = cut_of(*[dataclasses.replace(one, recipe_digest=f"{n:064}") for n in range(1000)])
    film, facts = export(cut, tmp_path, preset="h264-draft")
    assert facts.frames == 1000
    assert len(json.loads(ffmpeg.read_recipe(film))["shots"]) == 1000


def test_progress_only_grows_and_ends_at_the_last_frame(tmp_path):
    seen = []
    cut = cut_of(take(tmp_path, "010", 40), take(tmp_path, "020", 40, first=100))
    export(cut, tmp_path, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen) and seen[-1] == (80, 80)


def test_an_export_nobody_wants_any_more_stops_and_leaves_no_film(tmp_path):
    class Enough(Exception):
        pass

    def stop(done, total):
        raise Enough

    cut = cut_of(*[take(tmp_path, f"0{n}0", 60, first=60 * n) for n in range(1, 4)])
    with pytest.raises(Enough):
        export(cut, tmp_path, on_progress=stop)
    assert not (tmp_path / "film.mp4").exists()
    assert not [path for path in (tmp_path / "work").iterdir() if ".part" in path.name or path.is_dir()]


def test_a_missing_or_broken_file_is_named_by_its_shot(tmp_path):
    shot = take(tmp_path, "010", 10)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(shot.source.read_bytes()[:700])
    for source in (tmp_path / "gone.mp4", broken):
        with pytest.raises((ExportFailed, ffmpeg.Unreadable), match=r"[Ss]hot 010"):
            export(cut_of(card("005", 3), dataclasses.replace(shot, source=source)), tmp_path)
    assert not (tmp_path / "film.mp4").exists()


def test_work_keeps_the_newest_pieces(tmp_path):
    from storyboard.exporters.segments import prune

    export(cut_of(card("010", 4), card("020", 4), card("030", 4)), tmp_path)
    pieces = sorted((tmp_path / "work").glob("*.mp4"))
    newest = export(cut_of(card("020", 4)), tmp_path) and max(pieces, key=lambda path: path.stat().st_mtime_ns)
    prune(tmp_path / "work", newest.stat().st_size)
    assert sorted((tmp_path / "work").glob("*.mp4")) == [newest]


@pytest.mark.parametrize("name", [each.name for each in EXPORTERS])
def test_every_exporter_in_the_table_makes_its_file(tmp_path, name):
    chosen = exporter(name)
    cut = cut_of(take(tmp_path, "010", 24), card("020", 12))
    target = tmp_path / f"film{chosen.suffix}"
    chosen.load().export(cut, target, burn_ins=True, work=tmp_path / "work", on_progress=lambda done, total: None)
    assert target.stat().st_size > 1000


def test_the_zip_holds_every_frame_in_order(tmp_path):
    chosen = exporter("frames")
    cut = cut_of(take(tmp_path, "010", 15), take(tmp_path, "020", 5, first=200))
    count = chosen.load().export(cut, tmp_path / "f.zip", burn_ins=False, work=tmp_path / "work")
    with zipfile.ZipFile(tmp_path / "f.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")]
        shown = [barcode.number(np.asarray(Image.open(io.BytesIO(archive.read(name))))) for name in names]
    assert count == 20 and names[0] == "frames/000000.jpg"
    assert shown == [*range(15), *range(200, 205)]


@pytest.mark.parametrize("name", ["animatic", "gif", "frames"])
def test_colours_survive_every_export(tmp_path, name):
    panel, colour = tmp_path / "panel.png", (200, 60, 40)
    Image.new("RGB", SIZE, colour).save(panel)
    chosen = exporter(name)
    target = tmp_path / f"film{chosen.suffix}"
    cut = cut_of(CutShot(1, "010", "1", "", "panel", 4, source=panel))
    chosen.load().export(cut, target, burn_ins=False, work=tmp_path / "work")
    with Image.open(first_picture(target)) as picture:
        assert np.abs(np.asarray(picture.convert("RGB"))[60, 60].astype(int) - colour).max() <= 5


def first_picture(target):
    if target.suffix == ".mp4":
        return io.BytesIO(ffmpeg.frame(target, 0))
    if target.suffix == ".gif":
        return target
    with zipfile.ZipFile(target) as archive:
        return io.BytesIO(archive.read("frames/000000.jpg"))


def test_the_gif_plays_as_long_as_the_film(tmp_path):
    exporter("gif").load().export(
        cut_of(take(tmp_path, "010", 48)), tmp_path / "f.gif", burn_ins=False, work=tmp_path / "w"
    )
    with Image.open(tmp_path / "f.gif") as gif:
        assert (gif.width, gif.n_frames) == (480, 24)
        played = 0
        for n in range(gif.n_frames):
            gif.seek(n)
            played += gif.info["duration"]
    assert 1900 <= played <= 2100


def halves(film):
    """Whether something is heard in the first and in the second half."""
    peaks = ffmpeg.waveform(film, 20)
    return max(peaks[1:9]) > 10, max(peaks[11:19]) > 10


def stamps(folder):
    """The finished pieces and when each was written (its content, not its last use)."""
    return {path.name: path.stat().st_ino for path in (folder / "work").glob("*.mp4")}

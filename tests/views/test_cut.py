"""The cut as its page gets it, its trims and its sound."""

from __future__ import annotations

import struct
import wave
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from storyboard.models import Project, Shot, Sound, User
from tests import factories


@pytest.fixture
def editing(client: Client, erin: User) -> Client:
    client.force_login(erin)
    return client


def tone(seconds: float = 1.0, rate: int = 8000) -> SimpleUploadedFile:
    """A sound that is loud in its second half only."""
    file = BytesIO()
    count = int(seconds * rate)
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        loud = [20000 if n % 20 < 10 else -20000 for n in range(count)]
        samples = [0 if n < count // 2 else loud[n] for n in range(count)]
        sound.writeframes(struct.pack(f"<{count}h", *samples))
    return SimpleUploadedFile("scratch.wav", file.getvalue(), "audio/wav")


def items(client: Client, project: Project) -> dict:
    return client.get(f"/p/{project.pk}/cut/items/").json()


def test_the_page_carries_the_whole_cut(editing: Client, kite: Project, shot: Shot) -> None:
    page = editing.get(f"/p/{kite.pk}/cut/").content.decode()
    assert '"label": "010 card"' in page


def test_an_empty_cut_says_what_to_do(editing: Client, kite: Project) -> None:
    assert "There is nothing to play yet" in editing.get(f"/p/{kite.pk}/cut/").content.decode()


def test_items_start_where_the_ones_before_end(editing: Client, kite: Project) -> None:
    for frames in (12, 30, 7):
        factories.shot(kite, frames=frames)
    cut = items(editing, kite)
    assert [item["start"] for item in cut["items"]] == [0, 12, 42]
    assert cut["frames"] == 49
    assert cut["timecode"] == "00:00:02:01"


def test_a_clip_a_panel_and_a_card_are_played_as_what_they_are(editing: Client, kite: Project, erin: User) -> None:
    clip, panel, _ = (factories.shot(kite) for _ in range(3))
    take = factories.ready_take(clip, erin)
    panel.panels.create(project=kite, media=take.poster, position=1)
    told = items(editing, kite)["items"]
    assert [item["kind"] for item in told] == ["clip", "image", "card"]
    assert [item["src"] for item in told] == [take.proxy.url, take.poster.url, ""]
    assert told[0]["source_frames"] == 12


def test_a_script_line_cannot_end_the_pages_json(editing: Client, kite: Project) -> None:
    factories.shot(kite, action="</script><script>alert(1)</script>")
    assert "</script><script>alert(1)" not in editing.get(f"/p/{kite.pk}/cut/").content.decode()


def test_a_trim_answers_with_the_cut_it_makes(editing: Client, kite: Project, shot: Shot) -> None:
    answer = editing.post(f"/shots/{shot.pk}/trim/", {"in": 2, "frames": 5}, content_type="application/json")
    assert answer.json()["frames"] == 5
    shot.refresh_from_db()
    assert (shot.cut_in, shot.cut_frames) == (2, 5)
    assert editing.delete(f"/shots/{shot.pk}/trim/").json()["frames"] == 12


@pytest.mark.parametrize("wanted", [{"frames": 0}, {"frames": 100_000}, {"in": -1}, {"frames": "many"}])
def test_a_trim_that_makes_no_sense_is_refused(wanted: dict, editing: Client, shot: Shot) -> None:
    answer = editing.post(
        f"/shots/{shot.pk}/trim/", wanted, content_type="application/json", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["error"]
    shot.refresh_from_db()
    assert (shot.cut_in, shot.cut_frames) == (0, None)


def test_a_sound_is_laid_with_the_shape_of_its_loudness(editing: Client, kite: Project, shot: Shot) -> None:
    answer = editing.post(f"/p/{kite.pk}/sound/", {"file": tone()})
    sound = answer.json()["sound"]
    assert sound["name"] == "scratch.wav"
    assert sound["samples"] == pytest.approx(48000, abs=2400)
    half = len(sound["peaks"]) // 2
    assert max(sound["peaks"][: half - 100]) < 5
    assert max(sound["peaks"][half + 100 :]) > 40
    assert Sound.objects.get(project=kite).media.content_type == "audio/mp4"


def test_another_sound_takes_the_place_of_the_first(editing: Client, kite: Project, shot: Shot) -> None:
    editing.post(f"/p/{kite.pk}/sound/", {"file": tone()})
    first = items(editing, kite)["sound"]["src"]
    editing.post(f"/p/{kite.pk}/sound/", {"file": tone(0.5)})
    assert items(editing, kite)["sound"]["src"] != first
    assert Sound.objects.count() == 1


def test_gain_and_offset_are_set_and_kept_within_reason(editing: Client, kite: Project, shot: Shot) -> None:
    editing.post(f"/p/{kite.pk}/sound/", {"file": tone()})
    set_to = {"gain_db": -6, "offset": 12}
    sound = editing.post(f"/p/{kite.pk}/sound/", set_to, content_type="application/json").json()["sound"]
    assert (sound["gainDb"], sound["offset"]) == (-6.0, 12)
    for wrong in ({"gain_db": 1000}, {"gain_db": "nan"}, {"gain_db": "loud"}, {"offset": -5}):
        answer = editing.post(
            f"/p/{kite.pk}/sound/", wrong, content_type="application/json", headers={"Accept": "application/json"}
        )
        assert answer.status_code == 422, wrong
    assert Sound.objects.get().gain_db == -6.0


def test_a_sound_is_removed(editing: Client, kite: Project, shot: Shot) -> None:
    editing.post(f"/p/{kite.pk}/sound/", {"file": tone()})
    assert editing.delete(f"/p/{kite.pk}/sound/").json()["sound"] is None


def test_what_is_no_sound_is_refused_and_the_old_one_stays(editing: Client, kite: Project, shot: Shot) -> None:
    editing.post(f"/p/{kite.pk}/sound/", {"file": tone()})
    picture = SimpleUploadedFile("scratch.mp3", b"#EXTM3U\nhttp://127.0.0.1/secret\n", "audio/mpeg")
    answer = editing.post(f"/p/{kite.pk}/sound/", {"file": picture}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "scratch.mp3" in answer.json()["error"]
    assert Sound.objects.get().name == "scratch.wav"


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_who_does_not_edit_watches_and_changes_nothing(
    who: str, kite: Project, shot: Shot, request: pytest.FixtureRequest
) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.get(f"/p/{kite.pk}/cut/").status_code == 200
    assert client.post(f"/shots/{shot.pk}/trim/", {"frames": 5}, content_type="application/json").status_code == 403
    assert client.post(f"/p/{kite.pk}/sound/", {"file": tone()}).status_code == 403
    assert client.delete(f"/p/{kite.pk}/sound/").status_code == 403

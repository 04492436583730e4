"""A take's recipe: to read, to take away byte for byte, and to load back from a file or a movie."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from generation import ffmpeg
from storyboard.models import Shot, Take, User
from tests import factories
from tests.views.doors import get, post, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(shot: Shot, alice: User) -> Take:
    return factories.ready_take(shot, alice)


def load(user: User, shot: Shot, name: str, data: bytes) -> tuple[int, dict[str, object]]:
    answer = send(user, f"/shots/{shot.pk}/recipe/", {"file": SimpleUploadedFile(name, data)})
    return answer.status_code, answer.json()


def movie(folder: Path, comment: str) -> bytes:
    path = folder / "take.mp4"
    with ffmpeg.Encoder(path, 64, 36, (24, 1), {"comment": comment}) as encoder:
        encoder.write(np.zeros((36, 64, 3), np.uint8))
    return path.read_bytes()


def test_the_recipe_names_every_input_and_its_digest(take: Take, vera: User) -> None:
    page = get(vera, f"/takes/{take.pk}/recipe/").content.decode()
    for said in (str(take.seed), "12 at 24 a second", "640 × 360", "A woman runs across a field.", take.digest):
        assert said in page


def test_a_continued_take_shows_the_frame_it_goes_on_from(take: Take, alice: User) -> None:
    (onward,) = take.continue_from(5, alice)
    page = get(alice, f"/takes/{onward.pk}/recipe/").content.decode()
    assert "T1, frame 5" in page
    assert f'src="/takes/{take.pk}/frames/5.png"' in page


def test_the_file_is_the_canonical_text_so_that_its_hash_is_the_digest(take: Take, vera: User) -> None:
    answer = get(vera, f"/takes/{take.pk}/recipe.json")
    assert hashlib.sha256(answer.content).hexdigest() == take.digest
    assert answer["Content-Disposition"] == 'attachment; filename="010-T1-recipe.json"'


def test_a_recipe_file_becomes_what_the_shot_asks_for(take: Take, erin: User) -> None:
    recipe = json.loads(take.recipe) | {"seed": 77}
    recipe["words"] |= {"action": "She flies.", "move": "pan-left"}
    status, said = load(erin, take.shot, "recipe.json", json.dumps(recipe).encode())
    assert (status, said) == (200, {"engine": "blocking", "seed": 77, "missing": []})
    current = Shot.objects.get(pk=take.shot_id).current
    assert (current.number, current.action, current.move) == (2, "She flies.", "pan-left")


def test_a_movie_carries_its_recipe_in_itself(take: Take, erin: User, tmp_path: Path) -> None:
    take.shot.revise(erin, action="Something else.")
    status, said = load(erin, take.shot, "take.mp4", movie(tmp_path, take.recipe))
    assert (status, said["seed"]) == (200, take.seed)
    assert Shot.objects.get(pk=take.shot_id).current.action == "A woman runs across a field."


@pytest.mark.parametrize(
    ("name", "data", "because"),
    [
        ("notes.json", b'{"format": 1, "tempo": 3}', "unknown field 'tempo'"),
        ("later.json", b'{"format": 99}', "this server reads formats 1 to"),
        ("broken.json", b'{"format": ', "not JSON"),
        ("accents.json", b'{"action": "\xff"}', "not text"),
        ("empty.json", b"", "empty"),
        ("list.m3u8", b"#EXTM3U\nfile:///etc/passwd", "not a video"),
        ("words.json", b'{"engine": "blocking", "words": {"size": "HUGE"}}', "no size this board knows"),
    ],
)
def test_a_file_that_holds_no_recipe_is_refused_and_nothing_changes(
    take: Take, erin: User, name: str, data: bytes, because: str
) -> None:
    status, said = load(erin, take.shot, name, data)
    assert status == 422
    assert because in str(said["error"])
    assert Shot.objects.get(pk=take.shot_id).current.number == 1


def test_a_recipe_with_a_setting_that_would_be_of_no_effect_is_refused_and_nothing_changes(
    take: Take, erin: User
) -> None:
    recipe = json.loads(take.recipe) | {"engine": "ltx", "settings": {"finish_steps": 8, "cache": "faster"}}
    status, said = load(erin, take.shot, "recipe.json", json.dumps(recipe).encode())
    assert status == 422
    assert "the setting 'cache', which LTX-Video does not know" in str(said["error"])
    assert Shot.objects.get(pk=take.shot_id).current.number == 1


def test_the_settings_of_an_engine_that_is_not_here_do_not_keep_its_words_away(take: Take, erin: User) -> None:
    recipe = json.loads(take.recipe) | {"engine": "another", "settings": {"cache": "faster"}}
    assert load(erin, take.shot, "recipe.json", json.dumps(recipe).encode())[0] == 200


def test_a_movie_without_a_recipe_is_refused(take: Take, erin: User, tmp_path: Path) -> None:
    status, said = load(erin, take.shot, "holiday.mp4", movie(tmp_path, ""))
    assert (status, said["error"]) == (
        422,
        "holiday.mp4 carries no recipe. Drop a movie that was exported here, or a recipe file.",
    )


def test_dropping_nothing_is_refused(take: Take, erin: User) -> None:
    assert post(erin, f"/shots/{take.shot_id}/recipe/").status_code == 422


def test_history_is_read_by_all_and_gone_back_in_by_editors(take: Take, erin: User, vera: User) -> None:
    first = take.version
    take.shot.revise(erin, action="She stops.")
    page = get(vera, f"/shots/{take.shot_id}/versions/").content.decode()
    assert page.index("Version 2") < page.index("Version 1")
    assert "data-return" not in page
    assert post(vera, f"/versions/{first.pk}/return/").status_code == 403
    assert post(erin, f"/versions/{first.pk}/return/").status_code == 204
    assert Shot.objects.get(pk=take.shot_id).current == first


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("rate", value) for value in ([24], [], None, ["a", "b"], [1, 2, 3])),
        *(("ingredients", value) for value in (None, 5, {}, [None])),
        *(("frames", value) for value in ("10", 1.5, True, None, 10**30)),
        ("negative", None),
        ("engine", ["x"]),
        ("guidance", float("nan")),
    ],
)
def test_a_recipe_with_a_field_of_another_type_is_refused(take: Take, erin: User, field: str, value: object) -> None:
    recipe = json.loads(take.recipe) | {field: value}
    status, said = load(erin, take.shot, "recipe.json", json.dumps(recipe).encode())
    assert status == 422
    assert field.removesuffix("s") in str(said["error"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("characters", value) for value in ([{"a": 1}], [1, None], [["x"]], "ADA")),
        *(("action", value) for value in (None, 5, "a\0b", "\ud800")),
        *(("size", value) for value in ([], {})),
    ],
)
def test_words_of_another_type_are_refused_and_the_board_still_opens(
    take: Take, erin: User, field: str, value: object
) -> None:
    recipe = json.loads(take.recipe)
    recipe["words"] |= {field: value}
    status, said = load(erin, take.shot, "recipe.json", json.dumps(recipe).encode())
    assert status == 422 and f"has {field}" in str(said["error"])
    assert get(erin, f"/p/{take.project_id}/").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("strength", value) for value in ("x", float("inf"), 10**400, None, [1])),
        *(("at_frame", value) for value in ("3", None, 1.5, 10**30)),
        *(("sha256", value) for value in (None, {}, "\0")),
    ],
)
def test_an_ingredient_of_another_type_is_refused(take: Take, erin: User, field: str, value: object) -> None:
    assert take.poster is not None
    ingredient = {"kind": "key", "sha256": take.poster.sha256, field: value}
    recipe = json.loads(take.recipe) | {"ingredients": [ingredient]}
    assert load(erin, take.shot, "recipe.json", json.dumps(recipe).encode())[0] == 422


def test_a_recipe_nested_too_deep_is_refused(take: Take, erin: User) -> None:
    assert load(erin, take.shot, "deep.json", b'{"a":' * 100_000)[0] == 422


def test_a_clip_is_not_held_as_a_picture_and_a_strangers_file_is_not_found(
    take: Take, erin: User, charlie: User
) -> None:
    theirs = factories.clip_media(factories.project(charlie), shade=40)["poster"]
    assert take.master is not None
    for sha256 in (take.master.sha256, theirs.sha256):
        recipe = json.loads(take.recipe) | {"ingredients": [{"kind": "first", "sha256": sha256}]}
        status, said = load(erin, take.shot, "recipe.json", json.dumps(recipe).encode())
        assert (status, said["missing"]) == (200, ["first"])
    assert not Shot.objects.get(pk=take.shot_id).current.guides.exists()

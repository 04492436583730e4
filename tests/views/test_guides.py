"""Pictures for a shot: guides from a file, a panel or a take, and panels in their order."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from generation import blocking, catalogue, ffmpeg
from generation.recipe import Recipe, Words
from generation.weights import Weights
from storyboard import engines, guide_clips
from storyboard.models import Guide, Media, Panel, Shot, Take, User
from storyboard.refusal import Conflict, Refusal
from tests import factories
from tests.generation.tiny import depth as tiny
from tests.views.doors import delete, get, patch, post, send

pytestmark = pytest.mark.django_db


def png(shade: int = 90, name: str = "frame.png") -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (32, 18), (shade,) * 3).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), "image/png")


@pytest.fixture
def take(shot: Shot, alice: User) -> Take:
    return factories.ready_take(shot, alice)


def held(shot: Shot) -> list[Guide]:
    return list(Shot.objects.get(pk=shot.pk).current.guides.all())


def test_an_uploaded_picture_is_held_as_the_first_frame(shot: Shot, erin: User) -> None:
    answer = send(erin, f"/shots/{shot.pk}/guides/", {"kind": "first", "picture": png()})
    assert answer.status_code == 200
    (guide,) = held(shot)
    assert (guide.kind, guide.media.content_type, guide.media.width) == ("first", "image/png", 32)
    assert guide.media.url in answer.content.decode()


def test_a_frame_of_a_take_is_held_exactly_and_says_where_it_came_from(take: Take, erin: User) -> None:
    answer = post(erin, f"/shots/{take.shot_id}/guides/", {"kind": "last", "take": take.pk, "frame": 7})
    assert "T1 f 7" in answer.content.decode()
    (guide,) = held(take.shot)
    bright = Image.open(guide.media.path).convert("L").getpixel((34, 18))
    assert isinstance(bright, int) and bright > 200, "frame 7 has its bright square from 28 to 40"


def test_a_panel_is_held_as_a_key_frame(shot: Shot, erin: User) -> None:
    send(erin, f"/shots/{shot.pk}/panels/", {"pictures": [png()]})
    post(erin, f"/shots/{shot.pk}/guides/", {"kind": "key", "at_frame": 5, "panel": Panel.objects.get().pk})
    (guide,) = held(shot)
    assert (guide.kind, guide.at_frame, guide.media) == ("key", 5, Panel.objects.get().media)


def test_what_is_held_is_in_the_recipe_of_the_next_take(shot: Shot, erin: User) -> None:
    send(erin, f"/shots/{shot.pk}/guides/", {"kind": "last", "picture": png()})
    (take,) = factories.ask(Shot.objects.get(pk=shot.pk), erin)
    ingredient = take.frozen.ingredient("last")
    assert ingredient is not None and ingredient.at_frame == 11


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.png", b"hello"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("cut.png", b"\x89PNG\r\n"),
    ],
)
def test_a_file_that_is_no_picture_is_refused_by_name_and_nothing_is_kept(
    shot: Shot, erin: User, name: str, data: bytes
) -> None:
    answer = send(erin, f"/shots/{shot.pk}/guides/", {"kind": "first", "picture": SimpleUploadedFile(name, data)})
    assert answer.status_code == 422
    assert name in answer.json()["error"]
    assert not Media.objects.exists() and not held(shot)


def test_a_strangers_take_or_panel_cannot_be_held(shot: Shot, erin: User, charlie: User) -> None:
    theirs = factories.ready_take(factories.shot(factories.project(charlie)), charlie)
    panel = theirs.shot.add_panel(theirs.poster, charlie)
    for source in ({"take": theirs.pk}, {"panel": panel.pk}):
        assert post(erin, f"/shots/{shot.pk}/guides/", {"kind": "first", **source}).status_code == 404


def test_holding_nothing_is_refused(shot: Shot, erin: User) -> None:
    answer = post(erin, f"/shots/{shot.pk}/guides/", {"kind": "first"})
    assert answer.json()["error"] == "No picture came with this. Choose a file, a panel, or a frame of a take."


def test_a_guide_is_taken_away(shot: Shot, erin: User) -> None:
    send(erin, f"/shots/{shot.pk}/guides/", {"kind": "first", "picture": png()})
    assert delete(erin, f"/guides/{held(shot)[0].pk}/").status_code == 204
    assert held(shot) == []


def test_reviewers_look_at_guides_and_panels_but_change_none(shot: Shot, bob: User) -> None:
    for noun in ("guides", "panels"):
        assert get(bob, f"/shots/{shot.pk}/{noun}/").status_code == 200
        assert send(bob, f"/shots/{shot.pk}/{noun}/", {"kind": "first", "picture": png()}).status_code == 403


def test_several_pictures_become_panels_in_their_order(shot: Shot, erin: User) -> None:
    send(erin, f"/shots/{shot.pk}/panels/", {"pictures": [png(10), png(20), png(30)]})
    order = [Image.open(panel.media.path).getpixel((0, 0)) for panel in shot.panels.all()]
    assert order == [(10, 10, 10), (20, 20, 20), (30, 30, 30)]


def test_a_panel_is_named_held_moved_and_removed(shot: Shot, erin: User) -> None:
    send(erin, f"/shots/{shot.pk}/panels/", {"pictures": [png(10), png(20), png(30)]})
    first, second, third = shot.panels.all()
    patch(erin, f"/panels/{first.pk}/", {"caption": "She <turns>", "hold_frames": "24"})
    patch(erin, f"/panels/{third.pk}/", {"after": 0})
    patch(erin, f"/panels/{first.pk}/", {"after": second.pk})
    delete(erin, f"/panels/{second.pk}/")
    assert list(shot.panels.values_list("pk", "caption", "hold_frames")) == [
        (third.pk, "", 0),
        (first.pk, "She <turns>", 24),
    ]
    assert "She &lt;turns&gt;" in get(erin, f"/shots/{shot.pk}/panels/").content.decode()


def test_a_panel_cannot_stand_behind_one_of_another_shot(shot: Shot, erin: User) -> None:
    other = factories.shot(shot.project)
    for home in (shot, other):
        send(erin, f"/shots/{home.pk}/panels/", {"pictures": [png()]})
    mine, theirs = shot.panels.get(), other.panels.get()
    assert patch(erin, f"/panels/{mine.pk}/", {"after": theirs.pk}).status_code == 404


def test_a_hold_that_is_too_long_is_refused(shot: Shot, erin: User) -> None:
    send(erin, f"/shots/{shot.pk}/panels/", {"pictures": [png()]})
    answer = patch(erin, f"/panels/{shot.panels.get().pk}/", {"hold_frames": 9999})
    assert answer.json()["error"] == "A panel holds for 0 to 1440 frames; 9999 was asked."


def test_a_panel_removed_meanwhile_is_told_so(shot: Shot, erin: User) -> None:
    send(erin, f"/shots/{shot.pk}/panels/", {"pictures": [png(10), png(20)]})
    stale = shot.panels.first()
    assert stale is not None
    delete(erin, f"/panels/{stale.pk}/")
    for act in (lambda: stale.change(erin, "Late"), lambda: stale.move(None, erin)):
        with pytest.raises(Conflict, match="removed meanwhile"):
            act()


def movie(tmp_path: Path, frames: int = 10, size: tuple[int, int] = (64, 36)) -> SimpleUploadedFile:
    path = tmp_path / "phone.mp4"
    with ffmpeg.Encoder(path, *size, (30, 1)) as encoder:
        for n in range(frames):
            encoder.write(np.full((size[1], size[0], 3), 20 * n, np.uint8))
    return SimpleUploadedFile("phone.mp4", path.read_bytes())


def picture_at(guide: Guide, n: int) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(ffmpeg.frame(guide.media.path, n))).convert("RGB"))


def follow(user: User, shot: Shot, kind: str, **data: object) -> Guide:
    answer = send(user, f"/shots/{shot.pk}/guides/", {"kind": kind, **data})
    assert answer.status_code == 200, answer.content
    return next(guide for guide in held(shot) if guide.kind == kind)


def test_a_sent_clip_is_held_with_what_shows_it(shot: Shot, erin: User, tmp_path: Path) -> None:
    guide = follow(erin, shot, "motion", clip=movie(tmp_path))
    assert guide.media.name == "phone.mp4" and guide.media.frames == 10
    assert guide.poster is not None and guide.filmstrip is not None
    page = get(erin, f"/shots/{shot.pk}/guides/").content.decode()
    assert guide.poster.url in page and guide.filmstrip.url in page and "phone.mp4" in page


def test_what_is_no_clip_is_refused_by_name_and_nothing_is_kept(shot: Shot, erin: User) -> None:
    for kind in ("depth", "motion"):
        answer = send(erin, f"/shots/{shot.pk}/guides/", {"kind": kind, "clip": png(name="holiday.png")})
        assert answer.status_code == 422 and "holiday.png is " in answer.json()["error"]
    assert not Media.objects.exists() and not held(shot)


def test_a_clip_cut_off_on_its_way_is_refused(shot: Shot, erin: User, tmp_path: Path) -> None:
    whole = movie(tmp_path).read()
    cut = SimpleUploadedFile("phone.mp4", whole[: len(whole) // 2])
    answer = send(erin, f"/shots/{shot.pk}/guides/", {"kind": "motion", "clip": cut})
    assert answer.status_code == 422 and "phone.mp4" in answer.json()["error"]


def test_depth_is_drawn_from_blocking_nearest_white_and_sky_black(shot: Shot, erin: User) -> None:
    guide = follow(erin, shot, "depth", blocking="depth", seed=3)
    assert guide.media.frames == shot.current.frames
    assert guide.media.name == "Blocking, depth, words, seed 3"
    grey = picture_at(guide, 0)[:, :, 1].astype(float)
    assert grey[:5].mean() < 8, "the sky of a field is black"
    assert grey.max() > 200, "something stands near the lens"
    assert grey[-1].mean() > grey[grey.shape[0] // 2].mean(), "the ground comes nearer downwards"


def test_poses_are_drawn_from_the_staging_of_a_take(shot: Shot, erin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = blocking.instant(shot.current.words(), 5, 12)
    take = factories.ready_take(shot, erin)
    take.staging = factories.kept(shot.project, staging.to_json())
    take.save()
    guide = follow(erin, shot, "motion", blocking="poses", take=take.pk)
    assert guide.take == take
    shown = picture_at(guide, 0)
    ours = blocking.sticks(staging, 0, *shown.shape[1::-1])
    assert np.abs(shown.astype(int) - ours).mean() < 3
    assert (ours.max(axis=2) > 100).mean() > 0.001, "somebody is in the picture"


def test_the_pictures_of_a_take_as_long_as_the_shot_are_its_master(shot: Shot, erin: User) -> None:
    take = factories.ready_take(shot, erin)
    take.staging = factories.kept(shot.project, blocking.instant(shot.current.words(), 5, 12).to_json())
    take.save()
    guide = follow(erin, shot, "motion", blocking="pictures")
    assert (guide.media, guide.take) == (take.master, take)


def test_depth_is_not_drawn_as_poses_nor_from_a_strangers_take(shot: Shot, erin: User, charlie: User) -> None:
    address = f"/shots/{shot.pk}/guides/"
    answer = post(erin, address, {"kind": "depth", "blocking": "poses"})
    assert answer.json()["error"] == "A depth guide is drawn from blocking as depth; 'poses' was asked."
    theirs = factories.ready_take(factories.shot(factories.project(charlie)), charlie)
    assert post(erin, address, {"kind": "depth", "blocking": "depth", "take": theirs.pk}).status_code == 404


def test_a_take_without_staging_says_so(shot: Shot, erin: User) -> None:
    take = factories.ready_take(shot, erin)
    answer = post(erin, f"/shots/{shot.pk}/guides/", {"kind": "depth", "blocking": "depth", "take": take.pk})
    assert answer.json()["error"] == "Take 1 has no staging to draw from. Choose a blocking take, or ask for one."


def test_a_shot_too_long_to_draw_here_is_told_what_fits(
    shot: Shot, erin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide_clips, "PIXELS_MAX", 100)
    answer = post(erin, f"/shots/{shot.pk}/guides/", {"kind": "depth", "blocking": "depth"})
    assert "Shorten the shot, or send a clip of your own." in answer.json()["error"]


def test_nothing_to_follow_is_refused(shot: Shot, erin: User) -> None:
    answer = post(erin, f"/shots/{shot.pk}/guides/", {"kind": "depth"})
    assert answer.json()["error"].startswith("No clip came with this.")


def test_a_guide_left_out_in_sight_is_left_out_of_the_recipe(shot: Shot, erin: User) -> None:
    follow(erin, shot, "depth", blocking="depth")
    refused = post(erin, f"/shots/{shot.pk}/takes/", {"count": 1, "key": "a"})
    assert refused.json()["error"] == "Blocking makes depth, it does not follow it."
    assert post(erin, f"/shots/{shot.pk}/takes/", {"count": 1, "key": "b", "without": ["depth"]}).status_code == 201
    assert Take.objects.get().frozen.ingredients == ()
    assert post(erin, f"/shots/{shot.pk}/takes/", {"count": 1, "key": "c", "without": "depth"}).status_code == 422


def test_handles_are_asked_for_behind_the_cut(shot: Shot, erin: User) -> None:
    assert post(erin, f"/shots/{shot.pk}/takes/", {"count": 1, "key": "a", "handles": 6}).status_code == 201
    assert Take.objects.get().frozen.frames == shot.current.frames + 6
    assert "6 more than the cut needs, because you want 6 to trim with" in (
        get(erin, f"/shots/{shot.pk}/engine/?engine=blocking&handles=6").content.decode()
    )
    refused = post(erin, f"/shots/{shot.pk}/takes/", {"count": 1, "key": "b", "handles": 999})
    assert refused.json()["error"] == "Handles are 0 to 240 frames; 999 were asked."


# A clip that is kept except where a mask is white --------------------------------------------------------------------


def test_a_take_is_kept_whole_and_says_which_it_is(take: Take, erin: User) -> None:
    guide = follow(erin, take.shot, "keep", take=take.pk)
    assert (guide.media, guide.take, guide.poster) == (take.master, take, take.poster)
    page = get(erin, f"/shots/{take.shot_id}/guides/").content.decode()
    assert '<p class="faint guide-source">T1</p>' in page


def test_a_strangers_take_cannot_be_kept_nor_can_one_without_pictures(shot: Shot, erin: User, charlie: User) -> None:
    address = f"/shots/{shot.pk}/guides/"
    theirs = factories.ready_take(factories.shot(factories.project(charlie)), charlie)
    assert post(erin, address, {"kind": "keep", "take": theirs.pk}).status_code == 404
    waiting = factories.ask(shot, erin)[0]
    answer = post(erin, address, {"kind": "keep", "take": waiting.pk})
    assert answer.json()["error"] == "Take 1 is queued; it has no pictures yet."
    answer = post(erin, address, {"kind": "keep"})
    assert answer.json()["error"] == "No clip came with this. Send the one to keep, or choose a take."
    assert not held(shot)


@pytest.mark.parametrize("kind", ["keep", "mask"])
def test_a_stranger_sends_neither_clip_nor_mask_and_a_reviewer_changes_none(
    shot: Shot, charlie: User, bob: User, kind: str, tmp_path: Path
) -> None:
    address = f"/shots/{shot.pk}/guides/"
    assert send(charlie, address, {"kind": kind, "clip": movie(tmp_path)}).status_code == 404
    assert send(bob, address, {"kind": kind, "clip": movie(tmp_path)}).status_code == 403
    assert not held(shot) and not Media.objects.exists()


def test_a_picture_of_no_clip_cannot_be_kept(shot: Shot, erin: User) -> None:
    answer = send(erin, f"/shots/{shot.pk}/guides/", {"kind": "keep", "picture": png()})
    assert answer.status_code == 422 and not held(shot)
    answer = send(erin, f"/shots/{shot.pk}/guides/", {"kind": "keep", "clip": png(name="still.png")})
    assert answer.status_code == 422 and "still.png is " in answer.json()["error"]


def test_a_mask_is_a_picture_or_a_clip_and_the_recipe_says_which(
    shot: Shot, erin: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps = replace(catalogue.engine("blocking"), honours=frozenset({"keep", "mask"}))
    monkeypatch.setattr(engines.catalogue, "ENGINES", (keeps,))
    follow(erin, shot, "keep", clip=movie(tmp_path))
    for source, media in (({"picture": png()}, "image"), ({"clip": movie(tmp_path)}, "video")):
        guide = follow(erin, shot, "mask", **source)
        assert guide.is_clip == (media == "video")
        assert guide.media.url in get(erin, f"/shots/{shot.pk}/guides/").content.decode() or guide.is_clip
        shot.refresh_from_db()
        recipe = factories.ask(shot, erin)[0].frozen
        assert [(each.kind, each.media) for each in recipe.ingredients] == [("keep", "video"), ("mask", media)]


@pytest.mark.parametrize(("kind", "lacking"), [("keep", "no mask says what"), ("mask", "no clip of which the rest")])
def test_a_kept_clip_without_a_mask_and_a_mask_without_a_clip_are_refused_before_anything_is_queued(
    shot: Shot, erin: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, lacking: str
) -> None:
    keeps = replace(catalogue.engine("blocking"), honours=frozenset({"keep", "mask"}))
    monkeypatch.setattr(engines.catalogue, "ENGINES", (keeps,))
    follow(erin, shot, kind, clip=movie(tmp_path))
    shot.refresh_from_db()
    with pytest.raises(Refusal, match=lacking):
        factories.ask(shot, erin)
    assert not Take.objects.exists()


def test_an_engine_that_keeps_nothing_says_so_and_leaves_both_out_in_sight(
    shot: Shot, erin: User, tmp_path: Path
) -> None:
    follow(erin, shot, "keep", clip=movie(tmp_path))
    follow(erin, shot, "mask", picture=png())
    refused = post(erin, f"/shots/{shot.pk}/takes/", {"count": 1, "key": "a"})
    assert "Blocking draws its own figures and set; it keeps no part of a clip." in refused.json()["error"]
    page = get(erin, f"/shots/{shot.pk}/engine/?engine=blocking").content.decode()
    assert 'data-kind="keep" title="Blocking draws its own' in page and 'data-kind="mask" title="Blocking' in page
    left = {"count": 1, "key": "b", "without": ["keep", "mask"]}
    assert post(erin, f"/shots/{shot.pk}/takes/", left).status_code == 201
    assert Take.objects.get().frozen.ingredients == ()


def staged(shot: Shot, by: User, words: Words) -> Take:
    take = factories.ready_take(shot, by)
    take.staging = factories.kept(shot.project, blocking.instant(words, 5, 12).to_json())
    take.save()
    return take


def test_a_mask_drawn_from_blocking_is_white_on_the_figures_and_some_way_around_them(shot: Shot, erin: User) -> None:
    take = staged(shot, erin, Words(heading="EXT. FIELD - DAY", action="Anna runs.", characters=("ANNA",)))
    staging = blocking.Staging.parse(take.staging.path.read_bytes())
    guide = follow(erin, shot, "mask", blocking="figures", take=take.pk)
    assert (guide.take, guide.media.frames) == (take, 12) and guide.media.name == "Blocking, figures, T1"
    for n in (0, 11):
        white = picture_at(guide, n)[:, :, 0] >= 128
        masks = blocking.Renderer(staging, *white.shape[::-1]).layers(n, ("masks",)).masks or {}
        figures = np.logical_or.reduce(list(masks.values()))
        assert figures.any() and white[figures].mean() > 0.98
        assert figures.sum() < white.sum() < 3 * figures.sum() + 400


def test_the_set_is_all_that_the_figures_are_not(shot: Shot, erin: User) -> None:
    take = staged(shot, erin, Words(heading="EXT. FIELD - DAY", action="Anna runs.", characters=("ANNA",)))
    figures, rest = (
        picture_at(follow(erin, shot, "mask", blocking=drawn, take=take.pk), 5)[:, :, 0] >= 128
        for drawn in ("figures", "set")
    )
    assert (figures ^ rest).mean() > 0.99


def test_a_blocking_without_anybody_has_no_figures_for_a_mask(
    shot: Shot, erin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocking.Renderer, "_masks", lambda renderer, drawn: {})
    answer = post(erin, f"/shots/{shot.pk}/guides/", {"kind": "mask", "blocking": "figures"})
    assert answer.json()["error"].startswith("Nobody is in sight in this blocking")
    assert not held(shot)


def test_a_recipe_brings_its_kept_clip_and_its_mask_back(shot: Shot, erin: User, tmp_path: Path) -> None:
    follow(erin, shot, "keep", clip=movie(tmp_path))
    follow(erin, shot, "mask", picture=png())
    ingredients = tuple(guide.ingredient(12) for guide in held(shot))
    shot.refresh_from_db()
    assert shot.follow(Recipe(engine="wan_vace", ingredients=ingredients), erin) == []
    assert [(guide.kind, guide.is_clip) for guide in held(shot)] == [("keep", True), ("mask", False)]


# Depth found in pictures -----------------------------------------------------------------------------------------


@pytest.fixture
def finder(settings: LazySettings, tmp_path: Path) -> Weights:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    tiny.build(tmp_path / "finder")
    return engines.registry().add(tmp_path / "finder", "finder")


def test_a_clip_of_pictures_for_depth_needs_a_model_and_says_how_to_get_one(
    shot: Shot, erin: User, tmp_path: Path, settings: LazySettings
) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "none"
    answer = send(erin, f"/shots/{shot.pk}/guides/", {"kind": "depth", "clip": movie(tmp_path), "pictures": 1})
    assert answer.status_code == 422
    assert "manage.py weights add FOLDER (Depth Anything or DPT)" in answer.json()["error"]
    assert 'data-no-depth="Register a depth model' in get(erin, f"/shots/{shot.pk}/guides/").content.decode()


def test_a_take_freezes_the_model_that_finds_its_depth(
    shot: Shot, erin: User, tmp_path: Path, finder: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = follow(erin, shot, "depth", clip=movie(tmp_path), pictures=1)
    assert guide.is_pictures
    page = get(erin, f"/shots/{shot.pk}/guides/").content.decode()
    assert 'data-no-depth=""' in page and "Depth of phone.mp4" in page
    assert factories.ask(shot, erin, without=["depth"])[0].frozen.settings.get("depth_model") is None
    follows_depth = replace(catalogue.engine("blocking"), honours=frozenset({"depth"}))
    monkeypatch.setattr(engines.catalogue, "ENGINES", (follows_depth,))
    take = factories.ask(shot, erin)[0]
    assert take.frozen.settings["depth_model"] == finder.pinned
    engines.registry().remove("finder")
    with pytest.raises(Refusal, match="are not here any more"):
        factories.ask(shot, erin)


def test_another_version_and_another_clip_know_what_their_clip_shows(
    shot: Shot, erin: User, tmp_path: Path, finder: Weights
) -> None:
    assert follow(erin, shot, "depth", clip=movie(tmp_path), pictures=1).is_pictures
    factories.ask(shot, erin, without=["depth"])
    shot.refresh_from_db()
    shot.revise(erin, {}, action="Something else.")
    assert held(shot)[0].is_pictures
    assert not follow(erin, shot, "depth", clip=movie(tmp_path)).is_pictures
    assert not follow(erin, shot, "motion", clip=movie(tmp_path), pictures=1).is_pictures

"""Clips that a take follows, in the shot room: sent, drawn from blocking, greyed where an engine follows none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from generation import blocking, ffmpeg
from storyboard import engines
from storyboard.models import Shot, Take, User
from tests import factories
from tests.browser.room import drop_file, enter
from tests.browser.web import Web
from tests.generation.tiny import cogvideox_control
from tests.running import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SOON = 8000


@pytest.fixture
def small(settings: LazySettings, tmp_path: Path, alice: User) -> Shot:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    cogvideox_control.build(tmp_path / "tiny")
    engines.registry().add(tmp_path / "tiny", "tiny")
    shot = factories.shot(factories.project(alice, width=64, height=64), frames=20)
    take = factories.ready_take(shot, alice)
    take.staging = factories.kept(shot.project, blocking.instant(shot.current.words(), 5, 20).to_json())
    take.save()
    return shot


@pytest.fixture
def movie(tmp_path: Path) -> bytes:
    path = tmp_path / "dance.mp4"
    with ffmpeg.Encoder(path, 64, 36, (24, 1)) as encoder:
        for n in range(24):
            encoder.write(np.full((36, 64, 3), 10 * n, np.uint8))
    return path.read_bytes()


def choose(page: Page, engine: str) -> None:
    page.locator("#ask-engine").select_option(engine)


def test_a_clip_dropped_on_motion_is_held_greyed_for_blocking_and_left_out_in_sight(
    web: Web, small: Shot, movie: bytes, alice: User
) -> None:
    page = enter(web, small, alice)
    drop_file(page, ".guide[data-kind=motion] .guide-add", "dance.mp4", "video/mp4", movie)
    slot = page.locator(".guide[data-kind=motion]")
    expect(slot).to_contain_text("dance.mp4", timeout=SOON)
    wait_until(lambda: slot.locator("img").evaluate("(img) => img.naturalWidth > 0"), "its poster")
    why = page.locator("[data-part=unheeded]")
    expect(why).to_contain_text("Left out: Blocking moves figures by their staging")
    choose(page, "cogvideox_control:tiny")
    expect(why).to_be_hidden(timeout=SOON)
    choose(page, "blocking")
    expect(why).to_be_visible(timeout=SOON)
    page.locator("[data-part=count]").fill("1")
    page.get_by_role("button", name="Generate").click()
    wait_until(lambda: Take.objects.count() == 2, "the take")
    assert Take.objects.latest("number").frozen.ingredients == ()
    choose(page, "cogvideox_control:tiny")
    expect(why).to_be_hidden(timeout=SOON)
    page.get_by_role("button", name="Generate").click()
    wait_until(lambda: Take.objects.count() == 3, "the second take")
    assert [each.kind for each in Take.objects.latest("number").frozen.ingredients] == ["motion"]


def test_depth_and_poses_are_drawn_from_blocking_through_the_menu(web: Web, small: Shot, alice: User) -> None:
    page = enter(web, small, alice)
    for kind, drawn in (("depth", "Depth of blocking, take 1"), ("motion", "Poses of blocking, take 1")):
        page.get_by_role("button", name=f"Follow a clip: {kind}").click()
        if kind == "depth":
            expect(page.get_by_role("button", name="Depth found in a clip of pictures…")).to_be_disabled()
            expect(page.locator(".guide-why")).to_contain_text("manage.py weights add")
        page.get_by_text(drawn, exact=True).click()
        slot = page.locator(f".guide[data-kind={kind}]")
        expect(slot).to_contain_text("Blocking", timeout=SOON)
        expect(slot.locator("img")).to_be_visible()
    expect(page.locator("[data-part=guide-progress]")).to_be_hidden()
    page.get_by_role("button", name="Take depth away").click()
    expect(page.get_by_role("button", name="Follow a clip: depth")).to_be_visible()


def test_a_text_dropped_as_a_clip_is_refused_by_name_and_the_clip_before_stays(
    web: Web, small: Shot, movie: bytes, alice: User
) -> None:
    page = enter(web, small, alice)
    slot = ".guide[data-kind=motion]"
    drop_file(page, f"{slot} .guide-add", "dance.mp4", "video/mp4", movie)
    expect(page.locator(slot)).to_contain_text("dance.mp4", timeout=SOON)
    drop_file(page, f"{slot} .guide-picture", "fake.mp4", "video/mp4", b"not a clip")
    expect(page.locator("[data-part=guide-refused]")).to_contain_text("fake.mp4 is a text, not a video", timeout=SOON)
    expect(page.locator(slot)).to_contain_text("dance.mp4")
    web.errors.clear()


def test_a_take_is_kept_but_for_the_figures_of_its_blocking(web: Web, small: Shot, alice: User) -> None:
    page = enter(web, small, alice)
    page.get_by_role("button", name="Keep part of a clip: kept clip").click()
    page.get_by_role("button", name="Take 1, as in the viewer").click()
    keep, mask = page.locator(".guide[data-kind=keep]"), page.locator(".guide[data-kind=mask]")
    expect(keep.locator("img")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Say what is made anew: mask").click()
    page.get_by_text("Figures of blocking, take 1", exact=True).click()
    expect(mask.locator("img")).to_be_visible(timeout=SOON)
    why = page.locator("[data-part=unheeded]")
    expect(why).to_contain_text("Blocking draws its own figures and set; it keeps no part of a clip.")
    expect(why).to_contain_text("a mask would change nothing")
    kinds = list(small.versions.latest("number").guides.order_by("kind").values_list("kind", flat=True))
    assert kinds == ["keep", "mask"]

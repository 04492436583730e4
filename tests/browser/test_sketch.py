"""Weights that come with the app, in the shot room: what they hear is said while it is written, and their card."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from generation import catalogue
from storyboard.models import Shot, Take, User
from tests import factories
from tests.browser.room import enter
from tests.browser.web import Web
from tests.generation import built_in

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 8000


@pytest.fixture
def released(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alice: User) -> Shot:
    settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN = tmp_path / "weights", tmp_path / "place"
    built_in.offer(monkeypatch)
    built_in.build(tmp_path / "place", "released")
    return factories.shot(factories.project(alice), action="A woman runs.", size="WS", frames=48)


def test_what_is_heard_follows_the_words_and_the_engine(web: Web, released: Shot, alice: User) -> None:
    factories.ready_take(released, alice, engine="blocking")
    page = enter(web, released, alice)
    heard = page.locator("[data-part=hearing]")
    expect(heard).to_contain_text("Sketch hears: wide shot, static, field by day, a woman runs")
    expect(heard.locator("mark")).to_have_count(0)
    page.get_by_label("Action").press_sequentially(" She has an umbrella in the rain.")
    expect(heard.locator("mark")).to_have_text(["rain", "umbrella"], timeout=SOON)
    page.locator("#ask-move").select_option("pan-left")
    expect(heard).to_contain_text("pan left", timeout=SOON)
    page.locator("#ask-engine").select_option("blocking")
    expect(heard).to_be_hidden(timeout=SOON)
    page.locator("#ask-engine").select_option("sketch:sketch")
    expect(heard.locator("mark")).to_have_count(2, timeout=SOON)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".take")).to_have_count(3, timeout=SOON)
    assert [take.engine for take in Take.objects.order_by("number")] == ["blocking", "sketch", "sketch"]
    page.get_by_role("link", name="About Sketch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sketch")


def test_an_engine_chosen_before_the_page_was_ready_is_spoken_of(web: Web, released: Shot, alice: User) -> None:
    """As a browser does that brings a form back, or somebody who is quicker than the scripts."""
    page = web.page(alice)
    page.add_init_script("""
        document.addEventListener("readystatechange", () => {
          const select = document.querySelector("#ask-engine");
          if (document.readyState === "interactive" && select) select.value = "blocking";
        });
    """)
    page.goto(web.address("shot", released.pk))
    expect(page.locator("#ask-engine")).to_have_value("blocking")
    expect(page.locator("[data-part=hearing]")).to_be_hidden(timeout=SOON)
    expect(page.locator("[data-part=advice]")).to_contain_text(catalogue.engine("blocking").summary[:20])


def test_without_script_the_page_says_what_is_heard(web: Web, released: Shot, alice: User) -> None:
    page = web.context(alice, java_script_enabled=False).new_page()
    page.goto(web.address("shot", released.pk))
    expect(page.locator("[data-part=hearing]")).to_contain_text("a woman runs")


def test_a_batch_takes_for_each_shot_what_is_usual(web: Web, released: Shot, alice: User) -> None:
    long = factories.shot(released.project, frames=120)
    page = web.page(alice)
    page.goto(web.address("board", released.project.pk))
    page.locator("#board[data-ready]").wait_for()
    page.keyboard.press("Control+a")
    expect(page.locator("#selected-count")).to_have_text("2")
    expect(page.locator("#audition-choice")).to_be_hidden()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#toasts")).to_contain_text("4 takes", timeout=SOON)
    assert {(take.shot_id, take.engine) for take in Take.objects.all()} == {
        (released.pk, "sketch"),
        (long.pk, "blocking"),
    }


def test_why_nothing_was_asked_for_is_said_beside_the_button(web: Web, released: Shot, alice: User) -> None:
    factories.ready_take(released, alice, engine="blocking")
    page = enter(web, released, alice)
    page.get_by_label("Length in frames").fill("120")
    page.locator("#ask-engine").select_option("sketch:sketch")
    page.get_by_role("button", name="Generate").click()
    said = page.locator(".ask-go [data-part=refused]")
    expect(said).to_contain_text("so shorten it", timeout=SOON)
    expect(said).to_be_in_viewport()
    web.errors.clear()

"""The main job, whole, on the real app: from a script to a film, in one browser, with real takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from generation.ffmpeg import probe
from tests.browser.test_pages import drop
from tests.running import RunningApp, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

SCRIPT = b"""Title: A Short Walk

INT. KITCHEN - NIGHT

MARA stands at the window.

EXT. FIELD - DAY

CLOSE ON Mara. She turns.

EXT. STREET - NIGHT

WIDE SHOT. Mara walks away.
"""
MAKING_MS = 300_000


@pytest.fixture
def owner(page: Page, app: RunningApp) -> Page:
    page.goto(app.manage("sign_in_link").stdout.strip().splitlines()[-1])
    page.get_by_role("button", name=re.compile("^Sign in as")).click()
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    return page


def test_from_a_script_to_a_film(owner: Page, app: RunningApp, tmp_path: Path) -> None:
    page = owner
    bring_in_the_script(page)
    project = page.url.rstrip("/").rsplit("/", 1)[1]
    make_two_takes_of_each_shot(page)
    judge_the_first_shot(page)
    frames = play_the_cut(page, app, project)
    film = export(page, app, project, tmp_path)
    assert probe(film).frames == frames
    make_a_take_of_the_model_that_comes_along(page, app, project)
    say_what_was_done(page, app, project)


def bring_in_the_script(page: Page) -> None:
    drop(page, "a_short_walk.fountain", SCRIPT)
    expect(page.locator("h1")).to_have_text(re.compile("^3 scenes, 3 shots"))
    page.get_by_role("button", name="Create board").click()
    expect(page.locator(".card")).to_have_count(3)


def make_two_takes_of_each_shot(page: Page) -> None:
    """First in line, so that the sample's own takes do not come before."""
    page.wait_for_function("() => import('/static/js/live.js').then(({ live }) => live.open)")
    page.locator(".card").first.focus()
    wait_until(lambda: select_all(page) == 3, "the board to answer its keys")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator(".card .work").first).to_be_visible()
    expect(page.locator(".card", has_text="2 takes")).to_have_count(3)
    expect(page.locator(".card .work")).to_have_count(0, timeout=MAKING_MS)
    expect(page.locator(".card img")).to_have_count(3)


def select_all(page: Page) -> int:
    page.keyboard.press("Control+a")
    return page.locator('.card[aria-selected="true"]').count()


def judge_the_first_shot(page: Page) -> None:
    page.locator(".card").first.focus()
    page.keyboard.press("Enter")
    player = page.locator("ct-player")
    expect(player).to_have_attribute("data-state", "ready")
    player.focus()
    page.keyboard.press("1")
    page.keyboard.press("p")
    expect(page.locator("#strip-frame")).to_contain_text("Circled")
    player.focus()
    page.keyboard.press("c")
    page.keyboard.type("Hold this longer.")
    page.keyboard.press("Enter")
    expect(page.locator(".thread")).to_contain_text("Hold this longer.")
    player.focus()
    page.keyboard.press("e")
    expect(page.locator('.take[data-number="3"]')).to_contain_text("↳ from T1")


def play_the_cut(page: Page, app: RunningApp, project: str) -> int:
    page.goto(f"{app.url}/p/{project}/cut/")
    expect(page.locator("#cut-sum")).to_contain_text("2 not picked yet")
    expect(page.locator("li.is-pick")).to_have_count(1)
    expect(page.locator("li.is-take")).to_have_count(2)
    first = page.evaluate("() => document.querySelector('ct-cut-player').frame")
    page.locator("ct-cut-player").focus()
    page.keyboard.press("Space")
    wait_until(
        lambda: page.evaluate("() => document.querySelector('ct-cut-player').frame") > first + 5, "the cut to play"
    )
    page.keyboard.press("Space")
    page.get_by_label("Lasts, in frames").fill("20")
    page.get_by_role("button", name="Trim").click()
    expect(page.locator(".toast")).to_contain_text("lasts 20 frames now")
    return int(re.findall(r"(\d+) frames", page.locator("#cut-sum").inner_text())[0])


def export(page: Page, app: RunningApp, project: str, folder: Path) -> Path:
    page.goto(f"{app.url}/p/{project}/exports/")
    expect(page.locator("#export-summary")).to_contain_text("2 without a circled take")
    page.get_by_label("Burn in project, shot, take and timecode").check()
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=MAKING_MS)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "a-short-walk.mp4"
    path = folder / "film.mp4"
    download.value.save_as(path)
    return path


def make_a_take_of_the_model_that_comes_along(page: Page, app: RunningApp, project: str) -> None:
    """Nothing downloaded, no card: words go in, and a take of a diffusion model comes out."""
    page.goto(f"{app.url}/p/{project}/")
    page.locator("#board[data-ready]").wait_for()
    page.locator(".card").nth(1).focus()
    page.keyboard.press("Enter")
    page.locator("#ask-engine").select_option("sketch:sketch")
    expect(page.locator("[data-part=hearing]")).to_contain_text("close-up")
    page.get_by_label("Takes", exact=True).fill("1")
    page.get_by_role("button", name="Generate").click()
    take = page.locator('.take[data-number="3"]')
    expect(take).to_have_count(1)
    expect(page.locator('.take[data-number="3"][data-src]')).to_have_count(1, timeout=MAKING_MS)
    take.click()
    expect(page.locator("ct-player")).to_have_attribute("data-state", "ready")
    page.get_by_role("link", name="About Sketch").click()
    expect(page.locator("main")).to_contain_text("What was measured")


def say_what_was_done(page: Page, app: RunningApp, project: str) -> None:
    page.goto(f"{app.url}/p/{project}/activity/")
    wait_until(lambda: page.reload() and page.get_by_text("Take 3 of 010 is ready").count(), "the continued take", 120)
    for words in ("brought in a script: 3 scenes, 3 shots", "circled take 1 of 010", "commented on take 1 of 010",
                  "trimmed shot", "An export is ready"):  # fmt: skip
        expect(page.locator("#activity")).to_contain_text(words)

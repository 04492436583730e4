"""A board of 500 shots with 8 takes each. What decides is what no other load on the machine changes: bytes, elements,
shifts, and how much a press makes the browser do again. The times are printed beside it (`pytest -s`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.pace import PRESSES, WATCH, pace_of, press_through
from tests.running import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from storyboard.models import Project, User
    from tests.browser.web import Web

SHOTS, TAKES = 500, 8
IS_DRAWN = "card => card.checkVisibility({ contentVisibilityAuto: true })"


@pytest.fixture
def board(web: Web, alice: User) -> Project:
    made = factories.board(alice, SHOTS, TAKES)
    factories.own_posters(made)
    return made


def opened(web: Web, alice: User, board: Project, slower: int = 1) -> Page:
    page = web.page(alice)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(WATCH)
    page.goto(web.address("board", board.pk))
    page.locator("#board[data-ready]").wait_for(timeout=60_000)
    page.wait_for_function("window.seen.lcp > 0")
    return page


def test_a_long_board_is_small_and_stands_still(web: Web, alice: User, board: Project) -> None:
    for slower in (1, 4):
        page = opened(web, alice, board, slower)
        press_through(page)
        pace = pace_of(page)
        print(f"{SHOTS} shots at 1/{slower} speed: {pace}")
        assert pace.shift <= 0.02
    size = "performance.getEntriesByType({!r}).filter({}).reduce((sum, each) => sum + each.decodedBodySize, 0)"
    assert 100_000 < page.evaluate(size.format("navigation", "() => true")) <= 400_000
    assert 50_000 < page.evaluate(size.format("resource", "({name}) => name.endsWith('.js')")) <= 150_000
    assert page.locator(".card").count() == SHOTS
    fetched = "[...document.querySelectorAll('.pic > img')].filter((image) => image.complete).length"
    assert 0 < page.evaluate(fetched) < SHOTS / 2, "pictures far below wait until somebody comes near"
    assert page.evaluate("document.querySelectorAll('*').length") <= 10_000


def test_a_press_on_a_long_board_touches_only_what_it_changes(web: Web, alice: User, board: Project) -> None:
    page = opened(web, alice, board)
    web.browser.start_tracing(page=page, categories=["devtools.timeline"])
    press_through(page)
    events = json.loads(web.browser.stop_tracing())["traceEvents"]
    restyled = sum(each["args"]["elementCount"] for each in events if "elementCount" in each.get("args", {})) / PRESSES
    layouts = sum(each["name"] == "Layout" and each["ph"] == "X" for each in events) / PRESSES
    forced = within(events, "Layout", "EventDispatch") / PRESSES
    print(f"a press: {restyled:.1f} elements restyled, {layouts:.1f} layouts, {forced:.1f} of them at once")
    assert 0 < restyled <= 100
    assert 0 < layouts <= 4
    assert forced <= 2


def test_scenes_out_of_sight_are_skipped_until_somebody_goes_there(web: Web, alice: User) -> None:
    page = opened(web, alice, factories.board(alice, 120, takes=1))
    last = page.locator(".card").last
    assert not last.evaluate(IS_DRAWN)
    page.locator(".card").first.focus()
    page.keyboard.press("End")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport(ratio=1)
    assert last.evaluate(IS_DRAWN)


def test_a_skipped_scene_takes_the_room_that_it_will_take(web: Web, alice: User) -> None:
    page = opened(web, alice, factories.board(alice, 120, takes=1))
    page.wait_for_function("document.querySelector('.scene:last-child').style.containIntrinsicBlockSize")
    scene = page.locator(".scene").last
    height = "scene => scene.offsetHeight"
    skipped = scene.evaluate(height)
    page.locator(".scene-list a").last.click()
    expect(scene.locator(".scene-head")).to_be_in_viewport()
    wait_until(lambda: scene.locator(".card").first.evaluate(IS_DRAWN), "the scene to be drawn")
    assert abs(scene.evaluate(height) - skipped) <= 2


def within(events: list[dict[str, Any]], inner: str, outer: str) -> int:
    """How many of these happened inside one of those, on the same thread."""
    around = [each for each in events if each["name"] == outer and each["ph"] == "X"]
    return sum(
        any(
            big["pid"] == each["pid"]
            and big["tid"] == each["tid"]
            and big["ts"] <= each["ts"] <= big["ts"] + big["dur"]
            for big in around
        )
        for each in events
        if each["name"] == inner and each["ph"] in "XB"
    )

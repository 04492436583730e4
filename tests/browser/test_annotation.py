"""Drawings are made on a frame, kept as vectors, and shown again where they were."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from storyboard.annotation import checked
from tests.browser.conftest import watched
from tests.browser.loopback import Site
from tests.browser.test_player import PHONE, expect_frame, open_player, player_for, seek

pytestmark = pytest.mark.browser

VALUE = "() => document.querySelector('ct-annotation').value"
# The colour at a place of the drawing, or null where nothing is drawn.
INK = """([x, y]) => {
    const canvas = document.querySelector(".player-overlay");
    const reach = 3;
    const [left, top] = [Math.round(x * canvas.width) - reach, Math.round(y * canvas.height) - reach];
    const {data} = canvas.getContext("2d").getImageData(left, top, 2 * reach + 1, 2 * reach + 1);
    return Math.max(...data.filter((_, at) => at % 4 === 3));
}"""


@pytest.fixture
def drawing(page: Page, site: Site, clip) -> Page:
    """A player on frame 20 with the pen out."""
    open_player(page, site, player_for(clip(72), drawing="yes"))
    seek(page, 20)
    page.keyboard.press("d")
    expect(page.get_by_role("toolbar", name="Drawing")).to_be_visible()
    return page


def drag(page: Page, *spots: tuple[float, float]) -> None:
    box = page.locator(".player-overlay").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in spots]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def ink(page: Page, x: float, y: float) -> int:
    return page.evaluate(INK, [x, y])


def test_a_drawing_of_every_tool_comes_back_as_it_was(drawing: Page, browser: Browser, site: Site, clip) -> None:
    page = drawing
    drag(page, (0.1, 0.1), (0.2, 0.3), (0.3, 0.1))
    for tool, colour, spots in [
        ("Arrow", "Green", [(0.1, 0.8), (0.3, 0.6)]),
        ("Box", "Yellow", [(0.5, 0.1), (0.8, 0.3)]),
    ]:
        page.get_by_role("button", name=tool, exact=True).click()
        page.get_by_role("button", name=colour, exact=True).click()
        drag(page, *spots)
    page.get_by_role("button", name="Text", exact=True).click()
    drag(page, (0.5, 0.7))
    page.keyboard.type("lower the lamp")
    page.keyboard.press("Enter")
    value = page.evaluate(VALUE)
    assert [stroke["tool"] for stroke in value["strokes"]] == ["pen", "arrow", "box", "text"]
    assert [stroke["color"] for stroke in value["strokes"]] == ["red", "green", "yellow", "yellow"]
    assert value["strokes"][2]["points"] == [[0.5, 0.1, 0.5], pytest.approx([0.8, 0.3, 0.5], abs=0.002)]
    assert checked(value) == value, "the server keeps it as it is"

    saved = [{"id": 5, "frame": 20, "value": value}]
    phone = browser.new_context(viewport=PHONE)
    other = phone.new_page()
    open_player(other, site, player_for(clip(72), drawing="yes", drawings=saved))
    seek(other, 20)
    for spot in [(0.2, 0.3), (0.3, 0.6), (0.5, 0.2), (0.8, 0.2)]:
        assert ink(other, *spot) > 150
    other.evaluate("(value) => { document.querySelector('ct-annotation').value = value; }", value)
    assert other.evaluate(VALUE) == value
    phone.close()


def test_starting_to_draw_stops_the_clip_and_playing_puts_the_pen_away(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72), drawing="yes"))
    page.keyboard.press("Space")
    page.keyboard.press("d")
    expect(page.get_by_role("toolbar", name="Drawing")).to_be_visible()
    assert page.evaluate("() => document.querySelector('ct-player').paused")
    page.keyboard.press("Space")
    expect(page.get_by_role("toolbar", name="Drawing")).to_be_hidden()


def test_undo_and_redo_go_through_strokes_and_the_eraser(drawing: Page) -> None:
    page = drawing
    drag(page, (0.1, 0.2), (0.4, 0.2))
    drag(page, (0.1, 0.6), (0.4, 0.6))
    page.get_by_role("button", name="Eraser").click()
    drag(page, (0.25, 0.1), (0.25, 0.3))
    count = "() => document.querySelector('ct-annotation').value?.strokes.length ?? 0"
    counts = [page.evaluate(count)]
    for key in ("Control+z", "Control+z", "Control+z", "Control+z", "Control+Shift+Z", "Control+y", "Control+y"):
        page.keyboard.press(key)
        counts.append(page.evaluate(count))
    assert counts == [1, 2, 1, 0, 0, 1, 2, 1]


def test_the_brackets_change_the_size_while_drawing_and_not_the_range(drawing: Page) -> None:
    drag(drawing, (0.1, 0.2), (0.4, 0.2))
    for _ in range(2):
        drawing.keyboard.press("]")
    drag(drawing, (0.1, 0.4), (0.4, 0.4))
    thin, thick = (stroke["size"] for stroke in drawing.evaluate(VALUE)["strokes"])
    assert thick > thin
    assert drawing.evaluate("() => document.querySelector('ct-player').range") is None


def test_a_pen_that_is_pressed_harder_draws_wider(drawing: Page) -> None:
    drawing.evaluate(
        """() => {
            const sheet = document.querySelector(".player-overlay");
            sheet.setPointerCapture = () => {};
            const {left, top, width, height} = sheet.getBoundingClientRect();
            const send = (type, x, pressure) => {
                const at = {clientX: left + x * width, clientY: top + 0.5 * height};
                const pen = {bubbles: true, cancelable: true, pointerType: "pen", button: 0, pressure, ...at};
                sheet.dispatchEvent(new PointerEvent(type, pen));
            };
            send("pointerdown", 0.1, 0.1);
            for (let at = 1; at <= 10; at += 1) send("pointermove", 0.1 + at * 0.05, at / 10);
            send("pointerup", 0.6, 0);
        }"""
    )
    [stroke] = drawing.evaluate(VALUE)["strokes"]
    pressures = [pressure for _, _, pressure in stroke["points"]]
    assert pressures == sorted(pressures)
    assert pressures[-1] == 1


def test_a_finger_draws(browser: Browser, site: Site, clip, page_errors) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = watched(context.new_page(), page_errors)
    open_player(page, site, player_for(clip(72), drawing="yes"))
    page.get_by_role("button", name="Draw", exact=True).tap()
    box = page.locator(".player-overlay").bounding_box()
    touch = context.new_cdp_session(page)
    for kind, x in [("touchStart", 0.2), ("touchMove", 0.4), ("touchMove", 0.6), ("touchEnd", None)]:
        at = [] if x is None else [{"x": box["x"] + x * box["width"], "y": box["y"] + 0.5 * box["height"]}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    [stroke] = page.evaluate(VALUE)["strokes"]
    assert stroke["points"][0][:2] == pytest.approx([0.2, 0.5], abs=0.02)
    assert stroke["points"][-1][:2] == pytest.approx([0.6, 0.5], abs=0.02)
    context.close()
    assert page_errors == []


def test_the_keyboard_draws_too(drawing: Page) -> None:
    drawing.locator(".player-overlay").focus()
    drawing.keyboard.press("Space")
    for _ in range(10):
        drawing.keyboard.press("ArrowRight")
    drawing.keyboard.press("Space")
    [stroke] = drawing.evaluate(VALUE)["strokes"]
    assert stroke["points"][0][:2] == [0.5, 0.5]
    assert stroke["points"][-1][:2] == pytest.approx([0.6, 0.5])
    assert drawing.evaluate("() => document.querySelector('ct-player').frame") == 20


def test_v_hides_and_shows_and_neighbours_shine_through_faintly(page: Page, site: Site, clip) -> None:
    line = {"tool": "pen", "color": "white", "size": 0.02, "points": [[0.2, 0.5, 0.5], [0.8, 0.5, 0.5]]}
    saved = [{"id": 1, "frame": 20, "value": {"format": 1, "strokes": [line]}}]
    open_player(page, site, player_for(clip(72), drawing="yes", drawings=saved))
    seen = {}
    for frame in (20, 23, 60):
        seek(page, frame)
        seen[frame] = ink(page, 0.5, 0.5)
    assert seen[20] == 255
    assert 20 < seen[23] < 140
    assert seen[60] == 0
    seek(page, 20)
    page.keyboard.press("v")
    assert ink(page, 0.5, 0.5) == 0
    page.keyboard.press("v")
    assert ink(page, 0.5, 0.5) == 255


def test_escape_asks_before_it_throws_a_drawing_away(drawing: Page) -> None:
    drag(drawing, (0.1, 0.2), (0.4, 0.2))
    asked = drawing.get_by_role("dialog", name="Discard this drawing?")
    drawing.keyboard.press("Escape")
    asked.get_by_role("button", name="Keep it").click()
    assert drawing.evaluate(VALUE) is not None
    drawing.keyboard.press("Escape")
    asked.get_by_role("button", name="Discard").click()
    expect(drawing.get_by_role("toolbar", name="Drawing")).to_be_hidden()
    assert drawing.evaluate(VALUE) is None
    expect_frame(drawing, 20)


def test_each_change_is_told_with_the_frame_it_is_on(drawing: Page) -> None:
    drawing.evaluate(
        "() => { globalThis.told = [];"
        " document.addEventListener('annotation:change', ({detail}) => told.push(detail)); }"
    )
    drag(drawing, (0.1, 0.2), (0.4, 0.2))
    drawing.keyboard.press("Control+z")
    told: list[dict[str, Any]] = drawing.evaluate("() => told")
    assert [(len((one["value"] or {"strokes": []})["strokes"]), one["frame"]) for one in told] == [(1, 20), (0, None)]


def test_what_is_no_drawing_is_refused(drawing: Page) -> None:
    pen = {"tool": "pen", "color": "red", "size": 0.01, "points": [[0, 0, 0]]}
    refused = {
        "an unknown format": {"format": 2, "strokes": []},
        "an unknown tool": {"format": 1, "strokes": [{**pen, "tool": "spray"}]},
        "a point outside the picture": {"format": 1, "strokes": [{**pen, "points": [[0, 7, 0]]}]},
        "too many strokes": {"format": 1, "strokes": [pen] * 501},
    }
    for what, value in refused.items():
        said = drawing.evaluate(
            "(value) => { try { document.querySelector('ct-annotation').value = value; }"
            " catch (error) { return error.message; } }",
            value,
        )
        assert said, what

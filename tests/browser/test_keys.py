"""Keys do what the sheet says, only where they should, and never while someone types."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.loopback import Site
from tests.browser.test_player import expect_frame, open_player, player_for, seek

pytestmark = pytest.mark.browser

PRINTABLE = "jklioz[]\\<>,.mfdvJKLIO1234567890?/;'`-="

PRESS = """(event) => document.querySelector("ct-player").dispatchEvent(
    new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...event}))"""

# What a key could have changed, besides the frame.
STATE = """() => {
    const player = document.querySelector("ct-player");
    const {loop, speed} = player.transport;
    return [player.frame, player.paused, player.range, loop, speed, player.dataset.zoom,
        player.hasAttribute("data-drawing"), document.querySelectorAll("dialog[open]").length];
}"""


@pytest.fixture
def player(page: Page, site: Site, clip) -> Page:
    open_player(page, site, player_for(clip(72), drawing="yes", page_default="yes"))
    seek(page, 30)
    return page


def test_typing_in_any_field_triggers_nothing_and_arrives_there(player: Page) -> None:
    before = player.evaluate(STATE)
    for field in ("#note", "#long", "#free", "#choice"):
        player.locator(field).focus()
        player.keyboard.type(PRINTABLE + " ")
        for key in ("ArrowLeft", "Home", "Shift+ArrowRight", "End"):
            player.keyboard.press(key)
        assert player.evaluate(STATE) == before, f"typing in {field}"
    expect(player.locator("#note")).to_have_value(PRINTABLE + " ")


def test_switched_off_single_keys_do_nothing_and_stay_off_after_a_reload(player: Page) -> None:
    player.get_by_role("button", name="Keyboard shortcuts").click()
    player.get_by_role("checkbox", name="Keys that type a character").uncheck()
    player.get_by_role("button", name="Close").click()
    before = player.evaluate(STATE)
    player.locator("ct-player").focus()
    player.keyboard.type(PRINTABLE)
    assert player.evaluate(STATE) == before
    player.keyboard.press("ArrowRight")
    expect_frame(player, 31)
    player.reload()
    player.locator("ct-player[data-state=ready]").wait_for()
    expect(player.locator("body")).to_have_attribute("data-single-keys", "off")
    player.keyboard.type(PRINTABLE + " ")
    assert player.evaluate(STATE)[:2] == [0, True]


def test_letters_follow_what_is_written_on_the_key(player: Page) -> None:
    """On AZERTY the key that types Z is where QWERTY has W, and a comma is where M is."""
    player.evaluate(PRESS, {"key": "z", "code": "KeyW"})
    assert player.evaluate(STATE)[5] == "actual"
    player.evaluate(PRESS, {"key": "w", "code": "KeyZ"})
    assert player.evaluate(STATE)[5] == "actual"
    player.evaluate(PRESS, {"key": "[", "code": "Digit5", "ctrlKey": True, "altKey": True, "modifierAltGraph": True})
    assert player.evaluate(STATE)[2] == {"in": 30, "out": 71}
    player.evaluate(PRESS, {"key": ">", "code": "IntlBackslash", "shiftKey": True})
    assert player.evaluate(STATE)[4] == 1.25


def test_a_sign_on_the_digit_row_means_what_it_types_and_a_digit_its_place(player: Page) -> None:
    """German: Shift+7 types a slash. French: the key of 1 types an ampersand."""
    player.evaluate(
        """async () => {
            const {keys} = await import("/static/js/keys.js");
            globalThis.heard = [];
            const says = (word) => ({label: word, run: () => heard.push(word)});
            const actions = {"/": says("slash"), "1": says("one"), "shift+2": says("two")};
            keys.scope("Test", document.querySelector("ct-player"), actions);
        }"""
    )
    player.evaluate(PRESS, {"key": "/", "code": "Digit7", "shiftKey": True})
    player.evaluate(PRESS, {"key": "&", "code": "Digit1"})
    player.evaluate(PRESS, {"key": "2", "code": "Digit2", "shiftKey": True})
    assert player.evaluate("() => heard") == ["slash", "one", "two"]


def test_a_keyboard_without_latin_letters_works_by_place(player: Page) -> None:
    player.evaluate(PRESS, {"key": "ш", "code": "KeyI"})
    assert player.evaluate(STATE)[2] == {"in": 30, "out": 71}


def test_a_page_default_answers_from_anywhere_but_a_plain_scope_only_from_inside(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72)))
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    expect_frame(page, 0)
    open_player(page, site, player_for(clip(72), page_default="yes"))
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    expect_frame(page, 1)


def test_space_on_a_button_presses_the_button(player: Page) -> None:
    player.get_by_role("button", name="Loop").focus()
    player.keyboard.press("Space")
    assert player.evaluate(STATE)[1] is True, "it did not play"
    assert player.evaluate(STATE)[3] is False, "the loop is off"


def test_after_a_click_on_a_button_space_plays(player: Page) -> None:
    player.get_by_role("button", name="Loop").click()
    player.keyboard.press("Space")
    assert player.evaluate(STATE)[1] is False


def test_the_sheet_lists_every_key_and_holds_them_back_while_open(player: Page) -> None:
    player.keyboard.press("?")
    sheet = player.get_by_role("dialog", name="Keyboard shortcuts")
    for said in ("Play or pause", "One frame back", "Loop on or off", "Draw on this frame, or stop", "Undo"):
        expect(sheet.get_by_text(said, exact=True)).to_be_visible()
    player.keyboard.press("i")
    assert player.evaluate(STATE)[2] is None
    player.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(player.locator("ct-player")).to_be_focused()


def test_keys_of_the_browser_are_refused(player: Page) -> None:
    refused = player.evaluate(
        """async () => {
            const {keys} = await import("/static/js/keys.js");
            return ["ctrl+l", "ctrl+w", "ctrl+t", "ctrl+n", "ctrl+d", "alt+1"].filter((chord) => {
                try {
                    keys.scope("Test", document.body, {[chord]: {label: "", run() {}}});
                    return false;
                } catch {
                    return true;
                }
            });
        }"""
    )
    assert refused == ["ctrl+l", "ctrl+w", "ctrl+t", "ctrl+n", "ctrl+d", "alt+1"]


def test_inner_scopes_answer_first_and_pass_on_what_they_leave(player: Page) -> None:
    heard = player.evaluate(
        """async () => {
            const {keys} = await import("/static/js/keys.js");
            const heard = [];
            const inner = document.querySelector(".player-transport");
            const outer = document.querySelector("main");
            const says = (word) => ({label: word, run: () => heard.push(word)});
            keys.scope("Outer", outer, {"q": says("outer q"), "y": says("outer y")});
            const leave = keys.scope("Inner", inner, {"q": says("inner q"), "y": {label: "", run: () => false}});
            const press = (key) => inner.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
            press("q");
            press("y");
            leave();
            press("q");
            return heard;
        }"""
    )
    assert heard == ["inner q", "outer y", "outer q"]

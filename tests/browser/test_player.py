"""The player shows exactly the frame it says, however one got there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from storyboard import timecode
from tests.browser.barcode import PAUSE_AFTER, STOPS
from tests.browser.conftest import LAN_HOST, watched
from tests.browser.loopback import Site

pytestmark = pytest.mark.browser

RATES = [(16, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1)]
PHONE = {"width": 390, "height": 844}

STEP_THROUGH = """async (frames) => {
    const player = document.querySelector("ct-player");
    const wrong = [];
    for (let n = 0; n < frames; n += 1) {
        const picture = readBarcode(player.querySelector("video"));
        const counter = Number(player.querySelector("[data-part=counter]").textContent);
        if (picture !== n || counter !== n) wrong.push({n, picture, counter});
        const painted = new Promise((done) => player.addEventListener("player:frame", done, {once: true}));
        const key = {key: "ArrowRight", code: "ArrowRight", bubbles: true};
        player.dispatchEvent(new KeyboardEvent("keydown", key));
        await painted;
    }
    return wrong;
}"""

COLLECT = """async ({start, frames, until}) => {
    const player = document.querySelector("ct-player");
    const seen = [];
    const from = performance.now();
    await new Promise((done) => {
        player.addEventListener("player:frame", ({detail}) => {
            seen.push([detail.frame, readBarcode(player.querySelector("video"))]);
            if (seen.length >= frames || detail.frame === until) done();
        });
        player.dispatchEvent(new KeyboardEvent("keydown", {...start, bubbles: true}));
    });
    await player.pause();
    return {seen, ms: performance.now() - from};
}"""


def player_for(src: str, frames: int = 72, rate: tuple[int, int] = (24, 1), **more: Any) -> dict[str, Any]:
    num, den = rate
    facts = {"src": src, "rate_num": num, "rate_den": den, "frames": frames, "label": "shot 010 take 3", **more}
    return {key: value if isinstance(value, list) else str(value) for key, value in facts.items()}


def open_player(page: Page, site: Site, player: dict[str, Any], host: str = "127.0.0.1") -> None:
    page.goto(site.url("player", host, player=player))
    page.locator("ct-player[data-state=ready]").wait_for()
    page.locator("ct-player").focus()


def seek(page: Page, n: int) -> None:
    page.evaluate("(n) => document.querySelector('ct-player').seek(n)", n)


def expect_frame(page: Page, n: int) -> None:
    """The counter at once, the picture as soon as it has painted."""
    expect(page.locator("[data-part=counter]")).to_have_text(f"{n:04}")
    page.evaluate("() => document.querySelector('ct-player').seek(document.querySelector('ct-player').frame)")
    assert page.evaluate("() => readBarcode(document.querySelector('video'))") == n


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{rate[0] / rate[1]:.5g}")
def test_every_step_shows_the_frame_the_counter_says(page: Page, site: Site, clip, rate: tuple[int, int]) -> None:
    open_player(page, site, player_for(clip(37, rate), 37, rate))
    assert page.evaluate(STEP_THROUGH, 37) == []


def test_pausing_at_any_time_leaves_the_counter_equal_to_the_picture(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72)))
    stops = page.evaluate(PAUSE_AFTER, STOPS)
    assert [stop for stop in stops if stop[0] != stop[1]] == []
    assert len({counter for counter, _ in stops}) > 10


def test_j_plays_backwards_and_leaves_hardly_a_frame_out(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(48, size=(640, 360)), 48))
    seek(page, 47)
    ran = page.evaluate(COLLECT, {"start": {"key": "j", "code": "KeyJ"}, "frames": 60, "until": 0})
    shown = [picture for _, picture in ran["seen"]]
    assert shown == sorted(shown, reverse=True)
    assert len(set(shown)) >= 0.95 * 47
    assert all(counter == picture for counter, picture in ran["seen"])


def test_j_k_l_shuttle_faster_each_time_and_step_while_k_is_held(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72)))
    shuttle = "() => document.querySelector('ct-player').transport.shuttle"
    rates = []
    for key in "lllljjk":
        page.keyboard.press(key)
        rates.append(page.evaluate(shuttle))
    assert rates == [1, 2, 4, 4, -1, -2, 0]
    seek(page, 20)
    page.keyboard.down("k")
    for key in "lljl":
        page.keyboard.press(key)
    page.keyboard.up("k")
    assert page.evaluate(shuttle) == 0
    expect_frame(page, 22)


def test_a_range_loops_and_nothing_outside_it_is_shown(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72)))
    seek(page, 20)
    page.keyboard.press("i")
    seek(page, 27)
    page.keyboard.press("]")
    assert page.evaluate("() => document.querySelector('ct-player').range") == {"in": 20, "out": 27}
    ran = page.evaluate(COLLECT, {"start": {"key": " ", "code": "Space"}, "frames": 22, "until": -1})
    frames = [frame for frame, _ in ran["seen"]]
    assert set(frames) <= set(range(20, 28))
    assert frames.count(20) + frames.count(21) >= 2, "it came round"
    page.keyboard.press("\\")
    assert page.evaluate("() => document.querySelector('ct-player').range") is None


def test_without_the_loop_it_stops_on_the_last_frame(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(24), 24))
    page.keyboard.press("Shift+L")
    seek(page, 15)
    page.keyboard.press("Space")
    expect(page.locator("[data-do=toggle]")).to_have_attribute("aria-label", "Pause")
    expect(page.locator("[data-do=toggle]")).to_have_attribute("aria-label", "Play")
    expect_frame(page, 23)


def test_keys_go_to_frames(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72)))
    for key, frame in [("End", 71), ("Shift+ArrowLeft", 66), ("ArrowLeft", 65), ("Home", 0), ("Shift+ArrowRight", 5)]:
        page.keyboard.press(key)
        expect_frame(page, frame)


def test_a_frame_or_a_timecode_typed_into_the_counter_is_gone_to(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72)))
    for typed, frame in [("47", 47), ("00:00:01:23", 47), ("1:00", 24), ("+5", 29), ("-9", 20), ("900", 71)]:
        page.locator("[data-part=counter]").click()
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect_frame(page, frame)
    page.locator("[data-part=counter]").click()
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    expect_frame(page, 71)


def test_the_counter_changes_to_timecode_and_the_slider_says_both(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(72)))
    seek(page, 47)
    slider = page.get_by_role("slider", name="Frame")
    expect(slider).to_have_attribute("aria-valuetext", "frame 47 of 72, 00:00:01:23")
    page.get_by_role("button", name="Frames").click()
    expect(page.locator("[data-part=counter]")).to_have_text("00:00:01:23")


def test_dragging_the_slider_scrubs_by_mouse_and_by_finger(browser: Browser, site: Site, clip, page_errors) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = watched(context.new_page(), page_errors)
    open_player(page, site, player_for(clip(72)))
    box = page.get_by_role("slider").bounding_box()
    middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.touchscreen.tap(middle, height)
    expect(page.locator("[data-part=counter]")).to_have_text(re.compile("003[56]"))
    page.mouse.move(middle, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, height, steps=5)
    page.mouse.up()
    expect_frame(page, 71)
    context.close()
    assert page_errors == []


def test_on_a_phone_everything_fits_and_every_target_is_large_enough(browser: Browser, site: Site, clip) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_player(page, site, player_for(clip(72), drawing="yes"))
    page.get_by_role("button", name="Draw", exact=True).click()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    small = page.evaluate(
        "() => [...document.querySelectorAll('ct-player :is(button, input)')].filter((one) => one.checkVisibility())"
        ".map((one) => [one.ariaLabel, one.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 24 || box.height < 24 || box.right > 390).map(([name]) => name)"
    )
    assert small == []
    context.close()


def test_any_shape_of_picture_keeps_its_shape_and_its_drawings_lie_on_it(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(6), 6))
    for width, height in [(360, 640), (322, 180), (640, 272)]:
        src = clip(6, size=(width, height))
        page.evaluate(
            "(src) => document.querySelector('ct-player').load({src, rate: {num: 24, den: 1}, frames: 6})", src
        )
        stage, picture, overlay = (
            page.locator(name).bounding_box() for name in (".player-stage", ".player-picture", ".player-overlay")
        )
        assert picture["width"] / picture["height"] == pytest.approx(width / height, rel=0.01)
        assert picture == overlay
        assert picture["width"] <= stage["width"] + 1
        assert picture["height"] <= stage["height"] + 1


def test_the_old_picture_stays_until_the_new_one_has_painted(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(24), 24))
    seek(page, 12)
    seen = page.evaluate(
        """async (src) => {
            const player = document.querySelector("ct-player");
            const [video, hold] = [player.querySelector("video"), player.querySelector(".player-hold")];
            const seen = [];
            let watching = true;
            const look = () => {
                seen.push(readBarcode(hold.hidden ? video : hold));
                if (watching) requestAnimationFrame(look);
            };
            look();
            await player.load({src, rate: {num: 24, den: 1}, frames: 24, label: "shot 010 take 4"});
            seen.push(readBarcode(video));
            watching = false;
            return [...new Set(seen)];
        }""",
        clip(24, first=500),
    )
    assert seen == [12, 500]
    expect(page.get_by_role("group", name="Player, shot 010 take 4")).to_be_visible()


def test_a_clip_opened_while_another_finds_its_frame_shows_its_own(page: Page, site: Site, clip) -> None:
    one, other = clip(24), clip(24, first=500)
    open_player(page, site, player_for(other, 24))
    shown = page.evaluate(
        """async ([one, other]) => {
            const player = document.querySelector("ct-player");
            const video = player.querySelector("video");
            const at = (src) => ({src, rate: {num: 24, den: 1}, frames: 24, frame: 12});
            player.load(at(one));
            await new Promise((done) => video.addEventListener("seeking", done, {once: true}));
            await player.load(at(other));
            return [readBarcode(video), Number(player.querySelector("[data-part=counter]").textContent)];
        }""",
        [one, other],
    )
    assert shown == [512, 12]


def test_a_clip_that_does_not_come_says_so_and_is_tried_again(page: Page, site: Site, clip, page_errors) -> None:
    src = clip(23)
    site.broken.add(src)
    page.goto(site.url("player", player=player_for(src, 23)))
    expect(page.get_by_role("alert")).to_contain_text("the server answered 404")
    site.broken.discard(src)
    page.get_by_role("button", name="Try again").click()
    page.locator("ct-player[data-state=ready]").wait_for()
    expect_frame(page, 0)
    assert all("404" in error for error in page_errors)
    page_errors.clear()


def test_a_file_that_is_no_clip_says_so(page: Page, site: Site, clip_folder) -> None:
    (clip_folder / "words.mp4").write_text("not a movie")
    page.goto(site.url("player", player=player_for("/media/words.mp4")))
    expect(page.get_by_role("alert")).to_contain_text("cannot play it")


def test_comment_marks_follow_the_page_and_can_be_stepped_through(page: Page, site: Site, clip) -> None:
    marks = [{"in": "10", "out": "14", "id": "7"}, {"in": "40", "out": "", "id": "8"}]
    open_player(page, site, player_for(clip(72), markers=marks))
    expect(page.locator(".player-mark.is-comment")).to_have_count(2)
    page.keyboard.press(".")
    expect_frame(page, 10)
    page.evaluate("() => document.querySelector('ct-marker[data-id=\"8\"]').dataset.in = '30'")
    page.keyboard.press(".")
    expect_frame(page, 30)
    page.keyboard.press(",")
    expect_frame(page, 10)


def test_it_works_on_an_insecure_origin(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(37), 37, drawing="yes"), host=LAN_HOST)
    assert page.evaluate("() => window.isSecureContext") is False
    assert page.evaluate(STEP_THROUGH, 37) == []


def test_the_page_counts_timecode_as_the_server_does(page: Page, site: Site, clip) -> None:
    open_player(page, site, player_for(clip(6), 6))
    rates = [*RATES, (60000, 1001), (50, 1)]
    frames = [0, 1, 47, 1799, 1800, 1801, 17981, 17982, 17983, 107892, 107999, 108000, 3_000_000]
    counted = page.evaluate(
        """async ([rates, frames]) => {
            const {toTimecode, fromTimecode} = await import("/static/js/timecode.js");
            return rates.map(([num, den]) => frames.map((n) => {
                const text = toTimecode(n, {num, den});
                return [text, fromTimecode(text, {num, den})];
            }));
        }""",
        [rates, frames],
    )
    assert counted == [[[timecode.to_timecode(n, rate), n] for n in frames] for rate in rates]

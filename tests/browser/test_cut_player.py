"""The cut plays as one piece: exact in length, through cards and broken clips, and while its shots change."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barcode import make_tone
from tests.browser.loopback import Site

pytestmark = pytest.mark.browser

# Plays from a frame to the end and says what was on the screen at each frame, and how late it was in milliseconds.
PLAY_TO_END = """async (from) => {
    const player = document.querySelector("ct-cut-player");
    player.transport.loop = false;
    await player.seek(from);
    const seen = [];
    const late = [];
    player.addEventListener("player:frame", ({detail}) => {
        if (detail.paused) return;
        const deck = player.querySelector(".cut-deck[data-front=yes]");
        seen.push([detail.frame, deck.dataset.face, readBarcode(deck.querySelector("video"))]);
        late.push(performance.now() - detail.frame * 1000 / 24);
    });
    const stopped = new Promise((done) => player.addEventListener("player:pause", done, {once: true}));
    player.play();
    await stopped;
    return {seen, late, frame: player.frame};
}"""

AT = """async (n) => {
    const player = document.querySelector("ct-cut-player");
    await player.seek(n);
    const deck = player.querySelector(".cut-deck[data-front=yes]");
    return [deck.dataset.face, deck.dataset.face === "clip" ? readBarcode(deck.querySelector("video")) : null];
}"""


@pytest.fixture
def shots(clip):
    """Shots of clips whose pictures count from 100 times the shot's place."""

    def made(count: int, **more: Any) -> list[dict[str, Any]]:
        return [shot_for(clip(12, first=100 * place), place, **more) for place in range(count)]

    return made


def shot_for(src: str, place: int, frames: int = 6, in_frame: int = 0) -> dict[str, Any]:
    code = f"{place + 1}0".zfill(3)
    said = {"code": code, "label": f"{code} T1 pick", "line": f"Line of {code}", "dialogue": ""}
    return {
        "frames": frames,
        "in_frame": in_frame,
        "kind": "clip",
        "src": src,
        "source_frames": 12,
        "rate": [24, 1],
        **said,
    }


def open_cut(page: Page, site: Site, shots: list[dict[str, Any]], **more: Any) -> None:
    cut = {"label": "The Night Ferry", "rate_num": "24", "rate_den": "1", "width": "320", "height": "180", **more}
    page.goto(site.url("cut", cut_player={**cut, "shots": shots}))
    page.locator("ct-cut-player[data-state=ready]").wait_for()
    page.locator("ct-cut-player").focus()


def test_the_playing_length_is_the_sum_of_the_frames_of_twenty_shots(page: Page, site: Site, shots) -> None:
    twenty = [{**shot, "frames": 4 + place % 4, "in_frame": place % 3} for place, shot in enumerate(shots(20))]
    total = sum(shot["frames"] for shot in twenty)
    open_cut(page, site, twenty)
    assert page.evaluate("() => document.querySelector('ct-cut-player').frames") == total
    played = page.evaluate(PLAY_TO_END, 0)
    assert played["frame"] == total - 1
    quarter = len(played["late"]) // 4
    # A busy machine may show single frames late; a cut that played too long would show all of the last ones late.
    drift = median(played["late"][-quarter:]) - median(played["late"][:quarter])
    assert abs(drift) <= 1000 / 24
    shot_at = [place for place, shot in enumerate(twenty) for _ in range(shot["frames"])]
    wrong = [
        (frame, picture)
        for frame, face, picture in played["seen"]
        if face == "clip" and picture // 100 != shot_at[frame]
    ]
    assert wrong == []


def test_every_frame_of_the_cut_is_the_right_frame_of_the_right_shot(page: Page, site: Site, shots) -> None:
    first, second, third = shots(3)
    open_cut(page, site, [first, {**second, "in_frame": 4}, third])
    expected = [*range(6), *range(104, 110), *range(200, 206)]
    assert [page.evaluate(AT, n)[1] for n in range(18)] == expected


def test_a_clip_at_another_rate_plays_in_its_own_time(page: Page, site: Site, clip) -> None:
    slow = {**shot_for(clip(12, rate=(16, 1)), 0, frames=12), "rate": [16, 1]}
    open_cut(page, site, [slow])
    assert [page.evaluate(AT, n)[1] for n in (0, 1, 3, 6, 11)] == [0, 0, 2, 4, 7]


def test_up_and_down_go_from_shot_to_shot_and_the_corner_says_which(page: Page, site: Site, shots) -> None:
    open_cut(page, site, shots(3))
    counter, label = page.locator("[data-part=counter]"), page.locator("[data-part=label]")
    expect(label).to_have_text("010 T1 pick")
    for key, frame, said in [
        ("ArrowDown", 6, "020"),
        ("ArrowDown", 12, "030"),
        ("ArrowUp", 6, "020"),
        ("ArrowUp", 0, "010"),
    ]:
        page.keyboard.press(key)
        expect(counter).to_have_text(f"{frame:04}")
        expect(label).to_have_text(f"{said} T1 pick")
    expect(page.locator(".player-mark.is-edit")).to_have_count(2)


def test_a_clip_shorter_than_its_shot_holds_its_last_frame(page: Page, site: Site, shots) -> None:
    open_cut(page, site, shots(1, frames=18))
    assert page.evaluate(AT, 17) == ["clip", 11]
    played = page.evaluate(PLAY_TO_END, 0)
    assert played["frame"] == 17
    assert played["seen"][-1][2] == 11


def test_a_broken_clip_shows_its_card_and_the_cut_goes_on(page: Page, site: Site, shots, page_errors) -> None:
    first, second, third = shots(3)
    open_cut(page, site, [first, {**second, "src": "/media/gone.mp4"}, third])
    played = page.evaluate(PLAY_TO_END, 0)
    faces = {frame: face for frame, face, _ in played["seen"]}
    assert {faces[n] for n in faces if 6 <= n < 12} == {"card"}
    assert faces[17] == "clip"
    assert page.evaluate(AT, 17) == ["clip", 205]
    page.evaluate(AT, 7)
    expect(page.locator(".cut-deck[data-front=yes] .cut-card")).to_contain_text("Line of 020")
    assert all("404" in error for error in page_errors)
    page_errors.clear()


def test_cards_and_pictures_are_held_for_their_frames(page: Page, site: Site, shots, clip_folder: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 36), (180, 40, 40)).save(clip_folder / "panel.png")
    first, second, third = shots(3)
    panel = {**second, "kind": "image", "src": "/media/panel.png"}
    open_cut(page, site, [first, panel, {**third, "kind": "card", "src": ""}])
    assert [page.evaluate(AT, n)[0] for n in (5, 6, 11, 12, 17)] == ["clip", "image", "image", "card", "card"]


def test_shots_replaced_while_playing_are_taken_over_without_a_gap(page: Page, site: Site, shots, clip) -> None:
    """A longer first shot and a new take for the shot on the screen arrive in the middle of that shot."""
    first, second, third = shots(3, frames=12)
    open_cut(page, site, [first, second, third])
    changed = [{**first, "frames": 20}, {**second, "src": clip(12, first=900), "label": "020 T2 pick"}, third]
    seen = page.evaluate(
        """async (changed) => {
            const player = document.querySelector("ct-cut-player");
            const seen = [];
            await player.seek(12);
            await new Promise((done) => player.addEventListener("player:frame", () => {
                const deck = player.querySelector(".cut-deck[data-front=yes]");
                seen.push([player.frame, deck.dataset.face, readBarcode(deck.querySelector("video"))]);
                if (seen.length === 3) player.update(changed);
                if (player.frame >= 36) done();
            }) || player.play());
            await player.pause();
            return seen;
        }""",
        changed,
    )
    pictures = [picture for _, _, picture in seen]
    assert {face for _, face, _ in seen} == {"clip"}
    assert list(dict.fromkeys(picture // 100 for picture in pictures)) == [1, 9, 2]
    assert seen[0][0] < 20 <= seen[4][0], "the playhead stayed in its shot, which moved eight frames on"


def test_a_list_put_into_the_page_is_taken_over(page: Page, site: Site, shots) -> None:
    first, second = shots(2)
    open_cut(page, site, [first])
    page.evaluate(
        """(shots) => {
            const written = document.createElement("script");
            written.type = "application/json";
            written.textContent = JSON.stringify(shots);
            document.querySelector("[data-part=shots]").replaceChildren(written);
        }""",
        [first, second],
    )
    expect(page.locator("[data-part=total]")).to_have_text("/ 0012")


def test_a_list_taken_over_while_the_first_clip_is_on_its_way_still_shows_it(page: Page, site: Site, shots) -> None:
    cut = shots(3)
    open_cut(page, site, cut)
    page.evaluate(
        """(shots) => {
            const player = document.querySelector("ct-cut-player");
            player.update([{...shots[0], code: "another", key: "first"}, ...shots.slice(1)]);
            player.update([{...shots[0], key: "first"}, ...shots.slice(1)]);
        }""",
        cut,
    )
    expect(page.locator(".cut-deck[data-front=yes]")).to_have_attribute("data-face", "clip")


def test_the_sound_under_the_cut_and_the_picture_stay_together(page: Page, site: Site, shots, clip_folder) -> None:
    make_tone(clip_folder / "scratch.m4a", 3)
    open_cut(page, site, shots(6, frames=8), sound="/media/scratch.m4a", sound_offset="12")
    page.wait_for_function("() => document.querySelector('audio').readyState >= 3")
    apart = page.evaluate(
        """async () => {
            const player = document.querySelector("ct-cut-player");
            const apart = [];
            await new Promise((done) => player.addEventListener("player:frame", ({detail}) => {
                apart.push(player.sound.currentTime - 0.5 - detail.frame / 24);
                if (detail.frame >= 40) done();
            }) || player.play());
            await player.pause();
            return apart;
        }"""
    )
    assert max(abs(seconds) for seconds in apart[5:]) < 0.1
    assert page.evaluate("() => document.querySelector('audio').paused")

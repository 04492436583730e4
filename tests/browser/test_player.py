"""The player shows exactly the frame it says, however one got there."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import LAN_HOST
from tests.browser.loopback import Site

pytestmark = pytest.mark.browser

RATES = [(16, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1)]


def player_for(src: str, frames: int = 72, rate: tuple[int, int] = (24, 1), **more: Any) -> dict[str, Any]:
    num, den = rate
    facts = {"src": src, "rate_num": num, "rate_den": den, "frames": frames, "label": "shot 010 take 3"}
    return {key: value if isinstance(value, list | dict) else str(value) for key, value in {**facts, **more}.items()}


def open_player(page: Page, site: Site, player: dict[str, Any], host: str = "127.0.0.1") -> None:
    page.goto(site.url("player", host, player=player))
    page.locator("ct-player[data-state=ready]").wait_for()
    page.locator("ct-player").focus()


def shown(page: Page) -> dict[str, Any]:
    """What the counter says and what the picture says."""
    return page.evaluate(
        "() => ({counter: Number(document.querySelector('[data-part=counter]').textContent),"
        " picture: readBarcode(document.querySelector('video'))})"
    )


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{rate[0] / rate[1]:.5g}")
def test_every_step_shows_the_frame_the_counter_says(page: Page, site: Site, clip, rate: tuple[int, int]) -> None:
    frames = 61
    open_player(page, site, player_for(clip(frames, rate), frames, rate))
    wrong = page.evaluate(
        """async (frames) => {
            const player = document.querySelector("ct-player");
            const wrong = [];
            for (let n = 0; n < frames; n += 1) {
                const picture = readBarcode(player.querySelector("video"));
                const counter = Number(player.querySelector("[data-part=counter]").textContent);
                if (picture !== n || counter !== n) wrong.push({n, picture, counter});
                const painted = new Promise((done) => player.addEventListener("player:frame", done, {once: true}));
                player.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", code: "ArrowRight", bubbles: true}));
                await painted;
            }
            return wrong;
        }""",
        frames,
    )
    assert wrong == []

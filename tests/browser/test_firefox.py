"""The same picture, counter and screens in the other browser: a player finds its frames by other rules there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storyboard.models import Shot, Take, User
from tests import factories, firefox
from tests.browser.barcode import PAUSE_AFTER, STOPS
from tests.browser.firefox import Firefox, FirefoxPage, running_firefox
from tests.browser.room import READER, finish
from tests.browser.web import Web, session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RATES = [(16, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1)]
FRAMES = 37
SCREENS = ("board", "script", "cut", "people", "activity", "exports")

READY = """() => document.querySelector("ct-player")?.dataset.state === "ready"
    && document.querySelector("#line-state").hidden"""
FOCUS = """() => document.querySelector("ct-player").focus()"""
LISTEN = """() => {
    const player = document.querySelector("ct-player");
    globalThis.painted = new Promise((done) => player.addEventListener("player:frame", done, {once: true}));
}"""
LOOK = """async () => {
    const player = document.querySelector("ct-player");
    await painted;
    const counter = Number(player.querySelector("[data-part=counter]").textContent);
    return [counter, readBarcode(player.querySelector("video"))];
}"""


@pytest.fixture(scope="module")
def running() -> Iterator[Firefox]:
    executable = firefox.executable()
    assert executable, firefox.MISSING
    with running_firefox(executable) as started:
        yield started


@pytest.fixture
def page(running: Firefox, web: Web, alice: User) -> Iterator[FirefoxPage]:
    """Alice's, signed in; fails its test where the page said an error or asked another host."""
    page = running.page()
    page.sign_in(*session_cookie(alice))
    yield page
    page.close()
    said, running.errors = running.errors, []
    assert not said, "\n".join(said)


@pytest.fixture
def takes(shot: Shot, alice: User) -> list[Take]:
    """One take at each rate, their pictures counting from 0, 100, 200 and so on."""
    asked = factories.ask(shot, alice, len(RATES))
    return [finish(take, 100 * n, FRAMES, RATES[n]) for n, take in enumerate(asked)]


def enter(page: FirefoxPage, web: Web, shot: Shot, query: str) -> None:
    page.goto(web.address("shot", shot.pk, query=query))
    page.wait_for(READY, "the shot room")
    page.evaluate(READER)
    page.evaluate(FOCUS)


def show(page: FirefoxPage, number: int) -> None:
    page.press(str(number))
    here = f"ct-player[data-state=ready][aria-label='Player, take {number}']"
    page.wait_for(f"""() => document.querySelector("{here}") !== null""", f"take {number}")


def seen_after(page: FirefoxPage, key: str) -> list[int]:
    """What the counter says and the picture shows, once the frame that the key leads to is on the screen."""
    page.evaluate(LISTEN)
    page.press(key)
    return page.evaluate(LOOK)


def test_every_step_at_every_rate_shows_the_frame_the_counter_says(
    page: FirefoxPage, web: Web, shot: Shot, takes: list[Take]
) -> None:
    enter(page, web, shot, "?take=6&f=5")
    for n, rate in enumerate(RATES):
        show(page, n + 1)
        seen = [seen_after(page, key) for key in ("Home", *["ArrowRight"] * (FRAMES - 1))]
        assert seen == [[frame, 100 * n + frame] for frame in range(FRAMES)], f"at {rate[0]}/{rate[1]}"


def test_fifty_pauses_leave_the_counter_equal_to_the_picture(
    page: FirefoxPage, web: Web, shot: Shot, takes: list[Take]
) -> None:
    enter(page, web, shot, "?take=1")
    stops = page.evaluate(PAUSE_AFTER, STOPS)
    assert len(stops) == 50
    assert [stop for stop in stops if stop[0] != stop[1]] == []
    assert len({counter for counter, _ in stops}) > 10


def test_every_screen_opens_there_without_an_error(
    page: FirefoxPage, web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    shot.pick(takes[2], by=alice)
    for screen in SCREENS:
        page.goto(web.address(screen, shot.project.pk))
        page.wait_for("() => document.querySelector('#line-state').hidden", f"the {screen}")
        assert page.evaluate("() => document.querySelector('main').checkVisibility()")

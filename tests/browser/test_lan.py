"""The app opened by its name on the local network, over plain HTTP: no secure context, and still everything works."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import LAN_HOST, watched
from tests.running import RunningApp, running_app

pytestmark = pytest.mark.browser

SCREENS = ("/", "/p/1/", "/p/1/script/", "/p/1/cut/", "/p/1/people/", "/p/1/activity/", "/p/1/exports/", "/shots/1/")


@pytest.fixture(scope="module")
def lan() -> Iterator[RunningApp]:
    with running_app(ALLOWED_HOSTS=f"127.0.0.1,{LAN_HOST}") as app:
        yield app


@pytest.fixture
def signed_in(lan: RunningApp, browser: Browser, page_errors: list[str]) -> Iterator[Page]:
    context = browser.new_context()
    page = watched(context.new_page(), page_errors)
    page.goto(f"http://{LAN_HOST}:{lan.port}{urlsplit(lan.sign_in_url).path}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"http://{LAN_HOST}:{lan.port}/")
    yield page
    context.close()


def test_every_screen_opens_without_an_error_and_asks_no_other_host(
    signed_in: Page, lan: RunningApp, page_errors: list[str]
) -> None:
    assert signed_in.evaluate("isSecureContext") is False
    for screen in SCREENS:
        signed_in.goto(f"http://{LAN_HOST}:{lan.port}{screen}")
        expect(signed_in.get_by_role("main")).to_be_visible()
        signed_in.wait_for_load_state("networkidle")
    assert page_errors == []


def test_the_live_socket_opens_there_too(lan: RunningApp, browser: Browser, page_errors: list[str]) -> None:
    context = browser.new_context()
    page = watched(context.new_page(), page_errors)
    path = lan.manage("sign_in_link").stdout.split("/sign-in/")[1].split()[0]
    page.goto(f"http://{LAN_HOST}:{lan.port}/sign-in/{path}")
    page.get_by_role("button", name="Sign in").click()
    with page.expect_websocket() as opened:
        page.goto(f"http://{LAN_HOST}:{lan.port}/p/1/")
    assert opened.value.url.startswith(f"ws://{LAN_HOST}:{lan.port}/live/1/")
    expect(page.get_by_role("gridcell").first).to_be_visible()
    assert not opened.value.is_closed()
    context.close()
    assert page_errors == []

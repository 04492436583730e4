"""A page whose line to the server is lost says so in words, and takes the words away when the line is back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from storyboard.models import Project, Shot, User
from tests.browser.web import Web

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
A_FEW_SECONDS = 10_000


def expect_told(page: Page) -> None:
    said = page.get_by_role("status").filter(has_text="Reconnecting…")
    expect(said).to_be_visible(timeout=A_FEW_SECONDS)
    expect(said).to_be_in_viewport(ratio=1)


def expect_line(page: Page) -> None:
    expect(page.locator("#line-state")).to_be_hidden(timeout=A_FEW_SECONDS)


def test_a_page_without_a_network_says_that_it_reconnects(web: Web, kite: Project, shot: Shot, alice: User) -> None:
    page = web.page(alice)
    for screen in (web.address("board", kite.pk), web.address("shot", shot.pk)):
        page.goto(screen)
        expect_line(page)
        page.context.set_offline(True)
        expect_told(page)
        page.context.set_offline(False)
        expect_line(page)
    web.errors.clear()


def test_a_line_that_only_falls_silent_is_noticed_too(web: Web, shot: Shot, alice: User) -> None:
    page = web.page(alice, width=390)
    silent: list[str] = []
    page.route_web_socket("**/live/**", lambda line: pass_on_unless(line, silent))
    page.goto(web.address("shot", shot.pk))
    expect_line(page)
    silent.append("from here on")
    expect_told(page)
    silent.clear()
    expect_line(page)


def pass_on_unless(line: WebSocketRoute, silent: list[str]) -> None:
    server = line.connect_to_server()
    line.on_message(lambda said: silent or server.send(said))
    server.on_message(lambda said: silent or line.send(said))

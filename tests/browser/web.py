"""The app itself in this process, on the tests' own database: what browser tests fill by factories and then open."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import free_port, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from storyboard.models import User


class Counted:
    """The app, counting what it is answering now: a database must not be emptied under a request."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.answering = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.answering += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.answering -= 1


@dataclass
class Web:
    """Where the app answers, and the way in for each person."""

    url: str
    browser: Browser
    errors: list[str]
    opened: list[BrowserContext]

    def context(self, user: User, width: int = 1280, height: int = 800, **options: Any) -> BrowserContext:
        """A browser of that person's own, signed in."""
        name, value = session_cookie(user)
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        context.add_cookies([{"name": name, "value": value, "url": self.url}])
        self.opened.append(context)
        return context

    def page(self, user: User, width: int = 1280, height: int = 800) -> Page:
        from tests.browser.conftest import watched

        return watched(self.context(user, width, height).new_page(), self.errors)

    def address(self, name: str, *args: Any, query: str = "") -> str:
        from django.urls import reverse

        return f"{self.url}{reverse(name, args=args)}{query}"


def session_cookie(user: User) -> tuple[str, str]:
    """Name and value of the cookie that a browser has once that person signed in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="session")
def served(django_db_setup: None) -> Iterator[tuple[str, Counted]]:
    """The web app with its live socket, in a thread; its origin is one that a page may open the socket from."""
    import uvicorn
    from django.conf import settings

    port = free_port()
    settings.SOCKET_ORIGINS.append(f"http://127.0.0.1:{port}")
    settings.WHITENOISE_AUTOREFRESH = True  # a file that is edited while tests run is served as it is
    from storyboard.asgi import application

    counted = Counted(application)
    config = uvicorn.Config(counted, host="127.0.0.1", port=port, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the web app did not start"
        threading.Event().wait(0.02)
    yield f"http://127.0.0.1:{port}", counted
    server.should_exit = server.force_exit = True
    thread.join(10)


@pytest.fixture
def web(transactional_db: None, served: tuple[str, Counted], browser: Browser, page_errors: list[str]) -> Iterator[Web]:
    """Fails its test where a page said an error; a test that provokes one clears `web.errors`."""
    url, counted = served
    web = Web(url, browser, page_errors, [])
    yield web
    for context in web.opened:
        context.close()
    wait_until(lambda: counted.answering == 0, "the app to finish what it was answering", 20)
    assert not web.errors, "\n".join(web.errors)

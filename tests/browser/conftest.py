"""A real Chromium for every browser test: one process a session, one context a test, and no quiet failures.

`page` fails its test where the page wrote an error to the console, threw, or asked another host for anything; a test
that provokes an error says so by clearing `page_errors`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from tests import chromium
from tests.browser.barcode import make_clip
from tests.browser.loopback import Site, serving

# The browser's driver keeps an event loop in this thread, which Django would take for an async caller of its models.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

LAN_HOST = "lan.test"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-default-apps",
    "--metrics-recording-only",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
    "--autoplay-policy=no-user-gesture-required",
    f"--host-resolver-rules=MAP {LAN_HOST} 127.0.0.1",
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium.executable(), args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800})
    yield opened
    opened.close()


@pytest.fixture
def page_errors() -> list[str]:
    return []


@pytest.fixture
def page(context: BrowserContext, page_errors: list[str]) -> Iterator[Page]:
    yield watched(context.new_page(), page_errors)
    assert not page_errors, "\n".join(page_errors)


def watched(page: Page, errors: list[str]) -> Page:
    """Collects what goes wrong on a page; for tests that open more pages than one."""
    page.on("console", lambda message: errors.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(f"thrown: {error}"))
    page.route(lambda url: not is_ours(url), lambda route: refuse(route, errors))
    return page


def is_ours(url: str) -> bool:
    address = urlsplit(url)
    return address.scheme in {"blob", "data", "about"} or address.hostname in {"127.0.0.1", "localhost", LAN_HOST}


def refuse(route: Route, errors: list[str]) -> None:
    errors.append(f"asked another host: {route.request.url}")
    route.abort()


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def site(clip_folder: Path) -> Iterator[Site]:
    with serving(clip_folder) as running:
        yield running


@pytest.fixture(scope="session")
def clip(clip_folder: Path):
    """Makes a numbered clip once and says its address: `clip(frames=72, rate=(24, 1))`."""

    def made(frames: int = 72, rate: tuple[int, int] = (24, 1), **more: object) -> str:
        name = "-".join(str(part) for part in ("clip", frames, *rate, *more.values())).replace(" ", "") + ".mp4"
        path = clip_folder / name
        if not path.exists():
            make_clip(path, frames, rate, **more)  # type: ignore[arg-type]
        return f"/media/{name}"

    return made

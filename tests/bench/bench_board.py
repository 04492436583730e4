"""The board of 500 shots with 8 takes each: server time, queries and bytes against a board of 25; then the browser.

The browser's baseline is the same page of 25 shots in the same Chromium, at full speed and slowed down four times.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.ground import ground, median

SIZES = (25, 500)
TAKES = 8
BUDGET_BYTES = 400_000


def main() -> None:
    with ground() as folder:
        from tests import factories

        alice = factories.person("Alice")
        boards = {size: factories.board(alice, size, TAKES, f"{size} shots") for size in SIZES}
        for board in boards.values():
            factories.own_posters(board)
        _server(alice, boards)
        with _web(folder) as url:
            _browser(url, alice, boards)


def _server(alice: Any, boards: dict[int, Any]) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Host": "127.0.0.1"})
    client.force_login(alice)
    took = {}
    for size, board in boards.items():
        address = f"/p/{board.pk}/"
        with CaptureQueriesContext(connection) as captured:
            body = client.get(address).content
        queries = len(captured)
        assert size != max(SIZES) or len(body) < BUDGET_BYTES, f"{len(body)} bytes of HTML"
        seconds, work = zip(*(_timed(client, address) for _ in range(9)), strict=True)
        took[size] = median(list(seconds))
        print(
            f"{size:4} shots  {took[size] * 1000:6.0f} ms  ({median(list(work)) * 1000:4.0f} ms of CPU)  "
            f"{queries:3} queries  {len(body) / 1000:5.0f} kB"
        )
    small, large = (took[size] for size in SIZES)
    print(f"20 times the shots cost {large / small:.1f} times the time")


def _timed(client: Any, address: str) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    client.get(address)
    return time.perf_counter() - began, time.process_time() - worked


def _browser(url: str, alice: Any, boards: dict[int, Any]) -> None:
    from django.conf import settings
    from django.test import Client
    from playwright.sync_api import sync_playwright

    from tests import chromium

    client = Client()
    client.force_login(alice)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "url": url}
    cookie["value"] = client.cookies[settings.SESSION_COOKIE_NAME].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=["--no-sandbox"])
        for slower in (1, 4):
            for size, board in boards.items():
                context = browser.new_context(viewport={"width": 1280, "height": 800})
                context.add_cookies([cookie])  # type: ignore[list-item]
                print(f"{size:4} shots at 1/{slower} speed  {_visit(context, f'{url}/p/{board.pk}/', slower)}")
                context.close()
        browser.close()


def _visit(context: Any, address: str, slower: int) -> str:
    from tests.browser.pace import WATCH, pace_of, press_through
    from tests.running import wait_until

    page = context.new_page()
    page.goto(address)
    page.locator("#board[data-ready]").wait_for()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(WATCH)
    page.reload()
    page.locator("#board[data-ready]").wait_for()
    # Asked from outside: the page's own policy lets no text become a program, not even this one.
    wait_until(lambda: page.evaluate("window.seen.lcp") > 0, "the largest picture on the screen")
    press_through(page)
    return f"{pace_of(page)}  {page.evaluate('document.querySelectorAll(`*`).length')} elements"


@contextmanager
def _web(folder: Any) -> Iterator[str]:
    from tests.running import free_port

    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "storyboard.asgi:application", "--host", "127.0.0.1"]
    environment = {**os.environ, "PORT": str(port), "LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(
        [*command, "--port", str(port), "--lifespan", "off", "--log-level", "error"], env=environment
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while not _answers(url):
            assert process.poll() is None and time.monotonic() < deadline, "the web app did not start"
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}/sign-in/", timeout=2).status == 200
    except OSError:
        return False


if __name__ == "__main__":
    main()

"""From a worker's step to the browser's picture: how long until the number stands in the card, with 20 sockets open.

The baseline is the way without Postgres, Channels or a page: a message over the same broker to a bare subscriber.
A logged event (a circle, a move) is measured to the moment the page knows of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from typing import Any

import redis
from playwright.sync_api import Page, sync_playwright

from tests import chromium
from tests.bench.ground import ground, median, percentile
from tests.running import free_port, wait_until

SOCKETS = 20
STEPS = 200
EVENTS = 60
PAUSE = 0.02

# The driver of the browser keeps a loop in this thread, which Django would take for an async caller of its models.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

WATCH = """
(take) => {
  window.seen = {};
  const note = (key) => { window.seen[key] ??= performance.timeOrigin + performance.now(); };
  const bar = document.querySelector(`.work[data-take="${take}"] progress`);
  new MutationObserver(() => note(`step ${bar.value}`)).observe(bar, { attributes: true });
  document.addEventListener("live:event", ({ detail }) => note(`event ${detail.n}`));
}
"""


def main() -> None:
    port = free_port()
    os.environ |= {"HOST": "127.0.0.1", "PORT": str(port)}
    with ground() as folder:
        from storyboard.embedded.crew import Crew, web

        crew = Crew(folder, (web("127.0.0.1", port),))
        crew.tend()
        try:
            wait_until(lambda: answers(port), "the web server")
            _measure(f"http://127.0.0.1:{port}")
        finally:
            crew.end()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _measure(url: str) -> None:
    from django.test import Client

    from storyboard.models import Take
    from tests import factories

    alice = factories.person("Alice")
    project = factories.project(alice)
    shot = factories.shot(project)
    take = Take.objects.ask(project, [shot], 1, alice)[0]
    take.begin()
    client = Client()
    client.force_login(alice)
    cookie = client.cookies["circletake"].value
    with _others(url, project.pk, cookie), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.executable(), args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies([{"name": "circletake", "value": cookie, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/p/{project.pk}/")
        page.wait_for_selector(f'.work[data-take="{take.pk}"]')
        page.evaluate(WATCH, take.pk)
        page.wait_for_timeout(1000)
        steps = _steps(page, project.pk, shot.pk, take.pk)
        events = _events(page, project, alice)
        browser.close()
    base = _bare()
    _say("bare publish to subscriber", base, base)
    _say("step to the card's bar", steps, base)
    _say("event to the page", events, base)


def _steps(page: Page, project: int, shot: int, take: int) -> list[float]:
    from storyboard import live

    sent = {}
    for n in range(1, STEPS + 1):
        sent[f"step {n}"] = time.time() * 1000
        message = {"e": "progress", "take": take, "shot": shot, "done": n, "of": STEPS, "phase": "rendering", "eta": 1}
        live.tell(project, message)
        page.wait_for_timeout(PAUSE * 1000)
    return _delays(page, sent)


def _events(page: Page, project: Any, alice: Any) -> list[float]:
    sent = {}
    for _ in range(EVENTS):
        began = time.time() * 1000
        sent[f"event {project.record('bench', by=alice).number}"] = began
        page.wait_for_timeout(PAUSE * 1000)
    return _delays(page, sent)


def _delays(page: Page, sent: dict[str, float]) -> list[float]:
    page.wait_for_timeout(1500)
    seen = page.evaluate("window.seen")
    missing = sent.keys() - seen.keys()
    if missing:
        print(f"{len(missing)} of {len(sent)} were drawn over by a later one before the page could show them")
    return [seen[key] - began for key, began in sent.items() if key in seen]


class _others:
    """Twenty open sockets that listen and say nothing."""

    def __init__(self, url: str, project: int, cookie: str) -> None:
        self.url, self.project, self.cookie = url, project, cookie
        self.open, self.over = threading.Event(), threading.Event()

    def __enter__(self) -> None:
        self.thread = threading.Thread(target=lambda: asyncio.run(self._hold()), daemon=True)
        self.thread.start()
        assert self.open.wait(30), "the sockets did not open"

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(10)

    async def _hold(self) -> None:
        from websockets.asyncio.client import connect

        where = self.url.replace("http", "ws") + f"/live/{self.project}/?after=0"
        headers = {"Cookie": f"circletake={self.cookie}"}
        sockets = [await connect(where, origin=self.url, additional_headers=headers) for _ in range(SOCKETS)]
        readers = [asyncio.create_task(_drain(each)) for each in sockets]
        self.open.set()
        while not self.over.is_set():
            await asyncio.sleep(0.1)
        for reader in readers:
            reader.cancel()
        for each in sockets:
            await each.close()


async def _drain(opened: Any) -> None:
    async for _ in opened:
        pass


def _bare() -> list[float]:
    from django.conf import settings

    client = redis.Redis.from_url(settings.REDIS_URL)
    bell = client.pubsub(ignore_subscribe_messages=True)
    bell.subscribe("bench")
    bell.get_message(timeout=1)
    delays = []
    for _ in range(STEPS):
        client.publish("bench", json.dumps({"at": time.time()}))
        heard = None
        while heard is None:
            heard = bell.get_message(timeout=1)
        delays.append((time.time() - json.loads(heard["data"])["at"]) * 1000)
    return delays


def _say(what: str, delays: list[float], base: list[float]) -> None:
    p50, p99 = median(delays), percentile(delays, 0.99)
    print(f"{what:28} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   {p50 / median(base):6.1f} times the bare way")


if __name__ == "__main__":
    main()

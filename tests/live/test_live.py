"""Open pages: they hear what happens, catch up on what they missed, and are shut when the person leaves the project."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from storyboard import live
from storyboard.asgi import application
from storyboard.models import Membership, Project, Shot, User

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = (b"origin", b"http://127.0.0.1:8000")


class Page(ApplicationCommunicator):
    """A browser's end of the live socket."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        path, _, query = path.partition("?")
        scope = {"type": "websocket", "path": path, "query_string": query.encode(), "headers": headers}
        super().__init__(application, {**scope, "subprotocols": []})

    async def connect(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def receive(self, timeout: float = 5) -> dict[str, Any]:
        message = await self.receive_output(timeout)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def send(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)


def socket(project: Project, client: Any, after: int = 0, origin: tuple[bytes, bytes] = ORIGIN) -> Page:
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [origin, (b"cookie", cookie.encode())]
    return Page(f"/live/{project.pk}/?after={after}", headers)


async def logged(page: Page) -> dict[str, Any]:
    """The next message from the log, past whatever is ephemeral."""
    while True:
        message = await page.receive()
        if "n" in message or "reload" in message:
            return message


@pytest.fixture
def enter(client: Any) -> Any:
    def as_(user: User) -> Any:
        client.force_login(user)
        return client

    return as_


async def test_a_page_hears_what_another_person_does(
    kite: Project, shot: Shot, alice: User, bob: User, enter: Any
) -> None:
    page = socket(kite, await sync_to_async(enter)(bob), after=kite.last_event)
    assert await page.connect()
    await sync_to_async(shot.omit)(alice)
    message = await logged(page)
    while message["kind"] != "shot.omitted":
        message = await logged(page)
    assert (message["shot"], message["by"]) == (shot.pk, alice.pk)
    await page.disconnect()


async def test_a_page_that_was_away_gets_everything_it_missed_in_order(
    kite: Project, shot: Shot, alice: User, enter: Any
) -> None:
    await sync_to_async(kite.refresh_from_db)()
    before = kite.last_event
    for verb in (shot.omit, shot.restore, shot.omit):
        await sync_to_async(verb)(alice)
    page = socket(kite, await sync_to_async(enter)(alice), after=before)
    await page.connect()
    heard = [await logged(page) for _ in range(3)]
    assert [message["n"] for message in heard] == [before + 1, before + 2, before + 3]
    assert [message["kind"] for message in heard] == ["shot.omitted", "shot.restored", "shot.omitted"]
    await page.disconnect()


async def test_a_lost_ring_costs_delay_and_no_event(
    kite: Project, shot: Shot, alice: User, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync_to_async(kite.refresh_from_db)()
    page = socket(kite, await sync_to_async(enter)(alice), after=kite.last_event)
    await page.connect()
    monkeypatch.setattr(live, "_publish", lambda channel, data: None)
    await sync_to_async(shot.omit)(alice)
    message = await page.receive(10)
    assert message["kind"] == "shot.omitted"
    await page.disconnect()


async def test_a_number_from_the_future_asks_the_page_to_reload(kite: Project, alice: User, enter: Any) -> None:
    page = socket(kite, await sync_to_async(enter)(alice), after=999_999)
    await page.connect()
    assert await logged(page) == {"reload": True}
    await page.disconnect()


async def test_a_page_too_far_behind_is_asked_to_reload(
    kite: Project, alice: User, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.hub.REPLAY_MAX", 5)
    for _ in range(8):
        await sync_to_async(kite.record)("test.written", by=alice)
    page = socket(kite, await sync_to_async(enter)(alice), after=0)
    await page.connect()
    assert await logged(page) == {"reload": True}
    await page.disconnect()


async def test_a_stranger_is_not_let_in(kite: Project, charlie: User, enter: Any) -> None:
    page = socket(kite, await sync_to_async(enter)(charlie))
    assert not await page.connect()


async def test_nobody_without_a_session_is_let_in(kite: Project, client: Any) -> None:
    page = socket(kite, client)
    assert not await page.connect()


async def test_another_origin_is_not_let_in_even_on_the_same_host(kite: Project, alice: User, enter: Any) -> None:
    page = socket(kite, await sync_to_async(enter)(alice), origin=(b"origin", b"http://127.0.0.1:9999"))
    assert not await page.connect()


async def test_a_removed_member_is_turned_out_while_looking(kite: Project, alice: User, bob: User, enter: Any) -> None:
    page = socket(kite, await sync_to_async(enter)(bob), after=kite.last_event)
    await page.connect()
    membership = await sync_to_async(Membership.objects.select_related("project").get)(project=kite, user=bob)
    await sync_to_async(membership.end)(alice)
    message = await page.receive_output(timeout=10)
    while message["type"] == "websocket.send":
        assert "omitted" not in message.get("text", "")
        message = await page.receive_output(timeout=10)
    assert message["type"] == "websocket.close"
    assert message["code"] == 4001


async def test_ten_people_hear_a_burst_without_a_hole(kite: Project, alice: User, enter: Any) -> None:
    await sync_to_async(kite.refresh_from_db)()
    before = kite.last_event
    client = await sync_to_async(enter)(alice)
    pages = [socket(kite, client, after=before) for _ in range(10)]
    for page in pages:
        await page.connect()

    def burst() -> None:
        for _ in range(60):
            kite.record("test.written", by=alice)

    await sync_to_async(burst)()
    for page in pages:
        numbers = [(await logged(page))["n"] for _ in range(60)]
        assert numbers == list(range(before + 1, before + 61))
        await page.disconnect()


async def test_presence_says_who_is_on_which_shot_and_who_left(
    kite: Project, shot: Shot, alice: User, enter: Any
) -> None:
    page = socket(kite, await sync_to_async(enter)(alice), after=kite.last_event)
    await page.connect()
    await page.send(json.dumps({"here": shot.pk}))
    await _until(lambda: [person["shot"] for person in live.present(kite.pk)] == [shot.pk])
    await page.disconnect()
    await _until(lambda: live.present(kite.pk) == [])


async def test_a_page_that_asks_for_a_sign_of_life_gets_one(kite: Project, alice: User, enter: Any) -> None:
    page = socket(kite, await sync_to_async(enter)(alice), after=kite.last_event)
    await page.connect()
    await page.send('{"pulse":true}')
    while (await page.receive()).get("e") != "pulse":
        pass
    await page.disconnect()


async def test_nonsense_from_a_page_is_ignored(kite: Project, alice: User, enter: Any) -> None:
    page = socket(kite, await sync_to_async(enter)(alice), after=kite.last_event)
    await page.connect()
    for text in ("", "[]", "{", '{"here": "x"}', '{"here": {}}', "null", "[" * 60_000):
        await page.send(text)
    await sync_to_async(kite.record)("test.written", by=alice)
    assert (await logged(page))["kind"]
    await page.disconnect()


async def _until(holds: Any, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not await sync_to_async(holds)():
            await asyncio.sleep(0.02)

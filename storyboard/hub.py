"""One listener a process: reads each new event of a project once and hands it to every open page of that project.

The doorbell may lose a ring. So every few seconds the hub looks at the projects' numbers anyway, and a page that asks
from a number gets everything after it from the log.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import redis.asyncio
from channels.db import database_sync_to_async
from django.conf import settings

from storyboard import live
from storyboard.models import Event, Membership, Project

log = logging.getLogger(__name__)

LOOK_SECONDS = 4.0
REPLAY_MAX = 500


class Page(Protocol):
    """An open socket."""

    user_id: int

    def post(self, message: dict[str, Any] | bytes) -> None:
        """Queues without waiting; a page too slow to read is told to reload."""

    async def turn_out(self) -> None:
        """Closes: this person is no member any more."""


@dataclass
class Room:
    number: int
    pages: set[Page] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Hub:
    def __init__(self) -> None:
        self.rooms: dict[int, Room] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def join(self, project: int, page: Page, after: int) -> None:
        """Everything after `after` first, then whatever comes; reload when that is too much or from the future."""
        self._listen()
        room = self.rooms.get(project)
        if room is None:
            room = self.rooms.setdefault(project, Room(await _last_number(project)))
        async with room.lock:
            missed = await _events(project, after, room.number)
            if (after > room.number and after > await _last_number(project)) or len(missed) > REPLAY_MAX:
                page.post({"reload": True})
            for message in missed:
                page.post(message)
            room.pages.add(page)

    def part(self, project: int, page: Page) -> None:
        room = self.rooms.get(project)
        if room is None:
            return
        room.pages.discard(page)
        if not room.pages:
            del self.rooms[project]

    async def catch_up(self, project: int) -> None:
        room = self.rooms.get(project)
        if room is None:
            return
        async with room.lock:
            for message in await _events(project, room.number, None):
                room.number = message["n"]
                self._post(room.pages, message)
                if message["kind"].startswith("member."):
                    await self._recheck(project, room)

    def tell(self, project: int, message: dict[str, Any] | bytes) -> None:
        room = self.rooms.get(project)
        if room is not None:
            self._post(room.pages, message)

    def _post(self, pages: Iterable[Page], message: dict[str, Any] | bytes) -> None:
        for page in list(pages):
            page.post(message)

    async def _recheck(self, project: int, room: Room) -> None:
        members = await _members(project)
        for page in [page for page in room.pages if page.user_id not in members]:
            room.pages.discard(page)
            await page.turn_out()

    def _listen(self) -> None:
        self.tasks = [task for task in self.tasks if not task.done()]
        if not self.tasks:
            self.tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._look())]

    async def _hear(self) -> None:
        while True:
            try:
                await self._hear_until_cut()
            except (redis.RedisError, OSError) as error:
                log.warning("the doorbell is silent (%s); looking every %s s", error, LOOK_SECONDS)
            await asyncio.sleep(1)

    async def _hear_until_cut(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
        async with client, client.pubsub() as bell:
            await bell.subscribe(live.CHANNEL, live.PREVIEWS)
            async for heard in bell.listen():
                if heard["type"] == "message":
                    await self._answer(heard["channel"], heard["data"])

    async def _answer(self, channel: bytes, data: bytes) -> None:
        if channel == live.PREVIEWS:
            project = live.HEADER.unpack_from(data)[0]
            return self.tell(project, data[8:])
        message = json.loads(data)
        if "m" in message:
            return self.tell(message["p"], message["m"])
        room = self.rooms.get(message["p"])
        if room is not None and message["n"] > room.number:
            await self.catch_up(message["p"])
        return None

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                for project, number in (await _numbers(list(self.rooms))).items():
                    room = self.rooms.get(project)
                    if room is not None and number > room.number:
                        await self.catch_up(project)
                for project, room in list(self.rooms.items()):
                    await self._recheck(project, room)
            except Exception:  # a database that is away comes back; the pages wait
                log.exception("could not look at the projects' numbers")


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(id(asyncio.get_running_loop()), Hub())


@database_sync_to_async
def _last_number(project: int) -> int:
    return Project.objects.values_list("last_event", flat=True).get(pk=project)


@database_sync_to_async
def _numbers(projects: list[int]) -> dict[int, int]:
    return dict(Project.objects.filter(pk__in=projects).values_list("pk", "last_event"))


@database_sync_to_async
def _members(project: int) -> set[int]:
    return set(Membership.objects.filter(project=project).values_list("user_id", flat=True))


@database_sync_to_async
def _events(project: int, after: int, until: int | None) -> list[dict[str, Any]]:
    rows = Event.objects.filter(project=project, number__gt=after)
    if until is not None:
        rows = rows.filter(number__lte=until)
    return [event.to_message() for event in rows[: REPLAY_MAX + 1]]

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from storyboard import live
from storyboard.hub import hub
from storyboard.models import Project

BACKLOG_MAX = 256
TURNED_OUT = 4001


class ProjectConsumer(AsyncWebsocketConsumer):
    """A page listening to its project. Sends numbers, kinds and ids; pages fetch content through ordinary views."""

    async def connect(self) -> None:
        self.project_id = int(self.scope["url_route"]["kwargs"]["project"])
        self.user = self.scope["user"]
        if not await self._may_enter():
            await self.close()
            return
        self.user_id = self.user.pk
        self.seat = secrets.token_hex(6)
        self.outbox: asyncio.Queue[dict[str, Any] | bytes] = asyncio.Queue(BACKLOG_MAX)
        await self.accept()
        self.sender = asyncio.create_task(self._send_on())
        await hub().join(self.project_id, self, self._after())

    async def disconnect(self, code: int) -> None:
        if not hasattr(self, "sender"):
            return
        hub().part(self.project_id, self)
        self.sender.cancel()
        await sync_to_async(live.leave)(self.project_id, self.seat)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = json.loads(text_data or "")
            if "pulse" in message:
                self.post({"e": "pulse"})
                return
            shot = message["here"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if shot is not None and not isinstance(shot, int):
            return
        await sync_to_async(live.arrive)(
            self.project_id, self.seat, self.user.pk, str(self.user), self.user.initials, self.user.hue, shot
        )

    def post(self, message: dict[str, Any] | bytes) -> None:
        try:
            self.outbox.put_nowait(message)
        except asyncio.QueueFull:
            if isinstance(message, bytes) or "e" in message:
                return
            while not self.outbox.empty():
                self.outbox.get_nowait()
            self.outbox.put_nowait({"reload": True})

    async def turn_out(self) -> None:
        await self.close(code=TURNED_OUT)

    def _after(self) -> int:
        text = parse_qs(self.scope["query_string"].decode()).get("after", ["0"])[0]
        return int(text) if text.isdecimal() else 0

    @database_sync_to_async
    def _may_enter(self) -> bool:
        return Project.objects.visible_to(self.user).filter(pk=self.project_id).exists()

    async def _send_on(self) -> None:
        while True:
            message = await self.outbox.get()
            if isinstance(message, bytes):
                await self.send(bytes_data=message)
            else:
                await self.send(text_data=json.dumps(message, separators=(",", ":")))

"""How much a request may carry, decided before a byte of it reaches the disk."""

from __future__ import annotations

import errno
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import parse_cookie

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

NAMELESS_MAX = 1_000_000
DRAIN_TIMES = 4


class TooLong(Exception):
    pass


class BodyLimit:
    """Refuses a body that is too long, read on without being kept: a browser that is cut off shows no sentence."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.inner(scope, receive, send)
        limit = await _limit(scope) if _declared(scope) > NAMELESS_MAX else NAMELESS_MAX
        read = 0

        async def counted() -> Mapping[str, Any]:
            nonlocal read, limit
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit == NAMELESS_MAX:
                limit = await _limit(scope)
            if read > limit:
                raise TooLong
            return message

        try:
            if _declared(scope) > limit:
                raise TooLong
            await self.inner(scope, counted, send)
        except TooLong:
            await _drain(receive, limit * DRAIN_TIMES)
            found = f"What was sent is larger than {limit // 1_000_000} MB, the most that may be sent here."
            await _answer(send, 413, f"{found} Send something smaller.")
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            await _drain(receive, limit)
            await _answer(
                send, 507, "The server's disk is full, so this could not be taken in. Nothing there was lost."
            )
        return None


async def _limit(scope: Scope) -> int:
    """Asked only about a long body: who sends one must be signed in."""
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return settings.BODY_MAX_BYTES if key and await SessionStore().aexists(key) else NAMELESS_MAX


def _declared(scope: Scope) -> int:
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(text) if text.isdigit() else 0


async def _drain(receive: Receive, most: int) -> None:
    read = 0
    while read <= most:
        message = await receive()
        read += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})

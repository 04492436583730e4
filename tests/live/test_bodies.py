"""A body that is too long is refused before it reaches the disk, with a sentence."""

from __future__ import annotations

import errno
import json
import tempfile
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from storyboard.asgi import application
from storyboard.models import User

PIECE = b"x" * 65536


async def post(pieces: int, declared: int | None = None, cookie: str = "") -> tuple[int, dict[str, Any]]:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"text/plain"), (b"cookie", cookie.encode())]
    if declared is not None:
        headers.append((b"content-length", str(declared).encode()))
    scope = {"type": "http", "method": "POST", "path": "/sign-in/", "query_string": b"", "headers": headers}
    page = ApplicationCommunicator(application, {**scope, "http_version": "1.1", "scheme": "http"})
    for n in range(pieces):
        await page.send_input({"type": "http.request", "body": PIECE, "more_body": n + 1 < pieces})
    start = await page.receive_output(10)
    body = await page.receive_output(10)
    return start["status"], json.loads(body["body"]) if start["status"] in (413, 507) else {}


async def test_a_long_body_without_a_session_is_refused() -> None:
    status, said = await post(pieces=20, declared=20 * len(PIECE))
    assert status == 413
    assert "larger than 1 MB" in said["error"]


async def test_a_body_that_does_not_say_its_length_is_counted() -> None:
    status, _ = await post(pieces=20)
    assert status == 413


@pytest.mark.django_db(transaction=True)
async def test_a_member_may_send_more_but_not_without_end(alice: User, client: Client, settings: Any) -> None:
    settings.BODY_MAX_BYTES = 2_000_000
    await sync_to_async(client.force_login)(alice)
    cookie = f"circletake={client.cookies['circletake'].value}"
    assert (await post(pieces=20, cookie=cookie))[0] != 413
    assert (await post(pieces=20, declared=20 * len(PIECE), cookie=cookie))[0] != 413
    status, said = await post(pieces=40, cookie=cookie)
    assert status == 413
    assert "larger than 2 MB" in said["error"]


@pytest.mark.django_db(transaction=True)
async def test_a_made_up_session_earns_nothing() -> None:
    assert (await post(pieces=20, cookie="circletake=abc"))[0] == 413


async def test_a_full_disk_is_said_in_words(monkeypatch: Any) -> None:
    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", full)
    status, said = await post(pieces=1)
    assert status == 507
    assert "disk is full" in said["error"]

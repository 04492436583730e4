"""Media as browsers ask for it: whole, or the one range they need to seek."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient, Client

from storyboard.models import Media, Project, User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clip(kite: Project) -> Media:
    return factories.clip_media(kite)["master"]


@pytest.fixture
def enter(alice: User) -> AsyncClient:
    client, session = AsyncClient(), Client()
    session.force_login(alice)
    client.cookies = session.cookies
    return client


async def read(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer]) if answer.streaming else answer.content


async def test_a_whole_clip_says_that_it_takes_ranges(enter: AsyncClient, clip: Media) -> None:
    answer = await enter.get(clip.url)
    assert (answer.status_code, answer["Accept-Ranges"], answer["Content-Type"]) == (200, "bytes", "video/mp4")
    assert await read(answer) == clip.path.read_bytes()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-1", 0, 1), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=3-99999999", 3, None)],
)
async def test_a_range_is_exactly_those_bytes(
    enter: AsyncClient, clip: Media, asked: str, first: int, last: int | None
) -> None:
    whole = clip.path.read_bytes()
    first = first if first >= 0 else len(whole) + first
    last = len(whole) - 1 if last is None else last
    answer = await enter.get(clip.url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert await read(answer) == whole[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=9-3", "bytes=-0"])
async def test_a_range_outside_the_file_is_refused_with_its_size(enter: AsyncClient, clip: Media, asked: str) -> None:
    answer = await enter.get(clip.url, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{clip.bytes}"


@pytest.mark.parametrize(
    "asked", ["", "bytes=-", "bytes=a-b", "bytes=0-1,4-5", "frames=0-1", "bytes=1", f"bytes=-{'9' * 5000}"]
)
async def test_what_is_no_single_range_gets_the_whole(enter: AsyncClient, clip: Media, asked: str) -> None:
    assert (await enter.get(clip.url, headers={"Range": asked})).status_code == 200


async def test_a_file_that_the_browser_has_is_not_sent_again(enter: AsyncClient, clip: Media) -> None:
    tag = (await enter.get(clip.url))["ETag"]
    assert (await enter.get(clip.url, headers={"If-None-Match": tag})).status_code == 304


async def test_nothing_in_a_file_runs_as_a_page(enter: AsyncClient, clip: Media) -> None:
    answer = await enter.get(clip.url)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"].startswith("private")


async def test_a_proxy_may_send_the_bytes_itself(enter: AsyncClient, clip: Media, settings: Any) -> None:
    settings.MEDIA_ACCEL = "/inner"
    answer = await enter.get(clip.url)
    assert answer["X-Accel-Redirect"] == f"/inner/{clip.sha256[:2]}/{clip.sha256}.mp4"
    assert answer.content == b""


async def test_a_head_request_carries_no_body(enter: AsyncClient, clip: Media) -> None:
    answer = await enter.head(clip.url)
    assert (answer.status_code, answer["Content-Length"]) == (200, str(clip.bytes))

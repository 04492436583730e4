from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from storyboard.models import Media
from storyboard.views.door import seen

CHUNK = 256 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@require_safe
async def show(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """A file of the store, whole or the one range that was asked for, to those who may see its project."""
    await request.auser()
    media = await sync_to_async(seen)(request, Media, pk=pk)
    response = _answer(request, media)
    response["Content-Type"] = media.content_type
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{media.sha256}"'
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Vary"] = "Cookie"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if disposition := content_disposition_header("download" in request.GET, media.name or name):
        response["Content-Disposition"] = disposition
    return response


def _answer(request: HttpRequest, media: Media) -> HttpResponseBase:
    if request.headers.get("If-None-Match") == f'"{media.sha256}"':
        return HttpResponse(status=304)
    if settings.MEDIA_ACCEL:
        inner = media.path.relative_to(settings.MEDIA_ROOT)
        return HttpResponse(headers={"X-Accel-Redirect": f"{settings.MEDIA_ACCEL.rstrip('/')}/{inner}"})
    size = media.bytes
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked.group() == "bytes=-":
        return _stream(media.path, 0, size, 200)
    first, last = _bounds(asked.group(1), asked.group(2), size)
    if first > last or first >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = _stream(media.path, first, last - first + 1, 206)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _stream(path: Path, start: int, length: int, status: int) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_chunks(path, start, length), status=status)
    response["Content-Length"] = str(length)
    return response


async def _chunks(path: Path, start: int, length: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        file.seek(start)
        while length > 0 and (chunk := await asyncio.to_thread(file.read, min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
    finally:
        file.close()

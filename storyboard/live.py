"""The doorbell: a ring says that a project has a new event; what it was is read from the log.

Everything else here is ephemeral, lossy on purpose: progress, preview frames, who is where.
"""

from __future__ import annotations

import json
import logging
import struct
import time
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

log = logging.getLogger(__name__)

CHANNEL = f"{settings.CHANNELS_NAME}:live".encode()
PREVIEWS = f"{settings.CHANNELS_NAME}:previews".encode()
HEADER = struct.Struct("!QQII")  # project, take, done, of
PRESENT_SECONDS = 45


@lru_cache(maxsize=1)
def connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def ring(project: int, number: int) -> None:
    _publish(CHANNEL, json.dumps({"p": project, "n": number}).encode())


def tell(project: int, message: dict[str, Any]) -> None:
    """Sends an ephemeral message to every open page of the project."""
    _publish(CHANNEL, json.dumps({"p": project, "m": message}).encode())


def show(project: int, take: int, done: int, of: int, jpeg: bytes) -> None:
    """Sends a preview picture of a running take."""
    _publish(PREVIEWS, HEADER.pack(project, take, done, of) + jpeg)


def arrive(project: int, seat: str, user: int, name: str, initials: str, hue: int, shot: int | None) -> None:
    """Says who is where; to be repeated within PRESENT_SECONDS."""
    person = {"user": user, "name": name, "initials": initials, "hue": hue, "shot": shot, "at": time.time()}
    try:
        connection().hset(_here(project), seat, json.dumps(person))
    except redis.RedisError as error:
        log.warning("presence not kept: %s", error)
    tell(project, {"e": "here"})


def leave(project: int, seat: str) -> None:
    try:
        connection().hdel(_here(project), seat)
    except redis.RedisError as error:
        log.warning("presence not cleared: %s", error)
    tell(project, {"e": "here"})


def present(project: int) -> list[dict[str, Any]]:
    """The people with this project open, one entry a person and shot."""
    try:
        seats = connection().hgetall(_here(project))
    except redis.RedisError:
        return []
    fresh, people, seen = time.time() - PRESENT_SECONDS, [], set()
    for seat, text in seats.items():
        person = json.loads(text)
        if person.pop("at") < fresh:
            connection().hdel(_here(project), seat)
        elif (person["user"], person["shot"]) not in seen:
            seen.add((person["user"], person["shot"]))
            people.append(person)
    return sorted(people, key=lambda person: (person["name"], person["shot"] or 0))


def _here(project: int) -> str:
    return f"circletake:here:{project}"


def _publish(channel: bytes, data: bytes) -> None:
    try:
        connection().publish(channel, data)
    except redis.RedisError as error:  # pages look into the log every few seconds anyway
        log.warning("could not ring the doorbell: %s", error)

"""Slows down whoever guesses passwords: failures are counted by name and address, and by address alone."""

from __future__ import annotations

import hashlib
import logging

import redis

from storyboard import live

log = logging.getLogger(__name__)

WINDOW_SECONDS = 15 * 60
FAILURES_OF_A_NAME = 10
FAILURES_OF_AN_ADDRESS = 100


def too_many(username: str, address: str) -> bool:
    """Whether this name from this address, or this address with any name, has failed too often in the window.

    Without the message server nothing is counted: signing in goes on working.
    """
    try:
        of_name, of_address = live.connection().mget(_keys(username, address))
    except redis.RedisError as error:
        log.warning("failed sign-ins not counted: %s", error)
        return False
    return int(of_name or 0) >= FAILURES_OF_A_NAME or int(of_address or 0) >= FAILURES_OF_AN_ADDRESS


def failed(username: str, address: str) -> None:
    try:
        pipe = live.connection().pipeline()
        for key in _keys(username, address):
            pipe.incr(key)
            pipe.expire(key, WINDOW_SECONDS, nx=True)
        pipe.execute()
    except redis.RedisError as error:
        log.warning("a failed sign-in was not counted: %s", error)


def succeeded(username: str, address: str) -> None:
    try:
        live.connection().delete(_keys(username, address)[0])
    except redis.RedisError as error:
        log.warning("failed sign-ins not forgotten: %s", error)


def _keys(username: str, address: str) -> list[str]:
    name = hashlib.sha256(username.strip().lower().encode()).hexdigest()[:32]
    return [f"circletake:failed:{name}:{address}", f"circletake:failed:{address}"]

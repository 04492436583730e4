"""Which workers live: each says so every few seconds, so that the queue can tell when nobody is there to make a take.

Lossy on purpose, like everything in the message server: whoever did not speak for a while counts as gone.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from dataclasses import dataclass

import redis
from django.conf import settings

from storyboard import live

log = logging.getLogger(__name__)

KEY = f"{settings.CHANNELS_NAME}:workers"
SPEAK_SECONDS = 5.0
GONE_SECONDS = 25.0


@dataclass(frozen=True)
class Worker:
    """A living worker: its machine, what it takes from, and whether it can load weights."""

    name: str
    queues: tuple[str, ...]
    loads_weights: bool


def speak(worker: Worker) -> None:
    said = {"queues": worker.queues, "loads_weights": worker.loads_weights, "at": time.time()}
    live.connection().hset(KEY, worker.name, json.dumps(said))


def alive() -> list[Worker] | None:
    """Those who spoke lately; None where the message server cannot be asked."""
    try:
        told = live.connection().hgetall(KEY)
    except redis.RedisError:
        return None
    since, found = time.time() - GONE_SECONDS, []
    for name, text in told.items():
        said = json.loads(text)
        if said["at"] < since:
            live.connection().hdel(KEY, name)
        else:
            found.append(Worker(_text(name), tuple(said["queues"]), bool(said["loads_weights"])))
    return found


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def goes_on() -> bool:
    """Whether the worker that this process belongs to may take more: it still says that it lives, and is not ending."""
    try:
        return bool(live.connection().hexists(KEY, f"{socket.gethostname()}:{os.getppid()}"))
    except redis.RedisError:
        return False


def missing(weights: bool) -> str:
    """Why nobody alive could make a take, with or without weights; empty where somebody can, or nobody knows."""
    here = alive()
    if here is None:
        return ""
    makers = [worker for worker in here if "takes" in worker.queues]
    if not makers:
        return "No worker is running, so nothing is made. Start the server's workers; what waits goes on by itself."
    if weights and not any(worker.loads_weights for worker in makers):
        return "No worker that is running can load weights. Install the worker extra there, or start another machine."
    return ""


def keep_speaking(queues: tuple[str, ...], loads_weights: bool) -> threading.Event:
    """Says that this process lives, from a thread of its own, until the event that comes back is set."""
    worker = Worker(f"{socket.gethostname()}:{os.getpid()}", queues, loads_weights)
    over = threading.Event()
    threading.Thread(target=_speak_on, args=(worker, over), name="alive", daemon=True).start()
    return over


def _speak_on(worker: Worker, over: threading.Event) -> None:
    while True:
        try:
            speak(worker)
        except redis.RedisError as error:
            log.warning("could not say that this worker lives: %s", error)
        if over.wait(SPEAK_SECONDS):
            break
    try:
        live.connection().hdel(KEY, worker.name)
    except redis.RedisError:
        log.warning("could not say that this worker ends")

"""One pipeline at a time on each graphics card, however many workers this machine has. A CPU is shared freely.

Whoever holds the card's lock file has its pipeline loaded there, also between takes. Whoever wants the card holds the
second file, shared; the holder looks at that, lets its pipeline go once its take is done, and then the lock.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

LOOK_SECONDS = 0.25
WAITING = "waits for the device"


class DeviceLock:
    """The right to one device; `let_go` empties it. Any other process's death gives its right back by itself."""

    def __init__(self, folder: Path, name: str, let_go: Callable[[], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        plain = re.sub(r"[^A-Za-z0-9-]+", "-", name)
        self._right = os.open(folder / f"{plain}.lock", os.O_RDWR | os.O_CREAT, 0o666)
        self._wanted = os.open(folder / f"{plain}.wanted", os.O_RDWR | os.O_CREAT, 0o666)
        self._let_go = let_go
        self._held = False
        self._mutex = threading.Lock()
        threading.Thread(target=self._give_way, name=f"gives way on {name}", daemon=True).start()

    @contextmanager
    def held(self, wait: Callable[[], None]) -> Iterator[None]:
        """The device is ours for the block and until somebody wants it; `wait` is called while it is another's."""
        with self._mutex:
            if not self._held:
                self._queue_up(wait)
            yield

    def _queue_up(self, wait: Callable[[], None]) -> None:
        fcntl.flock(self._wanted, fcntl.LOCK_SH)
        try:
            while not _locked(self._right):
                wait()
                time.sleep(LOOK_SECONDS)
            self._held = True
        finally:
            fcntl.flock(self._wanted, fcntl.LOCK_UN)

    def _give_way(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._mutex:
                if self._held and self._is_wanted():
                    self._let_go()
                    self._held = False
                    fcntl.flock(self._right, fcntl.LOCK_UN)
            time.sleep(LOOK_SECONDS)

    def _is_wanted(self) -> bool:
        nobody = _locked(self._wanted)
        if nobody:
            fcntl.flock(self._wanted, fcntl.LOCK_UN)
        return not nobody


_locks: dict[tuple[Path, str], DeviceLock] = {}


def lock(folder: Path, device: str, let_go: Callable[[], None]) -> DeviceLock | None:
    """This process's lock of a device, by the card's own number; None for a CPU."""
    if not device.startswith("cuda"):
        return None
    key = folder, _number(device)
    if key not in _locks:
        _locks[key] = DeviceLock(*key, let_go)
    return _locks[key]


def is_lost(error: BaseException) -> bool:
    """Whether the card has failed under this process, which cannot use it again."""
    return isinstance(error, torch.AcceleratorError) or "cuda error" in str(error).lower()


def _number(device: str) -> str:
    """Stays the same whatever cards a worker is shown."""
    return str(torch.cuda.get_device_properties(device).uuid)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

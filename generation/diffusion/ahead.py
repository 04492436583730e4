"""Keeps a card's queue short, so that a take which is no longer wanted ends at once.

A card is given its work long before it does it: a whole step of a large model is queued in a moment, and what is
queued cannot be taken back. So marks (CUDA events) are put between blocks, and where more than a quarter of a second of
work lies ahead, the program waits for the oldest of them before it gives more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, Protocol

import torch

AHEAD_SECONDS = 0.25
MARK_SECONDS = 0.005  # a mark costs some microseconds, so work of less than this gets none of its own
LEAST_SECONDS = MARK_SECONDS / 100  # what any work counts for, however little it took the last time
UNKNOWN_SECONDS = 2 * AHEAD_SECONDS  # the first of a kind is waited for by itself
# A place never measured: only one such lies ahead while the next is given, and none where its kind takes long. The
# blocks of a decoder grow from one to the next.
UNMEASURED_SECONDS, CAUTION = 0.6 * AHEAD_SECONDS, 8


class Mark(Protocol):
    """What is used of torch.cuda.Event."""

    def record(self) -> None: ...
    def query(self) -> bool: ...
    def synchronize(self) -> None: ...
    def elapsed_time(self, end_event: Any, /) -> float: ...


class Place(NamedTuple):
    """Where work is given from. What others of its kind took is expected of a place never measured."""

    where: Hashable
    kind: Hashable = None


class _Stretch(NamedTuple):
    """Work up to a mark: the places it was given from, each with the seconds that are expected of it."""

    mark: Mark
    places: list[tuple[Place, float]]
    seconds: float


class Ahead:
    """What one device still has to do, as far as marks tell. Inside a graph's capture none can be put."""

    def __init__(self, mark: Callable[[], Mark], captures: Callable[[], bool] = lambda: False) -> None:
        self._new = mark
        self._captures = captures
        self._spare: list[Mark] = []
        self._queued: deque[_Stretch] = deque()
        self._passed: Mark | None = None
        self._seconds: dict[Place, float] = {}
        self._of_kind: dict[Hashable, float] = {}
        self._here: Place | None = None
        self._since: list[tuple[Place, float]] = []

    def at(self, place: Place) -> None:
        """Called at each place that gives the device work, before it does; comes back when there is room for more."""
        if self._here is not None:
            self._since.append((self._here, self._expected(self._here)))
        self._here = place
        seconds = sum(each for _, each in self._since)
        is_first = self._passed is None and not self._queued
        if (is_first or seconds >= MARK_SECONDS) and not self._captures():
            self._put_mark(seconds)
            self._wait_for_room()

    def forget(self) -> None:
        """The same places will give other work from now on."""
        self._seconds.clear()
        self._of_kind.clear()
        self._queued = deque(each._replace(places=[]) for each in self._queued)
        self._since = []

    def _expected(self, place: Place) -> float:
        if place in self._seconds:
            return self._seconds[place]
        if place.kind in self._of_kind:
            return max(UNMEASURED_SECONDS, CAUTION * self._of_kind[place.kind])
        return UNKNOWN_SECONDS

    def _put_mark(self, seconds: float) -> None:
        mark = self._spare.pop() if self._spare else self._new()
        mark.record()
        self._queued.append(_Stretch(mark, self._since, seconds))
        self._since = []

    def _wait_for_room(self) -> None:
        while self._queued:
            stretch = self._queued[0]
            if not stretch.mark.query():
                if sum(each.seconds for each in self._queued) <= AHEAD_SECONDS:
                    return
                stretch.mark.synchronize()
            self._queued.popleft()
            self._learn(stretch)

    def _learn(self, stretch: _Stretch) -> None:
        """Where several places share a mark, each is taken to be as far off as all of them together."""
        if self._passed is not None:
            seconds = self._passed.elapsed_time(stretch.mark) / 1000
            for place, expected in stretch.places:
                found = max(LEAST_SECONDS, seconds * expected / stretch.seconds)
                self._seconds[place] = self._of_kind[place.kind] = found
            self._spare.append(self._passed)
        self._passed = stretch.mark


class _Event:
    """A mark on whatever stream of the device is current when it is put."""

    def __init__(self, device: str) -> None:
        self._event = torch.cuda.Event(enable_timing=True, blocking=True)
        self._device = device
        self.query, self.synchronize = self._event.query, self._event.synchronize

    def record(self) -> None:
        self._event.record(torch.cuda.current_stream(self._device))

    def elapsed_time(self, end_event: Any, /) -> float:
        return self._event.elapsed_time(end_event._event)


def on(device: str) -> Ahead | None:
    """For a card; a CPU does its work at once."""
    if not device.startswith("cuda"):
        return None
    return Ahead(lambda: _Event(device), torch.cuda.is_current_stream_capturing)

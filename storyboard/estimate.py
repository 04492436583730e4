"""How long takes last and wait, from what this server made lately; said as a range, because it is a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from django.utils import timezone

from storyboard.models import Status, Take

SAMPLES = 20
LONG = 90 * 60


@dataclass(frozen=True)
class Pace:
    """Seconds per frame and pixel of one engine, as the middle and the two fifths of its last takes."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, engine: str) -> Pace | None:
        """From the last finished takes of this engine; None where there are too few to say anything."""
        rows = Take.objects.filter(engine=engine, status=Status.FINISHED, started_at__isnull=False)
        last = rows.order_by("-finished_at").values_list(
            "started_at", "finished_at", "master__frames", "master__width", "master__height"
        )
        paces = [
            (ended - began).total_seconds() / (frames * width * height)
            for began, ended, frames, width, height in last[:SAMPLES]
            if frames and width and height
        ]
        if len(paces) < 3:
            return None
        fifths = quantiles(paces, n=10, method="inclusive")
        return cls(fifths[1], fifths[4], fifths[7])

    def seconds(self, frames: int, width: int, height: int) -> Span:
        amount = frames * width * height
        return Span(self.low * amount, self.middle * amount, self.high * amount)


@dataclass(frozen=True)
class Span:
    """A length of time that is not known exactly, in seconds."""

    low: float
    middle: float
    high: float

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.middle + other.middle, self.high + other.high)

    def over(self, workers: int) -> Span:
        return Span(self.low / workers, self.middle / workers, self.high / workers)

    def __str__(self) -> str:
        if self.high > 1.6 * self.low and self.high >= 10:
            return _between(self.low, self.high)
        return f"about {_said(self.middle)}"


NOTHING = Span(0, 0, 0)


@dataclass(frozen=True)
class Place:
    """Where a queued take stands in the whole server's line: 1 is next. `wait` is None where nothing is known."""

    number: int
    wait: Span | None


@dataclass(frozen=True)
class Line:
    """Everything that waits or runs on this server, in the order it will be taken."""

    running: list[Take]
    queued: list[Take]
    paces: dict[str, Pace | None]

    @classmethod
    def now(cls) -> Line:
        rows = Take.objects.waiting().select_related("version", "project").defer("recipe", "report")
        takes = list(rows.order_by(*rows.LINE))
        running = [take for take in takes if take.status == Status.RUNNING]
        queued = [take for take in takes if take.status == Status.QUEUED]
        return cls(running, queued, {name: Pace.of(name) for name in {take.engine for take in takes}})

    def places(self) -> dict[int, Place]:
        """Each queued take's place and wait, by its id."""
        workers = max(1, len(self.running))
        ahead: Span | None = _sum(self.left(take) for take in self.running)
        places = {}
        for number, take in enumerate(self.queued, start=1):
            places[take.pk] = Place(number, ahead.over(workers) if ahead else None)
            ahead = _sum([ahead, self.lasts(take)])
        return places

    def lasts(self, take: Take) -> Span | None:
        """How long this take will need once it runs."""
        pace = self.paces.get(take.engine)
        return pace.seconds(take.version.frames, take.project.width, take.project.height) if pace else None

    def left(self, take: Take) -> Span | None:
        """How long a running take still needs: from its own speed once it has one, else from the others'."""
        elapsed = (timezone.now() - take.started_at).total_seconds() if take.started_at else 0.0
        if take.done and take.of:
            rest = elapsed * (take.of - take.done) / take.done
            return Span(rest, rest, rest)
        whole = self.lasts(take)
        return whole and Span(*(max(0.0, part - elapsed) for part in (whole.low, whole.middle, whole.high)))


def _sum(spans: Iterable[Span | None]) -> Span | None:
    total = NOTHING
    for span in spans:
        if span is None:
            return None
        total = total + span
    return total


def _between(low: float, high: float) -> str:
    if high < 90:
        return f"{_round(low)}–{_round(high)} s"
    if high < LONG:
        return f"{max(1, round(low / 60))}–{round(high / 60)} min"
    return f"{max(1, round(low / 3600))}–{max(2, round(high / 3600))} h"


def _said(seconds: float) -> str:
    if seconds < 90:
        return f"{_round(seconds)} s"
    return f"{round(seconds / 60)} min" if seconds < LONG else f"{seconds / 3600:.1f} h"


def _round(seconds: float) -> int:
    return max(1, round(seconds)) if seconds < 10 else round(seconds / 5) * 5


def seconds_per_frame(engine: str, project: Any) -> float | None:
    """What one frame of this project costs this engine, for a first guess before anything is asked."""
    pace = Pace.of(engine)
    return pace.middle * project.width * project.height if pace else None

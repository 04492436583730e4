"""How long takes last and wait, from what this server made lately; said as a range, because it is a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from storyboard import deadlines
from storyboard.engines import Choice
from storyboard.models import Project, Status, Take

SAMPLES = 20
ENOUGH = 3
FILES = ("master", "proxy", "poster", "filmstrip")
LONG = 90 * 60
# How many places of the line are worked out with the times by which takes are needed.
FORESEEN = 100

Kind = tuple[str, str, int]
"""What takes must share to last alike: engine, weights, steps."""


@dataclass(frozen=True)
class Pace:
    """Seconds per frame and pixel, and per step where there are steps: the middle of the last takes of one kind.

    Between `low` and `high` lie four takes of five: the 10th to the 90th percentile.
    """

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, engine: str, weights: str = "", steps: int = 0) -> Pace | None:
        """From the last finished takes like this; None where there are too few to say anything."""
        kind = (engine, weights, steps)
        return cls.of_all([kind])[kind]

    @classmethod
    def of_all(cls, kinds: Iterable[Kind]) -> dict[Kind, Pace | None]:
        """Each kind's pace, in one query; where too few had as many steps, those with other steps speak for them."""
        wanted = list(dict.fromkeys(kinds))
        if not wanted:
            return {}
        rows = [_last(engine, weights) for engine, weights in {kind[:2] for kind in wanted}]
        rows += [_last(engine, weights, steps) for engine, weights, steps in wanted]
        alike: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
        for _, _, engine, weights, steps, amount, spent in sorted(rows[0].union(*rows[1:]), reverse=True):
            alike[engine, weights].append((steps, spent / amount))
        return {kind: cls._among(alike[kind[:2]], kind[2]) for kind in wanted}

    @classmethod
    def _among(cls, paces: list[tuple[int, float]], steps: int) -> Pace | None:
        same = [pace for each, pace in paces if each == steps]
        near = same if len(same) >= ENOUGH else [pace for _, pace in paces]
        if len(near) < ENOUGH:
            return None
        tenths = quantiles(near[:SAMPLES], n=10)
        return cls(max(0.0, tenths[0]), tenths[4], tenths[8])

    def seconds(self, amount: float) -> Span:
        return Span(self.low * amount, self.middle * amount, self.high * amount)


def _last(engine: str, weights: str, steps: int | None = None) -> QuerySet[Any, Any]:
    rows = Take.objects.filter(engine=engine, weights=weights, status=Status.FINISHED, amount__gt=0, spent__gt=0)
    if steps is not None:
        rows = rows.filter(steps=steps)
    told = rows.order_by("-finished_at").values_list(
        "finished_at", "pk", "engine", "weights", "steps", "amount", "spent"
    )
    return told[:SAMPLES]


@dataclass(frozen=True)
class Footprint:
    """What the last takes like one took: bytes of files per pixel of all frames together, and the most memory."""

    bytes_per_pixel: float
    memory: int

    @classmethod
    def of(cls, engine: str, weights: str = "") -> Footprint:
        """From the last finished takes of this engine with these weights; zeros where there are none."""
        made = Take.objects.filter(engine=engine, weights=weights, status=Status.FINISHED, amount__gt=0)
        last = list(made.select_related(*FILES).only(*(f"{name}__bytes" for name in FILES), "amount", "steps", "report")
                    .order_by("-finished_at")[:SAMPLES])  # fmt: skip
        pixels = sum(take.amount // max(1, take.steps) for take in last)
        memory = max((take.report.get("memory_bytes") or 0 for take in last), default=0)
        return cls(sum(map(_bytes, last)) / pixels if pixels else 0.0, memory)


def _bytes(take: Take) -> int:
    """Of all its files; a master that is its own proxy counts once."""
    files = {getattr(take, name) for name in FILES} - {None}
    return sum(media.bytes for media in files)


@dataclass(frozen=True)
class Span:
    """A length of time that is not known exactly, in seconds."""

    low: float
    middle: float
    high: float

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.middle + other.middle, self.high + other.high)

    def times(self, share: float) -> Span:
        return Span(self.low * share, self.middle * share, self.high * share)

    def to_dict(self) -> dict[str, float]:
        return {"low": self.low, "middle": self.middle, "high": self.high}

    def over(self, workers: int) -> Span:
        return self.times(1 / workers)

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
    """Everything that waits or runs on this server, in the order it will be taken; `aside` is what is passed over."""

    running: list[Take]
    queued: list[Take]
    aside: list[Take]
    paces: dict[Kind, Pace | None]

    @classmethod
    def now(cls) -> Line:
        rows = Take.objects.waiting().select_related("version", "project").defer("recipe", "report")
        takes = list(rows.order_by(*rows.LINE))
        stopped = set(Project.objects.with_a_stopped_line().values_list("pk", flat=True)) if takes else set()
        running = [take for take in takes if take.status == Status.RUNNING]
        waiting = [take for take in takes if take.status == Status.QUEUED]
        aside = [take for take in waiting if take.paused_at or take.project_id in stopped]
        queued = _in_time([take for take in waiting if take not in aside], max(1, len(running)))
        return cls(running, queued, aside, Pace.of_all(_kind(take) for take in takes))

    def places(self) -> dict[int, Place]:
        """Each queued take's place and wait, by its id."""
        workers = max(1, len(self.running))
        ahead: Span | None = _sum(self.left(take) for take in self.running)
        places = {}
        for number, take in enumerate(self.queued, start=1):
            places[take.pk] = Place(number, ahead.over(workers) if ahead else None)
            ahead = _sum([ahead, self.run(take)])
        return places

    @staticmethod
    def why_aside(take: Take) -> str:
        """In a word or two, why one that waits is passed over."""
        if take.paused_at is not None:
            return "Paused"
        return "Project paused" if take.project.line_paused_at is not None else "Budget used up"

    def ready(self, take: Take, place: Place | None = None) -> Span | None:
        """Seconds from now until this take is done: its wait and its run, or what is left of a running one."""
        if place is None:
            return self.left(take)
        return _sum([place.wait, self.run(take)])

    def lasts(self, take: Take) -> Span | None:
        """How long this take will compute from beginning to end."""
        pace = self.paces.get(_kind(take))
        return pace.seconds(take.amount) if pace else None

    def run(self, take: Take) -> Span | None:
        """How long its next run will be: up to its audition, or from where it was held."""
        whole = self.lasts(take)
        return whole and whole.times((take.hold_share or 100) / 100 - take.share_saved)

    def wait(self, turn: int) -> Span | None:
        """How long a draft that is asked for now and gets this turn will wait; None where nobody knows."""
        ahead = [take for take in self.queued if take.priority > 0 or (not take.is_final and take.turn < turn)]
        whole = _sum([*map(self.left, self.running), *map(self.run, ahead)])
        return whole and whole.over(max(1, len(self.running)))

    def left(self, take: Take) -> Span | None:
        """How long a running take still needs: from its own speed once it has one, else from the others'."""
        elapsed = (timezone.now() - take.started_at).total_seconds() if take.started_at else 0.0
        if take.done and take.of:
            end = take.of * (take.hold_share or 100) / 100
            rest = (take.spent + elapsed) * max(0.0, end - take.done) / take.done
            return Span(rest, rest, rest)
        whole = self.run(take)
        return whole and Span(*(max(0.0, part - elapsed) for part in (whole.low, whole.middle, whole.high)))


def _in_time(queued: list[Take], devices: int) -> list[Take]:
    """The line with what is needed by a time where it will be taken, as far as people look."""
    if not any(take.needed_by for take in queued):
        return queued
    rest, ordered, in_a_row, passed = list(queued), list[Take](), 0, 0.0
    while rest and len(ordered) < FORESEEN:
        at = timezone.now() + timedelta(seconds=passed)
        first, wanted = rest[0], [take.wanted(at) for take in rest if take.needed_by]
        pk = None if first.priority > 0 else deadlines.pressing(wanted, first.computes, devices)
        others_turn = in_a_row >= deadlines.IN_A_ROW and len(wanted) < len(rest)
        taken = first if pk is None or others_turn else next(take for take in rest if take.pk == pk)
        in_a_row = in_a_row + 1 if taken.needed_by else 0
        passed += taken.computes / devices
        ordered.append(taken)
        rest.remove(taken)
    return ordered + rest


def _kind(take: Take) -> Kind:
    return take.engine, take.weights, take.steps


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


def seconds_per_frame(choice: Choice, project: Any) -> float | None:
    """What one frame of this project costs with this choice, for a first guess before anything is asked."""
    row = choice.row
    pace = Pace.of(row.name, choice.pinned, row.steps)
    width, height = row.legal_size(project.width, project.height)
    return pace.seconds(width * height * max(1, row.steps)).middle if pace else None

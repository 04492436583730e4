"""The main job without a browser: a script becomes a board, takes, picks and a film."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from generation import catalogue
from storyboard.models import Draft, Export, Project, Shot, Status, Take, User
from storyboard.refusal import Conflict

LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 300

Say = Callable[[str], None]


class CouldNot(Exception):
    """Why there is no film: one sentence, what was found and what to do next."""


@dataclass
class Pitch:
    """One pass from a script to a film, as one person. `say` hears how far it is."""

    by: User
    say: Say
    takes: list[Take] = field(default_factory=list)
    export: Export | None = None

    def begin(self, data: bytes, filename: str, name: str, **fields: Any) -> Project:
        """The board, whole or not at all. Raises Refusal."""
        with transaction.atomic():
            project = Project.objects.start(name, self.by, **fields)
            Draft.objects.bring_in(project, data, filename, self.by)
        self.say(f"Board: {len(_shots(project))} shots in {project.scenes.count()} scenes.")
        return project

    def shoot(self, project: Project, count: int, engine: str = "") -> None:
        """`count` takes of every shot, and the first of each into the cut; `engine` is a choice's name, by default what
        is usual for each. Raises CouldNot at the first that fails, Refusal for what cannot be asked of the engine."""
        shots = _shots(project)
        at_once = max(1, settings.TAKES_MAX_AT_ONCE // count)
        for start in range(0, len(shots), at_once):
            self.takes += Take.objects.ask(project, shots[start : start + at_once], count, self.by, engine=engine)
        self.say(f"Asked: {len(self.takes)} takes of {_engines(self.takes)}.")
        self._await_takes()
        for shot in shots:
            shot.pick(shot.takes.ready().order_by("number")[0], by=self.by)

    def take_away(self, project: Project, target: Path, burn_ins: bool) -> int:
        """The film at `target`, whole or not at all, and how many frames it has. Raises CouldNot."""
        export = self.export = Export.objects.ask(project, "animatic", self.by, burn_ins=burn_ins)
        watch = _Watch(self.say)
        while export.is_waiting:
            watch.look((export.status, export.done), f"Film: {export.done} of {export.of or '?'} frames.")
            export.refresh_from_db()
        if export.status != Status.FINISHED:
            raise CouldNot(f"The film was not made: {export.error or export.get_status_display().lower()}")
        assert export.media is not None
        _put(export.media.path, target)
        return export.media.frames

    def call_off(self) -> None:
        """Cancels whatever of this still waits or runs."""
        waiting = Take.objects.filter(pk__in=[take.pk for take in self.takes]).waiting()
        exports = Export.objects.filter(pk=self.export.pk).waiting() if self.export else []
        for job in [*waiting, *exports]:
            with suppress(Conflict):
                job.cancel(self.by)

    def _await_takes(self) -> None:
        mine, watch = [take.pk for take in self.takes], _Watch(self.say)
        while True:
            rows = list(Take.objects.filter(pk__in=mine).select_related("shot").order_by("pk"))
            lost = next((row for row in rows if row.status in (Status.FAILED, Status.CANCELLED)), None)
            if lost is not None:
                why = lost.error or "somebody cancelled it."
                raise CouldNot(f"Take {lost.number} of shot {lost.shot.code} was not made: {why}")
            ready = sum(row.status == Status.FINISHED for row in rows)
            if ready == len(rows):
                self.say(f"Takes: all {ready} are ready.")
                return
            moved = [(row.status, row.done) for row in rows]
            watch.look(moved, f"Takes: {ready} of {len(rows)} ready.")


class _Watch:
    """Waits between looks, says what is new, and gives up when nothing has moved for long."""

    def __init__(self, say: Say) -> None:
        self.say, self.seen, self.said = say, None, ""
        self.moved_at = time.monotonic()

    def look(self, state: Any, words: str) -> None:
        if state != self.seen:
            self.seen, self.moved_at = state, time.monotonic()
        if words != self.said:
            self.say(words)
            self.said = words
        if time.monotonic() - self.moved_at > PATIENCE_SECONDS:
            log = settings.DATA_DIR / "log"
            raise CouldNot(
                f"Nothing has moved for {PATIENCE_SECONDS // 60} minutes. Look into the workers’ logs in {log}."
            )
        time.sleep(LOOK_SECONDS)


def _shots(project: Project) -> list[Shot]:
    return list(Shot.objects.filter(project=project).active().in_order().select_related("scene", "current"))


def _engines(takes: list[Take]) -> str:
    """The engines that make them, in words: each shot has what is usual for its length."""
    return " and ".join(catalogue.engine(name).label for name in dict.fromkeys(take.engine for take in takes))


def _put(source: Path, target: Path) -> None:
    """Under its name only once it is whole."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise CouldNot(f"The film could not be written to {target}: {error.strerror or error}.") from error

"""The board: scenes with a card for each shot, read in a number of queries that does not grow with the shots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from storyboard.card import Card
from storyboard.models import Circle, Comment, Panel, Project, Scene, Shot, Status, Take

# The first rows at the usual size of a card, on a usual screen.
IN_SIGHT = 8


@dataclass
class Row:
    """A scene and its cards."""

    scene: Scene
    cards: list[Card]

    @property
    def frames(self) -> int:
        return sum(card.shot.frames_in_cut for card in self.active)

    @property
    def active(self) -> list[Card]:
        return [card for card in self.cards if not card.shot.omitted]


@dataclass
class Board:
    project: Project
    rows: list[Row]

    @classmethod
    def of(cls, project: Project) -> Board:
        by_scene = defaultdict(list)
        for place, card in enumerate(cards(project)):
            card.is_in_sight = place < IN_SIGHT
            by_scene[card.shot.scene_id].append(card)
        scenes = Scene.objects.filter(project=project).order_by("position", "pk")
        return cls(project, [Row(scene, by_scene[scene.pk]) for scene in scenes])

    @property
    def cards(self) -> list[Card]:
        return [card for row in self.rows for card in row.cards]

    @property
    def frames(self) -> int:
        return sum(row.frames for row in self.rows)

    @property
    def saved(self) -> float:
        """Seconds of computing that auditions which nobody finished did not take."""
        return Take.objects.filter(project=self.project).seconds_saved()

    @property
    def count(self) -> int:
        return sum(len(row.active) for row in self.rows)

    @property
    def characters(self) -> list[str]:
        return sorted({name for card in self.cards for name in card.version.characters})


def cards(project: Project, ids: Iterable[int] | None = None) -> list[Card]:
    """The cards of these shots (all, unless `ids` says which), in the board's order."""
    rows = Shot.objects.filter(project=project)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    shots = _counted(rows).select_related("current").only(*SAID_OF_SHOT).in_order()
    made: dict[int, Card] = {shot.pk: Card(shot, shot.current, project.rate) for shot in shots}
    wanted = None if ids is None else list(made)
    shown = Take.objects.shown().select_related("poster", "filmstrip").only(*SAID_OF_TAKE)
    for take in _of(shown, project, wanted):
        made[take.shot_id].take = take
    busy = Take.objects.kept().filter(status__in=BUSY).select_related("poster").order_by("number").defer(*HEAVY)
    for take in _of(busy, project, wanted):
        _put(made[take.shot_id], take)
    panels = Panel.objects.order_by("shot_id", "position", "pk").distinct("shot_id").select_related("media")
    for panel in _of(panels, project, wanted):
        made[panel.shot_id].panel = panel
    return list(made.values())


def order(project: Project) -> list[dict[str, object]]:
    """Scenes in order, each with its shots in order, how many count and how long they last together."""
    shots = Shot.objects.filter(project=project).in_order().select_related("current")
    by_scene: dict[int, list[Shot]] = defaultdict(list)
    for shot in shots.only("scene_id", "omitted", "cut_frames", "current__frames"):
        by_scene[shot.scene_id].append(shot)
    told = []
    for scene in Scene.objects.filter(project=project).order_by("position", "pk"):
        active = [shot for shot in by_scene[scene.pk] if not shot.omitted]
        told.append(
            {
                "scene": scene.pk,
                "shots": [shot.pk for shot in by_scene[scene.pk]],
                "count": len(active),
                "frames": sum(shot.frames_in_cut for shot in active),
            }
        )
    return told


HEAVY = ("recipe", "report")
SAID_OF_SHOT = (
    "code", "scene_id", "omitted", "cut_frames", "current_id",
    *(f"current__{name}" for name in ("action", "dialogue", "notes", "characters", "size", "angle", "move", "frames")),
)  # fmt: skip
SAID_OF_TAKE = (
    "number", "shot_id", "version_id",
    *(f"{media}__{name}" for media in ("poster", "filmstrip") for name in ("sha256", "content_type", "facts")),
)  # fmt: skip
BUSY = (Status.QUEUED, Status.RUNNING, Status.HELD, Status.FAILED)


def _put(card: Card, take: Take) -> None:
    if take.status == Status.RUNNING:
        card.running.append(take)
    elif take.status == Status.QUEUED:
        card.queued.append(take)
    elif take.status == Status.HELD:
        card.held.append(take)
    elif take.number == card.shot.last_number:
        card.failed = take


def _of(rows: Any, project: Project, ids: list[int] | None) -> Any:
    rows = rows.filter(project=project)
    return rows if ids is None else rows.filter(shot__in=ids)


def _counted(shots: Any) -> Any:
    takes = Take.objects.kept().filter(shot=OuterRef("pk")).order_by().values("shot")
    circled = takes.filter(Exists(Circle.objects.filter(take=OuterRef("pk"))))
    talk = Comment.objects.filter(shot=OuterRef("pk"), parent=None, removed_at=None, resolved_at=None)
    return shots.annotate(
        take_count=_number(takes.annotate(n=Count("pk"))),
        last_number=_number(takes.annotate(n=Max("number"))),
        circled_count=_number(circled.annotate(n=Count("pk"))),
        open_comments=_number(talk.order_by().values("shot").annotate(n=Count("pk"))),
    )


def _number(rows: QuerySet) -> Coalesce:
    return Coalesce(Subquery(rows.values("n"), output_field=IntegerField()), 0)

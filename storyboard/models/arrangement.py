"""How shots come to stand where they stand: put in, moved together, found by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q

from storyboard import codes
from storyboard.models.fields import OfProject
from storyboard.models.scene import Scene
from storyboard.models.version import Version
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.models.project import Project
    from storyboard.models.shot import Shot

SECONDS = 3


class Arrangement(OfProject):
    def in_order(self) -> Any:
        return self.order_by("scene__position", "scene_id", "position", "pk")

    @transaction.atomic
    def append_to(self, scene: Scene, by: User) -> Shot:
        """An empty shot at the end of a scene, coded after the shot it comes to stand behind."""
        project = scene.project
        hold_codes(project.pk)
        board = list(self.model._default_manager.filter(project=project).in_order().select_related("scene"))
        check_room(len(board))
        before = [shot for shot in board if (shot.scene.position, shot.scene_id) <= (scene.position, scene.pk)]
        taken = {shot.code for shot in board}
        last_of_all = len(before) == len(board)
        after = before[-1].code if before else None
        code = codes.following(after, taken) if last_of_all or after is None else codes.inserted(after, taken)
        shot = self.model(project=project, scene=scene, code=code)
        shot.place_after(before[-1] if before and before[-1].scene_id == scene.pk else None)
        shot.save()
        frames = max(1, round(SECONDS * project.fps))
        shot.current = Version.objects.create(shot=shot, number=1, by=by, frames=frames)
        shot.save(update_fields=["current"])
        project.record("shot.inserted", shot, by)
        return shot

    @transaction.atomic
    def open_scene(self, project: Project, heading: str, by: User) -> tuple[Scene, Shot]:
        """A new scene at the end of the board, with one empty shot."""
        hold_codes(project.pk)
        scene = Scene(project=project, heading=heading.strip()[:300])
        scene.place_after(scene.siblings().last())
        scene.save()
        shot = self.append_to(scene, by)
        project.record("scene.added", scene, by)
        return scene, shot

    @transaction.atomic
    def insert_before(self, shot: Shot, by: User) -> Shot:
        """An empty shot right in front of `shot`, coded after the one that stands there now."""
        hold_codes(shot.project_id)
        board = list(self.model._default_manager.filter(project=shot.project_id).in_order())
        index = next(n for n, each in enumerate(board) if each.pk == shot.pk)
        neighbour = board[index - 1] if index else None
        made = (neighbour or shot).insert_after(by, frames=shot.current.frames)  # type: ignore[union-attr]
        if neighbour is None or neighbour.scene_id != shot.scene_id:
            made.move(by, shot.scene, None)
        return made

    @transaction.atomic
    def rearrange(self, shots: list[Shot], scene: Scene, after: Shot | None, by: User) -> None:
        """Moves these shots, in this order, to right behind `after`, or to the front of `scene`."""
        moving = {shot.pk for shot in shots}
        if after is not None and after.pk in moving:
            after = _nearest_still(after, moving)
        list(self.model._default_manager.filter(pk__in=moving).locked())
        for shot in shots:
            shot.move(by, scene, after)
            after = shot

    def saying(self, text: str) -> models.QuerySet[Any]:
        """The ids of shots whose code, words or heading hold every word of `text`."""
        rows = self
        for word in text.replace("\0", " ").split()[:8]:
            rows = rows.filter(
                Q(code__istartswith=word)
                | Q(current__action__icontains=word)
                | Q(current__dialogue__icontains=word)
                | Q(current__characters__icontains=word)
                | Q(current__notes__icontains=word)
                | Q(scene__heading__icontains=word)
            )
        return rows.values_list("pk", flat=True)


def _nearest_still(after: Shot, moving: set[int]) -> Shot | None:
    """The closest shot in front of `after` that is not itself on the move."""
    row: Shot | None = None
    for each in type(after)._default_manager.filter(scene=after.scene_id).order_by("position", "pk"):
        if each.pk == after.pk:
            break
        if each.pk not in moving:
            row = each
    return row


def hold_codes(project_id: int) -> None:
    """Lets one person at a time give codes on this board, until the transaction ends; to be held before any row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"codes of {project_id}"])


def check_room(held: int) -> None:
    if held >= settings.SHOTS_MAX:
        raise Refusal(f"The board holds {held} shots, which is the limit. Split it into projects of their own.")

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from storyboard.models.fields import OfProject
from storyboard.models.positioned import GAP
from storyboard.models.scene import Scene
from storyboard.models.shot import Shot
from storyboard.models.version import Version
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.models.project import Project
    from storyboard.script import ProposedScene, ProposedShot


class DraftQuerySet(OfProject):
    @transaction.atomic
    def bring_in(
        self, project: Project, data: bytes, filename: str, proposed: tuple[ProposedScene, ...], by: User
    ) -> Draft:
        """Makes the proposed scenes and shots at the end of the board, all or nothing."""
        count = sum(len(scene.shots) for scene in proposed)
        held = Shot.objects.filter(project=project).count()
        if held + count > settings.SHOTS_MAX:
            raise Refusal(
                f"This script makes {count} shots and the board holds {held}; the limit is {settings.SHOTS_MAX}. "
                "Import it in parts, into projects of their own."
            )
        draft = self.create(project=project, data=data, filename=filename[:200], by=by)
        shots = _make_board(project, proposed, by)
        project.record("draft.imported", draft, by, scenes=len(proposed), shots=len(shots))
        return draft


class Draft(models.Model):
    """One script as it came in, byte for byte."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="drafts")
    filename = models.CharField(max_length=200, blank=True)
    data = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.filename or f"draft {self.pk}"


def _make_board(project: Project, proposed: tuple[ProposedScene, ...], by: User) -> list[Shot]:
    last_scene = Scene.objects.filter(project=project).order_by("position").last()
    start = last_scene.position if last_scene else 0
    number = Shot.objects.filter(project=project).count() * 10
    shots: list[Shot] = []
    wanted: list[ProposedShot] = []
    for index, each in enumerate(proposed):
        scene = Scene.objects.create(
            project=project,
            position=start + (index + 1) * GAP,
            number=each.number[:20],
            heading=each.heading[:300],
            setting=each.setting[:20],
            place=each.place[:200],
            time=each.time[:80],
            synopsis=each.synopsis,
            omitted=each.omitted,
        )
        for place, shot in enumerate(each.shots):
            number += 10
            shots.append(Shot(project=project, scene=scene, position=(place + 1) * GAP, code=f"{number:03d}"))
            wanted.append(shot)
    _free_codes(project, shots)
    Shot.objects.bulk_create(shots)
    versions = Version.objects.bulk_create(
        Version(shot=shot, number=1, by=by, **_asked(each)) for shot, each in zip(shots, wanted, strict=True)
    )
    for shot, version in zip(shots, versions, strict=True):
        shot.current = version
    Shot.objects.bulk_update(shots, ["current"])
    return shots


def _free_codes(project: Project, shots: list[Shot]) -> None:
    taken = set(Shot.objects.filter(project=project).values_list("code", flat=True))
    step = max((int("".join(c for c in code if c.isdigit()) or 0) for code in taken), default=0) // 10 * 10
    if taken:
        for index, shot in enumerate(shots, start=1):
            shot.code = f"{step + index * 10:03d}"


def _asked(shot: ProposedShot) -> dict[str, Any]:
    return {
        "action": shot.action,
        "dialogue": shot.dialogue,
        "characters": list(shot.characters),
        "size": shot.size,
        "angle": shot.angle,
        "move": shot.move,
        "frames": shot.frames,
        "notes": shot.notes,
    }

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from storyboard import codes, script
from storyboard.models.arrangement import hold_codes
from storyboard.models.fields import OfProject
from storyboard.models.positioned import GAP
from storyboard.models.project import Project
from storyboard.models.scene import Scene
from storyboard.models.shot import Shot
from storyboard.models.version import Version
from storyboard.refusal import Conflict, Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.script import ProposedScene, ProposedShot, Screenplay


class DraftQuerySet(OfProject):
    def waiting(self) -> Self:
        """Read and understood, but not on the board yet."""
        return self.filter(board_made_at=None)

    def on_board(self) -> Self:
        return self.exclude(board_made_at=None)

    def keep(self, project: Project, data: bytes, filename: str, by: User) -> Draft:
        """Keeps a script that can be read, byte for byte, and puts nothing on the board yet.

        The same bytes waiting already are the same draft. Raises Refusal with one sentence for the person who chose it.
        """
        draft = Draft(project=project, data=data, filename=filename[:200], by=by)
        draft.read()
        earlier = self.waiting().filter(project=project, data=data, filename=draft.filename, by=by).first()
        if earlier is not None:
            return earlier
        draft.save()
        return draft

    def bring_in(self, project: Project, data: bytes, filename: str, by: User) -> Draft:
        """Keeps a script and puts it on the board in one go."""
        with transaction.atomic():
            draft = self.keep(project, data, filename, by)
            draft.make_board(by)
        return draft


class Draft(models.Model):
    """One script as it came in, byte for byte; on the board once somebody has seen the preview and said so."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="drafts")
    filename = models.CharField(max_length=200, blank=True)
    data = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    board_made_at = models.DateTimeField(null=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.filename or f"draft {self.pk}"

    def read(self) -> Screenplay:
        """What the script says; raises Refusal with the reader's own sentence."""
        data = bytes(self.data)
        marked_up = data.lstrip()[:1] == b"<"
        limit = settings.SCRIPT_MAX_BYTES
        if not marked_up:
            limit = min(limit, settings.SCRIPT_PLAIN_MAX_BYTES)
        try:
            screenplay = script.read(data, self.filename, limit=limit)
        except script.BadScript as error:
            raise Refusal(str(error)) from None
        if len(screenplay.scenes) > settings.SHOTS_MAX:
            raise Refusal(
                f"This script has {len(screenplay.scenes)} scenes; a board holds at most {settings.SHOTS_MAX} shots. "
                "Import it in parts, into projects of their own."
            )
        return screenplay

    def propose(self) -> tuple[ProposedScene, ...]:
        """The scenes and shots this script makes at the project's rate."""
        return tuple(script.propose(self.read(), self.project.rate))

    @transaction.atomic
    def make_board(self, by: User) -> list[Shot]:
        """Puts the proposed scenes and shots at the end of the board, once, all or nothing."""
        if not Draft.objects.waiting().filter(pk=self.pk).update(board_made_at=timezone.now()):
            raise Conflict("This script is on the board already, or was discarded.")
        self.refresh_from_db()
        hold_codes(self.project_id)
        Project.objects.select_for_update().get(pk=self.project_id)
        proposed = self.propose()
        count = sum(len(scene.shots) for scene in proposed)
        _check_room(self.project, count)
        shots = _make_board(self.project, proposed, by)
        self.project.record("draft.imported", self, by, scenes=len(proposed), shots=len(shots))
        return shots

    @transaction.atomic
    def discard(self, by: User) -> None:
        """Forgets a script that never went onto the board."""
        if not Draft.objects.waiting().filter(pk=self.pk).delete()[0]:
            raise Conflict("This script is on the board; drafts of the board are kept.")


def _check_room(project: Project, count: int) -> None:
    if not count:
        raise Refusal("No shot was found in this script, so there is no board to make. Add a scene with action to it.")
    held = Shot.objects.filter(project=project).count()
    if held + count > settings.SHOTS_MAX:
        raise Refusal(
            f"This script makes {count} shots and the board holds {held}; the limit is {settings.SHOTS_MAX}. "
            "Import it in parts, into projects of their own."
        )


def _make_board(project: Project, proposed: tuple[ProposedScene, ...], by: User) -> list[Shot]:
    scenes = _make_scenes(project, proposed)
    start = _last_ten(project)
    shots: list[Shot] = []
    asked: list[ProposedShot] = []
    for scene, each in zip(scenes, proposed, strict=True):
        for place, shot in enumerate(each.shots, start=1):
            asked.append(shot)
            code = codes.numbered(start + len(asked))
            shots.append(Shot(project=project, scene=scene, position=place * GAP, code=code))
    Shot.objects.bulk_create(shots)
    versions = Version.objects.bulk_create(
        Version(shot=shot, number=1, by=by, **_asked(each)) for shot, each in zip(shots, asked, strict=True)
    )
    for made, version in zip(shots, versions, strict=True):
        made.current = version
    Shot.objects.bulk_update(shots, ["current"])
    return shots


def _make_scenes(project: Project, proposed: tuple[ProposedScene, ...]) -> list[Scene]:
    last = Scene.objects.filter(project=project).order_by("position").last()
    start = last.position if last else 0
    return Scene.objects.bulk_create(
        Scene(
            project=project,
            position=start + place * GAP,
            number=each.number[:20],
            heading=each.heading[:300],
            setting=each.setting[:20],
            place=each.place[:200],
            time=each.time[:80],
            synopsis=each.synopsis,
            omitted=each.omitted,
        )
        for place, each in enumerate(proposed, start=1)
    )


def _last_ten(project: Project) -> int:
    """How many whole tens the board's codes have used: 3 where the last is 030B."""
    held = Shot.objects.filter(project=project).values_list("code", flat=True)
    numbers = (re.match(r"\d*", code).group() for code in held)  # type: ignore[union-attr]
    return max((int(number) // codes.STEP for number in numbers if number), default=0)


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

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction

from generation import film
from storyboard import codes
from storyboard.models.arrangement import Arrangement, check_room, hold_codes
from storyboard.models.positioned import Positioned
from storyboard.models.version import CLIP_KINDS, EITHER_KINDS, FIELDS, GUIDE_KINDS, Guide, Version
from storyboard.refusal import Conflict, Refusal

if TYPE_CHECKING:
    from generation.recipe import Ingredient, Recipe
    from storyboard.models.media import Media
    from storyboard.models.panel import Panel
    from storyboard.models.person import User
    from storyboard.models.project import Project
    from storyboard.models.scene import Scene
    from storyboard.models.take import Take

FRAMES_MAX = 1440
# A recipe goes into its movie by way of one argument of a program, which may not be longer than 128 KiB.
WORDS_MAX = 5000
CAST_MAX = 50
NAME_MAX = 80
KNOWN = {
    "size": {"", *dict(film.SIZES)},
    "angle": {"", *dict(film.ANGLES)},
    "move": {"", *dict(film.MOVES)},
}


class ShotQuerySet(Arrangement):
    def active(self) -> Self:
        return self.filter(omitted=False)

    def locked(self) -> list[Shot]:
        """These shots, held until the transaction ends; always in one order, so that two cannot wait on each other."""
        return list(self.select_for_update(of=("self",)).order_by("pk"))

    @transaction.atomic
    def renumber(self, project: Project, by: User) -> int:
        """Gives every shot its whole ten again, in order; refused once codes are locked."""
        if project.codes_locked:
            raise Refusal("Codes are locked because this board was shared. Unlock them before renumbering.")
        hold_codes(project.pk)
        shots = list(self.filter(project=project).in_order().select_for_update(of=("self",)))
        for shot in shots:
            shot.code = f"~{shot.pk}"
        self.bulk_update(shots, ["code"])
        for index, shot in enumerate(shots, start=1):
            shot.code = codes.numbered(index)
        self.bulk_update(shots, ["code"])
        project.record("shots.renumbered", None, by, shots=len(shots))
        return len(shots)


class Shot(Positioned):
    """One camera setup. `cut_in` and `cut_frames` are its trim in the cut, counted in the source's frames."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="shots")
    scene = models.ForeignKey("storyboard.Scene", on_delete=models.CASCADE, related_name="shots")
    code = models.CharField(max_length=20)
    omitted = models.BooleanField(default=False)
    current = models.ForeignKey("storyboard.Version", null=True, on_delete=models.PROTECT, related_name="+")
    cut_in = models.PositiveIntegerField(default=0)
    cut_frames = models.PositiveIntegerField(null=True)

    objects = ShotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="shot_code_once"),
            models.CheckConstraint(
                condition=models.Q(cut_frames=None) | models.Q(cut_frames__gt=0), name="shot_trim_has_frames"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def siblings(self) -> models.QuerySet[Any]:
        return Shot.objects.filter(scene=self.scene_id).exclude(pk=self.pk).order_by("position", "pk")

    @property
    def frames_in_cut(self) -> int:
        return self.cut_frames or self.current.frames  # type: ignore[union-attr]

    # What it asks for ------------------------------------------------------------------------------------------

    @transaction.atomic
    def revise(self, by: User, base: dict[str, Any] | None = None, **changes: Any) -> Version:
        """Changes what the shot asks for. A version that has takes is kept and a new one made.

        `base` holds each field as the person saw it; a field that somebody else changed since raises Conflict with
        what it is now, and nothing is changed. Different fields changed by two people both stay.
        """
        current = self._hold()
        changes = {name: value for name, value in changes.items() if getattr(current, name) != value}
        for name, seen in (base or {}).items():
            now = getattr(current, name)
            if name in changes and now != seen:
                other = self._last_to_change(name)
                raise Conflict(
                    f"{other or 'Somebody'} changed this while you were writing. Keep yours or take theirs.",
                    field=name,
                    now=now,
                    by=str(other or ""),
                )
        if not changes:
            return current
        _check_words(changes)
        version = self._open_version(by)
        for name, value in changes.items():
            setattr(version, name, value)
        version.by = by
        version.save()
        self.project.record("shot.revised", self, by, fields=sorted(changes), version=version.number)
        return version

    @transaction.atomic
    def go_back_to(self, version: Version, by: User) -> Version:
        """Undo: the shot asks for what that version asked, guides too. What came between stays in the history."""
        self._hold()
        if version.shot_id != self.pk:
            raise Refusal("That version belongs to another shot.")
        self.current = version
        self.save(update_fields=["current"])
        self.project.record("shot.revised", self, by, version=version.number)
        return version

    @transaction.atomic
    def guide(self, by: User, kind: str, media: Any, **fields: Any) -> Guide:
        """Holds a picture at its frame, one to refer to, or a clip to follow or keep, with its mask; one a place."""
        current = self._hold()
        at = fields.pop("at_frame", 0) if kind == "key" else 0
        _check_guide(kind, at, current.frames, media)
        version = self._open_version(by)
        shown = {"poster": None, "filmstrip": None, "take": None, "source_frame": 0, "is_pictures": False}
        guide, _ = Guide.objects.update_or_create(
            version=version,
            kind=kind,
            at_frame=at,
            defaults={**shown, "media": media, "project": self.project, **fields},
        )
        self.project.record("shot.revised", self, by, fields=["guides"], version=version.number)
        return guide

    @transaction.atomic
    def drop_guide(self, guide: Guide, by: User) -> None:
        self._hold()
        version = self._open_version(by)
        version.guides.filter(kind=guide.kind, at_frame=guide.at_frame).delete()
        self.project.record("shot.revised", self, by, fields=["guides"], version=version.number)

    def _hold(self) -> Version:
        Shot.objects.select_for_update(of=("self",)).get(pk=self.pk)
        self.refresh_from_db()
        return self.current  # type: ignore[return-value]

    @transaction.atomic
    def follow(self, recipe: Recipe, by: User) -> list[str]:
        """Asks for what a recipe asked: its words, its length and the pictures it held.

        Returns the kinds of guide that could not be taken over, because this project has no such file or no such guide.
        """
        words = recipe.words
        changes = {name: getattr(words, name) for name in ("action", "dialogue", "size", "angle", "move")}
        frames = min(recipe.frames, FRAMES_MAX)
        self.revise(by, **changes, characters=list(words.characters), negative=recipe.negative, frames=frames)
        for guide in list(self.current.guides.all()):  # type: ignore[union-attr, misc]
            self.drop_guide(guide, by)
        return [each.kind for each in recipe.ingredients if not self._hold_ingredient(each, by)]

    def _hold_ingredient(self, each: Ingredient, by: User) -> bool:
        is_clip = each.kind in CLIP_KINDS or (each.kind in EITHER_KINDS and each.media == "video")
        content = "video/" if is_clip else "image/"
        media = self.project.media.filter(sha256=each.sha256, content_type__startswith=content).first()
        if media is None or each.kind not in dict(GUIDE_KINDS):
            return False
        earlier = Guide.objects.filter(project=self.project, media=media).exclude(poster=None).first()
        shown = {"poster": earlier.poster, "filmstrip": earlier.filmstrip, "take": earlier.take} if earlier else {}
        self.guide(by, each.kind, media, at_frame=each.at_frame, strength=each.strength, **shown)
        return True

    def _last_to_change(self, field: str) -> User | None:
        """Who last wrote this field, which need not be who last wrote another."""
        told = self.project.events.filter(shot_id=self.pk, kind="shot.revised").select_related("by").order_by("-number")
        event = told.filter(models.Q(data__fields__contains=[field]) | ~models.Q(data__has_key="fields")).first()
        return event.by if event else self.current.by  # type: ignore[union-attr]

    def _open_version(self, by: User) -> Version:
        """The current version while nothing was made of it; else a copy of it, guides included."""
        current = self.current
        assert current is not None
        if not current.takes.exists():
            return current
        last = self.versions.order_by("-number").values_list("number", flat=True)[0]
        version = Version.objects.create(shot=self, number=last + 1, by=by, **current.values())
        current.hand_guides_to(version)
        self.current = version
        self.save(update_fields=["current"])
        return version

    # Its place on the board ------------------------------------------------------------------------------------

    @transaction.atomic
    def insert_after(self, by: User, **fields: Any) -> Shot:
        """An empty shot right behind this one, with a code between: 010A."""
        return self._new_behind("shot.inserted", by, **{"frames": self.current.frames, **fields})  # type: ignore[union-attr]

    @transaction.atomic
    def duplicate(self, by: User) -> Shot:
        copy = self._new_behind("shot.duplicated", by, **self.current.values())  # type: ignore[union-attr]
        self.current.hand_guides_to(copy.current)  # type: ignore[union-attr, arg-type]
        return copy

    @transaction.atomic
    def split(self, by: User, at: int | None = None) -> Shot:
        """Cuts the action in two at a character, or at the sentence nearest the middle; length divides with it."""
        hold_codes(self.project_id)
        current = self._hold()
        text = current.action
        at = _middle_sentence(text) if at is None else at
        head, tail = text[:at].rstrip(), text[at:].lstrip()
        if not head or not tail:
            raise Refusal("There is only one sentence here. Put the cursor where the second shot begins, then split.")
        tail_frames = max(1, round(current.frames * len(tail) / len(text)))
        values = current.values() | {"action": tail, "frames": tail_frames}
        self.revise(by, action=head, dialogue="", frames=max(1, current.frames - tail_frames))
        return self._new_behind("shot.split", by, **values)

    @transaction.atomic
    def merge_next(self, by: User) -> Shot:
        """Takes in the words and length of the next shot of the scene; that one stays as omitted."""
        shots = list(Shot.objects.filter(scene=self.scene_id).active().in_order())
        place = next(index for index, shot in enumerate(shots) if shot.pk == self.pk)
        if place + 1 == len(shots):
            raise Refusal("This is the last shot of its scene; there is none behind it to merge.")
        other = shots[place + 1]
        Shot.objects.filter(pk__in=[self.pk, other.pk]).locked()
        self.refresh_from_db()
        mine, theirs = self.current, other.current
        assert mine is not None and theirs is not None
        self.revise(
            by,
            action="\n\n".join(part for part in (mine.action, theirs.action) if part),
            dialogue="\n\n".join(part for part in (mine.dialogue, theirs.dialogue) if part),
            characters=list(dict.fromkeys([*mine.characters, *theirs.characters])),
            frames=min(mine.frames + theirs.frames, FRAMES_MAX),
        )
        other.omit(by)
        return self

    @transaction.atomic
    def omit(self, by: User) -> None:
        """Takes the shot out of the cut; its code and takes stay."""
        if Shot.objects.filter(pk=self.pk, omitted=False).update(omitted=True):
            self.omitted = True
            self.project.record("shot.omitted", self, by)

    @transaction.atomic
    def restore(self, by: User) -> None:
        if Shot.objects.filter(pk=self.pk, omitted=True).update(omitted=False):
            self.omitted = False
            self.project.record("shot.restored", self, by)

    @transaction.atomic
    def move(self, by: User, scene: Scene, after: Shot | None) -> None:
        """To right behind `after`, or to the front of `scene`."""
        if scene.project_id != self.project_id or (after is not None and after.scene_id != scene.pk):
            raise Refusal("A shot can only move within its own board.")
        self.scene = scene
        self.place_after(after)
        self.save(update_fields=["scene", "position"])
        self.project.record("shot.moved", self, by)

    @transaction.atomic
    def trim(self, by: User, cut_in: int, cut_frames: int | None) -> None:
        """Sets what of the source is in the cut, in frames; None: the whole length the shot asks for."""
        if not 0 <= cut_in < FRAMES_MAX:
            raise Refusal(f"A shot begins 0 to {FRAMES_MAX - 1} frames into its source; {cut_in} was asked.")
        if cut_frames is not None and not 1 <= cut_frames <= FRAMES_MAX:
            raise Refusal(f"A shot lasts 1 to {FRAMES_MAX} frames in the cut; {cut_frames} was asked.")
        Shot.objects.filter(pk=self.pk).update(cut_in=cut_in, cut_frames=cut_frames)
        self.cut_in, self.cut_frames = cut_in, cut_frames
        self.project.record("shot.trimmed", self, by)

    def _new_behind(self, verb: str, by: User, **values: Any) -> Shot:
        hold_codes(self.project_id)
        list(Shot.objects.select_for_update(of=("self",)).filter(pk=self.pk))
        _check_words(values)
        taken = set(Shot.objects.filter(project=self.project_id).values_list("code", flat=True))
        check_room(len(taken))
        shot = Shot(project=self.project, scene=self.scene, code=codes.inserted(self.code, taken))
        shot.place_after(self)
        shot.save()
        shot.current = Version.objects.create(shot=shot, number=1, by=by, **values)
        shot.save(update_fields=["current"])
        self.project.record(verb, shot, by)
        return shot

    # Its panels ------------------------------------------------------------------------------------------------

    @transaction.atomic
    def add_panel(self, media: Media, by: User, caption: str = "", hold_frames: int = 0) -> Panel:
        """A picture behind the panels there are; `hold_frames` 0 lets the panels share the shot's length."""
        from storyboard.models.panel import Panel

        self._hold()
        panel = Panel(project=self.project, shot=self, media=media, by=by)
        panel.fill(caption, hold_frames)
        panel.place_after(self.panels.order_by("position", "pk").last())
        panel.save()
        self.project.record("panel.added", panel, by)
        return panel

    # Judgement -------------------------------------------------------------------------------------------------

    def pick(self, take: Take, by: User) -> None:
        """Puts this take in the cut, in place of any other."""
        from storyboard.models.judgement import Pick

        Pick.objects.choose(self, take, by)

    def unpick(self, by: User, take: Take | None = None) -> None:
        """Takes the pick out of the cut; with `take`, only while that one still is it."""
        from storyboard.models.judgement import Pick

        Pick.objects.withdraw(self, by, take)


def _check_words(changes: dict[str, Any]) -> None:
    for name in changes:
        if name not in FIELDS:
            raise Refusal(f"A shot has no field called {name!r}; it has {', '.join(FIELDS)}.")
    frames = changes.get("frames", 1)
    if not isinstance(frames, int) or not 1 <= frames <= FRAMES_MAX:
        raise Refusal(f"A shot lasts 1 to {FRAMES_MAX} frames; {frames} was asked.")
    for name in ("action", "dialogue", "negative", "notes"):
        if len(changes.get(name, "")) > WORDS_MAX:
            raise Refusal(f"The {name} has {len(changes[name])} characters; at most {WORDS_MAX} fit in one shot.")
    names = changes.get("characters", [])
    if len(names) > CAST_MAX or any(len(each) > NAME_MAX for each in names):
        raise Refusal(f"A shot takes up to {CAST_MAX} characters with names of up to {NAME_MAX} letters.")
    for name in ("size", "angle", "move"):
        if changes.get(name, "") not in KNOWN[name]:
            raise Refusal(f"{changes[name]!r} is no {name} this board knows.")


def _check_guide(kind: str, at_frame: int, frames: int, media: Media) -> None:
    if kind not in dict(GUIDE_KINDS):
        raise Refusal(f"{kind!r} is no guide this board can hold; there are {', '.join(dict(GUIDE_KINDS))}.")
    if not 0 <= at_frame < frames:
        raise Refusal(f"This shot has frames 0 to {frames - 1}; a key frame at {at_frame} was asked.")
    if kind not in EITHER_KINDS and media.is_clip != (kind in CLIP_KINDS):
        name = dict(GUIDE_KINDS)[kind].lower()
        wanted, found = ("a clip", "a picture") if kind in CLIP_KINDS else ("a picture", "a clip")
        raise Refusal(f"A {name} guide is {wanted}; {found} was given. Choose {wanted}.")


def _middle_sentence(text: str) -> int:
    ends = [match.end() for match in re.finditer(r"[.!?。！？]+[\s\"”')]*\s|\n+", text)]
    inside = [end for end in ends if text[end:].strip()]
    return min(inside, key=lambda end: abs(end - len(text) / 2), default=0)

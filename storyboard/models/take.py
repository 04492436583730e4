from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from generation import catalogue
from generation.engine import DRAFT, DRAFT_OF, PROFILE
from generation.recipe import Ingredient, Recipe
from storyboard import engines, queue
from storyboard.models import asking
from storyboard.models.comment import Comment
from storyboard.models.fields import OfProject
from storyboard.models.job import Status
from storyboard.models.judgement import REASONS, Circle, Pick, Rejection
from storyboard.models.line import InLine, LineQuerySet
from storyboard.models.shot import Shot
from storyboard.refusal import Conflict, Refusal

if TYPE_CHECKING:
    from storyboard.models.media import Media
    from storyboard.models.person import User
    from storyboard.models.project import Project
    from storyboard.models.version import Version


class Batch(models.Model):
    """One asking for takes. `key` comes from the browser, so that a double press asks once."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "by", "key"], name="batch_once")]

    def __str__(self) -> str:
        return f"batch {self.key}"


# How many of the last finished takes are asked whether their estimates were right.
JUDGED = 100


class Coverage(NamedTuple):
    """Of so many takes that were given an estimate, how many stayed inside its range."""

    right: int
    of: int

    @property
    def share(self) -> float | None:
        return self.right / self.of if self.of else None


class TakeQuerySet(OfProject, LineQuerySet):  # type: ignore[override]
    def coverage(self) -> Coverage:
        """How often the last finished takes lasted as long as they were said to when they were asked for."""
        rows = self.filter(status=Status.FINISHED, estimate__isnull=False).order_by("-finished_at")
        last = rows.values_list("spent", "estimate__low", "estimate__high")[:JUDGED]
        right = [low <= spent <= high for spent, low, high in last]
        return Coverage(sum(right), len(right))

    def kept(self) -> Self:
        return self.filter(trashed_at=None)

    def ready(self) -> Self:
        return self.kept().filter(status=Status.FINISHED)

    def carded(self) -> Self:
        """With everything a card says, in a number of queries that does not grow with the takes."""
        talk = Comment.objects.filter(take=models.OuterRef("pk"), parent=None, removed_at=None).order_by()
        return (
            self.select_related("shot", "version", "batch", "by", "rejection", "rejection__by", "parent__shot")
            .select_related("master", "proxy", "poster", "filmstrip")
            .prefetch_related("circles__by", "picks")
            .annotate(
                talked=_count(talk),
                unresolved=_count(talk.filter(resolved_at=None)),
            )
        )

    def shown(self) -> Self:
        """The one take each shot shows now: the pick, else the newest circled, else the newest finished."""
        return (
            self.ready()
            .annotate(
                is_pick=models.Exists(Pick.objects.filter(take=models.OuterRef("pk"))),
                is_circled=models.Exists(Circle.objects.filter(take=models.OuterRef("pk"))),
                is_rejected=models.Exists(Rejection.objects.filter(take=models.OuterRef("pk"))),
            )
            .order_by("shot_id", "-is_pick", "-is_circled", "is_rejected", "-number")
            .distinct("shot_id")
        )

    def posters(self, projects: list[Project]) -> dict[int, Media]:
        """The first picture of each project's cut, by project."""
        first = (
            self.ready()
            .filter(project__in=projects, shot__omitted=False, rejection=None)
            .annotate(is_pick=models.Exists(Pick.objects.filter(take=models.OuterRef("pk"))))
            .order_by(
                *("project_id", "shot__scene__position", "shot__scene_id", "shot__position", "shot_id"),
                *("-is_pick", "-number"),
            )
            .distinct("project_id")
            .select_related("poster")
        )
        return {take.project_id: take.poster for take in first}

    def ask(
        self,
        project: Project,
        shots: list[Shot],
        count: int,
        by: User,
        key: str = "",
        engine: str = "",
        front: bool = False,
        audition: bool = False,
        **inputs: Any,
    ) -> list[Take]:
        """Queues `count` takes of each shot, every one with a seed of its own; the same `key` again asks nothing more.

        `engine` is a choice's name, with the weights it is to load where it needs some: "blocking", "ltx:ltx-2b".
        Without one, each shot gets what is usual for its length.
        `audition` stops each after a share of its steps, to be looked at before the rest is computed.
        `inputs`: seed (of the first take), parent, parent_frame, ingredients, profile ("exact" or "draft"), `without`
        the kinds of guides to leave out, `handles`, frames more than the cut needs, behind its end, `needed_by`, and
        `finish`, to be drawn in at twice the size it is composed at.
        """
        asking.check_amount(len(shots), count)
        asking.check_budget(project)
        key = key or secrets.token_hex(16)
        try:
            with transaction.atomic():
                batch = Batch.objects.create(project=project, key=key[:64], by=by)
                return self._queue(batch, shots, count, engine, front, audition, **inputs)
        except IntegrityError:
            earlier = list(self.filter(batch__project=project, batch__key=key[:64], batch__by=by))
            if not earlier:
                raise
            return earlier

    @staticmethod
    def _recipe_for(
        code: str, choice: engines.Choice | None, project: Project, version: Version, index: int, inputs: dict[str, Any]
    ) -> Recipe:
        """One take's recipe. Where it is one of several shots', `code` says whose it is, and a refusal says so too."""
        try:
            return asking.complete(choice, project, version, index, inputs)
        except Refusal as refusal:
            if not code:
                raise
            raise type(refusal)(f"Shot {code}: {refusal} Nothing was asked for.", **refusal.facts) from None

    def _queue(
        self, batch: Batch, shots: list[Shot], count: int, engine: str, front: bool, audition: bool, **inputs: Any
    ) -> list[Take]:
        project, by = batch.project, batch.by
        chosen = engines.chosen(engine) if engine and not inputs.get("recipe") else None
        here = engines.choices() if chosen is None and not inputs.get("recipe") else []
        ids = [shot.pk for shot in shots]
        held = {
            shot.pk: shot for shot in Shot.objects.filter(pk__in=ids, project=project).select_related("scene").locked()
        }
        versions = {shot.pk: shot.current for shot in held.values()}
        turn = self.filter(is_final=False).next_turn(by)
        takes: list[Take] = []
        for pk in ids:
            number = self.filter(shot=pk).aggregate(last=models.Max("number"))["last"] or 0
            version = inputs.get("version") or versions[pk]
            assert version is not None
            choice = chosen or asking.usual(here, project, version, inputs)
            share = asking.audition_share(choice) if audition else None
            for index in range(count):
                recipe = self._recipe_for(
                    held[pk].code if len(ids) > 1 else "", choice, project, version, index, inputs
                )
                takes.append(
                    Take(
                        project=project,
                        shot_id=pk,
                        version=version,
                        batch=batch,
                        number=number + index + 1,
                        by=by,
                        **_of_recipe(recipe),
                        turn=turn + len(takes),
                        priority=1 if front else 0,
                        hold_share=share,
                        needed_by=inputs.get("needed_by"),
                        parent=inputs.get("parent"),
                        parent_frame=inputs.get("parent_frame"),
                    )
                )
        self.bulk_create(takes)
        self.foretell(takes)
        for pk in ids:
            project.record("takes.asked", held[pk], by, count=count)
        for take in takes:
            take.ring()
        return takes

    def foretell(self, takes: list[Take]) -> None:
        """Keeps with each take what its time is thought to be now, so that later it can be said how often that held."""
        from storyboard.estimate import Line

        line = Line.now()
        places = line.places()
        for take in takes:
            lasts, place = line.lasts(take), places.get(take.pk)
            if lasts is not None:
                wait = place.wait.to_dict() if place and place.wait else None
                take.estimate = {**lasts.to_dict(), "wait": wait}
        self.bulk_update([take for take in takes if take.estimate is not None], ["estimate"])


class Take(InLine):
    """One attempt at a version, with the complete frozen recipe it is made from.

    `amount` is what its time grows with: frames times pixels, times steps where the engine has some.
    """

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="takes")
    shot = models.ForeignKey("storyboard.Shot", on_delete=models.CASCADE, related_name="takes")
    version = models.ForeignKey("storyboard.Version", on_delete=models.PROTECT, related_name="takes")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.SET_NULL, related_name="takes")
    number = models.PositiveIntegerField()
    engine = models.CharField(max_length=40)
    weights = models.CharField(max_length=100, blank=True)
    seed = models.PositiveBigIntegerField()
    recipe = models.TextField()
    digest = models.CharField(max_length=64)
    steps = models.PositiveIntegerField(default=0)
    amount = models.PositiveBigIntegerField(default=0)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="continuations")
    parent_frame = models.PositiveIntegerField(null=True)
    master = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")
    proxy = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")
    poster = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")
    filmstrip = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")
    staging = models.ForeignKey("storyboard.Media", null=True, on_delete=models.PROTECT, related_name="+")
    trashed_at = models.DateTimeField(null=True)

    objects = TakeQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["shot", "number"], name="take_number_once"),
            models.CheckConstraint(
                condition=~Q(status=Status.FINISHED)
                | Q(report__isnull=False, master__isnull=False, proxy__isnull=False, poster__isnull=False),
                name="finished_take_has_media",
            ),
            models.CheckConstraint(condition=~Q(status=Status.FAILED) | ~Q(error=""), name="failed_take_has_reason"),
        ]
        indexes = [
            models.Index(
                fields=["-priority", "is_final", "turn", "id"], condition=Q(status=Status.QUEUED), name="take_line"
            ),
            models.Index(fields=["beat_at"], condition=Q(status=Status.RUNNING), name="take_running"),
            models.Index(
                fields=["engine", "weights", "-finished_at"], condition=Q(status=Status.FINISHED), name="take_pace"
            ),
            models.Index(fields=["-started_at"], condition=Q(started_at__isnull=False), name="take_started"),
            models.Index(fields=["-finished_at"], condition=Q(status=Status.FINISHED), name="take_finished"),
        ]

    def __str__(self) -> str:
        return f"take {self.number} of {self.shot.code}"

    @property
    def choice(self) -> str:
        """The engine with its weights, as a form would name them."""
        return f"{self.engine}:{self.weights.partition('@')[0]}" if self.weights else self.engine

    @property
    def frozen(self) -> Recipe:
        return Recipe.parse(self.recipe)

    @property
    def is_stale(self) -> bool:
        """Made of a version that the shot no longer asks for."""
        return self.version_id != self.shot.current_id

    @property
    def can_stop_half_way(self) -> bool:
        """Whether its engine can save where it stands and go on later with the same frames."""
        try:
            holds = catalogue.engine(self.engine).holds
        except catalogue.UnknownEngine:
            return False
        if not holds:
            return False
        said = self.frozen.settings
        return said.get(PROFILE) != DRAFT or DRAFT_OF in said

    @property
    def frames(self) -> int:
        return self.master.frames if self.master else self.of

    def ring(self) -> None:
        queue.ring("generation.make_take", "takes")

    @transaction.atomic
    def amend(self, by: User, engine: str, audition: bool = False, **inputs: Any) -> None:
        """Another recipe for one that still waits, of the shot's words as they are now; it keeps its place.

        `inputs` as in `ask`; without a seed it keeps its own. What it goes on from stays. Raises Conflict once begun.
        """
        self.require_theirs(by, "change")
        held = Take.objects.select_for_update(of=("self",)).select_related("shot__scene", "project").get(pk=self.pk)
        if held.status != Status.QUEUED or held.state:
            raise Conflict("This one has begun; what it is made from stays. Cancel it, or ask for another.")
        choice = engines.chosen(engine)
        share = asking.audition_share(choice) if audition else None
        kept = tuple(each for each in held.frozen.ingredients if each.kind in ("continue", "staging"))
        seed = held.seed if inputs.get("seed") is None else inputs["seed"]
        finish = bool(held.frozen.settings.get("finish")) and not choice.why_no_finish
        version = held.shot.current
        assert version is not None
        asked = {"finish": finish, **inputs, "seed": seed, "ingredients": kept}
        recipe = asking.complete(choice, held.project, version, 0, asked)
        for name, value in {**_of_recipe(recipe), "version": version, "hold_share": share}.items():
            setattr(held, name, value)
        held.attempt += 1
        held.estimate = None
        held.save()
        Take.objects.foretell([held])
        self.refresh_from_db()
        self.record("changed", by)

    # Again and on ----------------------------------------------------------------------------------------------

    def again(self, by: User, exactly: bool, key: str = "") -> Take:
        """The same inputs once more: with the same seed, or with a new one."""
        recipe = self.frozen
        inputs: dict[str, Any] = {"version": self.version, "ingredients": recipe.ingredients, "parent": self.parent}
        if exactly:
            inputs["seed"] = self.seed
        return Take.objects.ask(
            self.project, [self.shot], 1, by, key, self.choice, parent_frame=self.parent_frame, recipe=recipe, **inputs
        )[0]

    def continue_from(
        self, frame: int, by: User, key: str = "", count: int = 1, shot: Shot | None = None
    ) -> list[Take]:
        """Takes that go on from one of this take's frames: the picture and, where the engine can, the motion."""
        self._must_be_ready("continued")
        assert self.master is not None
        if not 0 <= frame < self.frames:
            raise Refusal(f"Take {self.number} has frames 0 to {self.frames - 1}; {frame} was asked.")
        ingredients = [Ingredient("continue", self.master.sha256, "video", source_frame=frame)]
        if self.staging is not None:
            ingredients.append(Ingredient("staging", self.staging.sha256, "json", source_frame=frame))
        return Take.objects.ask(
            self.project,
            [shot or self.shot],
            count,
            by,
            key,
            self.choice,
            parent=self,
            parent_frame=frame,
            ingredients=tuple(ingredients),
        )

    # Judgement -------------------------------------------------------------------------------------------------

    @transaction.atomic
    def circle(self, by: User) -> None:
        """Marks a good take. The first circled take of a shot goes into the cut."""
        shot = self._hold_shot()
        self._must_be_ready("circled")
        _, made = Circle.objects.get_or_create(take=self, by=by)
        Rejection.objects.filter(take=self).delete()
        if made:
            Pick.objects.settle(shot, by)
            self.record("circled", by)

    @transaction.atomic
    def uncircle(self, by: User) -> None:
        shot = self._hold_shot()
        if Circle.objects.filter(take=self, by=by).delete()[0]:
            Pick.objects.settle(shot, by)
            self.record("uncircled", by)

    @transaction.atomic
    def reject(self, by: User, reason: str = "taste") -> None:
        """Sets a take aside with a reason. A rejected take is in no cut and carries no circle."""
        shot = self._hold_shot()
        self._must_be_ready("rejected")
        if reason not in dict(REASONS):
            raise Refusal(f"{reason!r} is no reason this board knows; there are {', '.join(dict(REASONS))}.")
        Rejection.objects.update_or_create(take=self, defaults={"by": by, "reason": reason})
        Circle.objects.filter(take=self).delete()
        Pick.objects.filter(take=self).delete()
        Pick.objects.settle(shot, by)
        self.record("rejected", by, reason=reason)

    @transaction.atomic
    def unreject(self, by: User) -> None:
        self._hold_shot()
        if Rejection.objects.filter(take=self).delete()[0]:
            self.record("unrejected", by)

    # The trash -------------------------------------------------------------------------------------------------

    @transaction.atomic
    def trash(self, by: User) -> None:
        """Puts a take out of sight. It leaves the cut, keeps its circles and comments, and can come back."""
        shot = self._hold_shot()
        if self.is_waiting:
            raise Refusal(f"Take {self.number} is still {self.get_status_display().lower()}. Cancel it first.")
        if Take.objects.kept().filter(pk=self.pk).update(trashed_at=Now()):
            Pick.objects.filter(take=self).delete()
            Pick.objects.settle(shot, by)
            self.record("trashed", by)

    @transaction.atomic
    def restore(self, by: User) -> None:
        shot = self._hold_shot()
        if Take.objects.exclude(trashed_at=None).filter(pk=self.pk).update(trashed_at=None):
            Pick.objects.settle(shot, by)
            self.record("restored", by)

    def _hold_shot(self) -> Shot:
        shot = Shot.objects.select_for_update(of=("self",)).get(pk=self.shot_id)
        self.refresh_from_db()
        return shot

    def _must_be_ready(self, what: str) -> None:
        if self.trashed_at is not None:
            raise Refusal(f"Take {self.number} is in the trash. Restore it first.")
        if self.status != Status.FINISHED:
            raise Refusal(
                f"Take {self.number} is {self.get_status_display().lower()}; only a finished take can be {what}."
            )


def _of_recipe(recipe: Recipe) -> dict[str, Any]:
    return {
        "engine": recipe.engine,
        "weights": recipe.weights,
        "seed": recipe.seed,
        "recipe": recipe.canonical(),
        "digest": recipe.digest,
        "of": recipe.frames,
        "steps": recipe.steps,
        "amount": round(recipe.frames * recipe.width * recipe.height * _steps_at_full_size(recipe)),
    }


def _steps_at_full_size(recipe: Recipe) -> float:
    """The steps, those at half the size for the quarter of the pixels they have."""
    steps, how = max(1, recipe.steps), recipe.settings
    return steps / 4 + how["finish_steps"] * how["finish_strength"] if how.get("finish") else steps


def _count(rows: models.QuerySet[Any]) -> Coalesce:
    counted = rows.values("take").annotate(n=models.Count("pk")).values("n")
    return Coalesce(models.Subquery(counted), 0)

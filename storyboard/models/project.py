from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Now
from django.urls import reverse

from storyboard import live
from storyboard.models.access import Membership, Role
from storyboard.models.event import Event
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from storyboard.models.person import User


BUDGET_MAX = 10_000 * 3600
# The sweep rings for the others.
RINGS_MAX = 64


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        return self.filter(memberships__user=user)

    def with_numbers(self) -> Self:
        """With `shot_count`, `circled_count` (shots with a circled take) and `frame_count` of the cut."""
        from storyboard.models.judgement import Circle
        from storyboard.models.shot import Shot

        shots = Shot.objects.active().filter(project=OuterRef("pk"), scene__omitted=False).order_by().values("project")
        circled = Circle.objects.filter(take__shot=OuterRef("pk"), take__trashed_at=None)
        length = Sum(Coalesce("cut_frames", "current__frames"))
        return self.annotate(
            shot_count=Coalesce(Subquery(shots.annotate(n=Count("pk")).values("n")), 0),
            circled_count=Coalesce(Subquery(shots.filter(Exists(circled)).annotate(n=Count("pk")).values("n")), 0),
            frame_count=Coalesce(Subquery(shots.annotate(n=length).values("n")), 0),
        )

    def with_a_stopped_line(self) -> Self:
        """Those whose takes are passed over: an owner paused them, or they have computed all that they may."""
        from storyboard.models.take import Take

        own = Take.objects.filter(project=OuterRef("pk")).order_by().values("project")
        computed = Subquery(own.annotate(n=Sum(F("spent") + F("wasted"))).values("n"))
        over = Q(budget__isnull=False, budget__lte=Coalesce(computed, 0.0))
        return self.filter(Q(line_paused_at__isnull=False) | over)

    @transaction.atomic
    def start(self, name: str, by: User, **fields: Any) -> Project:
        """A new project, owned by the person who started it."""
        project = self.create(name=name.strip()[:120] or "Untitled pitch", created_by=by, **fields)
        Membership.objects.create(project=project, user=by, role=Role.OWNER)
        project.record("project.started", by=by)
        return project


class Project(models.Model):
    """One pitch, film or episode; the unit of access. Its rate is frames a second as a fraction.

    `budget` is how many seconds of computing its takes may use up altogether, None for as many as they like.
    """

    name = models.CharField(max_length=120)
    rate_num = models.PositiveIntegerField(default=24)
    rate_den = models.PositiveIntegerField(default=1)
    width = models.PositiveIntegerField(default=640)
    height = models.PositiveIntegerField(default=360)
    codes_locked = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    line_paused_at = models.DateTimeField(null=True)
    budget = models.FloatField(null=True)
    last_event = models.PositiveBigIntegerField(default=0)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(rate_num__gt=0, rate_den__gt=0), name="project_rate_positive"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("board", args=[self.pk])

    @property
    def rate(self) -> tuple[int, int]:
        return (self.rate_num, self.rate_den)

    @property
    def fps(self) -> Fraction:
        return Fraction(self.rate_num, self.rate_den)

    @transaction.atomic
    def rename(self, name: str, by: User) -> None:
        name = name.strip()[:120]
        if not name:
            raise Refusal("A project needs a name. Type one, then save.")
        Project.objects.filter(pk=self.pk).update(name=name)
        self.name = name
        self.record("project.renamed", None, by, name=name)

    @transaction.atomic
    def lock_codes(self, by: User, locked: bool = True) -> None:
        """Keeps shot codes as they are once a board was shared; unlocking lets them be renumbered again."""
        if Project.objects.filter(pk=self.pk).exclude(codes_locked=locked).update(codes_locked=locked):
            self.codes_locked = locked
            self.record("codes.locked" if locked else "codes.unlocked", None, by)

    @transaction.atomic
    def pause_line(self, by: User, paused: bool = True) -> None:
        """No take of this project is begun until its line goes on; what runs is finished."""
        rows = Project.objects.filter(pk=self.pk, line_paused_at__isnull=paused)
        if rows.update(line_paused_at=Now() if paused else None):
            self.refresh_from_db()
            self.record("line.paused" if paused else "line.resumed", None, by)
            self._ring()

    @transaction.atomic
    def set_budget(self, seconds: float | None, by: User) -> None:
        """How much its takes may compute altogether, in seconds; None lifts the limit. What waits goes on by itself."""
        if seconds is not None and not 0 <= seconds <= BUDGET_MAX:
            raise Refusal(f"A budget is 0 to {BUDGET_MAX // 3600} hours of computing; {seconds / 3600:.0f} were given.")
        Project.objects.filter(pk=self.pk).update(budget=seconds)
        self.budget = seconds
        self.record("budget.set", None, by, seconds=seconds)
        self._ring()

    @property
    def computed(self) -> float:
        """Seconds of computing that its takes took so far, those included that came to nothing."""
        took = self.takes.aggregate(took=Sum(F("spent") + F("wasted")))["took"]
        return float(took or 0.0)

    @property
    def is_over_budget(self) -> bool:
        return self.budget is not None and self.computed >= self.budget

    def _ring(self) -> None:
        """Wakes a worker for each take that can be begun now."""
        for take in self.takes.in_line()[:RINGS_MAX]:
            take.ring()

    def record(self, kind: str, subject: Any = None, by: User | None = None, **data: Any) -> Event:
        """Writes the project's next event in the caller's transaction and rings the doorbell once it commits.

        Change the rows first and record last: the project row is locked from here until the commit, which is what
        makes the numbers follow the order of commits.
        """
        with transaction.atomic(savepoint=False):
            event = Event.objects.append(self, kind, by, data, **_ids(subject))
            transaction.on_commit(lambda: live.ring(self.pk, event.number))
        self.last_event = event.number
        return event

    def role_of(self, user: User | AnonymousUser) -> Role | None:
        if not user.is_authenticated:
            return None
        role = Membership.objects.filter(project=self, user=user).values_list("role", flat=True).first()
        return Role(role) if role is not None else None

    def require(self, user: User | AnonymousUser, role: Role) -> None:
        """Raises PermissionDenied with a sentence where the person's role is below `role`."""
        mine = self.role_of(user)
        if mine is None or mine < role:
            held = mine.label.lower() if mine is not None else "no member"
            raise PermissionDenied(
                f"You are {held} here; this needs {role.label.lower()}. Ask an owner of “{self.name}”."
            )


def _ids(subject: Any) -> dict[str, Any]:
    if subject is None:
        return {}
    name = type(subject).__name__.lower()
    if name == "shot":
        return {"shot_id": subject.pk, "subject_id": subject.pk}
    if name == "take":
        return {"shot_id": subject.shot_id, "take_id": subject.pk, "subject_id": subject.pk}
    return {
        "shot_id": getattr(subject, "shot_id", None),
        "take_id": getattr(subject, "take_id", None),
        "subject_id": subject.pk,
    }

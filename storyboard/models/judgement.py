"""What a team says of takes: circled, rejected with a reason, and the one in the cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction

from storyboard.models.shot import Shot
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.models.take import Take

REASONS = (
    ("action", "Wrong action"),
    ("framing", "Wrong framing"),
    ("identity", "Wrong character or set"),
    ("motion", "Bad motion"),
    ("picture", "Broken picture"),
    ("taste", "Not it"),
)


class Circle(models.Model):
    """Somebody's “good take”."""

    take = models.ForeignKey("storyboard.Take", on_delete=models.CASCADE, related_name="circles")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="circles")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["take", "by"], name="circle_once")]

    def __str__(self) -> str:
        return f"{self.by} circled {self.take}"


class Rejection(models.Model):
    """A take set aside, with the reason."""

    take = models.OneToOneField("storyboard.Take", on_delete=models.CASCADE, related_name="rejection")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=12, choices=REASONS)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.take}: {self.get_reason_display().lower()}"


class PickManager(models.Manager["Pick"]):
    @transaction.atomic
    def choose(self, shot: Shot, take: Take, by: User) -> Pick:
        Shot.objects.select_for_update(of=("self",)).get(pk=shot.pk)
        take.refresh_from_db()
        if take.shot_id != shot.pk:
            raise Refusal(f"Take {take.number} belongs to shot {take.shot.code}, not to {shot.code}.")
        take._must_be_ready("used in the cut")
        Rejection.objects.filter(take=take).delete()
        pick, _ = self.update_or_create(shot=shot, defaults={"take": take, "by": by})
        take.record("picked", by)
        return pick

    @transaction.atomic
    def withdraw(self, shot: Shot, by: User, only: Take | None = None) -> None:
        """Takes the pick out; the newest of the other circled takes stands in its place.

        Raises Refusal for the only circled take, which would stand in for itself.
        """
        Shot.objects.select_for_update(of=("self",)).get(pk=shot.pk)
        pick = self.filter(shot=shot).select_related("take").first()
        if pick is None or only not in (None, pick.take):
            return
        take = pick.take
        pick.delete()
        self.settle(shot, by, unless=take)
        if self.filter(shot=shot, take=take).exists():
            raise Refusal(
                f"Take {take.number} is the only circled take of {shot.code}, so it stays in the cut. "
                "Use another take, or take its circle away first."
            )
        take.record("unpicked", by)

    def settle(self, shot: Shot, by: User, unless: Take | None = None) -> None:
        """Keeps the promise that a shot with a circled take has exactly one take in the cut. The shot is locked."""
        if self.filter(shot=shot).exists():
            return
        circled = shot.takes.ready().filter(circles__isnull=False).order_by("-circles__at", "-number")
        others = circled.exclude(pk=unless.pk) if unless else circled
        take = others.first() or circled.first()
        if take is not None:
            self.create(shot=shot, take=take, by=by)


class Pick(models.Model):
    """What is in the cut for a shot."""

    shot = models.OneToOneField("storyboard.Shot", on_delete=models.CASCADE, related_name="picked")
    take = models.ForeignKey("storyboard.Take", on_delete=models.CASCADE, related_name="picks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now=True)

    objects = PickManager()

    def __str__(self) -> str:
        return f"{self.take} is in the cut"

"""Who may enter: memberships with a role, invitations by link, and the owner's one-time sign-in link."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from storyboard.models.fields import OfProject
from storyboard.refusal import Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.models.project import Project


class Role(models.IntegerChoices):
    VIEWER = 10, "Viewer"
    REVIEWER = 20, "Reviewer"
    EDITOR = 30, "Editor"
    OWNER = 40, "Owner"


class Membership(models.Model):
    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role.choices, default=Role.VIEWER)
    since = models.DateTimeField(auto_now_add=True)

    objects = OfProject.as_manager()

    class Meta:
        ordering = ["-role", "pk"]
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display().lower()} of {self.project}"

    @transaction.atomic
    def become(self, role: Role, by: User) -> None:
        """Changes the role; refuses to leave a project without an owner."""
        self._keep_an_owner(unless=role == Role.OWNER)
        self.role = role
        self.save(update_fields=["role"])
        self.project.record("member.changed", self, by, user=self.user_id, role=int(role))

    @transaction.atomic
    def end(self, by: User) -> None:
        self._keep_an_owner(unless=False)
        project, user = self.project, self.user_id
        self.delete()
        project.record("member.removed", None, by, user=user)

    def _keep_an_owner(self, unless: bool) -> None:
        owners = Membership.objects.select_for_update().filter(project=self.project_id, role=Role.OWNER).order_by("pk")
        if not unless and [owner.pk for owner in owners] == [self.pk]:
            raise Refusal(f"{self.user} is the only owner. Make somebody else an owner first.")


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """Tokens carry 256 random bits, so a plain hash keeps them: a copy of the table opens no door."""
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationQuerySet(OfProject):
    def open(self) -> InvitationQuerySet:
        return self.filter(revoked_at=None, accepted_at=None, expires_at__gt=timezone.now())

    def by_token(self, token: str) -> Invitation | None:
        return self.open().select_related("project").filter(token_hash=hashed(token)).first()

    @transaction.atomic
    def invite(self, project: Project, role: Role, by: User, days: int = 14) -> tuple[Invitation, str]:
        """An invitation and its link's path. The token is in the path only: it is not kept."""
        token = new_token()
        invitation = self.create(
            project=project,
            role=role,
            by=by,
            token_hash=hashed(token),
            expires_at=timezone.now() + timedelta(days=days),
        )
        project.record("member.invited", invitation, by, role=int(role))
        return invitation, reverse("invitation", args=[token])


class Invitation(models.Model):
    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="invitations")
    role = models.PositiveSmallIntegerField(choices=Role.choices, default=Role.EDITOR)
    token_hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"invitation to {self.project} as {self.get_role_display().lower()}"

    @transaction.atomic
    def accept(self, user: User) -> Membership:
        """Makes the person a member once; an invitation is spent by the first who accepts it."""
        spent = Invitation.objects.open().filter(pk=self.pk).update(accepted_at=timezone.now(), accepted_by=user)
        if not spent:
            raise Refusal("This invitation was used, revoked or has expired. Ask for a new link.")
        membership, made = Membership.objects.get_or_create(
            project=self.project, user=user, defaults={"role": self.role}
        )
        if not made and membership.role < self.role:
            membership.role = self.role
            membership.save(update_fields=["role"])
        self.project.record("member.joined", membership, user, role=int(membership.role))
        return membership

    @transaction.atomic
    def revoke(self, by: User) -> None:
        Invitation.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now())
        self.project.record("invitation.revoked", self, by)


class SignInLinkManager(models.Manager["SignInLink"]):
    def for_user(self, user: User, minutes: int = 60 * 24) -> str:
        """A path that signs this person in once."""
        token = new_token()
        self.create(user=user, token_hash=hashed(token), expires_at=timezone.now() + timedelta(minutes=minutes))
        return reverse("sign-in-link", args=[token])

    def is_open(self, token: str) -> bool:
        return self._open(token).exists()

    def person(self, token: str) -> User | None:
        """Whom an unspent link is for; looking does not spend it."""
        link = self._open(token).select_related("user").first()
        return link.user if link else None

    def spend(self, token: str) -> User | None:
        """The person this link is for, the first time it is used; None ever after."""
        link = self._open(token).select_related("user").first()
        if link is None or not self._open(token).update(used_at=timezone.now()):
            return None
        return link.user

    def _open(self, token: str) -> models.QuerySet[Any]:
        return self.filter(token_hash=hashed(token), used_at=None, expires_at__gt=timezone.now())


class SignInLink(models.Model):
    """Signs one person in once. `make run` prints one for the owner at each start."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = SignInLinkManager()

    def __str__(self) -> str:
        return f"sign-in link for {self.user}"

    @classmethod
    def for_owner(cls) -> str:
        """A one-time path for the server's owner, the first person made here."""
        from storyboard.models.person import User

        owner = User.objects.filter(is_superuser=True).order_by("pk").first()
        if owner is None:
            raise Refusal("This server has no owner yet. Run `manage.py first_run` first.")
        return cls.objects.for_user(owner)

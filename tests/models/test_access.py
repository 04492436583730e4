"""Who may enter: roles, invitations by link, and one-time sign-in links."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from storyboard.models import Invitation, Membership, Project, Role, SignInLink, User
from storyboard.refusal import Refusal
from tests import factories
from tests.together import together


def membership(project: Project, user: User) -> Membership:
    return Membership.objects.get(project=project, user=user)


def token_of(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[1]


def test_who_starts_a_project_owns_it(kite: Project, alice: User) -> None:
    assert kite.role_of(alice) == Role.OWNER


def test_a_stranger_sees_no_project(kite: Project, charlie: User) -> None:
    assert not Project.objects.visible_to(charlie).exists()


def test_a_role_below_what_it_takes_is_told_so(kite: Project, bob: User) -> None:
    with pytest.raises(PermissionDenied, match="You are reviewer here; this needs editor"):
        kite.require(bob, Role.EDITOR)


def test_the_only_owner_cannot_leave(kite: Project, alice: User) -> None:
    with pytest.raises(Refusal, match="only owner"):
        membership(kite, alice).end(alice)


def test_the_only_owner_cannot_become_less(kite: Project, alice: User) -> None:
    with pytest.raises(Refusal, match="only owner"):
        membership(kite, alice).become(Role.EDITOR, alice)


def test_an_owner_leaves_when_there_is_another(kite: Project, alice: User, erin: User) -> None:
    membership(kite, erin).become(Role.OWNER, alice)
    membership(kite, alice).end(alice)
    assert kite.role_of(alice) is None


@pytest.mark.django_db(transaction=True)
def test_two_owners_leaving_at_once_leave_one(kite: Project, alice: User) -> None:
    erin = factories.person("Erin")
    factories.member(kite, erin, Role.OWNER)
    answers = together(
        lambda: membership(kite, alice).end(alice),
        lambda: membership(kite, erin).end(erin),
    )
    assert [type(answer) for answer in answers].count(Refusal) == 1
    assert Membership.objects.filter(project=kite, role=Role.OWNER).count() == 1


def test_an_invitation_makes_a_member_with_its_role(kite: Project, alice: User, charlie: User) -> None:
    invitation, path = Invitation.objects.invite(kite, Role.REVIEWER, alice)
    assert Invitation.objects.by_token(token_of(path)) == invitation
    invitation.accept(charlie)
    assert kite.role_of(charlie) == Role.REVIEWER
    assert Invitation.objects.by_token(token_of(path)) is None


@pytest.mark.django_db(transaction=True)
def test_an_invitation_works_once_for_two_at_once(kite: Project, alice: User) -> None:
    invitation, _ = Invitation.objects.invite(kite, Role.EDITOR, alice)
    dora, frank = factories.person("Dora"), factories.person("Frank")
    answers = together(lambda: invitation.accept(dora), lambda: invitation.accept(frank))
    assert [isinstance(answer, Refusal) for answer in answers].count(True) == 1
    assert Membership.objects.filter(project=kite, user__in=[dora, frank]).count() == 1


def test_an_invitation_never_lowers_a_role(kite: Project, alice: User, erin: User) -> None:
    invitation, _ = Invitation.objects.invite(kite, Role.VIEWER, alice)
    invitation.accept(erin)
    assert kite.role_of(erin) == Role.EDITOR


def test_a_revoked_invitation_is_closed(kite: Project, alice: User, charlie: User) -> None:
    invitation, path = Invitation.objects.invite(kite, Role.EDITOR, alice)
    invitation.revoke(alice)
    assert Invitation.objects.by_token(token_of(path)) is None
    with pytest.raises(Refusal, match="revoked or has expired"):
        invitation.accept(charlie)


def test_an_expired_invitation_is_closed(kite: Project, alice: User, charlie: User) -> None:
    invitation, _ = Invitation.objects.invite(kite, Role.EDITOR, alice)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refusal):
        invitation.accept(charlie)
    assert kite.role_of(charlie) is None


def test_no_token_is_kept(kite: Project, alice: User) -> None:
    invitation, path = Invitation.objects.invite(kite, Role.EDITOR, alice)
    link = SignInLink.objects.for_user(alice)
    assert token_of(path) not in invitation.token_hash
    assert not SignInLink.objects.filter(token_hash=token_of(link)).exists()


def test_looking_at_a_sign_in_link_does_not_spend_it(alice: User) -> None:
    token = token_of(SignInLink.objects.for_user(alice))
    assert SignInLink.objects.person(token) == alice
    assert SignInLink.objects.spend(token) == alice
    assert SignInLink.objects.person(token) is None


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_link_works_once_for_two_at_once(alice: User) -> None:
    token = token_of(SignInLink.objects.for_user(alice))
    answers = together(lambda: SignInLink.objects.spend(token), lambda: SignInLink.objects.spend(token))
    assert sorted(answers, key=str) == sorted([None, alice], key=str)


def test_an_expired_sign_in_link_signs_nobody_in(alice: User) -> None:
    token = token_of(SignInLink.objects.for_user(alice, minutes=-1))
    assert SignInLink.objects.spend(token) is None

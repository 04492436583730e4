"""The people of a project: who sees them, who changes what they may do, and how somebody joins."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from storyboard.models import Invitation, Membership, Project, Role, SignInLink, User
from tests import factories

NEW = {"name": "Dora", "username": "dora", "password": "a kite over the field"}


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def membership(project: Project, user: User) -> Membership:
    return Membership.objects.get(project=project, user=user)


def invited(project: Project, by: User, role: Role = Role.EDITOR) -> str:
    return Invitation.objects.invite(project, role, by)[1]


def test_every_member_sees_who_is_here(kite: Project, alice: User, erin: User, bob: User, vera: User) -> None:
    for member in (alice, erin, bob, vera):
        page = as_(member).get(f"/p/{kite.pk}/people/").content.decode()
        assert all(name in page for name in ("Alice", "Erin", "Bob", "Vera"))


def test_only_owners_are_offered_to_change_anything(kite: Project, alice: User, erin: User, bob: User) -> None:
    assert b"Invite by link" in as_(alice).get(f"/p/{kite.pk}/people/").content
    for member in (erin, bob):
        assert b"Invite by link" not in as_(member).get(f"/p/{kite.pk}/people/").content


@pytest.mark.parametrize("who", ["erin", "bob", "vera"])
def test_who_does_not_own_changes_nobody(who: str, kite: Project, alice: User, request: pytest.FixtureRequest) -> None:
    me: User = request.getfixturevalue(who)
    invitation, _ = Invitation.objects.invite(kite, Role.VIEWER, alice)
    row, client = membership(kite, alice), as_(me)
    before = kite.role_of(alice)
    assert client.post(f"/memberships/{row.pk}/", {"role": Role.VIEWER}).status_code == 403
    assert client.post(f"/memberships/{membership(kite, me).pk}/", {"role": Role.OWNER}).status_code == 403
    assert client.delete(f"/memberships/{row.pk}/").status_code == 403
    assert client.post(f"/p/{kite.pk}/invitations/", {"role": Role.OWNER, "days": 7}).status_code == 403
    assert client.delete(f"/invitations/{invitation.pk}/").status_code == 403
    assert client.post(f"/p/{kite.pk}/name/", {"name": "Mine"}).status_code == 403
    assert (kite.role_of(alice), Invitation.objects.open().count()) == (before, 1)


def test_an_owner_changes_a_role_and_removes(kite: Project, alice: User, bob: User) -> None:
    row, client = membership(kite, bob), as_(alice)
    assert client.post(f"/memberships/{row.pk}/", {"role": Role.EDITOR}).status_code == 200
    assert kite.role_of(bob) == Role.EDITOR
    assert client.delete(f"/memberships/{row.pk}/").status_code == 200
    assert kite.role_of(bob) is None
    assert as_(bob).get(f"/p/{kite.pk}/people/").status_code == 404


def test_a_role_that_does_not_exist_is_refused(kite: Project, alice: User, bob: User) -> None:
    answer = as_(alice).post(f"/memberships/{membership(kite, bob).pk}/", {"role": 99}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "no such role" in answer.json()["error"]


def test_anybody_may_leave_but_the_last_owner(kite: Project, alice: User, vera: User) -> None:
    left = as_(vera).delete(f"/memberships/{membership(kite, vera).pk}/")
    assert left["HX-Redirect"] == "/"
    assert kite.role_of(vera) is None
    kept = as_(alice).delete(f"/memberships/{membership(kite, alice).pk}/", headers={"HX-Request": "true"})
    assert "only owner" in kept.json()["error"]
    assert kite.role_of(alice) == Role.OWNER


def test_a_link_is_shown_once_when_it_is_made(kite: Project, alice: User) -> None:
    client = as_(alice)
    made = client.post(f"/p/{kite.pk}/invitations/", {"role": Role.REVIEWER, "days": 7}).content.decode()
    (link,) = re.findall(r'value="(http://testserver/invitation/[^"]+)"', made)
    assert link not in client.get(f"/p/{kite.pk}/people/").content.decode()
    assert client.get(link).status_code == 200


def test_looking_at_an_invitation_shows_the_project_and_role_and_joins_nobody(kite: Project, alice: User) -> None:
    page = Client().get(invited(kite, alice, Role.REVIEWER)).content.decode()
    assert "The Kite" in page
    assert "as reviewer" in page
    assert Membership.objects.count() == 1


def test_a_newcomer_joins_with_a_name_and_a_password(kite: Project, alice: User) -> None:
    client, path = Client(), invited(kite, alice)
    answer = client.post(path, NEW)
    dora = User.objects.get(username="dora")
    assert answer["Location"] == kite.get_absolute_url()
    assert kite.role_of(dora) == Role.EDITOR
    assert client.session["_auth_user_id"] == str(dora.pk)
    assert not dora.is_superuser
    assert not dora.is_staff


def test_somebody_signed_in_joins_by_one_press(kite: Project, alice: User, charlie: User) -> None:
    answer = as_(charlie).post(invited(kite, alice, Role.VIEWER))
    assert answer.status_code == 302
    assert kite.role_of(charlie) == Role.VIEWER


def test_a_spent_link_says_so_and_names_no_project(kite: Project, alice: User, charlie: User) -> None:
    path = invited(kite, alice)
    as_(charlie).post(path)
    for client in (Client(), as_(factories.person("Frank"))):
        for answer in (client.get(path), client.post(path, NEW)):
            assert answer.status_code == 404
            assert b"This invitation is closed" in answer.content
            assert b"The Kite" not in answer.content


def test_a_name_that_is_taken_is_refused_and_the_invitation_kept(kite: Project, alice: User) -> None:
    User.objects.create_user("Dora")
    client, path = Client(), invited(kite, alice)
    answer = client.post(path, NEW)
    assert answer.status_code == 422
    assert b"This sign-in name is taken" in answer.content
    assert b'value="dora"' in answer.content
    assert client.post(path, NEW | {"username": "dora2"}).status_code == 302


def test_a_weak_password_keeps_the_invitation_open(kite: Project, alice: User) -> None:
    client, path = Client(), invited(kite, alice)
    assert client.post(path, NEW | {"password": "short"}).status_code == 422
    assert not User.objects.filter(username="dora").exists()
    assert client.post(path, NEW).status_code == 302


def test_a_member_who_is_more_already_does_not_spend_the_link(kite: Project, alice: User, erin: User) -> None:
    path = invited(kite, alice, Role.VIEWER)
    assert b"You are editor here already" in as_(erin).get(path).content
    assert Invitation.objects.open().count() == 1


def test_a_revoked_link_is_closed(kite: Project, alice: User) -> None:
    invitation, path = Invitation.objects.invite(kite, Role.EDITOR, alice)
    assert as_(alice).delete(f"/invitations/{invitation.pk}/").status_code == 200
    assert Client().get(path).status_code == 404


def test_only_the_owner_of_the_server_makes_a_sign_in_link_for_somebody(kite: Project, alice: User, bob: User) -> None:
    row = membership(kite, bob)
    assert as_(alice).post(f"/memberships/{row.pk}/sign-in-links/").status_code == 403
    assert not SignInLink.objects.exists()
    root = factories.person("Root", is_superuser=True)
    factories.member(kite, root, Role.EDITOR)
    page = as_(root).post(f"/memberships/{row.pk}/sign-in-links/").content.decode()
    (link,) = re.findall(r'value="(http://testserver/sign-in/[^"]+)"', page)
    assert b"Sign in as Bob" in Client().get(link).content


def test_a_project_gets_another_name(kite: Project, alice: User) -> None:
    as_(alice).post(f"/p/{kite.pk}/name/", {"name": "  The Red Kite "})
    kite.refresh_from_db()
    assert kite.name == "The Red Kite"
    as_(alice).post(f"/p/{kite.pk}/name/", {"name": " "})
    kite.refresh_from_db()
    assert kite.name == "The Red Kite"

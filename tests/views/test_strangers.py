"""Every address the server answers, tried by those who may not; generated, so that a new one is included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from storyboard import urls
from storyboard.models import Comment, Draft, Export, Guide, Invitation, Membership, Panel, Project, Role, Sound, User
from tests import factories

pytestmark = pytest.mark.django_db

# Addresses that are for everybody, or that show each person only what is theirs; and one behind the admin's own door.
OPEN = {"projects", "sample", "sign-in", "sign-in-link", "sign-out", "password", "invitation", "admin-sign-in"}
OPEN |= {"weights", "weights-card"}  # tests/views/test_weights.py and test_built_in.py
VERBS = ("get", "post", "patch", "put", "delete")


def patterns() -> Iterator[URLPattern]:
    for pattern in urls.urlpatterns:
        if isinstance(pattern, URLPattern) and pattern.name not in OPEN:
            yield pattern


@pytest.fixture
def rows(kite: Project, alice: User, bob: User) -> dict[str, int]:
    """One row of every noun of Alice's project, by the first word of its address."""
    shot = factories.shot(kite)
    take = factories.ready_take(shot, alice)
    invitation, _ = Invitation.objects.invite(kite, Role.VIEWER, alice)
    picture = take.poster
    guide = Guide.objects.create(project=kite, version=shot.current, kind="first", media=picture)
    return {
        "p": kite.pk,
        "shots": shot.pk,
        "takes": take.pk,
        "versions": shot.current.pk,
        "scenes": shot.scene_id,
        "guides": guide.pk,
        "panels": Panel.objects.create(project=kite, shot=shot, media=picture).pk,
        "comments": Comment.objects.say(take, alice, "Hold longer.").pk,
        "exports": Export.objects.ask(kite, "animatic", alice).pk,
        "drafts": Draft.objects.create(project=kite, data=b"x", by=alice).pk,
        "invitations": invitation.pk,
        "memberships": Membership.objects.get(project=kite, user=bob).pk,
        "sounds": Sound.objects.create(project=kite, media=picture, by=alice).pk,
        "media": picture.pk,
    }


def address(pattern: URLPattern, rows: dict[str, int]) -> str:
    route = str(pattern.pattern)
    noun = route.split("/", 1)[0]
    assert noun in rows, f"{route} begins with a noun this test has no row of; add one"
    values = {"project": rows["p"], "pk": rows[noun], "n": 0, "number": 1, "name": "x", "code": "x", "kind": "x"}
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        route = route.replace(f"<{kind}:{name}>" if kind != "string" else f"<str:{name}>", str(values[name]))
    return f"/{route}"


def answers(client: Client, rows: dict[str, int], verbs: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for pattern in patterns():
        for verb in verbs:
            where = address(pattern, rows)
            yield f"{verb} {where}", getattr(client, verb)(where, data={}, content_type="application/json")


def test_a_stranger_is_told_that_nothing_is_there(rows: dict[str, int], charlie: User, client: Client) -> None:
    client.force_login(charlie)
    told = {what: answer for what, answer in answers(client, rows, VERBS) if answer.status_code not in (404, 405)}
    assert told == {}


def test_nothing_tells_a_stranger_a_projects_name(rows: dict[str, int], charlie: User, client: Client) -> None:
    client.force_login(charlie)
    named = [what for what, answer in answers(client, rows, ("get",)) if b"The Kite" in answer.content]
    assert named == []


def test_nobody_without_a_session_gets_anything(rows: dict[str, int], client: Client) -> None:
    for what, answer in answers(client, rows, VERBS):
        assert answer.status_code in (302, 403, 404, 405), f"{what} answered {answer.status_code}"
        assert answer.get("Location", "/sign-in/").startswith("/sign-in/"), what


def test_a_viewer_changes_nothing(rows: dict[str, int], kite: Project, vera: User, client: Client) -> None:
    client.force_login(vera)
    assert changed(client, rows, kite) == {}


def test_a_form_from_another_site_changes_nothing(rows: dict[str, int], kite: Project, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert changed(client, rows, kite) == {}


def changed(client: Client, rows: dict[str, int], project: Project) -> dict[str, int]:
    """What was let through: the address and its answer, for every changing verb that was not refused."""
    project.refresh_from_db()
    before = project.last_event
    said = answers(client, rows, ("post", "patch", "put", "delete"))
    through = {what: answer.status_code for what, answer in said if answer.status_code not in (403, 404, 405)}
    project.refresh_from_db()
    assert project.last_event == before
    return through

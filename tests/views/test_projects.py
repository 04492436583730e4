"""The page of projects, and how a pitch begins."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from storyboard.models import Draft, Project, Role, Shot, Take, User
from tests import factories

SCRIPT = b"INT. KITCHEN - NIGHT\n\nMARA stands at the window.\n"


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_everybody_sees_their_own_projects_only(page: Client, kite: Project, charlie: User) -> None:
    factories.project(charlie, "The Lantern")
    content = page.get("/").content.decode()
    assert "The Kite" in content
    assert "The Lantern" not in content


def test_a_card_counts_what_is_in_the_cut(page: Client, kite: Project, alice: User) -> None:
    first, second, third = (factories.shot(kite, frames=24) for _ in range(3))
    factories.ready_take(first, alice).circle(alice)
    second.trim(alice, 0, 48)
    third.omit(alice)
    content = page.get("/").content.decode()
    assert "2 shots · 1 circled · 0:03" in content
    assert first.takes.get().poster.url in content


def test_the_picture_is_the_first_shots(page: Client, kite: Project, alice: User) -> None:
    first, second = factories.shot(kite), factories.shot(kite)
    factories.finished(factories.ask(second, alice)[0])
    assert Take.objects.posters([kite]) == {kite.pk: second.takes.get().poster}
    factories.finished(factories.ask(first, alice)[0])
    assert Take.objects.posters([kite]) == {kite.pk: first.takes.get().poster}


def test_the_number_of_queries_does_not_grow_with_the_projects(page: Client, alice: User) -> None:
    counts = []
    for size in (1, 6):
        while Project.objects.count() < size:
            factories.board(alice, 4, takes=1)
        with CaptureQueriesContext(connection) as captured:
            page.get("/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_new_pitch_has_the_rate_and_size_that_were_chosen(page: Client, alice: User) -> None:
    answer = page.post("/", {"name": "Tall story", "rate": "24000/1001", "size": "360x640"})
    project = Project.objects.get()
    assert answer["Location"] == f"/p/{project.pk}/script/"
    assert (project.name, project.rate, project.width, project.height) == ("Tall story", (24000, 1001), 360, 640)
    assert project.role_of(alice) == Role.OWNER


def test_a_rate_that_was_not_offered_is_refused(page: Client) -> None:
    assert page.post("/", {"name": "x", "rate": "1000/1", "size": "640x360"}).status_code == 422
    assert not Project.objects.exists()


def test_a_script_dropped_here_begins_a_pitch_of_its_name(page: Client) -> None:
    script = SimpleUploadedFile("last_ferry.fountain", SCRIPT)
    answer = page.post("/", {"script": script}, headers={"Accept": "application/json"})
    draft = Draft.objects.get()
    assert answer.json() == {"url": f"/drafts/{draft.pk}/"}
    assert draft.project.name == "Last Ferry"
    assert not Shot.objects.exists()


def test_a_script_that_cannot_be_read_begins_nothing(page: Client) -> None:
    script = SimpleUploadedFile("noise.fountain", bytes(range(256)) * 8)
    answer = page.post("/", {"script": script}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert len(answer.json()["error"]) > 20
    assert not Project.objects.exists()


def test_the_sample_is_a_pitch_of_ones_own_with_takes_asked(page: Client, alice: User) -> None:
    answer = page.post("/sample/")
    project = Project.objects.get()
    assert answer["Location"] == project.get_absolute_url()
    assert project.role_of(alice) == Role.OWNER
    assert Shot.objects.filter(project=project).count() >= 15
    assert Take.objects.filter(project=project).count() == 8


def test_without_a_session_one_signs_in_first() -> None:
    answer = Client().get("/")
    assert answer["Location"].startswith("/sign-in/")

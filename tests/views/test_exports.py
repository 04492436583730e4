"""Exports: asked, watched, cancelled, tried again and downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from storyboard.models import Export, Media, Project, Shot, Status, User
from storyboard.models.media import scratch_path
from tests import factories


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def finished(export: Export) -> Export:
    path: Path = scratch_path(".mp4")
    path.write_bytes(b"a film")
    media = Media.objects.keep(export.project, path, "video/mp4", name="The Kite.mp4", frames=12)
    export.begin()
    export.finish(media=media, report={"frames": 12})
    return export


def test_the_page_sums_up_the_cut_and_warns_without_blocking(kite: Project, alice: User) -> None:
    for _ in range(3):
        shot = factories.shot(kite)
    factories.ready_take(shot, alice).circle(alice)
    page = as_(alice).get(f"/p/{kite.pk}/exports/").content.decode()
    assert "3 shots" in page
    assert "2 without a circled take" in page
    assert 'type="submit"' in page


def test_asking_queues_one_with_its_choices(kite: Project, shot: Shot, bob: User) -> None:
    answer = as_(bob).post(f"/p/{kite.pk}/exports/", {"kind": "gif", "burn_ins": "1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 201
    export = Export.objects.get()
    assert (export.kind, export.options, export.by, export.status) == ("gif", {"burn_ins": True}, bob, Status.QUEUED)
    assert f'id="export-{export.pk}"' in answer.content.decode()


def test_the_last_choices_are_the_next_ones(kite: Project, shot: Shot, bob: User) -> None:
    client = as_(bob)
    client.post(f"/p/{kite.pk}/exports/", {"kind": "gif", "burn_ins": "1"})
    page = client.get(f"/p/{kite.pk}/exports/").content.decode()
    assert 'value="gif" checked' in page
    assert 'name="burn_ins" value="1" checked' in page


def test_a_kind_that_does_not_exist_is_refused(kite: Project, shot: Shot, bob: User) -> None:
    answer = as_(bob).post(f"/p/{kite.pk}/exports/", {"kind": "betamax"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "There is no export called 'betamax'" in answer.json()["error"]


def test_whoever_asked_cancels_and_tries_again(kite: Project, shot: Shot, bob: User) -> None:
    export, client = Export.objects.ask(kite, "animatic", bob, burn_ins=False), as_(bob)
    assert "Try again" in client.delete(f"/exports/{export.pk}/").content.decode()
    export.refresh_from_db()
    assert export.status == Status.CANCELLED
    assert "Queued" in client.post(f"/exports/{export.pk}/tries/").content.decode()
    export.refresh_from_db()
    assert export.status == Status.QUEUED


def test_what_another_asked_takes_an_owner_to_cancel(kite: Project, alice: User, bob: User, erin: User) -> None:
    export = Export.objects.ask(kite, "animatic", bob, burn_ins=False)
    assert as_(erin).delete(f"/exports/{export.pk}/").status_code == 403
    assert as_(alice).delete(f"/exports/{export.pk}/").status_code == 200


def test_a_viewer_downloads_and_asks_for_nothing(kite: Project, shot: Shot, alice: User, vera: User) -> None:
    export = finished(Export.objects.ask(kite, "animatic", alice, burn_ins=False))
    client = as_(vera)
    page = client.get(f"/p/{kite.pk}/exports/").content.decode()
    assert f"{export.media.url}?download" in page
    assert client.post(f"/p/{kite.pk}/exports/", {"kind": "animatic"}).status_code == 403


def test_a_failed_one_says_why(kite: Project, shot: Shot, alice: User) -> None:
    export = Export.objects.ask(kite, "animatic", alice, burn_ins=False)
    export.begin()
    export.fail("The disk that holds the takes is full.")
    page = as_(alice).get(f"/exports/{export.pk}/").content.decode()
    assert "The disk that holds the takes is full." in page
    assert "Try again" in page


def test_a_running_one_shows_how_far_it_is(kite: Project, shot: Shot, alice: User) -> None:
    export = Export.objects.ask(kite, "animatic", alice, burn_ins=False)
    export.begin()
    export.beat(7, 12, "rendering")
    page = as_(alice).get(f"/exports/{export.pk}/").content.decode()
    assert "7 of 12 frames" in page
    assert '<progress max="12" value="7"' in page


@pytest.mark.parametrize("verb", ["get", "delete"])
def test_a_stranger_learns_nothing(verb: str, kite: Project, alice: User, charlie: User) -> None:
    export = Export.objects.ask(kite, "animatic", alice, burn_ins=False)
    assert getattr(as_(charlie), verb)(f"/exports/{export.pk}/").status_code == 404

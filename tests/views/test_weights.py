"""The page about weights: for whoever runs the server, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from storyboard import engines
from storyboard.models import User
from tests import factories
from tests.generation.tiny import ltx

PAGE = "/admin/weights/"


@pytest.fixture
def staff(client: Client, db: None, settings: LazySettings, tmp_path: Path) -> Client:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    client.force_login(factories.person("Sam", is_staff=True, is_superuser=True))
    return client


def test_it_shows_what_is_registered_what_it_needs_and_for_whom(staff: Client, tmp_path: Path) -> None:
    ltx.build(tmp_path / "tiny")
    weights = engines.registry().add(tmp_path / "tiny", "small", "them/<b>tiny</b>@v1")
    said = staff.get(PAGE).content.decode()
    for words in ("small", "LTX-Video", weights.revision[:16], "on disk, about", "them/&lt;b&gt;tiny"):
        assert words in said


def test_it_says_how_to_add_the_first(staff: Client) -> None:
    said = staff.get(PAGE).content.decode()
    assert "No weights are registered here." in said and "manage.py weights add OWNER/NAME@REVISION" in said
    assert said.count("none yet") == len([row for row in engines.catalogue.ENGINES if row.pipelines])


def test_the_admins_first_page_leads_there(staff: Client) -> None:
    assert PAGE in staff.get("/admin/").content.decode()


def test_members_and_strangers_do_not_see_it(client: Client, alice: User, charlie: User) -> None:
    assert client.get(PAGE)["Location"].startswith("/admin/login/")
    for person in (alice, charlie):
        client.force_login(person)
        assert client.get(PAGE, follow=True).status_code == 404

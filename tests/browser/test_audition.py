"""An engine with weights in the shot room: what it would make is said, takes stop half-way, ticked ones go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Locator, Page, expect

from generation import tasks
from storyboard import engines
from storyboard.models import Shot, Status, Take, User
from tests import factories
from tests.browser.room import enter
from tests.browser.web import Web
from tests.generation.tiny import ltx

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 8000


@pytest.fixture
def small(settings: LazySettings, tmp_path: Path, alice: User) -> Shot:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    ltx.build(tmp_path / "tiny")
    engines.registry().add(tmp_path / "tiny", "tiny")
    return factories.shot(factories.project(alice, width=64, height=64), frames=20)


def card(page: Page, take: Take) -> Locator:
    return page.locator(f'.take[data-take="{take.pk}"]')


def test_auditions_are_asked_for_looked_at_and_finished_in_the_room(web: Web, small: Shot, alice: User) -> None:
    factories.ready_take(small, alice)
    page = enter(web, small, alice)
    page.locator("#ask-engine").select_option("ltx:tiny")
    advice = page.locator("[data-part=advice]")
    expect(advice).to_contain_text("Makes 25 frames, 5 more than the cut needs", timeout=SOON)
    expect(advice).to_contain_text("of memory")
    expect(advice.locator(".is-off", has_text="Depth")).to_have_attribute(
        "title", r"LTX-Video does not follow depth; Wan VACE does."
    )
    page.get_by_label("Audition first").check()
    page.locator("[data-part=count]").fill("2")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".take")).to_have_count(3, timeout=SOON)
    tasks.make_take()
    tasks.make_take()
    first, second = Take.objects.filter(shot=small, engine="ltx").order_by("number")
    assert (first.status, second.status) == (Status.HELD, Status.HELD)
    expect(card(page, first)).to_contain_text("In audition", timeout=SOON)
    page.get_by_role("button", name=f"Finish take {first.number}").click()
    expect(card(page, first)).to_contain_text("in queue", timeout=SOON)
    page.get_by_role("button", name=f"Dismiss take {second.number}").click()
    expect(card(page, second)).to_contain_text("Cancelled", timeout=SOON)
    tasks.make_take()
    expect(card(page, first)).to_contain_text("Ready", timeout=SOON)

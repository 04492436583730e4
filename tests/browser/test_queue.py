"""The queue's drawer: what waits is arranged, kept back, changed and needed by a time, and others see it at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Locator, Page, expect

from generation import tasks
from storyboard import engines, workers
from storyboard.models import Project, Shot, Status, Take, User
from tests import factories
from tests.browser.web import Web
from tests.generation.tiny import ltx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SOON = 8000


@pytest.fixture(autouse=True)
def somebody_works() -> None:
    workers.speak(workers.Worker("here:1", ("takes",), loads_weights=True))


def opened(web: Web, project: Project, user: User, width: int = 1280) -> Page:
    page = web.page(user, width=width)
    page.goto(web.address("board", project.pk))
    page.locator("#board[data-ready]").wait_for()
    page.keyboard.press("Shift+Q")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    return page


def row(page: Page, take: Take) -> Locator:
    return page.locator(f'#queue .job[data-take="{take.pk}"]')


def order(page: Page) -> list[int]:
    rows = page.locator("#queue [data-part=line] > .job")
    return [int(each.get_attribute("data-take") or 0) for each in rows.all()]


def line() -> list[int]:
    return list(Take.objects.in_line().values_list("pk", flat=True))


def test_own_takes_change_places_by_keyboard_and_by_dragging(
    web: Web, kite: Project, shot: Shot, alice: User, erin: User
) -> None:
    a, b, c = (take.pk for take in factories.ask(shot, erin, 3))
    x = factories.ask(shot, alice)[0].pk
    page = opened(web, kite, erin)
    assert order(page) == [a, x, b, c]
    page.locator(f"#grip-{c}").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator(f"#grip-{c}")).to_be_focused()
    expect(page.locator("#queue [data-part=line] > .job").first).to_have_attribute("data-take", str(c))
    expect(row(page, Take.objects.get(pk=c))).to_contain_text("#1 in queue", timeout=SOON)
    assert line() == [c, x, a, b]
    grip, below = page.locator(f"#grip-{c}"), page.locator(f'#queue .job[data-take="{b}"]')
    start, end = grip.bounding_box(), below.bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 5, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 5, end["y"] + end["height"] - 4, steps=12)
    with page.expect_response("**/queue/order/"):
        page.mouse.up()
    assert line() == [a, x, b, c]
    expect(page.locator(f"#grip-{x}")).to_have_count(0)


def test_what_is_kept_back_stands_apart_and_everybody_sees_it(
    web: Web, kite: Project, shot: Shot, alice: User, erin: User
) -> None:
    first, second = factories.ask(shot, erin, 2)
    hers, his = opened(web, kite, erin), opened(web, kite, alice)
    hers.get_by_role("button", name=f"Pause {shot.code} T{first.number}").click()
    for page in (hers, his):
        expect(row(page, first)).to_contain_text("Paused", timeout=SOON)
        expect(row(page, second)).to_contain_text("#1 in queue", timeout=SOON)
    his.get_by_role("button", name="More for the queue").click()
    his.get_by_role("button", name="Pause this project’s queue").click()
    expect(hers.locator(".drawer-note")).to_contain_text("This project’s queue is paused", timeout=SOON)
    expect(hers.locator(".card .work")).to_contain_text("Project paused", timeout=SOON)
    his.get_by_role("button", name="Let it go on").click()
    expect(hers.locator(".drawer-note")).to_have_count(0, timeout=SOON)
    hers.get_by_role("button", name="More for the queue").click()
    hers.get_by_role("button", name="Let all mine go on (1)").click()
    expect(row(hers, first)).to_contain_text("#1 in queue", timeout=SOON)


def test_only_who_asked_is_offered_to_cancel(web: Web, kite: Project, shot: Shot, alice: User, erin: User) -> None:
    his, hers = factories.ask(shot, alice)[0], factories.ask(shot, erin)[0]
    page = opened(web, kite, erin)
    expect(row(page, hers).get_by_role("button", name="Cancel")).to_be_visible()
    expect(row(page, his).get_by_role("button")).to_have_count(0)


def test_a_waiting_take_is_changed_and_given_a_time(web: Web, kite: Project, shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    shot.revise(erin, {}, action="A man waits at a gate.")
    page = opened(web, kite, erin)
    page.get_by_role("button", name=f"Change {shot.code} T{take.number}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It will be made of version 2, as the shot asks now")
    dialog.get_by_label("Seed").fill("4242")
    soon = datetime.now() + timedelta(hours=2)  # noqa: DTZ005  what a clock on the wall says
    dialog.get_by_label("Needed by").fill(soon.strftime("%Y-%m-%dT%H:%M"))
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0, timeout=SOON)
    expect(row(page, take)).to_contain_text("needed by", timeout=SOON)
    take.refresh_from_db()
    assert take.seed == 4242 and "waits at a gate" in take.recipe and take.needed_by is not None


def test_a_refused_change_says_why_and_keeps_what_was_typed(web: Web, kite: Project, shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    page = opened(web, kite, erin)
    page.get_by_role("button", name=f"Change {shot.code} T{take.number}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Seed").fill("7")
    dialog.get_by_label("Needed by").fill("2020-01-01T10:00")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("That time is over")
    expect(dialog.get_by_label("Seed")).to_have_value("7")
    web.errors.clear()


def test_an_owner_sets_a_budget_and_what_waits_is_kept_back(web: Web, kite: Project, shot: Shot, alice: User) -> None:
    made, waiting = factories.ask(shot, alice, 2)
    factories.finished(made)
    Take.objects.filter(pk=made.pk).update(spent=90)
    page = opened(web, kite, alice)
    page.get_by_role("button", name="More for the queue").click()
    page.get_by_role("button", name="Computing budget…").click()
    page.get_by_role("dialog").get_by_label("Minutes").fill("1")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row(page, waiting)).to_contain_text("Budget used up", timeout=SOON)
    page.get_by_role("button", name="Change…", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="No limit").click()
    expect(row(page, waiting)).to_contain_text("#1 in queue", timeout=SOON)


def test_a_screen_of_390_pixels_holds_the_drawer(web: Web, kite: Project, shot: Shot, erin: User) -> None:
    factories.ask(shot, erin, 2)
    page = opened(web, kite, erin, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.locator("#queue .job-acts button").all():
        expect(button).to_be_in_viewport(ratio=1)


def test_auditions_are_asked_for_on_the_board(web: Web, settings: LazySettings, tmp_path: Path, alice: User) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    ltx.build(tmp_path / "tiny")
    engines.registry().add(tmp_path / "tiny", "tiny")
    shot = factories.shot(factories.project(alice, width=64, height=64), frames=20)
    page = opened(web, shot.project, alice)
    page.keyboard.press("Shift+Q")
    page.locator(f"#shot-{shot.pk}").click(position={"x": 60, "y": 60})
    page.locator("#engine").select_option("ltx:tiny")
    page.get_by_label("Audition", exact=True).check()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(f"#shot-{shot.pk} .work")).to_be_visible(timeout=SOON)
    tasks.make_take()
    tasks.make_take()
    assert set(Take.objects.values_list("status", flat=True)) == {Status.HELD}
    expect(page.locator(f"#shot-{shot.pk} .state .auditions")).to_have_text("2", timeout=SOON)
    expect(page.locator(f"#shot-{shot.pk} .pic > img")).to_be_visible()

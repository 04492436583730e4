"""The pages around a board, driven as a person does: a script dropped, people invited, the cut trimmed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from storyboard.models import Draft, Export, Invitation, Project, Role, Shot, Sound, User
from tests import factories
from tests.browser.web import Web
from tests.views.test_cut import tone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLES = Path(__file__).parent.parent / "script" / "samples"


def drop(page: Page, name: str, data: bytes) -> None:
    """What a file manager does when a file is let go over the page."""
    page.wait_for_function("() => customElements.get('ct-script-drop')")
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            return transfer;
        }""",
        [name, list(data)],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("main", event, {"dataTransfer": transfer})


def test_a_script_dropped_on_the_projects_is_a_board_after_one_click(web: Web, alice: User) -> None:
    page = web.page(alice)
    page.goto(web.address("projects"))
    drop(page, "last_ferry.fountain", (SAMPLES / "last_ferry.fountain").read_bytes())
    expect(page.locator("h1")).to_have_text(re.compile(r"^\d+ scenes, \d+ shots, \d:\d\d$"))
    assert not Shot.objects.exists()
    page.get_by_role("button", name="Create board").click()
    page.wait_for_url("**/p/*/")
    assert Shot.objects.count() > 5


def test_a_refused_script_says_why_beside_the_field_and_keeps_what_was_pasted(
    web: Web, kite: Project, alice: User
) -> None:
    page = web.page(alice)
    page.goto(web.address("script", kite.pk))
    page.get_by_label("Or paste it").fill("INT. ROOM - DAY\n\nSomething happens.")
    drop(page, "noise.fountain", bytes(range(256)) * 8)
    expect(page.get_by_role("alert")).to_contain_text("This file is binary")
    expect(page.get_by_label("Or paste it")).to_have_value("INT. ROOM - DAY\n\nSomething happens.")
    web.errors.clear()


def test_pasted_text_goes_the_same_way(web: Web, kite: Project, alice: User) -> None:
    page = web.page(alice)
    page.goto(web.address("script", kite.pk))
    page.get_by_label("Or paste it").fill("INT. ROOM - DAY\n\nADA opens the door.")
    page.get_by_role("button", name="See what it makes").click()
    expect(page.get_by_text("ADA opens the door.")).to_be_visible()
    assert Draft.objects.get().filename == ""


def test_two_files_at_once_are_refused_with_a_sentence(web: Web, kite: Project, alice: User) -> None:
    page = web.page(alice)
    page.goto(web.address("script", kite.pk))
    transfer = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            for (const name of ["a", "b"]) transfer.items.add(new File(["x"], name));
            return transfer;
        }"""
    )
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("alert")).to_have_text("2 files were dropped; drop one script at a time.")


def test_an_invitation_link_is_made_copied_and_joined(web: Web, kite: Project, alice: User) -> None:
    page = web.page(alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(web.address("people", kite.pk))
    page.get_by_label("As").select_option("Reviewer")
    page.get_by_role("button", name="Make link").click()
    link = page.get_by_label("Invitation link").input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link

    guest = web.browser.new_page()
    web.opened.append(guest.context)
    guest.goto(link)
    for label, text in (("Your name", "Dora"), ("Sign-in name", "dora"), ("Password", "a kite over the field")):
        guest.get_by_label(label).fill(text)
    guest.get_by_role("button", name="Join").click()
    guest.wait_for_url(f"**{kite.get_absolute_url()}")
    assert kite.role_of(User.objects.get(username="dora")) == Role.REVIEWER


def test_the_link_is_copied_without_the_clipboard_of_secure_pages(web: Web, kite: Project, alice: User) -> None:
    page = web.page(alice)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(web.address("people", kite.pk))
    page.get_by_role("button", name="Make link").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()


def test_a_link_just_made_stays_while_the_page_follows_the_log(web: Web, kite: Project, alice: User) -> None:
    page = web.page(alice)
    page.goto(web.address("people", kite.pk))
    page.get_by_role("button", name="Make link").click()
    link = page.get_by_label("Invitation link")
    expect(link).to_be_visible()
    Invitation.objects.invite(kite, Role.VIEWER, alice)
    page.wait_for_timeout(600)
    expect(link).to_be_visible()


def test_a_role_changed_by_one_owner_shows_at_another(web: Web, kite: Project, alice: User, erin: User) -> None:
    watching, changing = web.page(erin), web.page(alice)
    for page in (watching, changing):
        page.goto(web.address("people", kite.pk))
    row = watching.locator("tr", has_text="Erin")
    expect(row).to_contain_text("Editor")
    changing.get_by_label("Role of Erin").select_option("Viewer")
    expect(row).to_contain_text("Viewer")


@pytest.fixture
def cut(web: Web, kite: Project, alice: User) -> Page:
    for _ in range(3):
        factories.shot(kite)
    page = web.page(alice)
    page.goto(web.address("cut", kite.pk))
    expect(page.locator("#cut-sum")).to_contain_text("3 shots · 00:00:01:12 · 36 frames · 3 not picked yet")
    return page


def test_a_click_on_a_shot_selects_it_and_goes_there(cut: Page) -> None:
    cut.get_by_role("button", name=re.compile("^020 ")).click(position={"x": 12, "y": 30})
    expect(cut.locator("#trim-code")).to_have_text("020")
    assert 12 <= cut.evaluate("document.querySelector('ct-cut-player').frame") < 24


def test_a_trim_is_typed_in_frames_and_undone(cut: Page, kite: Project) -> None:
    cut.get_by_label("Lasts, in frames").fill("30")
    cut.get_by_role("button", name="Trim").click()
    expect(cut.locator("#cut-sum")).to_contain_text("54 frames")
    assert Shot.objects.in_order()[0].frames_in_cut == 30
    cut.get_by_role("button", name="Undo").click()
    expect(cut.locator("#cut-sum")).to_contain_text("36 frames")


def test_q_and_w_trim_to_what_is_seen(cut: Page, kite: Project, alice: User) -> None:
    shot = Shot.objects.in_order()[0]
    factories.ready_take(shot, alice)
    expect(cut.locator("#trim-state")).to_contain_text("take 1")
    cut.evaluate("document.querySelector('ct-cut-player').seek(9)")
    cut.locator("body").press("w")
    expect(cut.get_by_label("Lasts, in frames")).to_have_value("10")
    cut.evaluate("document.querySelector('ct-cut-player').seek(4)")
    cut.locator("body").press("q")
    expect(cut.get_by_label("Begins at frame")).to_have_value("4")
    shot.refresh_from_db()
    assert (shot.cut_in, shot.cut_frames) == (4, 6)


def test_dragging_an_edge_trims_in_whole_frames(cut: Page) -> None:
    edge = cut.locator("li[data-shot] .edge.is-tail").first
    box = edge.bounding_box()
    assert box is not None
    strip = cut.locator(".lanes-inner").bounding_box()
    assert strip is not None
    one = strip["width"] / 36
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    cut.mouse.move(x, y)
    cut.mouse.down()
    cut.mouse.move(x - 2 * one, y, steps=3)
    cut.mouse.move(x - 4 * one, y, steps=3)
    cut.mouse.up()
    expect(cut.locator("#cut-sum")).to_contain_text("32 frames")
    assert Shot.objects.in_order()[0].frames_in_cut == 8


def test_a_trim_that_makes_no_sense_says_so_and_changes_nothing(cut: Page, web: Web) -> None:
    cut.locator("#trim-form").evaluate("form => (form.noValidate = true)")
    cut.get_by_label("Lasts, in frames").fill("0")
    cut.get_by_role("button", name="Trim").click()
    expect(cut.locator("#trim-error")).to_contain_text("1 to 1440 frames")
    expect(cut.locator("#cut-sum")).to_contain_text("36 frames")
    web.errors.clear()


def test_a_take_that_arrives_is_in_the_cut_while_it_is_watched(cut: Page, kite: Project, alice: User) -> None:
    shot = Shot.objects.in_order()[1]
    take = factories.ready_take(shot, alice)
    expect(cut.locator(f"li[data-shot='{shot.pk}']")).to_have_class("is-take")
    shot.pick(take, by=alice)
    expect(cut.locator(f"li[data-shot='{shot.pk}']")).to_have_class("is-pick")
    expect(cut.locator("#cut-sum")).to_contain_text("2 not picked yet")


def test_a_sound_is_laid_seen_softened_and_removed(cut: Page, kite: Project) -> None:
    cut.locator("#sound-file").set_input_files(
        {"name": "scratch.wav", "mimeType": "audio/wav", "buffer": tone(2).read()}
    )
    expect(cut.locator("#sound-laid")).to_have_text("scratch.wav")
    expect(cut.locator(".lane.sound")).to_be_visible()
    assert inked(cut) > 100
    cut.get_by_label("Gain, in dB").fill("-12")
    cut.get_by_role("button", name="Set", exact=True).click()
    cut.wait_for_function("() => Math.abs(document.querySelector('ct-cut-player audio').volume - 0.2512) < 0.001")
    assert Sound.objects.get().gain_db == -12
    cut.get_by_role("button", name="Remove").click()
    expect(cut.locator("#sound-laid")).to_have_text("No sound lies under the cut.")


def inked(page: Page) -> int:
    """How many pixels of the waveform are drawn."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector(".lane.sound canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, index) => index % 4 === 3 && value > 0).length;
        }"""
    )


def test_what_is_no_sound_is_refused_beside_the_button(cut: Page, web: Web) -> None:
    cut.locator("#sound-file").set_input_files(
        {"name": "list.mp3", "mimeType": "audio/mpeg", "buffer": b"#EXTM3U\nhttp://127.0.0.1/x\n"}
    )
    expect(cut.locator("#sound-error")).to_contain_text("list.mp3")
    web.errors.clear()


def test_a_viewer_plays_and_is_offered_no_change(web: Web, kite: Project, vera: User) -> None:
    factories.shot(kite)
    page = web.page(vera)
    page.goto(web.address("cut", kite.pk))
    expect(page.locator("#trim-code")).to_have_text("010")
    expect(page.get_by_label("Lasts, in frames")).to_be_disabled()
    expect(page.get_by_role("button", name="Trim")).to_have_count(0)
    expect(page.locator(".edge")).to_have_count(0)


def test_an_export_moves_and_ends_before_ones_eyes(web: Web, kite: Project, alice: User) -> None:
    factories.shot(kite)
    page = web.page(alice)
    page.goto(web.address("exports", kite.pk))
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.locator(".export")).to_contain_text("Queued")
    export = Export.objects.get()
    export.begin()
    expect(page.locator(".export progress")).to_be_visible()
    export.fail("The disk that holds the takes is full. Free some space, then try again.")
    expect(page.locator(".export")).to_contain_text("The disk that holds the takes is full")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".export")).to_contain_text("Queued")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".export")).to_contain_text("Cancelled")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["projects", "people", "script", "cut", "exports", "activity", "draft"])
def test_every_page_fits_and_is_accessible(name: str, width: int, web: Web, kite: Project, alice: User) -> None:
    shot = factories.shot(kite)
    factories.ready_take(shot, alice).circle(alice)
    factories.shot(kite, frames=1)
    data = (SAMPLES / "last_ferry.fdx").read_bytes()
    draft = Draft.objects.keep(kite, data, "last_ferry.fdx", alice)
    Export.objects.ask(kite, "animatic", alice, burn_ins=False)
    page = web.page(alice, width=width)
    args = {"projects": [], "draft": [draft.pk]}.get(name, [kite.pk])
    page.goto(web.address(name, *args))
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found] == []

"""The board in a real browser: by keys, by hand, live, narrow, and for everybody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from storyboard import live
from storyboard.models import Project, Shot, Take, User
from tests import factories
from tests.browser.web import Web
from tests.running import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def board(alice: User) -> Project:
    return factories.board(alice, 12, takes=2, name="Twelve shots")


def shots_of(project: Project) -> list[Shot]:
    return list(Shot.objects.filter(project=project).in_order())


def opened(web: Web, user: User, project: Project, **size: int) -> Page:
    """The board's page once its socket is open."""
    page = web.page(user, **size)
    page.goto(web.address("board", project.pk))
    connected(page)
    return page


def connected(page: Page) -> None:
    page.locator("#board[data-ready]").wait_for()
    page.wait_for_function("import('/static/js/live.js').then(({ live }) => live.open)")


def card(page: Page, shot: Shot) -> Locator:
    return page.locator(f"#shot-{shot.pk}")


def codes(page: Page) -> list[str]:
    return page.locator(".card .top a").all_text_contents()


def selected(page: Page) -> list[str]:
    return page.locator('.card[aria-selected="true"] .top a').all_text_contents()


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def test_arrows_move_and_shift_extends_and_escape_lets_go(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[0]).focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == f"shot-{shots[1].pk}"
    page.keyboard.press("ArrowDown")
    assert focused(page) == f"shot-{shots[5].pk}"
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert selected(page) == ["060", "070", "080"]
    page.keyboard.press("x")
    assert selected(page) == ["060", "070"]
    expect(page.locator("#selected-count")).to_have_text("2")
    page.keyboard.press("Control+a")
    assert len(selected(page)) == 12
    page.keyboard.press("Escape")
    assert selected(page) == []
    expect(page.locator("#selection-bar")).to_be_hidden()
    assert page.locator(".card[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/shots/{shots[7].pk}/"))


def test_click_control_click_and_shift_click_select_as_in_a_photo_library(
    web: Web, alice: User, board: Project
) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    line = lambda n: card(page, shots[n]).locator(".act")  # noqa: E731
    line(1).click()
    assert selected(page) == ["020"]
    line(4).click(modifiers=["Shift"])
    assert selected(page) == ["020", "030", "040", "050"]
    line(2).click(modifiers=["Control"])
    assert selected(page) == ["020", "040", "050"]
    card(page, shots[0]).locator(".pic").click(position={"x": 12, "y": 12})
    assert selected(page) == ["010", "020", "040", "050"]
    line(6).click()
    assert selected(page) == ["070"]


def test_what_others_do_arrives_and_selection_focus_and_scroll_stay(
    web: Web, alice: User, erin: User, board: Project
) -> None:
    page, shots = opened(web, alice, board, height=500), shots_of(board)
    card(page, shots[9]).focus()
    for _ in range(2):
        page.keyboard.press("x")
        page.keyboard.press("ArrowRight")
    before = (selected(page), focused(page), page.evaluate("scrollY"))
    assert before[0] == ["100", "110"]
    image = card(page, shots[9]).locator("img").element_handle()
    shots[9].takes.first().circle(alice)
    shots[10].revise(alice, action="Ada climbs through the window.")
    expect(card(page, shots[9])).to_contain_text("In cut T1")
    expect(card(page, shots[10]).locator(".act")).to_have_text("Ada climbs through the window.")
    assert (selected(page), focused(page), page.evaluate("scrollY")) == before
    assert image and image.evaluate("(image) => image.isConnected")
    shots[0].insert_after(alice)
    expect(page.locator(".card")).to_have_count(13)
    assert codes(page)[:3] == ["010", "010A", "020"]
    assert (selected(page), focused(page)) == before[:2]


def test_a_double_press_of_control_enter_asks_once(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    before = Take.objects.count()
    card(page, shots[0]).focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(card(page, shots[0]).locator(".work")).to_contain_text("Queued")
    expect(page.locator(".toast")).to_contain_text("8 takes of 4 shots queued")
    page.wait_for_load_state("networkidle")
    assert Take.objects.count() - before == 8


def test_the_cards_of_asked_takes_show_their_place_in_line(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    for shot in shots[:2]:
        factories.ask(shot, alice)
    expect(card(page, shots[0]).locator(".work")).to_contain_text("Queued #1")
    expect(card(page, shots[1]).locator(".work")).to_contain_text("Queued #2")
    Take.objects.claim()
    expect(card(page, shots[1]).locator(".work")).to_contain_text("Queued #1")


def test_a_running_take_shows_its_step_its_time_and_a_picture(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    take = factories.ask(shots[2], alice)[0]
    take.begin()
    expect(card(page, shots[2]).locator(".state.is-running")).to_be_visible()
    live.tell(board.pk, {**step(take, 12, 20), "eta": 34.0})
    work = card(page, shots[2]).locator(".work")
    expect(work).to_contain_text("Generating 12 of 20")
    expect(work).to_contain_text("about 35 s left")
    assert work.locator("progress").evaluate("(bar) => bar.value / bar.max") == 0.6
    live.show(board.pk, take.pk, 12, 20, take_poster(shots[0]))
    preview = card(page, shots[2]).locator(".preview")
    expect(preview).to_be_visible()
    page.wait_for_function("(image) => image.naturalWidth > 0", arg=preview.element_handle())
    take.finish(report={}, **factories.clip_media(board, shade=60))
    expect(work).to_have_count(0)
    expect(preview).to_have_count(0)
    expect(card(page, shots[2])).to_contain_text("T3")


def step(take: Take, done: int, of: int) -> dict[str, Any]:
    return {"e": "progress", "take": take.pk, "shot": take.shot_id, "done": done, "of": of, "phase": "rendering"}


def take_poster(shot: Shot) -> bytes:
    return shot.takes.first().poster.path.read_bytes()


def test_a_page_whose_line_was_cut_catches_up_without_a_reload(
    web: Web, alice: User, erin: User, board: Project
) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    page.evaluate("window.sameDocument = true")
    page.locator("#filters [name=q]").fill("room")
    page.context.set_offline(True)
    page.evaluate("import('/static/js/live.js').then(({ live }) => live.drop())")
    expect(page.locator("#line-state")).to_be_visible()
    shots[3].revise(alice, action="Ada leaves room four for good.")
    shots[5].omit(alice)
    shots[7].move(alice, shots[0].scene, None)
    web.errors.clear()
    page.context.set_offline(False)
    expect(card(page, shots[3]).locator(".act")).to_have_text("Ada leaves room four for good.")
    expect(card(page, shots[5])).to_have_attribute("data-is", re.compile("omitted"))
    expect(page.locator(".card .top a").first).to_have_text("080")
    expect(page.locator("#line-state")).to_be_hidden()
    assert page.evaluate("window.sameDocument") is True
    assert page.locator("#filters [name=q]").input_value() == "room"
    web.errors.clear()


def test_a_page_that_missed_too_much_draws_itself_afresh_in_place(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    page.evaluate("window.sameDocument = true")
    card(page, shots[1]).locator(".act").click()
    Shot.objects.filter(pk=shots[2].pk).update(omitted=True)
    made = shots[11].insert_after(alice)
    page.evaluate("import('/static/js/live.js').then(({ live }) => { live.number = 1e9; live.drop(); })")
    expect(card(page, shots[2])).to_have_attribute("data-is", re.compile("omitted"))
    expect(card(page, made)).to_have_count(1)
    assert selected(page) == ["020"]
    assert page.evaluate("window.sameDocument") is True


def test_a_shot_is_moved_by_keys_and_the_move_is_announced(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[0]).focus()
    page.keyboard.press("Control+Shift+ArrowRight")
    expect(page.locator("#announcer")).to_have_text("010 moved to position 2 of 12")
    assert codes(page)[:3] == ["020", "010", "030"]
    assert focused(page) == f"shot-{shots[0].pk}"
    page.keyboard.press("Control+Shift+ArrowLeft")
    expect(page.locator("#announcer")).to_have_text("010 moved to position 1 of 12")
    page.keyboard.press("Control+z")
    expect(page.locator(".card .top a").first).to_have_text("020")
    assert [shot.code for shot in shots_of(board)][:2] == ["020", "010"]


def test_shots_are_moved_by_hand(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[0]).locator(".act").click()
    card(page, shots[1]).locator(".act").click(modifiers=["Shift"])
    target = card(page, shots[6]).bounding_box()
    assert target
    card(page, shots[0]).locator(".act").hover()
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + 60, steps=4)
    page.mouse.move(target["x"] + target["width"] - 20, target["y"] + 60, steps=4)
    expect(page.locator(".drag-ghost")).to_have_text("2 shots")
    expect(page.locator(".drop-line")).to_be_visible()
    page.mouse.up()
    expect(page.locator("#announcer")).to_have_text("2 shots moved to position 6 of 12")
    assert codes(page)[:7] == ["030", "040", "050", "060", "070", "010", "020"]
    assert [shot.code for shot in shots_of(board)][:7] == codes(page)[:7]
    assert selected(page) == ["010", "020"]


def test_a_drag_is_called_off_by_escape(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[0]).locator(".act").hover()
    page.mouse.down()
    page.mouse.move(600, 500, steps=4)
    page.keyboard.press("Escape")
    expect(page.locator(".drag-ghost")).to_have_count(0)
    page.mouse.up()
    page.wait_for_load_state("networkidle")
    assert shots_of(board)[0] == shots[0]


def test_shots_are_moved_by_a_list_with_clicks_only(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[4]).locator(".act").click()
    page.get_by_role("button", name="Move to…").click()
    page.get_by_label("Place").select_option(f"{shots[0].scene_id} {shots[1].pk}")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#announcer")).to_have_text("050 moved to position 3 of 12")
    assert codes(page)[:4] == ["010", "020", "050", "030"]


def test_words_are_edited_in_the_card(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[1]).focus()
    page.keyboard.press("F2")
    page.get_by_label("Action").fill("Ada waits at the door.")
    page.get_by_label("Size", exact=True).select_option("CU")
    page.get_by_label("Length in frames").fill("60")
    page.keyboard.press("Enter")
    expect(card(page, shots[1]).locator(".act")).to_have_text("Ada waits at the door.")
    expect(card(page, shots[1]).locator(".top")).to_contain_text("CU")
    expect(card(page, shots[1]).locator(".top i")).to_have_text("60f")
    expect(page.locator("#board-sum")).to_have_text("12 shots · 0:25")
    assert focused(page) == f"shot-{shots[1].pk}"


def test_words_are_taken_back_unless_somebody_wrote_others(web: Web, alice: User, erin: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    was = shots[1].current.action
    card(page, shots[1]).focus()
    for words in ("First.", "Second."):
        page.keyboard.press("F2")
        page.get_by_label("Action").fill(words)
        page.keyboard.press("Control+Enter")
        expect(card(page, shots[1]).locator(".act")).to_have_text(words)
    page.keyboard.press("Control+z")
    expect(card(page, shots[1]).locator(".act")).to_have_text("First.")
    shots[1].revise(erin, action="Hers.")
    expect(card(page, shots[1]).locator(".act")).to_have_text("Hers.")
    page.keyboard.press("Control+z")
    expect(page.locator(".toast.is-error")).to_contain_text("Erin changed this")
    shots[1].refresh_from_db()
    assert shots[1].current.action == "Hers." != was
    web.errors.clear()


def test_what_two_people_wrote_at_once_is_shown_to_the_second(
    web: Web, alice: User, erin: User, board: Project
) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[1]).locator(".act").dblclick()
    page.get_by_label("Action").fill("Mine.")
    shots[1].revise(erin, action="Hers.")
    page.keyboard.press("Control+Enter")
    said = page.locator(".edit-said")
    expect(said).to_contain_text("Erin changed this while you were writing.")
    expect(said).to_contain_text("Hers.")
    assert page.get_by_label("Action").input_value() == "Mine."
    page.get_by_role("button", name="Keep mine").click()
    expect(card(page, shots[1]).locator(".act")).to_have_text("Mine.")
    web.errors.clear()


def test_shots_are_added_copied_omitted_and_brought_back_by_keys(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    card(page, shots[0]).focus()
    page.keyboard.press("n")
    page.get_by_label("Action").fill("A new beat.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".card .act").nth(1)).to_have_text("A new beat.")
    assert codes(page)[:3] == ["010", "010A", "020"]
    page.keyboard.press("d")
    expect(page.locator(".card")).to_have_count(14)
    page.keyboard.press("Delete")
    gone = page.locator('.card[data-is~="omitted"]')
    expect(gone).to_have_count(1)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(gone).to_have_count(0)


def test_an_empty_board_begins_with_a_scene_or_a_script(web: Web, alice: User) -> None:
    empty = factories.project(alice, "Nothing yet")
    page = web.page(alice)
    page.goto(web.address("board", empty.pk))
    page.get_by_label("Heading of a first scene").fill("EXT. QUAY - DAWN")
    page.get_by_role("button", name="Begin without a script").click()
    expect(page.locator(".card .top a")).to_have_text("010")
    expect(page.locator(".scene-head h2")).to_have_text("EXT. QUAY - DAWN")
    other = factories.project(alice, "A script to come")
    page.goto(web.address("board", other.pk))
    script = b"INT. KITCHEN - NIGHT\n\nAda opens the fridge. Nothing but a kite.\n"
    page.locator("#dropzone [type=file]").set_input_files(
        {"name": "kite.fountain", "mimeType": "text/plain", "buffer": script}
    )
    page.wait_for_url(re.compile(r"/drafts/\d+/"))
    expect(page.locator("body")).to_contain_text("KITCHEN")


def test_filters_hide_what_does_not_match_and_say_so_in_the_address(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    shots[4].takes.first().circle(alice)
    page.keyboard.press("/")
    page.keyboard.type("room 4")
    expect(page.locator(".card:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_label("Filter by state").select_option("pick")
    expect(page.locator(".card:visible")).to_have_count(1)
    assert page.url.endswith("?is=pick")
    page.get_by_label("Filter by state").select_option("failed")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator(".card:visible")).to_have_count(12)


def test_the_queue_is_beside_the_work_and_cancels(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    take = factories.ask(shots[0], alice)[0]
    expect(page.locator("#queue-badge")).to_have_text(re.compile("^1"))
    page.keyboard.press("Shift+Q")
    row = page.locator(f'.job[data-take="{take.pk}"]')
    expect(row).to_contain_text("#1 in queue")
    page.get_by_role("button", name="Cancel 010 T3").click()
    expect(row).to_contain_text("Cancelled")
    take.refresh_from_db()
    assert take.status == "cancelled"
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("#1 in queue")
    card(page, shots[2]).locator(".act").click()
    assert selected(page) == ["030"]


def test_the_palette_finds_a_shot(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    page.keyboard.press("Control+k")
    page.keyboard.type("room 7")
    page.keyboard.press("Enter")
    assert focused(page) == f"shot-{shots[7].pk}"


def test_who_is_at_a_shot_is_on_its_card(web: Web, alice: User, erin: User, board: Project) -> None:
    shots = shots_of(board)
    factories.member(board, erin, 30)
    page, hers = opened(web, alice, board), opened(web, erin, board)
    card(hers, shots[3]).focus()
    expect(card(page, shots[3]).locator(".here")).to_have_text("E")
    expect(page.locator("#presence")).to_contain_text("E")
    hers.close()
    expect(card(page, shots[3]).locator(".here")).to_have_count(0)


def test_letters_do_nothing_while_shortcuts_are_off_or_somebody_types(web: Web, alice: User, board: Project) -> None:
    page = opened(web, alice, board)
    before = Shot.objects.count()
    page.locator("#filters [name=q]").click()
    page.keyboard.type("ndmx")
    page.evaluate("import('/static/js/keys.js').then(({ keys }) => { keys.single = false; })")
    page.locator(".brand").focus()
    for key in ("n", "d", "x", "m"):
        page.keyboard.press(key)
    page.wait_for_load_state("networkidle")
    assert Shot.objects.count() == before
    assert selected(page) == []
    assert page.locator("dialog[open]").count() == 0


def test_a_viewer_may_look_and_not_touch(web: Web, alice: User, board: Project) -> None:
    vera = factories.person("Vera")
    factories.member(board, vera, 10)
    page, shots = opened(web, vera, board), shots_of(board)
    card(page, shots[0]).focus()
    for key in ("n", "Delete", "F2", "Control+Enter", "Control+Shift+ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("ArrowRight")
    assert focused(page) == f"shot-{shots[1].pk}"
    assert [shot.code for shot in shots_of(board)] == codes(page)
    assert page.locator("#selection-bar").count() == 0


def test_the_board_fits_a_telephone(web: Web, alice: User, board: Project) -> None:
    context = web.context(alice, 390, 844, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(web.address("board", board.pk))
    connected(page)
    shots = shots_of(board)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    card(page, shots[0]).locator(".act").tap()
    expect(page.locator("#selection-bar")).to_be_visible()
    bar = page.locator("#selection-bar").bounding_box()
    assert bar and bar["x"] >= 0 and bar["x"] + bar["width"] <= 390
    small = page.evaluate(
        """[...document.querySelectorAll('.selection-bar button, .tabs a, .topbar button')]
        .filter((each) => each.offsetParent && Math.min(each.offsetWidth, each.offsetHeight) < 24).length"""
    )
    assert small == 0
    card(page, shots[1]).locator(".pic").tap()
    page.wait_for_url(re.compile(rf"/shots/{shots[1].pk}/"))


def test_moving_over_a_picture_runs_through_the_take(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    picture = card(page, shots[0]).locator(".pic")
    picture.hover(position={"x": 30, "y": 60})
    film = page.locator(".scrub")
    expect(film).to_be_visible()
    first = film.evaluate("(film) => film.style.backgroundPosition")
    picture.hover(position={"x": 180, "y": 60})
    assert film.evaluate("(film) => film.style.backgroundPosition") != first
    page.mouse.move(5, 5)
    expect(film).to_have_count(0)


def test_nothing_on_the_board_shuts_anybody_out(web: Web, alice: User) -> None:
    board = factories.board(alice, 24, takes=1, name="Twenty-four shots")
    shots = shots_of(board)
    running, failed = (factories.ask(shot, alice)[0] for shot in shots[:2])
    running.begin()
    running.beat(3, 12, "rendering")
    failed.begin()
    failed.fail("The disk is full. Make room, then try again.")
    shots[2].omit(alice)
    page = opened(web, alice, board)
    page.keyboard.press("Shift+Q")
    expect(page.locator(".job").first).to_be_visible()
    card(page, shots[3]).locator(".act").click()
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()


def test_two_hundred_steps_a_second_leave_the_board_quick(web: Web, alice: User) -> None:
    board = factories.board(alice, 60, takes=1, name="Sixty shots")
    shots = shots_of(board)[:40]
    takes = [factories.ask(shot, alice)[0] for shot in shots]
    for take in takes:
        take.begin()
    page = opened(web, alice, board)
    card(page, shots[0]).focus()
    page.keyboard.press("x")
    page.evaluate(
        """() => { window.drawn = 0; window.frames = 0;
        document.addEventListener("live:progress", () => window.drawn += 1);
        const count = () => requestAnimationFrame(() => { window.frames += 1; count(); }); count(); }"""
    )
    for number in range(400):
        live.tell(board.pk, {**step(takes[number % 40], number // 40 + 1, 20), "eta": 3})
        if number % 25 == 0:
            page.keyboard.press("ArrowRight")
    expect(card(page, shots[39]).locator(".work")).to_contain_text("10 of 20")
    assert selected(page) == ["010"]
    assert focused(page) == f"shot-{shots_of(board)[16].pk}"
    drawn, frames = page.evaluate("[window.drawn, window.frames]")
    assert 0 < drawn <= frames + 1, "what came between two frames is drawn at once"


def test_a_take_that_finished_stays_found_by_wait(web: Web, alice: User, board: Project) -> None:
    page, shots = opened(web, alice, board), shots_of(board)
    take = factories.ask(shots[0], alice)[0]
    page.locator('[data-action="queue"]').first.click()
    take.begin()
    take.finish(report={}, **factories.clip_media(board))
    row = page.locator(f'.job[data-take="{take.pk}"]')  # for a moment there are two, where it was and where it goes
    expect(row.filter(has_text="Ready")).to_be_visible()
    expect(row).to_have_count(1)
    wait_until(lambda: page.locator("#queue-badge").is_hidden(), "the badge to go")

"""The shot room as people use it: two browsers on one shot, the keyboard, what is written and what is asked."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from storyboard import live
from storyboard.models import Circle, Comment, Pick, Rejection, Shot, Take, User
from tests import factories
from tests.browser.room import (
    FRAMES,
    card,
    counter,
    drop_file,
    enter,
    finish,
    focus_player,
    picture,
    seek,
    settle,
    three_takes,
)
from tests.browser.web import Web
from tests.running import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLAYING = "() => document.querySelector('ct-player').dataset.playing"
SOON = 1000


@pytest.fixture
def takes(shot: Shot, alice: User) -> list[Take]:
    return three_takes(shot, alice)


def test_a_circle_reaches_the_other_tab_within_a_second_and_its_player_plays_on(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    mine, theirs = enter(web, shot, alice), enter(web, shot, bob)
    focus_player(theirs)
    theirs.keyboard.press("Space")
    seen = theirs.evaluate("() => document.querySelector('ct-player video').dataset.same = 'yes'")
    began = time.monotonic()
    card(mine, takes[0]).locator("[data-card-deed=circle]").click()
    expect(card(mine, takes[0]).locator("[data-card-deed=circle]")).to_have_attribute("aria-pressed", "true")
    expect(card(theirs, takes[0])).to_contain_text("Circled", timeout=SOON)
    expect(card(theirs, takes[0])).to_contain_text("In cut", timeout=SOON)
    assert time.monotonic() - began < 2
    assert theirs.evaluate(PLAYING) == "yes"
    assert theirs.evaluate("() => document.querySelector('ct-player video').dataset.same") == seen
    assert Pick.objects.get(shot=shot).take == takes[0]


def test_keys_show_takes_and_keep_the_frame(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    page = enter(web, shot, alice, "?take=1&f=30")
    assert (counter(page), picture(page)) == (30, 30)
    focus_player(page)
    page.keyboard.press("3")
    expect(card(page, takes[2]).locator(".take-show")).to_have_attribute("aria-current", "true")
    wait_until(lambda: picture(page) == 230, "take 3 on frame 30")
    page.keyboard.press("ArrowUp")
    wait_until(lambda: picture(page) == 130, "take 2 on frame 30")
    page.keyboard.press("ArrowDown")
    wait_until(lambda: picture(page) == 230, "take 3 again")
    expect(page).to_have_url(web.address("shot", shot.pk, query="?take=3&f=30"))
    page.reload()
    settle(page)
    assert (counter(page), picture(page)) == (30, 230)


def test_takes_leafed_through_quickly_keep_the_frame_and_run_on(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    page = enter(web, shot, alice, "?take=1&f=30")
    focus_player(page)
    for key in ("3", "ArrowUp", "1", "2"):
        page.keyboard.press(key)
    wait_until(lambda: picture(page) == 130, "take 2 on frame 30")
    assert counter(page) == 30
    page.keyboard.press("Space")
    for key in ("1", "3"):
        page.keyboard.press(key)
    wait_until(lambda: (picture(page) or 0) >= 200, "take 3")
    expect(page.locator("ct-player")).to_have_attribute("data-playing", "yes")


def test_keys_circle_use_reject_and_take_back(web: Web, shot: Shot, takes: list[Take], bob: User) -> None:
    page = enter(web, shot, bob, "?take=2")
    focus_player(page)
    page.keyboard.press("p")
    expect(card(page, takes[1])).to_contain_text("Circled")
    page.keyboard.press("1")
    page.keyboard.press("u")
    expect(card(page, takes[0])).to_contain_text("In cut")
    wait_until(lambda: Pick.objects.filter(take=takes[0]).exists(), "take 1 in the cut")
    page.keyboard.press("3")
    page.keyboard.press("x")
    expect(page.locator("#reasons")).to_be_visible()
    page.keyboard.press("4")
    expect(card(page, takes[2])).to_contain_text("Rejected: Bad motion")
    assert Rejection.objects.get().reason == "motion"
    page.keyboard.press("x")
    expect(card(page, takes[2])).to_contain_text("Ready")
    page.keyboard.press("x")
    page.keyboard.press("x")
    expect(card(page, takes[2])).to_contain_text("Rejected: Not it")
    page.get_by_role("button", name="Not rejected").click()
    expect(card(page, takes[2])).to_be_hidden()


def test_shift_p_keeps_the_take_and_goes_on_to_the_next_shot(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    behind = factories.shot(shot.project)
    page = enter(web, shot, alice, "?take=2")
    focus_player(page)
    page.keyboard.press("Shift+P")
    expect(page).to_have_url(web.address("shot", behind.pk))
    assert Circle.objects.get().take == takes[1]
    assert Pick.objects.get(shot=shot).take == takes[1]


def test_typing_in_any_field_never_judges_a_take(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    page = enter(web, shot, alice)
    for field in ("#ask-action", "#ask-dialogue", "#ask-characters", "#ask-seed"):
        page.locator(field).press_sequentially("puxre13")
    page.get_by_role("tab", name="Comments").click()
    page.locator("#composer-text").press_sequentially("puxre13d")
    assert page.evaluate("() => document.querySelector('ct-shot-room').dataset.take") == str(takes[2].pk)
    assert not Circle.objects.exists() and not Pick.objects.exists() and not Rejection.objects.exists()
    assert Take.objects.count() == 3


def test_two_people_who_write_different_fields_both_keep_their_words(
    web: Web, shot: Shot, takes: list[Take], alice: User, erin: User
) -> None:
    mine, theirs = enter(web, shot, alice), enter(web, shot, erin)
    mine.locator("#ask-action").fill("She stops at the wall.")
    theirs.locator("#ask-dialogue").fill("ADA: Up!")
    expect(mine.locator("[data-part=saved]")).to_have_text("All saved")
    expect(theirs.locator("[data-part=saved]")).to_have_text("All saved")
    expect(mine.locator("#ask-dialogue")).to_have_value("ADA: Up!")
    expect(theirs.locator("#ask-action")).to_have_value("She stops at the wall.")
    current = Shot.objects.get(pk=shot.pk).current
    assert (current.action, current.dialogue) == ("She stops at the wall.", "ADA: Up!")
    expect(card(mine, takes[0])).to_contain_text("made of version 1")


def clash(web: Web, shot: Shot, alice: User, erin: User) -> Page:
    """Alice's page after Erin wrote the action while Alice, out of reach, was writing it too."""
    page = enter(web, shot, alice)
    page.evaluate("() => addEventListener('live:event', (event) => event.stopPropagation(), true)")
    Shot.objects.get(pk=shot.pk).revise(erin, action="Theirs.")
    page.locator("#ask-action").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Mine.")
    expect(page.get_by_role("alert").filter(has_text="Erin changed this while you were writing")).to_be_visible()
    expect(page.locator("[data-part=saved]")).to_contain_text("Not saved")
    web.errors.clear()
    return page


def test_the_same_field_written_twice_asks_whose_words_stay_and_keeps_mine(
    web: Web, shot: Shot, takes: list[Take], alice: User, erin: User
) -> None:
    page = clash(web, shot, alice, erin)
    page.get_by_role("button", name="Keep mine").click()
    expect(page.locator("[data-part=saved]")).to_have_text("All saved")
    assert Shot.objects.get(pk=shot.pk).current.action.endswith("Mine.")
    web.errors.clear()


def test_the_same_field_written_twice_takes_theirs_when_told_so(
    web: Web, shot: Shot, takes: list[Take], alice: User, erin: User
) -> None:
    page = clash(web, shot, alice, erin)
    page.get_by_role("button", name="Use theirs").click()
    expect(page.locator("[data-part=saved]")).to_have_text("All saved")
    expect(page.locator("#ask-action")).to_have_value("Theirs.")
    assert Shot.objects.get(pk=shot.pk).current.action == "Theirs."
    web.errors.clear()


def test_what_could_not_be_saved_says_so_and_is_saved_when_the_line_is_back(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    page = enter(web, shot, alice)
    page.route("**/version/", lambda route: route.abort())
    page.locator("#ask-action").fill("Nobody hears this yet.")
    expect(page.locator("[data-part=saved]")).to_contain_text("Not saved. The server did not answer.")
    page.unroute("**/version/")
    page.get_by_role("button", name="Save now").click()
    expect(page.locator("[data-part=saved]")).to_have_text("All saved")
    assert Shot.objects.get(pk=shot.pk).current.action == "Nobody hears this yet."
    web.errors.clear()


def test_leaving_for_the_next_shot_takes_the_last_words_along(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    behind = factories.shot(shot.project)
    page = enter(web, shot, alice)
    page.locator("#ask-action").fill("Written in the last moment.")
    page.get_by_role("link", name=f"Next shot, {behind.code}").click()
    expect(page).to_have_url(web.address("shot", behind.pk))
    assert Shot.objects.get(pk=shot.pk).current.action == "Written in the last moment."


def test_ctrl_enter_saves_what_was_written_and_a_double_press_asks_once(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    mine, theirs = enter(web, shot, alice), enter(web, shot, bob)
    mine.locator("#ask-action").fill("She leaps.")
    mine.locator("#ask-action").press("Control+Enter")
    mine.locator("#ask-action").press("Control+Enter")
    expect(theirs.locator(".take")).to_have_count(5)
    assert Take.objects.filter(shot=shot).count() == 5
    assert Take.objects.latest("pk").frozen.words.action == "She leaps."


def test_a_new_take_arrives_in_both_strips_and_opens_itself_only_where_it_was_waited_for(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    mine, theirs = enter(web, shot, alice), enter(web, shot, bob, "?take=1&f=10")
    (asked,) = factories.ask(shot, alice)
    card(mine, asked).locator(".take-show").click()
    expect(mine.locator("[data-part=waiting]")).to_contain_text("#1 in queue")
    finish(asked, 100)
    expect(card(theirs, asked)).to_contain_text("Ready")
    wait_until(lambda: picture(mine) == 100, "the new take in the viewer that waited for it")
    assert (counter(theirs), picture(theirs)) == (10, 10)


def test_a_running_take_shows_its_steps_and_its_moving_preview(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    (asked,) = factories.ask(shot, alice)
    page = enter(web, shot, alice, "?take=1")
    asked.begin()
    expect(card(page, asked)).to_contain_text("Starting")
    card(page, asked).locator(".take-show").click()
    step = {"e": "progress", "take": asked.pk, "shot": shot.pk, "done": 18, "of": 72, "phase": "render", "eta": 3.2}
    live.tell(shot.project_id, step)
    expect(card(page, asked)).to_contain_text("Generating 18 of 72", timeout=SOON)
    expect(page.locator("[data-part=waiting]")).to_contain_text("Generating 18 of 72, 3 s left", timeout=SOON)
    live.show(shot.project_id, asked.pk, 18, 72, Path(takes[0].poster.path).read_bytes())
    expect(page.locator("[data-part=waiting-preview]")).to_be_visible(timeout=SOON)
    expect(card(page, asked).locator(".take-preview")).to_be_visible()


def test_a_failed_take_says_why_and_is_tried_again(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    page = enter(web, shot, alice)
    (asked,) = factories.ask(shot, alice)
    asked.begin()
    asked.fail("The engine ran out of memory. Ask for fewer frames.")
    expect(card(page, asked)).to_contain_text("The engine ran out of memory. Ask for fewer frames.")
    card(page, asked).get_by_role("button", name="Retry take 4").click()
    expect(card(page, asked)).to_contain_text("in queue")


def test_keys_make_takes_again_and_continue_from_the_frame_in_the_viewer(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    page = enter(web, shot, alice, "?take=1&f=47")
    focus_player(page)
    page.keyboard.press("e")
    expect(page.locator('.take[data-number="4"]')).to_contain_text("↳ from T1 f 47")
    page.keyboard.press("Shift+R")
    expect(page.locator(".take")).to_have_count(5)
    page.keyboard.press("r")
    expect(page.locator(".take")).to_have_count(6)
    made = {take.number: take for take in Take.objects.filter(number__gt=3)}
    assert (made[4].parent, made[4].parent_frame) == (takes[0], 47)
    assert made[5].digest == takes[0].digest
    assert made[6].seed != takes[0].seed and made[6].frozen.words == takes[0].frozen.words


def test_a_cancelled_take_can_be_had_back(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    (asked,) = factories.ask(shot, alice)
    page = enter(web, shot, alice, "?take=1")
    card(page, asked).locator("[data-card-deed=cancel]").click()
    expect(card(page, asked)).to_contain_text("Cancelled")
    page.get_by_role("button", name="Undo").click()
    expect(card(page, asked)).to_contain_text("in queue")


def test_a_take_goes_to_the_trash_and_comes_back(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    page = enter(web, shot, alice, "?take=2")
    focus_player(page)
    page.keyboard.press("Delete")
    expect(card(page, takes[1])).to_have_count(0)
    page.get_by_text("1 in the trash").click()
    page.get_by_role("button", name="Restore").click()
    expect(card(page, takes[1])).to_be_visible()


def test_the_frame_in_the_viewer_becomes_the_first_frame_of_the_next_takes(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    page = enter(web, shot, alice, "?take=1&f=47")
    page.get_by_role("button", name="Hold a picture: first frame").click()
    page.get_by_text("Frame 47 of take 1, as in the viewer").click()
    held = page.locator(".guide[data-kind=first]")
    expect(held).to_contain_text("T1 f 47")
    image = held.locator("img")
    expect(image).to_be_visible()
    wait_until(lambda: image.evaluate("(img) => img.complete && img.naturalWidth > 0"), "the held picture")
    assert image.evaluate("(img) => readBarcode(img)") == 47
    held.get_by_role("button", name="Take first frame away").click()
    expect(page.get_by_role("button", name="Hold a picture: first frame")).to_be_visible()


def test_pictures_dropped_on_a_frame_are_held_there_and_others_become_panels(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    page = enter(web, shot, alice)
    png = Path(takes[0].poster.path).read_bytes()
    drop_file(page, ".guide[data-kind=last] .guide-add", "wall.jpg", "image/jpeg", png)
    expect(page.locator(".guide[data-kind=last]")).to_contain_text("wall.jpg")
    drop_file(page, "#ask-action", "sketch.jpg", "image/jpeg", png)
    row = page.locator(".panel-row")
    expect(row).to_be_visible()
    row.get_by_placeholder("Caption").fill("She turns.")
    row.get_by_placeholder("Caption").press("Tab")
    wait_until(lambda: shot.panels.get().caption == "She turns.", "the caption")
    row.get_by_role("button", name="Remove panel 1").click()
    expect(row).to_have_count(0)
    drop_file(page, ".guide[data-kind=first] .guide-add", "fake.jpg", "image/jpeg", b"not a picture")
    expect(page.locator("[data-part=guide-refused]")).to_contain_text("fake.jpg is a text, not a picture")
    web.errors.clear()


def test_a_dropped_recipe_becomes_what_the_shot_asks_for(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    recipe = json.loads(takes[0].recipe) | {"seed": 99, "frames": 48}
    recipe["words"] |= {"action": "She flies.", "size": "ECU"}
    page = enter(web, shot, alice)
    drop_file(page, "ct-fields", "take.json", "application/json", json.dumps(recipe).encode())
    expect(page.locator("#ask-action")).to_have_value("She flies.")
    expect(page.locator("#ask-size")).to_have_value("ECU")
    expect(page.locator("#ask-frames")).to_have_value("48")
    expect(page.locator("#ask-seed")).to_have_value("99")


def test_a_file_without_a_recipe_is_refused_beside_the_fields(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    page = enter(web, shot, alice)
    drop_file(page, "ct-fields", "notes.txt", "text/plain", b"hello")
    expect(page.locator("ct-fields [data-part=refused]")).to_contain_text("notes.txt")
    web.errors.clear()


def test_history_tells_what_changed_and_goes_back(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    shot.refresh_from_db()
    shot.revise(alice, action="Something else.")
    page = enter(web, shot, alice)
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".history-entry").first).to_contain_text("Something else.")
    page.get_by_role("button", name="Go back to version 1").click()
    expect(page.locator(".history-entry.is-current")).to_contain_text("Version 1")
    page.get_by_role("tab", name="Ask").click()
    expect(page.locator("#ask-action")).to_have_value("A woman runs across a field.")


def test_the_recipe_is_readable_and_its_file_is_named_by_its_digest(
    web: Web, shot: Shot, takes: list[Take], alice: User
) -> None:
    page = enter(web, shot, alice, "?take=2")
    page.get_by_role("tab", name="Recipe").click()
    expect(page.locator("#recipe")).to_contain_text(str(takes[1].seed))
    expect(page.locator("#recipe")).to_contain_text(takes[1].digest)
    focus_player(page)
    page.keyboard.press("3")
    expect(page.locator("#recipe")).to_contain_text(str(takes[2].seed))


def test_a_viewer_sees_everything_and_is_offered_nothing_to_change(
    web: Web, shot: Shot, takes: list[Take], vera: User
) -> None:
    page = enter(web, shot, vera)
    for selector in ("[data-deed]", "[data-card-deed]", "[data-part=generate]", "[data-add-guide]", "#composer-text"):
        expect(page.locator(selector)).to_have_count(0)
    expect(page.locator("#ask-action")).to_be_disabled()
    focus_player(page)
    page.keyboard.press("p")
    page.keyboard.press("r")
    page.keyboard.press("2")
    wait_until(lambda: picture(page) == 100, "take 2")
    assert not Circle.objects.exists() and Take.objects.count() == 3


def test_a_refused_circle_is_drawn_back_with_the_reason(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    page = enter(web, shot, alice)
    page.route("**/circle/", lambda route: route.abort())
    card(page, takes[0]).locator("[data-card-deed=circle]").click()
    expect(page.get_by_role("alert").filter(has_text="The server did not answer")).to_be_visible()
    expect(card(page, takes[0]).locator("[data-card-deed=circle]")).to_have_attribute("aria-pressed", "false")
    web.errors.clear()


def test_words_that_look_like_markup_stay_words(web: Web, shot: Shot, alice: User) -> None:
    payload = "<img src=x onerror=alert(1)>'\"<script>alert(2)</script>"
    shot.scene.heading = payload
    shot.scene.save()
    alice.name = payload[:80]
    alice.save()
    shot.revise(alice, action=payload, dialogue=payload, characters=[payload], frames=FRAMES)
    (take,) = factories.ask(shot, alice)
    finish(take)
    shot.refresh_from_db()
    shot.revise(alice, action=payload * 2)
    shot.add_panel(take.poster, alice, payload)
    page = enter(web, shot, alice)
    dialogs: list[Any] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog), dialog.dismiss()))
    for tab in ("Comments", "Recipe", "History", "Ask"):
        page.get_by_role("tab", name=tab).click()
    expect(page.locator("#ask-action")).to_have_value(payload * 2)
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("script:not([src])[type=text\\/javascript], main script").count() == 0
    assert not dialogs


def test_the_room_fits_a_phone(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    page = enter(web, shot, alice, width=390, height=844)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    seek(page, 20)
    assert picture(page) == 220


def test_the_room_has_nothing_that_shuts_anybody_out(web: Web, shot: Shot, takes: list[Take], alice: User) -> None:
    takes[0].circle(alice)
    takes[1].reject(alice, "motion")
    Comment.objects.say(takes[2], alice, "Hold longer.", 3)
    (waiting,) = factories.ask(shot, alice)
    page = enter(web, shot, alice)
    expect(card(page, waiting)).to_be_visible()
    page.evaluate("() => document.querySelectorAll('[role=tabpanel]').forEach((pane) => { pane.hidden = false; })")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=rules).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []

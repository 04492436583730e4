"""Remarks on a frame: said in one browser, found on exactly that frame in another."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from storyboard.models import Comment, Shot, Take, User
from tests.browser.room import counter, enter, focus_player, picture, seek, settle, three_takes
from tests.browser.web import Web
from tests.running import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
INK = """() => {
    const canvas = document.querySelector(".player-overlay");
    if (!canvas.width || !canvas.height) return 0;
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let inked = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 200) inked += 1;
    return inked;
}"""


@pytest.fixture
def takes(shot: Shot, alice: User) -> list[Take]:
    return three_takes(shot, alice)


def talk(page: Page) -> None:
    page.get_by_role("tab", name="Comments").click()


def thread(page: Page, text: str) -> Locator:
    return page.locator(".thread").filter(has_text=text)


def composer(page: Page) -> Locator:
    return page.locator("#composer-text")


def test_a_comment_on_frame_47_reopens_there_in_another_browser_after_reload(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    mine, theirs = enter(web, shot, alice, "?take=2"), enter(web, shot, bob, "?take=2")
    seek(mine, 47)
    focus_player(mine)
    mine.keyboard.press("c")
    expect(composer(mine)).to_be_focused()
    expect(mine.locator("[data-part=chip]")).to_have_text("f 0047")
    mine.keyboard.type("The hand leaves frame.")
    mine.keyboard.press("Enter")
    talk(theirs)
    expect(thread(theirs, "The hand leaves frame.")).to_be_visible(timeout=1000)
    expect(theirs.locator(f"#take-{takes[1].pk} .take-talk")).to_have_text("1")
    theirs.reload()
    settle(theirs)
    talk(theirs)
    assert picture(theirs) == 100
    thread(theirs, "The hand leaves frame.").locator("[data-go]").click()
    wait_until(lambda: picture(theirs) == 147, "picture 47 of take 2")
    assert counter(theirs) == 47
    focus_player(theirs)
    theirs.keyboard.press("Home")
    theirs.keyboard.press(".")
    wait_until(lambda: picture(theirs) == 147, "the next comment by key")


def test_typing_pauses_and_a_range_or_the_whole_take_can_be_spoken_of(
    web: Web, shot: Shot, takes: list[Take], bob: User
) -> None:
    page = enter(web, shot, bob, "?take=1&f=10")
    focus_player(page)
    page.keyboard.press("i")
    seek(page, 20)
    focus_player(page)
    page.keyboard.press("o")
    page.keyboard.press("Space")
    talk(page)
    composer(page).press_sequentially("Slower here")
    assert page.evaluate("() => document.querySelector('ct-player').paused")
    expect(page.locator("[data-part=chip]")).to_have_text("f 0010–0020")
    composer(page).press("Shift+Enter")
    composer(page).press_sequentially("and softer.")
    composer(page).press("Enter")
    expect(thread(page, "Slower here")).to_contain_text("f 0010–0020")
    page.locator("[data-part=chip]").click()
    expect(page.locator("[data-part=chip]")).to_have_text("whole take")
    composer(page).press_sequentially("Good energy.")
    composer(page).press("Enter")
    expect(thread(page, "Good energy.")).to_contain_text("whole take")
    assert list(Comment.objects.values_list("text", "frame_in", "frame_out")) == [
        ("Slower here\nand softer.", 10, 20),
        ("Good energy.", None, None),
    ]


def test_a_drawing_sent_with_a_comment_shows_on_its_frame_in_another_browser(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    mine, theirs = enter(web, shot, alice, "?take=1&f=30"), enter(web, shot, bob, "?take=1")
    focus_player(mine)
    mine.keyboard.press("d")
    box = mine.locator(".player-picture").bounding_box()
    assert box is not None
    mine.mouse.move(box["x"] + 80, box["y"] + 60)
    mine.mouse.down()
    mine.mouse.move(box["x"] + 260, box["y"] + 140, steps=8)
    mine.mouse.up()
    talk(mine)
    expect(mine.locator("[data-part=drawn]")).to_be_visible()
    composer(mine).fill("This corner.")
    composer(mine).press("Enter")
    talk(theirs)
    expect(thread(theirs, "This corner.")).to_be_visible()
    seek(theirs, 5)
    assert theirs.evaluate(INK) == 0
    thread(theirs, "This corner.").locator("[data-go]").click()
    wait_until(lambda: picture(theirs) == 30 and theirs.evaluate(INK) > 50, "the drawing on frame 30")
    theirs.locator(".comments-head").get_by_role("button", name="Drawings").click()
    expect(thread(theirs, "This corner.")).to_be_visible()
    kept = Comment.objects.get().drawing
    assert kept is not None and kept["strokes"][0]["color"] == "red"


def test_threads_are_answered_resolved_and_reopened_in_both_browsers(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    Comment.objects.say(takes[0], alice, "Too fast?", 12)
    mine, theirs = enter(web, shot, alice, "?take=1"), enter(web, shot, bob, "?take=1")
    talk(mine)
    talk(theirs)
    thread(theirs, "Too fast?").get_by_role("button", name="Reply").click()
    theirs.keyboard.type("No, keep it.")
    theirs.keyboard.press("Enter")
    expect(thread(mine, "Too fast?").locator(".reply")).to_contain_text("No, keep it.")
    thread(mine, "Too fast?").get_by_role("button", name="Resolved").click()
    expect(thread(theirs, "Too fast?").get_by_role("button", name="Resolved")).to_have_attribute("aria-pressed", "true")
    theirs.locator(".comments-head").get_by_role("button", name="Open", exact=True).click()
    expect(thread(theirs, "Too fast?")).to_be_hidden()
    thread(mine, "Too fast?").get_by_role("button", name="Resolved").click()
    expect(thread(theirs, "Too fast?")).to_be_visible()


def test_only_ones_own_remark_is_offered_to_be_changed_or_removed(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    Comment.objects.say(takes[0], alice, "Hers.", 3)
    Comment.objects.say(takes[0], bob, "Hiss.", 4)
    page = enter(web, shot, bob, "?take=1")
    talk(page)
    expect(thread(page, "Hers.").get_by_role("button", name="Edit")).to_have_count(0)
    thread(page, "Hiss.").get_by_role("button", name="Edit").click()
    page.get_by_label("Your comment").fill("His.")
    page.get_by_label("Your comment").press("Enter")
    expect(thread(page, "His.")).to_contain_text("edited")
    page.locator(".comments-head").get_by_role("button", name="Mine").click()
    expect(thread(page, "Hers.")).to_be_hidden()
    thread(page, "His.").get_by_role("button", name="Remove").click()
    thread(page, "His.").get_by_role("button", name="Really remove?").click()
    expect(thread(page, "His.")).to_have_count(0)
    assert Comment.objects.get(text="His.").removed_at is not None


def test_a_remark_that_could_not_be_sent_stays_in_the_composer(
    web: Web, shot: Shot, takes: list[Take], bob: User
) -> None:
    page = enter(web, shot, bob, "?take=1")
    talk(page)
    page.route("**/comments/", lambda route: route.abort())
    composer(page).fill("Do not lose me.")
    composer(page).press("Enter")
    expect(page.locator("ct-comments [data-part=refused]").first).to_contain_text("The server did not answer")
    expect(composer(page)).to_have_value("Do not lose me.")
    page.unroute("**/comments/")
    composer(page).press("Enter")
    expect(thread(page, "Do not lose me.")).to_be_visible()
    expect(composer(page)).to_have_value("")
    web.errors.clear()


def test_what_somebody_is_writing_survives_what_others_say_meanwhile(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    Comment.objects.say(takes[0], alice, "First.", 1)
    page = enter(web, shot, bob, "?take=1")
    talk(page)
    thread(page, "First.").get_by_role("button", name="Reply").click()
    page.keyboard.type("Half an ans")
    Comment.objects.say(takes[0], alice, "Second.", 2)
    expect(page.locator(f"#take-{takes[0].pk} .take-talk")).to_have_text("2")
    page.keyboard.type("wer.")
    page.keyboard.press("Enter")
    expect(thread(page, "First.").locator(".reply")).to_contain_text("Half an answer.")
    expect(thread(page, "Second.")).to_be_visible()


def test_markup_in_a_remark_is_read_and_never_run(
    web: Web, shot: Shot, takes: list[Take], alice: User, bob: User
) -> None:
    Comment.objects.say(takes[0], alice, "<img src=x onerror=alert(1)><script>alert(2)</script> & \"'", 3)
    page = enter(web, shot, bob, "?take=1")
    talk(page)
    expect(page.locator(".comment-text")).to_have_text("<img src=x onerror=alert(1)><script>alert(2)</script> & \"'")
    assert page.locator(".threads img, .threads script").count() == 0

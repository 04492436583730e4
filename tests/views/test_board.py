"""The board page: what each card shows, how few queries and bytes that takes, and what is fetched again."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from storyboard import live
from storyboard.models import Comment, Project, Scene, Shot, Take, User
from tests import factories

pytestmark = pytest.mark.django_db

CARD = re.compile(r'<div role="gridcell".*?</p>\n</div>', re.DOTALL)


def as_(user: User) -> Client:
    client = Client(headers={"Accept": "application/json"})
    client.force_login(user)
    return client


def page(user: User, project: Project) -> str:
    answer = as_(user).get(f"/p/{project.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def card(user: User, shot: Shot) -> str:
    answer = as_(user).get(f"/shots/{shot.pk}/card/")
    assert answer.status_code == 200
    return answer.content.decode()


def flags(html: str) -> set[str]:
    found = re.search(r'data-is="([^"]*)"', html)
    assert found
    return set(found.group(1).split())


def test_a_stranger_finds_no_board(kite: Project, charlie: User) -> None:
    assert as_(charlie).get(f"/p/{kite.pk}/").status_code == 404


def test_somebody_not_signed_in_is_asked_to(kite: Project, client: Client) -> None:
    answer = client.get(f"/p/{kite.pk}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_a_viewer_sees_the_board_without_what_changes_it(shot: Shot, vera: User) -> None:
    html = page(vera, shot.project)
    assert f'id="shot-{shot.pk}"' in html
    for name in ("selection-bar", "edit-form", "move-dialog", "board-menu"):
        assert f'id="{name}"' not in html


def test_the_page_carries_the_number_it_was_drawn_at(shot: Shot, erin: User) -> None:
    shot.revise(erin, action="She turns.")
    shot.project.refresh_from_db()
    assert f'data-event="{shot.project.last_event}"' in page(erin, shot.project)


def test_scenes_and_their_shots_stand_in_order(kite: Project, alice: User) -> None:
    first, second = factories.scene(kite, "INT. HALL - DAY"), factories.scene(kite, "EXT. ROOF - NIGHT")
    late, early = factories.shot(kite, second), factories.shot(kite, first)
    late.move(alice, first, early)
    html = page(alice, kite)
    wanted = ["INT. HALL", f'id="shot-{early.pk}"', f'id="shot-{late.pk}"', f'id="scene-{second.pk}"']
    assert sorted(wanted, key=html.rindex) == wanted


def test_a_card_says_what_it_shows_from_words_alone_to_the_take_in_the_cut(shot: Shot, alice: User) -> None:
    assert "card" in flags(card(alice, shot))
    picture = factories.clip_media(shot.project)["poster"]
    shot.add_panel(picture, alice)
    html = card(alice, shot)
    assert "panel" in flags(html)
    assert picture.url in html
    first, second = factories.ready_take(shot, alice), factories.ready_take(shot, alice)
    html = card(alice, shot)
    assert "take" in flags(html)
    assert "T2" in html
    first.circle(alice)
    html = card(alice, shot)
    assert "pick" in flags(html)
    assert "In cut T1" in html
    shot.pick(second, alice)
    assert "In cut T2" in card(alice, shot)


def test_a_card_counts_takes_circles_and_open_remarks(shot: Shot, alice: User) -> None:
    takes = [factories.ready_take(shot, alice) for _ in range(3)]
    takes[0].circle(alice)
    takes[2].circle(alice)
    remark = Comment.objects.say(takes[1], alice, "Too slow.", 3)
    Comment.objects.say(takes[1], alice, "Agreed.", parent=remark)
    html = card(alice, shot)
    assert "3 takes" in html
    assert re.search(r'class="circles"[^>]*>2<', html)
    assert re.search(r'class="talks"[^>]*>1<', html)
    remark.resolve(alice)
    assert 'class="talks"' not in card(alice, shot)


def test_a_trashed_take_is_not_counted(shot: Shot, alice: User) -> None:
    kept, gone = factories.ready_take(shot, alice), factories.ready_take(shot, alice)
    gone.trash(alice)
    html = card(alice, shot)
    assert "1 take<" in html
    assert f"T{kept.number}" in html


def test_a_card_tells_of_work_and_of_what_waits_behind_it(shot: Shot, alice: User) -> None:
    first, _, _ = factories.ask(shot, alice, 3)
    first.begin()
    first.beat(5, 12, "rendering")
    html = card(alice, shot)
    assert "working" in flags(html)
    assert "Generating 5 of 12" in html
    assert "+2" in html
    assert f'data-take="{first.pk}"' in html


def test_the_last_take_that_failed_says_why_until_a_later_one_is_there(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    take.begin()
    take.fail("The disk is full. Make room, then try again.")
    html = card(alice, shot)
    assert "failed" in flags(html)
    assert "The disk is full." in html
    assert f'data-retry="{take.pk}"' in html
    factories.ready_take(shot, alice)
    assert "failed" not in flags(card(alice, shot))


def test_a_viewer_is_not_offered_to_try_again(shot: Shot, alice: User, vera: User) -> None:
    take = factories.ask(shot, alice)[0]
    take.begin()
    take.fail("The disk is full.")
    assert "data-retry" not in card(vera, shot)


def test_a_take_of_earlier_words_is_marked(shot: Shot, alice: User) -> None:
    factories.ready_take(shot, alice)
    assert "stale" not in flags(card(alice, shot))
    shot.revise(alice, action="She stops.")
    assert "stale" in flags(card(alice, shot))


def test_a_cut_shot_stays_as_omitted_and_is_not_counted(kite: Project, alice: User) -> None:
    kept, gone = factories.shot(kite), factories.shot(kite)
    gone.omit(alice)
    assert "omitted" in flags(card(alice, gone))
    assert f'id="shot-{gone.pk}"' in page(alice, kite)
    told = as_(alice).get(f"/p/{kite.pk}/order/").json()["scenes"][0]
    assert told == {"scene": kept.scene_id, "shots": [kept.pk, gone.pk], "count": 1, "frames": 12}


def test_words_of_a_script_are_never_markup(kite: Project, alice: User) -> None:
    shot = factories.shot(kite, action="<script>alert(1)</script>", dialogue='"><img src=x>', characters=['"x'])
    html = card(alice, shot)
    assert "<script>" not in html
    assert "<img src=x" not in html
    assert 'data-who="&quot;x"' in html


def test_cards_are_fetched_many_at_once_and_only_of_this_board(kite: Project, alice: User) -> None:
    shots = [factories.shot(kite) for _ in range(3)]
    elsewhere = factories.shot(factories.project(alice, "Another"))
    asked = ",".join(str(each.pk) for each in (*shots[:2], elsewhere))
    html = as_(alice).get(f"/p/{kite.pk}/cards/?shots={asked}").content.decode()
    assert re.findall(r'id="shot-(\d+)"', html) == [str(each.pk) for each in shots[:2]]


def test_a_card_fetched_alone_is_the_card_on_the_page(kite: Project, alice: User) -> None:
    shots = [factories.shot(kite) for _ in range(3)]
    factories.ready_take(shots[1], alice)
    # Only the page knows that its first pictures come before all else.
    on_page = CARD.findall(page(alice, kite).replace('fetchpriority="high"', 'loading="lazy"'))
    assert len(on_page) == 3
    assert [card(alice, each).strip() for each in shots] == on_page


def queries(user: User, address: str) -> int:
    client = as_(user)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_number_of_queries_does_not_grow_with_the_board(alice: User) -> None:
    small, large = factories.board(alice, 3, takes=1), factories.board(alice, 60, takes=4, name="Longer")
    for board in (small, large):
        take = factories.ask(board.shots.first(), alice)[0]
        take.begin()
    few, many = (queries(alice, f"/p/{board.pk}/") for board in (small, large))
    assert few == many <= 11
    assert queries(alice, f"/p/{small.pk}/order/") == queries(alice, f"/p/{large.pk}/order/")


def test_five_hundred_shots_of_eight_takes_are_under_four_hundred_kilobytes(alice: User) -> None:
    board = factories.board(alice, 500, takes=8)
    assert len(page(alice, board).encode()) < 400_000


def test_an_empty_board_offers_a_script_and_a_first_scene(kite: Project, erin: User, vera: User) -> None:
    html = page(erin, kite)
    assert "Drop a .fountain or .fdx" in html
    assert f'action="/p/{kite.pk}/script/"' in html
    assert "Drop a .fountain" not in page(vera, kite)


def test_a_scene_is_added_with_a_shot_in_it(kite: Project, erin: User) -> None:
    answer = as_(erin).post(f"/p/{kite.pk}/scenes/", {"heading": "INT. ATTIC - NIGHT"}, content_type="application/json")
    assert answer.status_code == 201
    scene = Scene.objects.get(pk=answer.json()["scene"])
    assert [shot.code for shot in scene.shots.all()] == ["010"]
    refused = as_(erin).post(f"/p/{kite.pk}/scenes/", {"heading": " "}, content_type="application/json")
    assert refused.status_code == 422
    assert "heading" in refused.json()["error"]


def test_words_are_found_in_all_that_a_shot_says(kite: Project, alice: User) -> None:
    long = factories.shot(kite, action="A road. " * 40 + "At its end a lighthouse.", characters=["MARA"])
    other = factories.shot(kite, action="A kettle.", dialogue="JON: Nothing but a lighthouse.")
    factories.shot(kite, action="A door.")

    def found(words: str) -> list[int]:
        return as_(alice).get(f"/p/{kite.pk}/matches/", {"q": words}).json()["shots"]

    assert set(found("lighthouse")) == {long.pk, other.pk}
    assert found("lighthouse mara") == [long.pk]
    assert found("100%_") == []


def test_presence_names_each_person_once_with_their_shots(shot: Shot, erin: User, bob: User) -> None:
    for seat, where in (("a", None), ("b", shot.pk)):
        live.arrive(shot.project_id, seat, bob.pk, "Bob", "B", 1, where)
    html = as_(erin).get(f"/p/{shot.project_id}/presence/").content.decode()
    assert html.count('aria-label="Bob"') == 1
    assert f'data-shots="{shot.pk}"' in html
    assert "Bob" not in as_(bob).get(f"/p/{shot.project_id}/presence/").content.decode()


def test_the_line_tells_places_of_this_project_only(shot: Shot, alice: User) -> None:
    elsewhere = factories.shot(factories.project(alice, "Another"))
    other = factories.ask(elsewhere, factories.person("Dora"))[0]
    take = factories.ask(shot, alice)[0]
    told = as_(alice).get(f"/p/{shot.project_id}/line/").json()
    assert list(told["places"]) == [str(take.pk)]
    assert told["places"][str(take.pk)][0] == 2
    assert told["length"] == 2
    assert Take.objects.in_line().first() == other

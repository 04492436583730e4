"""Weights that come with the app, as people meet them: what they hear, their card, and where they are listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from storyboard import prose
from storyboard.models import Shot, User
from tests import factories
from tests.generation import built_in
from tests.views.doors import get, patch

pytestmark = pytest.mark.django_db

CARD = "/weights/sketch/"


@pytest.fixture(autouse=True)
def place(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN = tmp_path / "weights", tmp_path / "place"
    built_in.offer(monkeypatch)
    built_in.build(tmp_path / "place")
    return tmp_path / "place"


def said(user: User, address: str) -> str:
    return " ".join(get(user, address).content.decode().split())


def hears(user: User, shot: Shot, engine: str = "sketch:sketch") -> str:
    return said(user, f"/shots/{shot.pk}/hearing/?engine={engine}")


# What it hears -------------------------------------------------------------------------------------------------------


def test_the_form_says_what_is_heard_and_marks_what_is_not_known(shot: Shot, erin: User) -> None:
    action = "A woman runs through the rain with an umbrella, past a car."
    patch(erin, f"/shots/{shot.pk}/version/", {"action": action, "size": "MS", "move": "pan-left"})
    heard = hears(erin, shot)
    assert "medium shot, pan left, field by day, a woman runs" in heard
    for word in ("rain", "umbrella", "car"):
        assert f"<mark>{word}</mark>" in heard
    assert "<mark>woman" not in heard and "<mark>runs" not in heard


def test_where_every_word_is_known_nothing_is_marked(shot: Shot, erin: User) -> None:
    patch(erin, f"/shots/{shot.pk}/version/", {"action": "A woman runs."})
    assert "a woman runs" in hears(erin, shot) and "<mark>" not in hears(erin, shot)


def test_what_is_written_is_shown_and_not_run(shot: Shot, erin: User) -> None:
    patch(erin, f"/shots/{shot.pk}/version/", {"action": "A man sits. <script>alert('x')</script> &amp;"})
    assert "<script>" not in hears(erin, shot) and "<mark>script</mark>" in hears(erin, shot)


def test_an_engine_that_reads_whatever_is_written_says_nothing(shot: Shot, erin: User) -> None:
    assert hears(erin, shot, "blocking") == ""


def test_unknown_words_are_no_hindrance(shot: Shot, erin: User) -> None:
    patch(erin, f"/shots/{shot.pk}/version/", {"action": "Zorp glimmers."})
    (take,) = factories.ask(shot, erin, engine="sketch:sketch")
    assert take.frozen.words.action == "Zorp glimmers."


def test_the_page_says_it_before_any_script_runs(shot: Shot, erin: User, vera: User, place: Path) -> None:
    built_in.list_files(place / "sketch", "released")
    assert "Sketch hears: " in said(erin, f"/shots/{shot.pk}/")
    assert "Sketch hears: " not in said(vera, f"/shots/{shot.pk}/"), "who may not ask is told nothing of engines"


def test_a_stranger_hears_nothing(shot: Shot, charlie: User) -> None:
    assert get(charlie, f"/shots/{shot.pk}/hearing/?engine=sketch:sketch").status_code == 404


def test_an_engine_there_is_none_of_is_refused_with_a_sentence(shot: Shot, erin: User) -> None:
    answer = get(erin, f"/shots/{shot.pk}/hearing/?engine=nobody")
    assert answer.status_code == 422 and "Choose one of those" in answer.content.decode()


# Its card ------------------------------------------------------------------------------------------------------------


def test_everybody_who_is_signed_in_reads_the_card(shot: Shot, vera: User, charlie: User) -> None:
    for person in (vera, charlie):
        card = said(person, CARD)
        assert "<h1>Sketch (experimental)</h1>" in card and card.count("<h1") == 1
        assert "Why it is experimental" in card and "Depth is followed at 0.71." in card
        assert "27.1 dB" in card and "<strong>blocking</strong>" in card
        assert "The Kite" not in card


def test_the_card_is_text_and_nothing_in_it_runs_or_asks_elsewhere(vera: User) -> None:
    card = said(vera, CARD)
    assert "&lt;script&gt;" in card and "<script>alert" not in card
    assert 'href="javascript' not in card and "elsewhere.example/x.png&quot;" not in card and "<img" not in card


def test_released_weights_still_say_what_they_miss(vera: User, place: Path) -> None:
    built_in.list_files(place / "sketch", "released", ("The join is right in 88 % of clips.",))
    card = said(vera, CARD)
    assert "<h1>Sketch</h1>" in card and "What it does not reach" in card and "88 %" in card


def test_what_the_card_says_itself_is_not_said_twice(vera: User, place: Path) -> None:
    readme = place / "sketch" / "README.md"
    readme.write_text(f"{readme.read_text()}\nDepth is followed at 0.71.\n")
    card = said(vera, CARD)
    assert card.count("Depth is followed at 0.71.") == 1 and "Why it is experimental" not in card


def test_somebody_who_is_not_signed_in_is_sent_to_the_door_and_back() -> None:
    assert Client().get(CARD)["Location"] == f"/sign-in/?next={CARD}"


@pytest.mark.parametrize("address", ["/weights/nobody/", "/weights/sketch.json/"])
def test_there_is_a_card_only_of_what_came_with_the_app(vera: User, address: str) -> None:
    assert get(vera, address).status_code == 404


def test_damaged_weights_have_no_card(vera: User, place: Path) -> None:
    (place / "sketch" / "model_index.json").unlink()
    assert get(vera, CARD).status_code == 404


def test_weights_without_a_card_say_so(vera: User, place: Path) -> None:
    (place / "sketch" / "README.md").unlink()
    assert "Nobody wrote a card for it." in said(vera, CARD)


def test_the_form_leads_to_the_card(shot: Shot, erin: User) -> None:
    about = f'<a class="link" href="{CARD}">About Sketch</a>'
    assert about in said(erin, f"/shots/{shot.pk}/engine/?engine=sketch:sketch")
    assert about not in said(erin, f"/shots/{shot.pk}/engine/?engine=blocking")


def test_whoever_runs_the_server_sees_them_and_what_is_wrong(place: Path) -> None:
    sam = factories.person("Sam", is_staff=True, is_superuser=True)
    page = said(sam, "/admin/weights/")
    assert f'<a href="{CARD}">sketch</a>' in page and "built in, experimental" in page and "errornote" not in page
    (place / "sketch" / "model_index.json").unlink()
    assert "model_index.json is gone." in said(sam, "/admin/weights/")


def test_prose_keeps_a_heading_that_is_no_title() -> None:
    assert prose.without_title("## Figures\n\nRough.") == "## Figures\n\nRough."
    assert prose.without_title("\n# Sketch\nRough.") == "Rough."

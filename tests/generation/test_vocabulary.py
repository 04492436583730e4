"""What the small engine hears of a shot's words, and what it says it did not."""

from __future__ import annotations

import pytest

from generation.recipe import Words
from generation.vocabulary import (
    ANGLES,
    DEEDS,
    KINDS,
    MOVES,
    PLACES,
    SIZES,
    TIMES,
    caption_of,
    every_word,
    hearing,
    plain_words,
    sentence,
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("deed", DEEDS)
def test_every_way_of_saying_a_deed_is_heard_as_that_deed(kind: str, deed: str):
    for way in DEEDS[deed]:
        said = caption_of(Words(heading="INT. ROOM - DAY", action=sentence(((kind, way),))))
        assert said.text == f"ms eye static room day {kind} {deed}" and not said.unknown


@pytest.mark.parametrize("deed", DEEDS)
def test_two_of_a_kind_are_two(deed: str):
    way = next(way for way in DEEDS[deed] if way.startswith("is "))
    said = caption_of(Words(heading="INT. ROOM - DAY", action=sentence((("woman", way),) * 2)))
    assert plain_words(said.text)[-4:] == ["woman", deed, "woman", deed]


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_heard_in_its_heading(place: str):
    said = caption_of(Words(heading=f"{PLACES[place]} 7 - NIGHT", move="tilt-up"))
    assert said.text == f"ms eye tilt-up {place} night nobody"


def test_what_has_no_word_is_left_out_and_listed():
    said = caption_of(Words(heading="EXT. PIER - NIGHT", action="Rain. INGRID walks with a rope.", angle="dutch"))
    assert said.text == "ms eye static pier night woman walk"
    assert {"dutch", "rain", "rope"} <= set(said.unknown)


def test_the_nearest_word_stands_in_for_what_is_nearly_the_same():
    said = caption_of(Words(heading="INT. OFFICE - DAY", action="A man crouches.", size="ECU", move="zoom-in"))
    assert said.text == "cu eye dolly-in office day man kneel" and not said.unknown


def test_things_and_weather_that_only_blocking_draws_are_listed_as_they_were_written():
    said = caption_of(Words(action="A woman sits on a stool by the window in a downpour.", heading="INT. ROOM - DAY"))
    assert {"stool", "window", "downpour"} <= set(said.unknown)


def test_a_name_is_no_unknown_word():
    assert caption_of(Words(action="INGRID walks. INGRID waves.", heading="EXT. PIER - DAY")).unknown == ()


@pytest.mark.parametrize(
    ("words", "heard", "unknown"),
    [
        (Words(), ["medium shot", "static", "room by day", "nobody"], []),
        (
            Words("EXT. STREET - NIGHT", "A woman runs.", size="MS", move="pan-left"),
            ["medium shot", "pan left", "street at night", "a woman runs"],
            [],
        ),
        (
            Words("INT. LIVING ROOM - DUSK", "Two men sit.", size="ECU", angle="low", move="zoom-in"),
            ["close-up", "low angle", "dolly in", "living room at dusk", "two men sit"],
            [],
        ),
        (
            Words("EXT. BEACH - DAWN", "A man stands. A child waves.", angle="dutch", move="crane-up"),
            ["medium shot", "static", "beach at dawn", "a man stands", "a child waves"],
            ["dutch angle", "crane up"],
        ),
    ],
)
def test_what_is_heard_is_said_in_films_words(words: Words, heard: list[str], unknown: list[str]):
    assert (list(hearing(words).heard), list(hearing(words).unknown)) == (heard, unknown)


def test_every_caption_can_be_said():
    for size, angle, move in [(size, angle, move) for size in SIZES for angle in ANGLES for move in MOVES]:
        hearing(Words(size=size, angle=angle, move=move))
    for place in PLACES:
        for time in TIMES:
            said = hearing(Words(heading=f"{PLACES[place]} - {time.upper()}"))
            assert time in said.heard[-2] and not said.unknown


def test_no_word_stands_for_two_things():
    assert len(set(every_word())) == len(every_word())

"""Shots proposed from the script's own words."""

from collections import Counter
from itertools import pairwise

import pytest

from generation.film import ANGLES, MOVES, SIZES
from storyboard.script import Scene, propose, read, sample
from storyboard.script.film_words import sight

GOOD = [
    "last_ferry.fountain",
    "last_ferry_second_draft.fountain",
    "last_ferry.fdx",
    "le_dernier_bac_cp1252.fountain",
    "three_harbours_multilingual.fountain",
    "no_headings.fountain",
]


def shots_of(text: str):
    return [shot for scene in propose(read(text.encode())) for shot in scene.shots]


def squeezed(text: str) -> str:
    return "".join(text.split())


def assert_no_word_is_lost(scene: Scene, shots) -> None:
    action = "".join(each.plain for each in scene.elements if each.kind in ("action", "shot", "centered"))
    if action.strip():
        assert squeezed("".join(shot.action for shot in shots)) == squeezed(action)
    spoken = Counter(squeezed("".join(each.plain for each in scene.elements if each.character)))
    assert spoken <= Counter(squeezed("".join(shot.dialogue for shot in shots)))


@pytest.mark.parametrize("name", GOOD)
def test_no_word_of_a_sample_is_lost(script, name):
    screenplay = script(name)
    for scene, proposed in zip(screenplay.scenes, propose(screenplay), strict=True):
        assert_no_word_is_lost(scene, proposed.shots)


def test_no_word_of_our_own_sample_is_lost_and_it_makes_a_board():
    name, data = sample()
    screenplay = read(data, name)
    scenes = propose(screenplay)
    for scene, proposed in zip(screenplay.scenes, scenes, strict=True):
        assert_no_word_is_lost(scene, proposed.shots)
    assert 3 <= len(scenes) <= 5
    assert 16 <= sum(len(scene.shots) for scene in scenes) <= 22
    assert {scene.setting for scene in scenes} >= {"INT", "EXT"}
    assert {scene.time for scene in scenes} >= {"DAY", "NIGHT"}
    assert len(screenplay.characters) == 2
    assert not screenplay.remarks


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("rate", [(24, 1), (30000, 1001), (25, 1), (1, 1)])
def test_codes_are_films_own_and_lengths_are_whole_frames(script, name, rate):
    sizes, angles, moves = ({code for code, _ in codes} for codes in (SIZES, ANGLES, MOVES))
    for scene in propose(script(name), rate):
        for shot in scene.shots:
            assert (shot.size in sizes, shot.angle in angles, shot.move in moves) == (True, True, True)
            assert isinstance(shot.frames, int)
            assert 1.5 <= shot.frames * rate[1] / rate[0] <= 10


def test_the_ferrys_shot_words_are_read(script):
    shots = {
        shot.action.split(".")[0]: shot for scene in propose(script("last_ferry.fountain")) for shot in scene.shots
    }
    assert shots["WIDE SHOT"].size == "WS"
    assert shots["INGRID, 60s, in a heavy coat, walks slowly toward us carrying a rope"].move == "dolly-out"
    assert shots["CLOSE ON her hands"].size == "CU"
    assert shots["INSERT - THE TIMETABLE"].size == "CU"
    assert shots["HIGH ANGLE"].angle == "high"
    assert shots["HIGH ANGLE"].move == "crane-up"
    assert shots["The rain has stopped"].size == "EWS"
    assert shots["HANDHELD"].move == "handheld"
    assert shots["Sunlight"].move == "static"
    assert shots["SLOW ZOOM OUT until the pier is a line on the water"].move == "zoom-out"
    assert shots["TWO SHOT"].size == "MS"
    assert shots["LOW ANGLE as he reaches the ramp"].dialogue == "TOMAS: Wait! Please!"


def test_dialogue_stays_in_the_shot_it_is_spoken_in(script):
    pier = propose(script("last_ferry.fountain"))[1]
    hands = next(shot for shot in pier.shots if shot.action.startswith("CLOSE ON"))
    assert hands.dialogue == "INGRID (to nobody): Eleven thousand crossings. And one more."
    assert hands.characters == ("INGRID",)


@pytest.mark.parametrize(
    ("words", "size", "angle", "move"),
    [
        ("EXTREME CLOSE-UP of an eye.", "ECU", "", ""),
        ("ECU: an eye.", "ECU", "", ""),
        ("CU on the ring.", "CU", "", ""),
        ("Close on the letter.", "CU", "", ""),
        ("GROS PLAN sur ses mains.", "CU", "", ""),
        ("MEDIUM CLOSE UP. Anna.", "MCU", "", ""),
        ("MS. Anna at the bar.", "MS", "", ""),
        ("Ms. Jones sits.", "", "", ""),
        ("PLAN AMÉRICAIN.", "MWS", "", ""),
        ("PLAN LARGE. Une salle.", "WS", "", ""),
        ("AERIAL SHOT of the bay.", "EWS", "overhead", ""),
        ("OTS - Anna reads.", "", "ots", ""),
        ("OVER HER SHOULDER, the door.", "", "ots", ""),
        ("ANNA'S POV: the street.", "", "pov", ""),
        ("CONTRE-PLONGÉE. La tour.", "", "low", ""),
        ("DUTCH ANGLE on the stairs.", "", "dutch", ""),
        ("The camera pulls slowly back.", "", "", "dolly-out"),
        ("We pan left across the bar.", "", "", "pan-left"),
        ("TRACK RIGHT with her.", "", "", "truck-right"),
        ("He pulls back the curtain.", "", "", ""),
        ("They push in the door.", "", "", ""),
        ("TRAVELLING ARRIÈRE.", "", "", "dolly-out"),
        ("She runs, out of breath.", "", "", ""),
        ("A static voice.", "", "", ""),
    ],
)
def test_words_of_the_camera(words, size, angle, move):
    found = sight(words)
    assert (found.size, found.angle, found.move) == (size, angle, move)


def test_an_exchange_alternates_between_the_two():
    talk = "INT. BAR - DAY\n\nANNA and BO sit.\n\n" + "ANNA\nAnd what about you?\n\nBO\nWhat about me, then?\n\n" * 4
    shots = shots_of(talk)
    assert len(shots) >= 6
    pairs = [(one.size, one.angle) for one in shots]
    assert all(one != other for one, other in pairwise(pairs))
    assert {"ots", "eye"} <= {shot.angle for shot in shots}


def test_a_long_speech_is_cut_between_sentences_so_that_every_word_fits():
    shots = shots_of("ANNA\n" + "I have counted every step from here to the sea. " * 8)
    assert len(shots) > 1
    assert all(shot.frames <= 240 and shot.dialogue.endswith(".") for shot in shots)


def test_a_scene_opens_wide_and_an_empty_one_still_has_a_shot():
    (shot,) = shots_of("EXT. FIELD - DAY")
    assert (shot.size, shot.action) == ("EWS", "FIELD - DAY")
    assert "Establishing" in shot.notes


def test_an_omitted_scene_keeps_its_number_and_has_no_shots(script):
    omitted = propose(script("last_ferry.fdx"))[2]
    assert (omitted.number, omitted.omitted, omitted.shots) == ("3", True, ())


def test_scenes_without_numbers_get_the_ones_a_supervisor_would_give():
    numbers = [scene.number for scene in propose(read(b".A\n\nx\n\n.B #1#\n\nx\n\n.C\n\nx\n\n.D\n\nx\n\n.E #2#\n\nx"))]
    assert numbers == ["A1", "1", "1A", "1B", "2"]
    assert [scene.number for scene in propose(read(b".A\n\nx\n\n.B\n\nx"))] == ["1", "2"]


def test_whoever_looks_is_not_in_the_picture():
    shots = shots_of("INT. BAR - DAY\n\nANNA sits.\n\nANNA'S POV: a door opens.\n\nANNA\nYou?")
    assert shots[1].angle == "pov"
    assert "door opens" in shots[1].action
    assert shots[1].characters == () or shots[1].dialogue


def test_notes_and_transitions_travel_with_their_shot():
    (shot,) = shots_of("INT. BAR - DAY\n\nANNA sits. [[hold]]\n\nCUT TO:")
    assert shot.notes == "hold\nCUT TO:"

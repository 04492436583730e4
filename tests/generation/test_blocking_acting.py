"""Every action is a motion of its own, and another seed is another staging."""

from __future__ import annotations

import math

import numpy as np
import pytest

from generation.blocking import read_facts
from generation.blocking.camera import camera_values, view_at
from generation.blocking.motion import bodies_at
from generation.blocking.render import head_place
from generation.blocking.skeleton import ANGLE, PART, posed

from .blocking_set import HEIGHT, WIDTH, masks_at, staged, still, words


def places(staging, name: str, frames: int = 48) -> np.ndarray:
    return np.array([bodies_at(staging, frame)[name].place for frame in range(frames + 1)])


def heads(staging, name: str, frames: int = 48) -> np.ndarray:
    figure = next(figure for figure in staging.figures if figure.name == name)
    return np.array([head_place(figure, bodies_at(staging, frame)[name]) for frame in range(frames + 1)])


def hand(staging, name: str, frame: int, side: str = "r") -> np.ndarray:
    _turns, at = posed(bodies_at(staging, frame)[name].angles)
    return at[PART[f"{side}_hand"]]


def solo(action: str, seed: int = 1, heading: str = "EXT. FIELD - DAY", **more: str):
    return staged(words(action, heading, ("INGRID",), **more), seed)


def test_standing_is_nearly_still_but_not_a_statue():
    gone = places(solo("INGRID stands."), "INGRID")
    seen = heads(solo("INGRID stands."), "INGRID")
    assert np.ptp(gone, axis=0).max() < 0.01
    assert 0.001 < np.ptp(seen, axis=0).max() < 0.15


@pytest.mark.parametrize(("verb", "slow", "fast"), [("walks", 0.9, 1.9), ("runs", 2.4, 4.2)])
def test_walking_and_running_cover_ground_at_their_own_pace(verb, slow, fast):
    gone = places(solo(f"INGRID {verb}."), "INGRID")
    assert slow < np.linalg.norm(gone[-1] - gone[0]) / 2.0 < fast


def test_a_walk_swings_the_legs_in_turn_and_leans_into_its_path():
    staging = solo("INGRID walks.")
    hips = np.array(
        [bodies_at(staging, frame)["INGRID"].angles[[ANGLE["l_hip"], ANGLE["r_hip"]]] for frame in range(48)]
    )
    assert np.ptp(hips[:, 0]) > 35
    assert np.corrcoef(hips[:, 0], hips[:, 1])[0, 1] < -0.8
    gone = places(staging, "INGRID")[-1] - places(staging, "INGRID")[0]
    heading = math.degrees(math.atan2(gone[0], gone[2]))
    assert abs((bodies_at(staging, 24)["INGRID"].turn - heading + 180) % 360 - 180) < 8


def test_feet_rest_on_the_ground_whatever_the_pose():
    for action in ("INGRID walks.", "INGRID sits down.", "INGRID falls.", "INGRID kneels.", "INGRID points."):
        staging = solo(action)
        for frame in (0, 20, 30, 47):
            _, at = posed(bodies_at(staging, frame)["INGRID"].angles)
            assert 0.0 < at[:, 1].min() < 0.12


def test_sitting_down_lowers_the_head_and_standing_up_lifts_it():
    sits, rises = heads(solo("INGRID sits down."), "INGRID"), heads(solo("INGRID stands up."), "INGRID")
    assert sits[0, 1] - sits[-1, 1] > 0.3
    assert rises[-1, 1] - rises[0, 1] > 0.3


def test_falling_ends_on_the_ground_and_lower_than_sitting():
    falls = heads(solo("INGRID falls."), "INGRID")
    assert falls[0, 1] > 1.4
    assert falls[-1, 1] < 0.45


def test_entering_comes_from_outside_the_frame_and_leaving_goes_there():
    comes = still(staged(words("INGRID enters.", cast=("INGRID",), size="WS"), 3))
    goes = still(staged(words("INGRID leaves.", cast=("INGRID",), size="WS"), 3))
    assert not masks_at(comes, 0)["INGRID"].any()
    assert masks_at(comes, 47)["INGRID"].any()
    assert masks_at(goes, 0)["INGRID"].any()
    assert not masks_at(goes, 47)["INGRID"].any()


def test_turning_changes_where_the_body_faces():
    staging = solo("INGRID turns.")
    assert abs(bodies_at(staging, 47)["INGRID"].turn - bodies_at(staging, 0)["INGRID"].turn) > 60


def test_pointing_lifts_one_hand_to_the_shoulder_and_leaves_the_other():
    staging = solo("INGRID points at the hill.")
    assert hand(staging, "INGRID", 40)[1] > 0.72
    assert hand(staging, "INGRID", 40, "l")[1] < 0.6
    assert hand(staging, "INGRID", 0)[1] < 0.6


def test_talking_moves_the_mouth_and_the_hands_only_of_who_speaks():
    staging = staged(words("INGRID talks to TOMAS.", cast=("INGRID", "TOMAS")))
    mouths = {
        name: [bodies_at(staging, frame)[name].angles[ANGLE["mouth"]] for frame in range(48)]
        for name in ("INGRID", "TOMAS")
    }
    assert np.ptp(mouths["INGRID"]) > 0.5
    assert np.ptp(mouths["TOMAS"]) == 0
    assert np.ptp([hand(staging, "INGRID", frame) for frame in range(48)], axis=0).max() > 0.05


def test_an_embrace_closes_the_distance_and_ends_face_to_face():
    staging = staged(words("INGRID embraces TOMAS.", cast=("INGRID", "TOMAS"), size="WS"))
    start = np.linalg.norm(places(staging, "INGRID")[0] - places(staging, "TOMAS")[0])
    end = np.linalg.norm(places(staging, "INGRID")[-1] - places(staging, "TOMAS")[-1])
    turns = [bodies_at(staging, 47)[name].turn for name in ("INGRID", "TOMAS")]
    assert start > 0.9 > 0.45 > end
    assert abs(abs((turns[0] - turns[1] + 180) % 360 - 180) - 180) < 15


def test_a_look_turns_the_head_toward_whom_it_is_meant_for():
    staging = staged(words("INGRID looks at TOMAS.", cast=("INGRID", "TOMAS")))
    body, target = bodies_at(staging, 47)["INGRID"], bodies_at(staging, 47)["TOMAS"].place
    turns, _ = posed(body.angles)
    ahead = turns[PART["l_eye"]] @ np.array([0.0, 0.0, 1.0])
    facing = body.turn + math.degrees(math.atan2(ahead[0], ahead[2]))
    wanted = math.degrees(math.atan2(target[0] - body.place[0], target[2] - body.place[2]))
    assert abs((facing - wanted + 180) % 360 - 180) < 22


def test_people_who_do_not_look_at_each_other_do_not():
    staging = staged(words("They don't look at each other.", cast=("INGRID", "TOMAS")))
    assert all(mark.look not in ("INGRID", "TOMAS") for figure in staging.figures for mark in figure.marks)


def test_stairs_take_the_climber_up():
    climbs = places(staged(words("BEN climbs the stairs.", "INT. STAIRWELL - DAY", ("BEN",))), "BEN")
    assert climbs[-1, 1] - climbs[0, 1] > 0.4


def test_a_followed_runner_stays_in_the_frame():
    for seed in range(3):
        staging = staged(
            words("TOMAS runs along the street.", "EXT. STREET - DAY", ("TOMAS",), size="WS", move="pan-left"), seed
        )
        for frame in (0, 16, 32, 47):
            x = view_at(staging, frame, WIDTH, HEIGHT).to_pixels(
                view_at(staging, frame, WIDTH, HEIGHT).to_camera(
                    bodies_at(staging, frame)["TOMAS"].place + np.array((0, 1.0, 0))
                )
            )[0]
            assert 0 < x < WIDTH
        assert camera_values(staging, 47)[3] < camera_values(staging, 0)[3] - 10


@pytest.mark.parametrize("size", ["CU", "MS", "WS"])
def test_another_seed_is_another_staging_of_the_same_words(size):
    shots = [
        staged(words("INGRID talks to TOMAS.", "INT. KITCHEN - DAY", ("INGRID", "TOMAS"), size=size), seed)
        for seed in range(5)
    ]
    cameras = np.array([camera_values(shot, 24)[:4] for shot in shots])
    first = np.array([places(shot, "INGRID")[24] for shot in shots])
    for i in range(5):
        for j in range(i):
            assert np.linalg.norm(cameras[i, :3] - cameras[j, :3]) > 0.05 or abs(cameras[i, 3] - cameras[j, 3]) > 3
            assert np.linalg.norm(first[i] - first[j]) > 0.02
    assert len({shot.camera.keys[0].focal for shot in shots}) == 5


def test_everyone_keeps_their_side_of_the_line_from_shot_to_shot():
    sides = set()
    for seed in range(6):
        staging = staged(words("INGRID talks to TOMAS.", "INT. BAR - NIGHT", ("INGRID", "TOMAS"), size="MS"), seed)
        view, bodies = view_at(staging, 24, WIDTH, HEIGHT), bodies_at(staging, 24)
        x = {name: view.to_camera(body.place)[0] for name, body in bodies.items()}
        sides.add(x["INGRID"] < x["TOMAS"])
    assert len(sides) == 1


def test_facts_name_people_deeds_place_time_and_what_was_not_understood():
    facts = read_facts(
        words("INGRID, 60s, walks slowly toward us. The zeppelin trembles.", "EXT. HARBOUR PIER - NIGHT", ("INGRID",))
    )
    assert (facts.place, facts.time, facts.inside) == ("pier", "night", False)
    assert facts.people[0].deeds[0].verb == "walk"
    assert facts.people[0].deeds[0].way == "us"
    assert "ZEPPELIN" in facts.not_understood


def test_the_longer_of_two_overlapping_verbs_counts():
    deeds = read_facts(words("TOMAS crosses his arms. He walks out.", cast=("TOMAS",))).people[0].deeds
    assert [deed.verb for deed in deeds] == ["crossed", "leave"]


@pytest.mark.parametrize(
    ("action", "size", "angle", "move"),
    [
        ("CLOSE ON her hands.", "CU", "", ""),
        ("EXTREME WIDE SHOT. Mist.", "EWS", "", ""),
        ("LOW ANGLE as he reaches the ramp.", "", "low", ""),
        ("The camera DOLLIES BACK with her.", "", "", "dolly-out"),
        ("PUSH IN on the glass.", "", "", "dolly-in"),
        ("HIGH ANGLE. CRANE UP.", "", "high", "crane-up"),
        ("OVER THE SHOULDER: a figure.", "", "ots", ""),
        ("SLOW ZOOM OUT until the pier is a line.", "", "", "zoom-out"),
        ("TILT DOWN to the desk.", "", "", "tilt-down"),
        ("HANDHELD. TWO SHOT.", "MS", "", "handheld"),
    ],
)
def test_film_words_in_the_action_count_where_the_fields_are_empty(action, size, angle, move):
    facts = read_facts(words(action))
    assert (facts.size, facts.angle, facts.move) == (size, angle, move)
    assert read_facts(words(action, size="MWS", angle="eye", move="static")).size == "MWS"


@pytest.mark.parametrize(
    ("heading", "action", "cast"),
    [
        ("", "", ()),
        ("INT. 渡し船 - 夜", "健太, 三十歳, 窓の外を見ている。", ("健太",)),
        ("EXT. الميناء - ليل", "LAYLA walks along the pier. She stops.", ("LAYLA",)),
        ("I/E. TAXI - NIGHT", "((((", ("(",)),
        ("INT. NOWHERE", "glorp " * 400, ("ZED",)),
        ("EXT. X - Y", "ANNA, BEN, CARL, DORA, EVE and FAY wait.", ("ANNA", "BEN", "CARL", "DORA", "EVE", "FAY")),
        (
            "INT. ROOM",
            "INGRID embraces herself. She points at INGRID. Then INGRID leaves, enters, falls, sits, runs.",
            ("INGRID",),
        ),
        ("", "\x00\ud7ff\n\n...!!!", ("", " ")),
    ],
)
@pytest.mark.parametrize("frames", [1, 7, 1440])
def test_no_words_are_too_strange_to_stage(heading, action, cast, frames):
    staging = staged(words(action, heading, cast), 3, frames)
    assert len(staging.figures) <= 4
    assert masks_at(staging, frames // 2, 64, 36).keys() == {figure.name for figure in staging.figures}

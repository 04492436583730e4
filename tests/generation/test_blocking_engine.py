"""The engine as a worker meets it: recipe in, frames and sidecar out, steps, previews, guides and a way to stop."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from generation.blocking import Staging
from generation.engines import blocking
from generation.recipe import Ingredient
from generation.report import Cancelled, Refused

from .blocking_set import HEIGHT, WIDTH, Desk, recipe, words


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def made(asked, desk):
    found = blocking.run(asked, desk)
    return list(found.frames), found


def png(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def still_of(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A picture with soft shapes in it, different for every seed."""
    rough = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    return cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return cv2.PSNR(a, b)


def test_a_recipe_gives_exactly_its_frames_at_its_size(desk):
    frames, found = made(recipe(words("INGRID walks.", cast=("INGRID",))), desk)
    assert len(frames) == 24
    assert all(
        frame.shape == (HEIGHT, WIDTH, 3) and frame.dtype == np.uint8 and frame.flags["C_CONTIGUOUS"]
        for frame in frames
    )
    assert Staging.parse(found.sidecars["staging"]).frames == 24
    assert found.version == blocking.VERSION


def test_steps_count_up_to_the_end_and_previews_come_along(desk):
    made(recipe(), desk)
    assert desk.steps[0] == (0, 24, "staging")
    assert [done for done, of, phase in desk.steps if phase == "rendering"] == list(range(25))
    assert 3 <= len(desk.previews) <= 6


@pytest.mark.parametrize("stop_at", [0, 12, 24])
def test_a_take_no_longer_wanted_stops_at_that_very_step(desk, stop_at):
    desk.stop_at = stop_at
    found, seen = blocking.run(recipe(), desk), []
    with pytest.raises(Cancelled):
        for frame in found.frames:
            seen.append(frame)
    assert len(seen) == stop_at


def test_the_same_recipe_is_the_same_film_in_another_process(desk):
    program = (
        "import hashlib, pathlib\n"
        "from tests.generation.blocking_set import Desk, recipe, words\n"
        "from generation.engines import blocking\n"
        "asked = recipe(words('INGRID runs. Rain.', 'EXT. STREET - NIGHT', ('INGRID',)), seed=11, frames=5)\n"
        "found = blocking.run(asked, Desk(pathlib.Path('.')))\n"
        "print(hashlib.sha256(b''.join(f.tobytes() for f in found.frames) + found.sidecars['staging']).hexdigest())\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == 64


def test_a_staging_survives_the_way_through_json_and_draws_the_same(desk):
    asked = recipe(words("INGRID sits. TOMAS points.", cast=("INGRID", "TOMAS")), frames=6)
    frames, found = made(asked, desk)
    staging = desk.lend(found.sidecars["staging"], ".json")
    again, _ = made(recipe(asked.words, frames=6, ingredients=(Ingredient("staging", staging, "json"),)), desk)
    assert all(np.array_equal(a, b) for a, b in zip(frames, again, strict=True))


def carried(desk, action, after, at=16, seed=5, size="WS", heading="EXT. STREET - NIGHT", **more):
    parent = recipe(words(action, heading, ("INGRID",), size=size, **more), frames=36)
    first, found = made(parent, desk)
    staging = desk.lend(found.sidecars["staging"], ".json")
    guides = (
        Ingredient("continue", staging, "video", source_frame=at),
        Ingredient("staging", staging, "json", source_frame=at),
    )
    second, child = made(recipe(words(after, heading, ("INGRID",)), seed=seed, frames=36, ingredients=guides), desk)
    return first, second, Staging.parse(child.sidecars["staging"])


@pytest.mark.parametrize(
    ("action", "move", "at"),
    [
        ("INGRID walks.", "", 16),
        ("INGRID runs. Rain.", "pan-left", 20),
        ("INGRID waits. Snow.", "handheld", 9),
        ("INGRID walks.", "dolly-in", 35),
    ],
)
def test_a_continued_take_begins_with_the_very_picture_it_continues(desk, action, move, at):
    first, second, _ = carried(desk, action, "She stops. She turns.", at, move=move)
    assert psnr(first[at], second[0]) > 35


def test_motion_carries_across_the_join_and_then_the_new_words_take_over(desk):
    from generation.blocking.motion import bodies_at

    first, second, child = carried(desk, "INGRID walks.", "She falls.")
    old, new = (np.abs(first[17].astype(int) - first[16]).mean(), np.abs(second[1].astype(int) - second[0]).mean())
    assert 0.5 < new / old < 2.0
    steps = [
        np.linalg.norm(bodies_at(child, n + 1)["INGRID"].place - bodies_at(child, n)["INGRID"].place) for n in range(35)
    ]
    assert steps[0] * 24 > 0.9
    assert max(abs(np.diff(steps))) < 0.03
    assert steps[-1] * 24 < 0.1


def test_a_chain_of_continued_takes_keeps_its_joins(desk):
    asked = recipe(words("INGRID walks.", cast=("INGRID",)), frames=30)
    frames, found = made(asked, desk)
    for seed, at in enumerate((29, 5, 29), start=2):
        staging = desk.lend(found.sidecars["staging"], ".json")
        guides = (
            Ingredient("continue", staging, "video", source_frame=at),
            Ingredient("staging", staging, "json", source_frame=at),
        )
        before = frames[at]
        frames, found = made(
            recipe(words("She walks.", cast=("INGRID",)), seed=seed, frames=30, ingredients=guides), desk
        )
        assert psnr(before, frames[0]) > 35


def test_a_first_frame_is_shown_exactly_and_then_the_camera_moves(desk):
    picture = still_of(1)
    guide = Ingredient("first", desk.lend(png(picture), ".png"))
    frames, _ = made(recipe(words("", move="pan-right"), ingredients=(guide,)), desk)
    assert np.array_equal(frames[0], picture)
    assert psnr(frames[0], frames[-1]) < 30


def test_first_last_and_key_frames_are_each_held_at_their_own_frame(desk):
    pictures = {0: still_of(1), 7: still_of(2), 23: still_of(3)}
    guides = tuple(
        Ingredient(kind, desk.lend(png(pictures[at]), ".png"), at_frame=at)
        for kind, at in (("first", 0), ("key", 7), ("last", 23))
    )
    frames, _ = made(recipe(ingredients=guides), desk)
    for at, picture in pictures.items():
        assert np.array_equal(frames[at], picture)
        assert not any(np.array_equal(frames[other], picture) for other in range(24) if other != at)
    assert max(np.abs(frames[n + 1].astype(int) - frames[n]).mean() for n in range(23)) < 45


def test_a_last_frame_alone_is_where_the_take_arrives(desk):
    guide = Ingredient("last", desk.lend(png(still_of(4)), ".png"))
    frames, _ = made(recipe(words("", move="dolly-in"), ingredients=(guide,)), desk)
    assert np.array_equal(frames[-1], still_of(4))
    assert not np.array_equal(frames[0], frames[-1])


@pytest.mark.parametrize("size", [(90, 160), (640, 360), (500, 100)])
def test_a_still_of_another_shape_covers_the_frame(desk, size):
    guide = Ingredient("first", desk.lend(png(still_of(5, *size)), ".png"))
    frames, _ = made(recipe(ingredients=(guide,), frames=3), desk)
    assert frames[0].shape == (HEIGHT, WIDTH, 3)
    assert frames[0].mean() > 20


def test_a_take_from_another_engine_is_carried_on_as_a_still(desk):
    path = desk.folder / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 24, (WIDTH, HEIGHT))
    for seed in range(8):
        writer.write(cv2.cvtColor(still_of(seed), cv2.COLOR_RGB2BGR))
    writer.release()
    video = desk.lend(path.read_bytes(), ".avi")
    frames, _ = made(recipe(ingredients=(Ingredient("continue", video, "video", source_frame=5),)), desk)
    assert psnr(frames[0], still_of(5)) > 30
    with pytest.raises(Refused, match="no frame 80"):
        blocking.run(recipe(ingredients=(Ingredient("continue", video, "video", source_frame=80),)), desk)


@pytest.mark.parametrize("kind", ["reference", "depth", "motion", "camera"])
def test_a_guide_that_blocking_cannot_follow_is_refused_in_words(desk, kind):
    with pytest.raises(Refused, match="Take that guide off"):
        blocking.run(recipe(ingredients=(Ingredient(kind, "0" * 64),)), desk)


def test_what_cannot_be_made_is_refused_with_the_way_out(desk):
    late = Ingredient("key", desk.lend(png(still_of(1)), ".png"), at_frame=90)
    broken = Ingredient("first", desk.lend(b"not a picture", ".png"))
    torn = Ingredient("staging", desk.lend(b'{"format": 1', ".json"), "json")
    for asked, says in (
        (recipe(ingredients=(late,)), "frame 90"),
        (recipe(ingredients=(broken,)), "cannot be opened"),
        (recipe(ingredients=(torn,)), "cannot be read"),
        (recipe(frames=2000), "up to 1440"),
        (recipe(width=4000, height=4000), "smaller size"),
    ):
        with pytest.raises(Refused, match=says):
            blocking.run(asked, desk)


def test_words_that_were_not_staged_are_said_in_the_notes(desk):
    _, found = made(recipe(words("The zeppelin trembles."), frames=1), desk)
    assert "zeppelin" in found.notes[0]

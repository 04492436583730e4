"""Shots through their doors: edited, inserted, split, merged, moved, omitted, renumbered, and asked takes of."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from storyboard.models import Project, Shot, Take, User
from tests import factories
from tests.together import together

pytestmark = pytest.mark.django_db


def as_(user: User) -> Client:
    client = Client(headers={"Accept": "application/json"})
    client.force_login(user)
    return client


def post(user: User, address: str, **data: Any) -> Any:
    return as_(user).post(address, data, content_type="application/json")


def patch(user: User, shot: Shot, **data: Any) -> Any:
    return as_(user).patch(f"/shots/{shot.pk}/version/", data, content_type="application/json")


def delete(user: User, address: str) -> Any:
    return as_(user).delete(address)


def codes(project: Project) -> list[str]:
    return [shot.code for shot in Shot.objects.filter(project=project).in_order()]


@pytest.fixture
def three(kite: Project) -> list[Shot]:
    return [factories.shot(kite) for _ in range(3)]


def test_a_field_is_changed_and_the_rest_stays(shot: Shot, erin: User) -> None:
    answer = patch(erin, shot, size="CU", frames="36", base={"size": "WS", "frames": 12})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["size"], told["frames"], told["action"]) == ("CU", 36, "A woman runs across a field.")
    assert as_(erin).get(f"/shots/{shot.pk}/version/").json() == told


def test_two_people_who_edit_different_fields_both_keep_their_edit(shot: Shot, erin: User, alice: User) -> None:
    seen = as_(erin).get(f"/shots/{shot.pk}/version/").json()
    assert patch(alice, shot, action="She falls.", base={"action": seen["action"]}).status_code == 200
    assert patch(erin, shot, move="pan-left", base={"move": seen["move"]}).status_code == 200
    shot.refresh_from_db()
    assert (shot.current.action, shot.current.move) == ("She falls.", "pan-left")


def test_the_same_field_changed_by_another_is_a_conflict_that_says_whose(shot: Shot, erin: User, alice: User) -> None:
    seen = shot.current.action
    patch(alice, shot, action="She falls.", base={"action": seen})
    answer = patch(erin, shot, action="She flies.", base={"action": seen})
    assert answer.status_code == 409
    told = answer.json()
    assert (told["field"], told["now"], told["by"]) == ("action", "She falls.", "Alice")
    shot.refresh_from_db()
    assert shot.current.action == "She falls."
    assert patch(erin, shot, action="She flies.", base={"action": "She falls."}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("frames", 0, "1 to 1440"),
        ("frames", "many", "whole number"),
        ("size", "HUGE", "no size"),
        ("base", 7, "Reload"),
    ],
)
def test_a_value_no_shot_can_have_is_refused_in_words(
    shot: Shot, erin: User, field: str, value: Any, said: str
) -> None:
    answer = patch(erin, shot, **{field: value})
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def test_an_unknown_field_changes_nothing(shot: Shot, erin: User) -> None:
    before = as_(erin).get(f"/shots/{shot.pk}/version/").json()
    assert patch(erin, shot, code="999", omitted=True).json() == before


def test_a_viewer_reads_what_a_shot_asks_for_and_cannot_change_it(shot: Shot, vera: User) -> None:
    assert as_(vera).get(f"/shots/{shot.pk}/version/").status_code == 200
    answer = patch(vera, shot, action="No.")
    assert answer.status_code == 403
    assert "viewer" in answer.json()["error"]
    assert "editor" in answer.json()["error"]


def test_a_shot_goes_in_behind_another_with_a_code_between(kite: Project, three: list[Shot], erin: User) -> None:
    answer = post(erin, f"/p/{kite.pk}/shots/", after=three[0].pk)
    assert answer.status_code == 201
    assert answer.json()["code"] == "010A"
    assert codes(kite) == ["010", "010A", "020", "030"]


def test_a_shot_goes_in_before_another(kite: Project, three: list[Shot], erin: User) -> None:
    post(erin, f"/p/{kite.pk}/shots/", before=three[1].pk)
    assert codes(kite) == ["010", "010A", "020", "030"]


def test_a_shot_before_the_first_of_a_scene_is_in_that_scene(kite: Project, three: list[Shot], erin: User) -> None:
    second = factories.scene(kite, "INT. BARN - NIGHT")
    first = factories.shot(kite, second)
    made = Shot.objects.get(pk=post(erin, f"/p/{kite.pk}/shots/", before=first.pk).json()["shot"])
    assert made.scene_id == second.pk
    assert codes(kite) == ["010", "020", "030", "030A", "040"]


def test_a_shot_before_the_very_first_stands_first(kite: Project, three: list[Shot], erin: User) -> None:
    made = post(erin, f"/p/{kite.pk}/shots/", before=three[0].pk).json()
    assert codes(kite)[0] == made["code"]


def test_a_scene_in_the_middle_gets_a_shot_coded_after_those_before_it(kite: Project, erin: User) -> None:
    first, second = factories.scene(kite, "A"), factories.scene(kite, "B")
    for scene in (first, second):
        factories.shot(kite, scene)
    assert post(erin, f"/p/{kite.pk}/shots/", scene=first.pk).json()["code"] == "010A"
    assert post(erin, f"/p/{kite.pk}/shots/", scene=second.pk).json()["code"] == "030"
    assert codes(kite) == ["010", "010A", "020", "030"]


def test_a_board_at_its_limit_takes_no_more(kite: Project, three: list[Shot], erin: User, settings: Any) -> None:
    settings.SHOTS_MAX = 3
    answer = post(erin, f"/p/{kite.pk}/shots/", scene=three[0].scene_id)
    assert answer.status_code == 422
    assert "3 shots" in answer.json()["error"]


def test_a_copy_asks_for_the_same(shot: Shot, erin: User) -> None:
    made = Shot.objects.get(pk=post(erin, f"/shots/{shot.pk}/copies/").json()["shot"])
    assert made.code == "010A"
    assert made.current.values() == shot.current.values()


def test_a_shot_is_split_at_a_sentence_and_merged_again(kite: Project, erin: User) -> None:
    shot = factories.shot(kite, action="She runs. She falls.", frames=40)
    half = Shot.objects.get(pk=post(erin, f"/shots/{shot.pk}/halves/").json()["shot"])
    shot.refresh_from_db()
    assert (shot.current.action, half.current.action) == ("She runs.", "She falls.")
    assert shot.current.frames + half.current.frames == 40
    assert post(erin, f"/shots/{shot.pk}/merger/").status_code == 200
    shot.refresh_from_db()
    half.refresh_from_db()
    assert shot.current.frames == 40
    assert half.omitted


def test_what_cannot_be_split_or_merged_says_why(shot: Shot, erin: User) -> None:
    assert "one sentence" in post(erin, f"/shots/{shot.pk}/halves/").json()["error"]
    assert "last shot" in post(erin, f"/shots/{shot.pk}/merger/").json()["error"]


def test_a_shot_is_omitted_and_brought_back(shot: Shot, erin: User) -> None:
    post(erin, f"/shots/{shot.pk}/omission/")
    shot.refresh_from_db()
    assert shot.omitted
    delete(erin, f"/shots/{shot.pk}/omission/")
    shot.refresh_from_db()
    assert not shot.omitted


def test_a_shot_moves_behind_another_and_into_another_scene(kite: Project, three: list[Shot], erin: User) -> None:
    assert post(erin, f"/shots/{three[0].pk}/place/", after=three[2].pk).status_code == 200
    assert codes(kite) == ["020", "030", "010"]
    barn = factories.scene(kite, "INT. BARN - NIGHT")
    post(erin, f"/shots/{three[1].pk}/place/", scene=barn.pk)
    three[1].refresh_from_db()
    assert three[1].scene_id == barn.pk


def test_shots_move_together_and_keep_their_order(kite: Project, erin: User) -> None:
    shots = [factories.shot(kite) for _ in range(6)]
    moved = [shots[1].pk, shots[3].pk]
    answer = post(erin, f"/p/{kite.pk}/order/", shots=moved, scene=shots[0].scene_id, after=shots[4].pk)
    assert answer.status_code == 200
    assert codes(kite) == ["010", "030", "050", "020", "040", "060"]
    assert answer.json()["scenes"][0]["shots"] == [shots[n].pk for n in (0, 2, 4, 1, 3, 5)]


def test_shots_dropped_behind_one_of_themselves_stay_together(kite: Project, erin: User) -> None:
    shots = [factories.shot(kite) for _ in range(5)]
    moved = [shots[1].pk, shots[2].pk]
    post(erin, f"/p/{kite.pk}/order/", shots=moved, scene=shots[0].scene_id, after=shots[2].pk)
    assert codes(kite) == ["010", "020", "030", "040", "050"]


def test_no_shot_moves_to_another_projects_scene(shot: Shot, alice: User) -> None:
    other = factories.scene(factories.project(alice, "Another"))
    assert post(alice, f"/p/{shot.project_id}/order/", shots=[shot.pk], scene=other.pk).status_code == 404
    assert post(alice, f"/shots/{shot.pk}/place/", scene=other.pk).status_code == 404


@pytest.mark.parametrize("shots", [None, [], "all", [True], [{}], [0]])
def test_shots_that_are_not_named_are_asked_for(shot: Shot, erin: User, shots: Any) -> None:
    for address, rest in (
        (f"/p/{shot.project_id}/order/", {"scene": shot.scene_id}),
        (f"/p/{shot.project_id}/takes/", {}),
    ):
        answer = post(erin, address, shots=shots, **rest)
        assert answer.status_code == 422
        assert "shot" in answer.json()["error"]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_move_shots_at_once_lose_none(kite: Project, alice: User, erin: User) -> None:
    shots = [factories.shot(kite) for _ in range(8)]
    scene = shots[0].scene_id
    everyone = [shot.pk for shot in shots]
    answers = together(
        lambda: post(alice, f"/p/{kite.pk}/order/", shots=everyone[:4], scene=scene, after=everyone[7]),
        lambda: post(erin, f"/p/{kite.pk}/order/", shots=everyone[3:6][::-1], scene=scene, after=None),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted(codes(kite)) == [f"0{n}0" for n in range(1, 9)]
    places = list(Shot.objects.filter(project=kite).values_list("position", flat=True))
    assert len(set(places)) == 8


def test_codes_are_renumbered_until_they_are_locked(kite: Project, three: list[Shot], erin: User) -> None:
    three[0].insert_after(erin)
    assert post(erin, f"/p/{kite.pk}/numbering/").json() == {"shots": 4}
    assert codes(kite) == ["010", "020", "030", "040"]
    assert post(erin, f"/p/{kite.pk}/code-lock/").json() == {"locked": True}
    assert "locked" in post(erin, f"/p/{kite.pk}/numbering/").json()["error"]
    assert delete(erin, f"/p/{kite.pk}/code-lock/").json() == {"locked": False}
    kinds = list(kite.events.values_list("kind", flat=True))
    assert kinds[-2:] == ["codes.locked", "codes.unlocked"]


def test_takes_are_asked_of_many_shots_at_once(kite: Project, three: list[Shot], erin: User) -> None:
    ids = [shot.pk for shot in three]
    answer = post(erin, f"/p/{kite.pk}/takes/", shots=ids, count=2, key="k")
    assert answer.status_code == 201
    assert Take.objects.filter(shot__in=ids).count() == len(answer.json()["takes"]) == 6


@pytest.mark.django_db(transaction=True)
def test_a_double_press_queues_once(kite: Project, erin: User) -> None:
    shots = [factories.shot(kite) for _ in range(3)]
    ids = [shot.pk for shot in shots]
    ask = lambda: post(erin, f"/p/{kite.pk}/takes/", shots=ids, count=2, key="one intent").json()["takes"]  # noqa: E731
    first, second = together(ask, ask)
    assert sorted(first) == sorted(second)
    assert Take.objects.filter(shot__in=ids).count() == 6


@pytest.mark.parametrize("name", ["action", "dialogue", "negative", "notes"])
def test_words_too_long_for_one_shot_are_refused_with_how_many_fit(shot: Shot, erin: User, name: str) -> None:
    answer = patch(erin, shot, **{name: "a" * 5001})
    assert answer.status_code == 422
    assert answer.json()["error"] == f"The {name} has 5001 characters; at most 5000 fit in one shot."
    assert patch(erin, shot, **{name: "a" * 5000}).status_code == 200


@pytest.mark.parametrize("characters", [["A" * 81], ["A"] * 51])
def test_a_cast_too_large_for_one_shot_is_refused(shot: Shot, erin: User, characters: list[str]) -> None:
    assert "up to 50 characters" in patch(erin, shot, characters=characters).json()["error"]


@pytest.mark.django_db(transaction=True)
def test_shots_added_at_the_same_moment_each_get_a_code_of_their_own(kite: Project, erin: User) -> None:
    one, two = (factories.shot(kite) for _ in range(2))
    before = len(codes(kite))
    at_end = {"scene": one.scene_id}
    answers = together(
        *[lambda: post(erin, f"/p/{kite.pk}/shots/", **at_end).status_code] * 3,
        *[lambda: post(erin, f"/p/{kite.pk}/shots/", after=one.pk).status_code] * 2,
        *[lambda: post(erin, f"/p/{kite.pk}/scenes/", heading="INT. BARN - DAY").status_code] * 2,
        lambda: post(erin, f"/shots/{two.pk}/copies/").status_code,
        lambda: post(erin, f"/shots/{one.pk}/copies/").status_code,
    )
    assert answers == [201] * 9
    assert len(set(codes(kite))) == before + 9


def test_a_full_board_takes_no_copy(shot: Shot, erin: User, settings: Any) -> None:
    settings.SHOTS_MAX = 1
    for address in (f"/shots/{shot.pk}/copies/", f"/p/{shot.project_id}/shots/"):
        assert "which is the limit" in post(erin, address, after=shot.pk).json()["error"]


def test_omitted_shots_are_not_made(kite: Project, three: list[Shot], erin: User) -> None:
    three[1].omit(erin)
    answer = post(erin, f"/p/{kite.pk}/takes/", shots=[shot.pk for shot in three], count=1)
    assert len(answer.json()["takes"]) == 2


def test_more_takes_than_may_be_asked_at_once_are_refused_with_the_sum(
    kite: Project, three: list[Shot], erin: User, settings: Any
) -> None:
    settings.TAKES_MAX_AT_ONCE = 5
    answer = post(erin, f"/p/{kite.pk}/takes/", shots=[shot.pk for shot in three], count=2)
    assert answer.status_code == 413
    assert "at most 5" in answer.json()["error"]


def test_takes_can_be_asked_to_the_front(shot: Shot, erin: User, alice: User) -> None:
    factories.ask(shot, alice)
    first = post(erin, f"/p/{shot.project_id}/takes/", shots=[shot.pk], count=1, front=True).json()["takes"][0]
    assert Take.objects.in_line().first().pk == first


def test_a_reviewer_asks_for_no_takes(shot: Shot, bob: User) -> None:
    answer = post(bob, f"/p/{shot.project_id}/takes/", shots=[shot.pk], count=1)
    assert answer.status_code == 403
    assert "reviewer" in answer.json()["error"]

"""What makes a take where nobody says what with: one rule, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.urls import reverse

from storyboard import engines, first_run, pitching
from storyboard.models import Project, Shot, Take, User
from storyboard.refusal import Refusal
from tests import factories
from tests.generation import built_in
from tests.generation.tiny import depth, ltx
from tests.views.doors import get, post

pytestmark = pytest.mark.django_db

LONG = 98


@pytest.fixture
def with_gate(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Weights came with the app, released or not."""
    settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN = tmp_path / "weights", tmp_path / "place"
    built_in.offer(monkeypatch)
    return lambda gate: built_in.build(tmp_path / "place", gate) and None


def asked(user: User, shot: Shot) -> list[str]:
    """The engines of the takes that the room asks for without saying one."""
    answer = post(user, f"/shots/{shot.pk}/takes/", {"count": 1})
    return [Take.objects.get(pk=pk).engine for pk in answer.json()["takes"]]


def test_released_weights_are_usual_and_unreleased_ones_are_only_offered(
    with_gate: Callable[[str], None], tmp_path: Path, shot: Shot, alice: User
) -> None:
    with_gate("experimental")
    assert engines.default().name == "blocking" and asked(alice, shot) == ["blocking"]
    assert [each.label for each in engines.choices()] == ["Blocking", "Sketch (experimental)"]
    built_in.list_files(tmp_path / "place" / "sketch", "released")
    assert engines.default().name == "sketch:sketch" and asked(alice, shot) == ["sketch"]
    assert [each.label for each in engines.choices()] == ["Blocking", "Sketch"]


def test_where_others_are_registered_blocking_stays_usual(
    with_gate: Callable[[str], None], tmp_path: Path, shot: Shot, alice: User
) -> None:
    with_gate("released")
    depth.build(tmp_path / "finder")
    engines.registry().add(tmp_path / "finder", "finder")
    assert engines.default().name == "sketch:sketch", "weights that find depth make no takes"
    ltx.build(tmp_path / "tiny")
    engines.registry().add(tmp_path / "tiny", "tiny")
    assert engines.default().name == "blocking" and asked(alice, shot) == ["blocking"]


def test_damaged_weights_are_not_usual(with_gate: Callable[[str], None], tmp_path: Path) -> None:
    with_gate("released")
    (tmp_path / "place" / "sketch" / "model_index.json").write_text("{}")
    assert [each.name for each in engines.choices()] == ["blocking"] and engines.default().name == "blocking"


def test_a_machine_that_cannot_load_them_does_not_begin_with_them(
    with_gate: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_gate("released")
    monkeypatch.setattr(engines, "can_load", lambda: False)
    assert engines.default().name == "blocking"


@pytest.mark.parametrize("rate", [(24, 1), (25, 1), (30, 1), (24000, 1001), (16, 1)])
def test_what_is_usual_for_a_length_can_be_asked_for(
    with_gate: Callable[[str], None], alice: User, rate: tuple[int, int]
) -> None:
    with_gate("released")
    project = factories.project(alice, rate_num=rate[0], rate_den=rate[1])
    for frames in range(60, 130):
        shot = factories.shot(project, frames=frames)
        (take,) = factories.ask(shot, alice)
        assert take.engine == engines.default(frames, rate).row.name
    assert {take.engine for take in Take.objects.all()} == {"sketch", "blocking"}


def test_each_shot_of_one_asking_gets_what_is_usual_for_its_length(
    with_gate: Callable[[str], None], kite: Project, alice: User
) -> None:
    with_gate("released")
    short, long = factories.shot(kite, frames=48), factories.shot(kite, frames=LONG)
    takes = Take.objects.ask(kite, [short, long], 2, alice)
    assert [(take.shot, take.engine) for take in takes] == [*[(short, "sketch")] * 2, *[(long, "blocking")] * 2]
    assert takes[0].frozen.width * takes[0].frozen.height <= 288 * 160
    with pytest.raises(Refusal, match="makes up to 97"):
        Take.objects.ask(kite, [long], 1, alice, engine="sketch")


def test_handles_count_for_the_length(with_gate: Callable[[str], None], kite: Project, alice: User) -> None:
    with_gate("released")
    (take,) = Take.objects.ask(kite, [factories.shot(kite, frames=90)], 1, alice, handles=24)
    assert take.engine == "blocking"


def test_the_forms_begin_with_what_is_usual(
    with_gate: Callable[[str], None], kite: Project, alice: User, tmp_path: Path
) -> None:
    with_gate("experimental")
    short, long = factories.shot(kite, frames=48), factories.shot(kite, frames=LONG)
    room, board = "/shots/{}/", reverse("board", args=[kite.pk])
    chosen = '<option value="sketch:sketch" selected>Sketch</option>'
    each_its_own = "Sketch, Blocking where it is too long"
    assert chosen not in get(alice, room.format(short.pk)).content.decode()
    assert each_its_own not in get(alice, board).content.decode()
    built_in.list_files(tmp_path / "place" / "sketch", "released")
    assert chosen in get(alice, room.format(short.pk)).content.decode()
    assert chosen not in get(alice, room.format(long.pk)).content.decode()
    assert each_its_own in get(alice, board).content.decode()


def test_the_sample_and_the_command_ask_for_what_is_usual(
    with_gate: Callable[[str], None], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_gate("released")
    first_run.make_sample(alice)
    usual = {take.engine for take in Take.objects.all()}
    said: list[str] = []
    monkeypatch.setattr(pitching.Pitch, "_await_takes", lambda self: None)
    project = factories.project(alice)
    shots = [factories.shot(project, frames=48), factories.shot(project, frames=LONG)]
    monkeypatch.setattr(Shot, "pick", lambda *_, **__: None)
    for shot in shots:
        factories.ready_take(shot, alice)
    pitching.Pitch(alice, said.append).shoot(project, 1)
    assert "sketch" in usual and said == ["Asked: 2 takes of Sketch and Blocking."]


def test_a_shot_that_is_too_long_for_the_engine_is_named_among_several(
    with_gate: Callable[[str], None], kite: Project, alice: User
) -> None:
    with_gate("released")
    short, long = factories.shot(kite, frames=48), factories.shot(kite, frames=LONG)
    with pytest.raises(Refusal) as refused:
        Take.objects.ask(kite, [short, long], 2, alice, engine="sketch")
    assert str(refused.value).startswith(f"Shot {long.code}: ") and "Nothing was asked for." in str(refused.value)
    assert not Take.objects.exists()
    with pytest.raises(Refusal, match=r"^This take asks for"):
        Take.objects.ask(kite, [long], 2, alice, engine="sketch")

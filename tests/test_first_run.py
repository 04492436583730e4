"""What a new server begins with."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from generation.vocabulary import hearing
from storyboard import first_run
from storyboard.models import Project, Shot, SignInLink, Take, User
from tests.generation import built_in
from tests.together import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where weights that come along lie; none yet."""
    settings.WEIGHTS_ROOT, settings.WEIGHTS_BUILT_IN = tmp_path / "weights", tmp_path / "place"
    built_in.offer(monkeypatch)
    return tmp_path / "place"


def test_a_new_server_gets_an_owner_and_the_sample_pitch() -> None:
    owner = first_run.ensure()
    assert (owner.username, owner.is_superuser, owner.has_usable_password()) == ("owner", True, False)
    project = Project.objects.visible_to(owner).get()
    shots = Shot.objects.filter(project=project)
    assert shots.count() >= 15
    assert project.scenes.count() >= 3
    assert Take.objects.filter(project=project).count() == 8
    assert project.drafts.get().board_made_at is not None


def test_the_sample_has_takes_of_the_model_that_comes_along(place: Path) -> None:
    built_in.build(place, "experimental")
    first_run.ensure()
    made = Take.objects.filter(engine="sketch")
    assert len({take.shot_id for take in made}) == 1 and len(made) == 2
    assert made[0].shot.current.characters and not hearing(made[0].shot.current.words()).unknown, "it knows every word"
    assert Take.objects.count() == 10
    assert Take.objects.filter(engine="blocking", shot=made[0].shot_id).count() == 2
    newest = Take.objects.filter(shot=made[0].shot_id).order_by("-number").first()
    assert newest is not None and newest.engine == "blocking", "the board shows what is good enough to begin with"


def test_where_that_model_is_usual_the_sample_asks_nothing_twice(place: Path) -> None:
    built_in.build(place, "released")
    first_run.ensure()
    assert Take.objects.count() == 8 and Take.objects.filter(engine="sketch").exists()


def test_the_sample_has_two_people_day_and_night_in_and_out() -> None:
    project = first_run.make_sample(first_run.ensure(with_sample=False))
    scenes = project.scenes.all()
    assert {"INT", "EXT"} <= {scene.setting.rstrip(".") for scene in scenes}
    assert {"DAY", "NIGHT"} <= {scene.time for scene in scenes}
    names = {name for shot in Shot.objects.filter(project=project) for name in shot.current.characters}
    assert len(names) >= 2


def test_a_second_start_finds_all_as_it_was() -> None:
    first = first_run.ensure()
    Project.objects.get().rename("Mine now", first)
    assert first_run.ensure() == first
    assert Project.objects.get().name == "Mine now"


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_make_one_owner_and_one_sample() -> None:
    owners = together(first_run.ensure, first_run.ensure)
    assert owners[0] == owners[1]
    assert (User.objects.count(), Project.objects.count()) == (1, 1)


def test_a_person_who_is_called_owner_already_keeps_the_name() -> None:
    User.objects.create_user("owner")
    assert first_run.ensure(with_sample=False).username == "owner2"


def test_a_link_for_the_owner_or_for_somebody_is_printed_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    first_run.ensure(with_sample=False)
    User.objects.create_user("mara", name="Mara")
    call_command("sign_in_link")
    call_command("sign_in_link", "mara")
    links = [line.rstrip("/").rsplit("/", 1)[1] for line in capsys.readouterr().out.split()]
    assert [SignInLink.objects.spend(token).username for token in links] == ["owner", "mara"]
    with pytest.raises(CommandError, match="Nobody here signs in as 'nobody'"):
        call_command("sign_in_link", "nobody")

"""The log in words."""

from __future__ import annotations

import re
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from storyboard import activity
from storyboard.models import Membership, Project, Role, Shot, User
from tests import factories

QUIET = {"take.queued", "take.started", "take.stopping", "takes.arranged"} | {
    f"export.{verb}" for verb in ("started", "stopping", "requeued", "released")
}


def words(project: Project) -> list[str]:
    return [f"{line.who or ''} {line.words}".strip() for line in activity.told(project)]


def test_the_newest_comes_first_with_who_did_it(kite: Project, shot: Shot, alice: User, bob: User) -> None:
    take = factories.ready_take(shot, alice)
    take.circle(bob)
    take.reject(bob, "motion")
    assert words(kite)[:5] == [
        "Bob rejected take 1 of 010: bad motion",
        "Bob circled take 1 of 010",
        "Take 1 of 010 is ready",
        "Alice asked for 1 take of shot 010",
        "Alice started this project",
    ]


def test_people_coming_and_going_are_told_by_name(kite: Project, alice: User, bob: User) -> None:
    row = Membership.objects.get(project=kite, user=bob)
    row.become(Role.EDITOR, alice)
    row.end(bob)
    assert words(kite)[:2] == ["Bob left", "Alice made Bob editor"]


def test_what_somebody_cancelled_is_told_as_their_deed(kite: Project, shot: Shot, alice: User) -> None:
    factories.ask(shot, alice)[0].cancel(alice)
    assert words(kite)[0] == "Alice cancelled take 1 of 010"


def test_a_line_leads_to_its_shot(kite: Project, shot: Shot, alice: User) -> None:
    shot.omit(alice)
    assert activity.told(kite)[0].url == f"/shots/{shot.pk}/"


def test_a_shot_that_is_gone_is_still_told(kite: Project, shot: Shot, alice: User) -> None:
    shot.omit(alice)
    shot.versions.all()
    Shot.objects.filter(pk=shot.pk).update(current=None)
    shot.delete()
    assert words(kite)[0] == "Alice omitted shot that is gone"


def test_every_kind_that_is_recorded_is_told_or_left_out_on_purpose() -> None:
    models = Path(__file__).parents[2] / "storyboard" / "models"
    source = "\n".join(path.read_text() for path in models.glob("*.py"))
    kinds = set(re.findall(r'record\(\s*"([a-z]+\.[a-z]+)"', source))
    for noun in ("take", "export"):
        kinds |= {f"{noun}.{verb}" for verb in re.findall(r'self\.record\("([a-z]+)"', (models / "job.py").read_text())}
    kinds |= {f"take.{verb}" for name in ("take.py", "line.py", "audition.py", "judgement.py")
              for verb in re.findall(r'\.record\("([a-z]+)"', (models / name).read_text())}  # fmt: skip
    assert kinds - set(activity.SENTENCES) - QUIET == set()


def test_pages_follow_each_other_by_number(client: Client, kite: Project, shot: Shot, vera: User, alice: User) -> None:
    for _ in range(60):
        shot.trim(alice, 0, 5)
    client.force_login(vera)
    first = client.get(f"/p/{kite.pk}/activity/").content.decode()
    (before,) = re.findall(r"\?before=(\d+)", first)
    second = client.get(f"/p/{kite.pk}/activity/?before={before}").content.decode()
    assert first.count("trimmed shot") == 50
    assert second.count("trimmed shot") == 10
    assert "?before=" not in second


def test_a_page_number_that_makes_no_sense_is_refused(client: Client, kite: Project, vera: User) -> None:
    client.force_login(vera)
    for wrong in ("soon", "-1", "99999999999999999999999"):
        assert client.get(f"/p/{kite.pk}/activity/?before={wrong}").status_code == 422


def test_the_number_of_queries_does_not_grow_with_the_lines(kite: Project, shot: Shot, alice: User) -> None:
    counts = []
    for _ in range(2):
        for _ in range(10):
            factories.ready_take(shot, alice).circle(alice)
        with CaptureQueriesContext(connection) as captured:
            activity.told(kite)
        counts.append(len(captured))
    assert counts[0] == counts[1]

"""The queue drawer: places in the whole server's line, honest times, and what can be done to a take that waits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from storyboard import live, workers
from storyboard.estimate import Line, Pace, Span
from storyboard.models import Project, Shot, Status, Take, User
from storyboard.queue_page import QueuePage
from tests import factories

pytestmark = pytest.mark.django_db


def as_(user: User) -> Client:
    client = Client(headers={"Accept": "application/json"})
    client.force_login(user)
    return client


def drawer(user: User, project: Project) -> str:
    answer = as_(user).get(f"/p/{project.pk}/queue/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def made_in(take: Take, seconds: float) -> Take:
    """A finished take that took so long."""
    ended = timezone.now()
    factories.finished(take)
    Take.objects.filter(pk=take.pk).update(
        started_at=ended - timedelta(seconds=seconds), finished_at=ended, spent=seconds
    )
    return take


def test_a_strangers_queue_is_not_there(kite: Project, charlie: User) -> None:
    assert as_(charlie).get(f"/p/{kite.pk}/queue/").status_code == 404
    assert as_(charlie).delete(f"/p/{kite.pk}/queue/mine/").status_code == 404


def test_takes_stand_in_the_order_they_will_be_taken(shot: Shot, alice: User, erin: User) -> None:
    mine = factories.ask(shot, alice, 2)
    hers = factories.ask(shot, erin, 1)[0]
    html = drawer(alice, shot.project)
    order = [int(pk) for pk in re.findall(r'class="job" data-take="(\d+)"', html)]
    assert order == [mine[0].pk, hers.pk, mine[1].pk]
    assert [int(n) for n in re.findall(r"#(\d+) in queue", html)] == [1, 2, 3]


def test_what_others_have_waiting_in_between_is_counted_but_not_shown(shot: Shot, alice: User) -> None:
    dora = factories.person("Dora")
    elsewhere = factories.shot(factories.project(dora, "The Secret Film"))
    factories.ask(elsewhere, dora, 2)
    factories.ask(shot, alice, 2)
    html = drawer(alice, shot.project)
    assert "2 of other projects" in html
    assert "Secret" not in html
    assert "Dora" not in html


def test_a_running_take_shows_its_step_and_a_failed_one_its_reason(shot: Shot, alice: User) -> None:
    running, failed = factories.ask(shot, alice, 2)
    running.begin()
    running.beat(6, 12, "rendering")
    failed.begin()
    failed.fail("The disk is full. Make room, then try again.")
    html = drawer(alice, shot.project)
    assert "Generating 6 of 12" in html
    assert "The disk is full. Make room, then try again." in html
    assert f'data-url="/takes/{failed.pk}/retrial/"' in html
    assert f'data-url="/takes/{running.pk}/cancellation/"' in html


def test_a_viewer_sees_the_queue_and_no_buttons_to_change_it(shot: Shot, alice: User, vera: User) -> None:
    factories.ask(shot, alice)
    html = drawer(vera, shot.project)
    assert "#1 in queue" in html
    assert "data-method" not in html


def test_the_badge_counts_what_waits_and_runs(shot: Shot, alice: User) -> None:
    first, _ = factories.ask(shot, alice, 2)
    first.begin()
    badge = as_(alice).get(f"/p/{shot.project_id}/queue/?badge").content.decode()
    assert re.search(r'id="queue-badge">2<', badge)
    for take in Take.objects.all():
        take.cancel(alice)
    first.stopped()
    assert "hidden" in as_(alice).get(f"/p/{shot.project_id}/queue/?badge").content.decode()


def test_the_last_in_line_goes_to_the_front(shot: Shot, erin: User) -> None:
    *_, last = factories.ask(shot, erin, 3)
    assert as_(erin).post(f"/takes/{last.pk}/front/").status_code == 200
    assert Take.objects.in_line().first() == last
    assert Take.objects.claim() == last


def test_what_runs_already_cannot_go_to_the_front(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    take.begin()
    answer = as_(erin).post(f"/takes/{take.pk}/front/")
    assert answer.status_code == 409
    assert "still waits" in answer.json()["error"]


def test_a_viewer_moves_nothing_to_the_front(shot: Shot, alice: User, vera: User) -> None:
    take = factories.ask(shot, alice)[0]
    assert as_(vera).post(f"/takes/{take.pk}/front/").status_code == 403


def test_all_mine_are_cancelled_and_nobody_elses(shot: Shot, alice: User, erin: User) -> None:
    mine = factories.ask(shot, erin, 3)
    mine[0].begin()
    theirs = factories.ask(shot, alice)[0]
    assert as_(erin).delete(f"/p/{shot.project_id}/queue/mine/").json() == {"cancelled": 3}
    told = {take.pk: (take.status, take.cancel_wanted) for take in Take.objects.all()}
    assert told[mine[0].pk] == (Status.RUNNING, True)
    assert told[mine[1].pk][0] == told[mine[2].pk][0] == Status.CANCELLED
    assert told[theirs.pk] == (Status.QUEUED, False)


def test_times_come_from_what_this_server_made_lately(shot: Shot, alice: User) -> None:
    assert Pace.of("blocking") is None
    for take in factories.ask(shot, alice, 5):
        made_in(take, 24)
    pace = Pace.of("blocking")
    assert pace is not None
    assert pace.seconds(12 * 640 * 360).middle == pytest.approx(24, rel=0.01)
    assert pace.seconds(24 * 640 * 360).middle == pytest.approx(48, rel=0.01)


def test_one_slow_take_among_twenty_does_not_move_the_middle(shot: Shot, alice: User) -> None:
    for seconds, take in zip([10] * 8 + [500], factories.ask(shot, alice, 9), strict=True):
        made_in(take, seconds)
    pace = Pace.of("blocking")
    assert pace is not None
    assert pace.seconds(12 * 640 * 360).middle == pytest.approx(10, rel=0.01)


def test_who_waits_third_waits_for_the_two_in_front(shot: Shot, alice: User) -> None:
    for take in factories.ask(shot, alice, 3):
        made_in(take, 20)
    waiting = factories.ask(shot, alice, 3)
    places = Line.now().places()
    assert [places[take.pk].number for take in waiting] == [1, 2, 3]
    waits = [places[take.pk].wait for take in waiting]
    assert [round(wait.middle) for wait in waits if wait] == [0, 20, 40]


def test_a_running_take_is_judged_by_its_own_speed(shot: Shot, alice: User) -> None:
    take = factories.ask(shot, alice)[0]
    take.begin()
    take.beat(4, 12, "rendering")
    Take.objects.filter(pk=take.pk).update(started_at=timezone.now() - timedelta(seconds=10))
    line = Line.now()
    left = line.left(line.running[0])
    assert left is not None
    assert left.middle == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (Span(2, 3, 4), "about 3 s"),
        (Span(19, 21, 23), "about 20 s"),
        (Span(20, 30, 40), "20–40 s"),
        (Span(100, 125, 150), "about 2 min"),
        (Span(120, 200, 300), "2–5 min"),
        (Span(8000, 8200, 8400), "about 2.3 h"),
        (Span(3600, 7200, 10800), "1–3 h"),
    ],
)  # fmt: skip
def test_times_are_said_as_roughly_as_they_are_known(span: Span, said: str) -> None:
    assert str(span) == said


def test_the_drawer_says_how_often_estimates_were_right(shot: Shot, alice: User) -> None:
    assert "Estimates were right" not in drawer(alice, shot.project)
    for seconds in (19, 20, 21, 20):
        made_in(factories.ask(shot, alice)[0], seconds)
    made_in(factories.ask(shot, alice)[0], 90)
    assert "Estimates were right for 1 of 2 takes." in drawer(alice, shot.project)


def test_time_wait_memory_and_disk_are_said_before_anything_is_asked(shot: Shot, alice: User) -> None:
    before = as_(alice).get(f"/shots/{shot.pk}/engine/?engine=blocking").content.decode()
    assert "nobody knows how long one lasts" in before
    for take in factories.ask(shot, alice, 3):
        made_in(take, 20)
    report = {"engine": "blocking", "frames": 12, "memory_bytes": 300 << 20}
    Take.objects.update(report=report)
    factories.ask(shot, alice, 2)
    after = as_(alice).get(f"/shots/{shot.pk}/engine/?engine=blocking").content.decode()
    assert "A take lasts about 20 s on this server. The first would start in about 40 s." in after
    assert "up to 0.3 GB of memory" in after
    assert "A take adds about 0.0 MB to the disk" in after


def queries(user: User, project: Project) -> int:
    client = as_(user)
    with CaptureQueriesContext(connection) as captured:
        client.get(f"/p/{project.pk}/queue/")
    return len(captured)


def test_a_long_queue_takes_no_more_queries_than_a_short_one(kite: Project, alice: User) -> None:
    shots = [factories.shot(kite) for _ in range(4)]
    factories.ready_take(shots[0], alice)
    factories.ask(shots[0], alice)
    short = queries(alice, kite)
    for shot in shots:
        factories.ask(shot, alice, 6)
    assert queries(alice, kite) == short


def test_cancelling_and_trying_again_go_through_the_takes_own_doors(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    doors: list[Any] = [as_(erin).post(f"/takes/{take.pk}/{door}/") for door in ("cancellation", "retrial")]
    assert all(door.status_code < 300 for door in doors)
    take.refresh_from_db()
    assert take.status == Status.QUEUED


def test_a_cancelled_take_is_known_by_the_picture_that_its_shot_shows(shot: Shot, alice: User) -> None:
    shown = factories.ready_take(shot, alice)
    factories.ask(shot, alice)[0].cancel(alice)
    pictures = {job.take.number: job.picture for job in QueuePage.of(shot.project, alice).finished}
    assert pictures == {1: shown.poster, 2: shown.poster}


# Arranging, keeping back, changing --------------------------------------------------------------------------------


def test_a_stranger_and_a_viewer_arrange_nothing(shot: Shot, alice: User, vera: User, charlie: User) -> None:
    take = factories.ask(shot, alice)[0]
    doors = (
        ("patch", f"/p/{shot.project_id}/queue/mine/", {"paused": True}),
        ("post", f"/p/{shot.project_id}/queue/order/", {"takes": [take.pk]}),
        ("post", f"/p/{shot.project_id}/queue/pause/", {}),
        ("post", f"/p/{shot.project_id}/queue/budget/", {"minutes": 1}),
        ("get", f"/takes/{take.pk}/waiting/", {}),
        ("patch", f"/takes/{take.pk}/waiting/", {"paused": True}),
    )
    for user, status in ((charlie, 404), (vera, 403)):
        for verb, where, data in doors:
            assert getattr(as_(user), verb)(where, data, content_type="application/json").status_code == status


def test_an_editor_leaves_the_projects_queue_and_budget_to_owners(shot: Shot, erin: User) -> None:
    assert as_(erin).post(f"/p/{shot.project_id}/queue/pause/").status_code == 403
    assert as_(erin).delete(f"/p/{shot.project_id}/queue/budget/").status_code == 403


def test_what_is_kept_back_is_listed_with_the_reason(kite: Project, shot: Shot, alice: User, erin: User) -> None:
    paused, _ = factories.ask(shot, erin, 2)
    patched = as_(erin).patch(f"/takes/{paused.pk}/waiting/", {"paused": True}, content_type="application/json")
    assert patched.status_code == 200
    html = drawer(erin, kite)
    assert "Kept back <span>1</span>" in html
    assert html.count("in queue") == 1
    assert as_(alice).post(f"/p/{kite.pk}/queue/pause/").status_code == 200
    html = drawer(erin, kite)
    assert "This project’s queue is paused" in html
    assert "Kept back <span>2</span>" in html
    assert "Let it go on</button>" not in html
    assert "Let it go on</button>" in drawer(alice, kite)


def test_the_budget_is_shown_and_set_by_an_owner(kite: Project, shot: Shot, alice: User, erin: User) -> None:
    made_in(factories.ask(shot, erin)[0], 120)
    factories.ask(shot, erin)
    answer = as_(alice).post(f"/p/{kite.pk}/queue/budget/", {"minutes": 1}, content_type="application/json")
    assert answer.json() == {"minutes": 1}
    assert "Budget used up.</b> 2 min of 60 s computing used. An owner can raise it." in drawer(erin, kite)
    refused = as_(erin).post(f"/shots/{shot.pk}/takes/", {"count": 1}, content_type="application/json")
    assert refused.status_code == 422
    assert "budget" in refused.json()["error"]
    assert as_(alice).delete(f"/p/{kite.pk}/queue/budget/").json() == {"minutes": None}
    assert Take.objects.in_line().count() == 1


def test_the_drawer_says_whether_what_is_needed_will_be_ready(shot: Shot, alice: User) -> None:
    for take in factories.ask(shot, alice, 4):
        made_in(take, 60)
    take = factories.ask(shot, alice)[0]
    for minutes, said in ((30, "in time"), (0.5, "late")):
        at = (timezone.now() + timedelta(minutes=minutes)).isoformat()
        answer = as_(alice).patch(f"/takes/{take.pk}/waiting/", {"needed_by": at}, content_type="application/json")
        assert answer.status_code == 200
        assert f"</time></span><span>{said}</span>" in drawer(alice, shot.project)


@pytest.mark.parametrize("moment", ["soon", "2026-11-23T15:00", "9999-12-31T23:59:59-23:00", 7, [1]])
def test_a_time_nobody_can_read_is_refused(shot: Shot, alice: User, moment: object) -> None:
    take = factories.ask(shot, alice)[0]
    answer = as_(alice).patch(f"/takes/{take.pk}/waiting/", {"needed_by": moment}, content_type="application/json")
    assert answer.status_code == 422
    assert "expected a day and a time with its offset" in answer.json()["error"]


def test_a_waiting_take_is_changed_through_its_form(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    html = as_(erin).get(f"/takes/{take.pk}/waiting/").content.decode()
    assert f'name="seed" type="number" min="0" max="4294967295" step="1" value="{take.seed}"' in html
    data = {"engine": "blocking", "seed": 12, "handles": 3, "profile": "exact", "needed_by": ""}
    answer = as_(erin).patch(f"/takes/{take.pk}/waiting/", data, content_type="application/json")
    assert answer.status_code == 200
    take.refresh_from_db()
    assert (take.seed, take.frozen.frames) == (12, 15)


def test_a_change_that_its_engine_cannot_do_is_refused_and_changes_nothing(shot: Shot, erin: User) -> None:
    take = factories.ask(shot, erin)[0]
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    data = {"engine": "blocking", "profile": "fast", "needed_by": at}
    answer = as_(erin).patch(f"/takes/{take.pk}/waiting/", data, content_type="application/json")
    assert answer.status_code == 422
    digest = take.digest
    take.refresh_from_db()
    assert (take.digest, take.needed_by) == (digest, None)


def test_mine_are_all_paused_and_all_given_one_time(shot: Shot, alice: User, erin: User) -> None:
    factories.ask(shot, erin, 2)
    his = factories.ask(shot, alice)[0]
    where = f"/p/{shot.project_id}/queue/mine/"
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    data = {"paused": True, "needed_by": at}
    assert as_(erin).patch(where, data, content_type="application/json").json() == {"changed": 2}
    his.refresh_from_db()
    assert (his.paused_at, his.needed_by) == (None, None)
    assert Take.objects.exclude(paused_at=None).exclude(needed_by=None).filter(by=erin).count() == 2


def test_the_drawer_says_when_no_worker_can_make_what_waits(
    shot: Shot, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.ask(shot, alice)
    monkeypatch.setattr(workers, "KEY", "workers of a test")
    live.connection().delete(workers.KEY)
    assert "No worker is running" in drawer(alice, shot.project)
    plain = workers.Worker("here:1", ("takes",), loads_weights=False)
    workers.speak(plain)
    assert "No worker" not in drawer(alice, shot.project)
    Take.objects.update(weights="tiny@1")
    assert "No worker that is running can load weights" in drawer(alice, shot.project)
    workers.speak(replace(plain, name="there:2", loads_weights=True))
    assert "No worker" not in drawer(alice, shot.project)


def test_a_worker_that_ended_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "KEY", "workers of another test")
    live.connection().delete(workers.KEY)
    workers.speak(workers.Worker("here:1", ("takes",), loads_weights=True))
    monkeypatch.setattr(workers, "GONE_SECONDS", -1)
    assert workers.alive() == []
    assert live.connection().hlen(workers.KEY) == 0

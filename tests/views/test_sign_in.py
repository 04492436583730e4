"""Signing in, out, and by a link that works once."""

from __future__ import annotations

import pytest
from django.test import Client

from storyboard import live, throttle
from storyboard.models import SignInLink, User

PASSWORD = "a kite over the field"


@pytest.fixture
def alice_with_password(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


@pytest.fixture(autouse=True)
def nobody_has_failed_yet() -> None:
    for key in live.connection().scan_iter("circletake:failed:*"):
        live.connection().delete(key)


def signed_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def attempt(client: Client, username: str, password: str, **more: str) -> int:
    return client.post("/sign-in/", {"username": username, "password": password, **more}).status_code


def test_the_right_password_signs_in(client: Client, alice_with_password: User) -> None:
    assert attempt(client, alice_with_password.username, PASSWORD) == 302
    assert signed_in(client) == str(alice_with_password.pk)


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(client: Client, alice_with_password: User) -> None:
    wrong = client.post("/sign-in/", {"username": alice_with_password.username, "password": "x"})
    unknown = client.post("/sign-in/", {"username": "nobody-here", "password": "x"})
    assert wrong.status_code == unknown.status_code == 422
    sentence = b"This name and password do not go together"
    assert sentence in wrong.content
    assert sentence in unknown.content


def test_the_name_that_was_typed_stays_and_the_password_does_not(client: Client, alice_with_password: User) -> None:
    page = client.post("/sign-in/", {"username": alice_with_password.username, "password": "a-wrong-one"}).content
    assert alice_with_password.username.encode() in page
    assert b"a-wrong-one" not in page


def test_after_ten_failures_even_the_right_password_waits(client: Client, alice_with_password: User) -> None:
    for _ in range(throttle.FAILURES_OF_A_NAME):
        attempt(client, alice_with_password.username, "wrong")
    answer = client.post("/sign-in/", {"username": alice_with_password.username, "password": PASSWORD})
    assert b"Too many attempts failed. Wait 15 minutes" in answer.content
    assert signed_in(client) is None


def test_another_person_from_another_place_is_not_held_up(client: Client, alice_with_password: User) -> None:
    for _ in range(throttle.FAILURES_OF_A_NAME):
        attempt(client, alice_with_password.username, "wrong")
    answer = client.post(
        "/sign-in/", {"username": alice_with_password.username, "password": PASSWORD}, REMOTE_ADDR="10.0.0.7"
    )
    assert answer.status_code == 302


def test_success_forgets_the_failures_before_it(client: Client, alice_with_password: User) -> None:
    for _ in range(throttle.FAILURES_OF_A_NAME - 1):
        attempt(client, alice_with_password.username, "wrong")
    assert attempt(client, alice_with_password.username, PASSWORD) == 302
    assert not throttle.too_many(alice_with_password.username, "127.0.0.1")


def test_failures_are_forgotten_after_a_while(client: Client, alice_with_password: User) -> None:
    attempt(client, alice_with_password.username, "wrong")
    waits = [live.connection().ttl(key) for key in live.connection().scan_iter("circletake:failed:*")]
    assert len(waits) == 2
    assert all(0 < wait <= throttle.WINDOW_SECONDS for wait in waits)


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "nowhere", "\x00", "people"]
)
def test_nobody_is_sent_to_another_site(target: str, client: Client, alice_with_password: User) -> None:
    data = {"username": alice_with_password.username, "password": PASSWORD, "next": target}
    assert client.post("/sign-in/", data)["Location"] == "/"


def test_whoever_was_on_the_way_somewhere_gets_there(client: Client, alice_with_password: User) -> None:
    data = {"username": alice_with_password.username, "password": PASSWORD, "next": "/p/1/cut/"}
    assert client.post("/sign-in/", data)["Location"] == "/p/1/cut/"


def test_the_admin_has_no_door_of_its_own(client: Client, alice: User) -> None:
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/sign-in/?next=/admin/"
    client.force_login(alice)
    assert client.get("/admin/login/").status_code == 404
    assert client.get("/admin/", follow=True).status_code == 404


def test_signing_out_takes_a_press_and_no_mere_visit(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client)
    client.post("/sign-out/")
    assert signed_in(client) is None


def test_a_link_says_whom_it_is_for_and_signs_in_by_a_press(client: Client, alice: User) -> None:
    path = SignInLink.objects.for_user(alice)
    assert b"Sign in as Alice" in client.get(path).content
    assert signed_in(client) is None
    client.post(path)
    assert signed_in(client) == str(alice.pk)


def test_a_spent_link_says_so(client: Client, alice: User) -> None:
    path = SignInLink.objects.for_user(alice)
    client.post(path)
    client.post("/sign-out/")
    answer = client.post(path)
    assert answer.status_code == 404
    assert b"This link is spent" in answer.content
    assert signed_in(client) is None


def test_who_came_by_a_link_sets_a_password_without_the_old_one(client: Client, alice_with_password: User) -> None:
    client.post(SignInLink.objects.for_user(alice_with_password))
    assert client.post("/password/", {"password": "another kite entirely"}).status_code == 302
    alice_with_password.refresh_from_db()
    assert alice_with_password.check_password("another kite entirely")
    assert signed_in(client)


def test_everybody_else_gives_the_old_one(client: Client, alice_with_password: User) -> None:
    client.force_login(alice_with_password)
    refused = client.post("/password/", {"password": "another kite entirely", "current": "wrong"})
    assert b"This is not your current password" in refused.content
    assert client.post("/password/", {"password": "another kite entirely", "current": PASSWORD}).status_code == 302


def test_a_new_password_ends_other_sessions(alice_with_password: User) -> None:
    here, there = Client(), Client()
    for each in (here, there):
        each.force_login(alice_with_password)
    here.post("/password/", {"password": "another kite entirely", "current": PASSWORD})
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302


@pytest.mark.parametrize("weak", ["short", "password123"])
def test_a_weak_password_is_refused_beside_its_field(weak: str, client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/password/", {"password": weak})
    assert answer.status_code == 422
    assert b"form-error" in answer.content

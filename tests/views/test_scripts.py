"""From a file to a board: the preview first, then one click."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from storyboard.models import Draft, Project, Shot, User
from tests import factories

SAMPLES = Path(__file__).parent.parent / "script" / "samples"
READABLE = ["last_ferry.fountain", "last_ferry.fdx", "le_dernier_bac_cp1252.fountain", "no_headings.fountain"]
REFUSED = ["empty.fountain", "not_a_script.fountain", "entity_bomb.fdx", "truncated.fdx"]
SCRIPT = "INT. KITCHEN - NIGHT\n\nMARA stands at the window.\n"


@pytest.fixture
def editing(client: Client, erin: User) -> Client:
    client.force_login(erin)
    return client


def send(client: Client, project: Project, name: str, data: bytes | None = None) -> object:
    data = (SAMPLES / name).read_bytes() if data is None else data
    return client.post(f"/p/{project.pk}/script/", {"script": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize("name", READABLE)
def test_a_file_goes_onto_the_board_after_one_click(name: str, editing: Client, kite: Project) -> None:
    preview = send(editing, kite, name)["Location"]
    page = editing.get(preview).content.decode()
    assert not Shot.objects.exists()
    assert "Create board" in page
    assert editing.post(f"{preview}board/")["Location"] == kite.get_absolute_url()
    assert f"{Shot.objects.count()} shot" in page


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_beside_the_field(name: str, editing: Client, kite: Project) -> None:
    answer = send(editing, kite, name)
    assert answer.status_code == 422
    assert b'role="alert">' in answer.content
    assert b'role="alert" hidden' not in answer.content
    assert not Draft.objects.exists()


def test_what_was_typed_is_still_there_after_a_refusal(editing: Client, kite: Project, settings: Settings) -> None:
    settings.SCRIPT_MAX_BYTES = 10
    answer = editing.post(f"/p/{kite.pk}/script/", {"text": SCRIPT})
    assert answer.status_code in (413, 422)
    assert "MARA stands at the window." in answer.content.decode()


def test_pasted_text_makes_a_preview(editing: Client, kite: Project) -> None:
    preview = editing.post(f"/p/{kite.pk}/script/", {"text": SCRIPT})["Location"]
    page = editing.get(preview).content.decode()
    assert "Pasted text" in page
    assert "INT. KITCHEN - NIGHT" in page
    assert "MARA stands at the window." in page


def test_a_file_of_nearly_20_megabytes_is_refused_with_its_size(editing: Client, kite: Project) -> None:
    answer = send(editing, kite, "huge.fountain", b"A" * 20_000_000)
    assert answer.status_code == 413
    assert b"19.1 MB" in answer.content


def test_nothing_at_all_is_told_so(editing: Client, kite: Project) -> None:
    answer = editing.post(f"/p/{kite.pk}/script/", {"text": "  "})
    assert b"There is no script yet" in answer.content


def test_the_preview_names_what_was_not_understood_with_its_line(editing: Client, kite: Project) -> None:
    preview = send(editing, kite, "last_ferry.fdx")["Location"]
    draft = Draft.objects.get()
    remarks = draft.read().remarks
    assert remarks
    page = editing.get(preview).content.decode()
    assert f"Not understood, or not carried over: {len(remarks)}" in page


def test_a_script_with_markup_in_it_is_shown_as_text(editing: Client, kite: Project) -> None:
    text = "INT. <script>alert(1)</script> - DAY\n\nShe waits <b>here</b>.\n"
    preview = editing.post(f"/p/{kite.pk}/script/", {"text": text})["Location"]
    page = editing.get(preview).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;here" in page


def test_a_second_script_says_before_the_click_that_it_is_added_behind(editing: Client, kite: Project) -> None:
    factories.shot(kite)
    preview = editing.post(f"/p/{kite.pk}/script/", {"text": SCRIPT})["Location"]
    page = editing.get(preview).content.decode()
    assert "The board holds 1 shot already" in page
    assert "Add to the board" in page


def test_a_second_click_makes_no_second_board(editing: Client, kite: Project) -> None:
    preview = editing.post(f"/p/{kite.pk}/script/", {"text": SCRIPT})["Location"]
    editing.post(f"{preview}board/")
    count = Shot.objects.count()
    assert editing.post(f"{preview}board/").status_code == 409
    assert Shot.objects.count() == count
    assert "Create board" not in editing.get(preview).content.decode()


def test_a_kept_script_waits_on_the_page_until_it_is_made_or_discarded(editing: Client, kite: Project) -> None:
    preview = send(editing, kite, "last_ferry.fountain")["Location"]
    assert preview in editing.get(f"/p/{kite.pk}/script/").content.decode()
    editing.delete(preview)
    assert preview not in editing.get(f"/p/{kite.pk}/script/").content.decode()


def test_a_draft_is_downloaded_byte_for_byte(editing: Client, kite: Project, vera: User) -> None:
    data = (SAMPLES / "last_ferry_crlf_bom.fountain").read_bytes()
    send(editing, kite, "last_ferry_crlf_bom.fountain")
    viewer = Client()
    viewer.force_login(vera)
    answer = viewer.get(f"/drafts/{Draft.objects.get().pk}/file/")
    assert answer.content == data
    assert answer["Content-Disposition"] == 'attachment; filename="last_ferry_crlf_bom.fountain"'
    assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_who_does_not_edit_brings_nothing_in(
    who: str, kite: Project, alice: User, request: pytest.FixtureRequest
) -> None:
    draft = Draft.objects.keep(kite, SCRIPT.encode(), "", alice)
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.post(f"/p/{kite.pk}/script/", {"text": SCRIPT}).status_code == 403
    assert client.post(f"/drafts/{draft.pk}/board/").status_code == 403
    assert client.delete(f"/drafts/{draft.pk}/").status_code == 403
    assert client.get(f"/drafts/{draft.pk}/").status_code == 200
    assert not Shot.objects.exists()


def test_a_stranger_learns_nothing_of_a_draft(kite: Project, alice: User, charlie: User) -> None:
    draft = Draft.objects.keep(kite, SCRIPT.encode(), "", alice)
    client = Client()
    client.force_login(charlie)
    for path in (f"/p/{kite.pk}/script/", f"/drafts/{draft.pk}/", f"/drafts/{draft.pk}/file/"):
        assert client.get(path).status_code == 404


def test_too_much_pasted_at_once_says_to_send_a_file(editing: Client, kite: Project) -> None:
    answer = editing.post(f"/p/{kite.pk}/script/", {"text": "A" * 9_000_000})
    assert answer.status_code == 400
    assert b"A long script goes in as a file" in answer.content

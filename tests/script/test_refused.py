"""What is no script gets one clear sentence."""

import time
from contextlib import suppress

import pytest

from storyboard.script import BadScript, propose, read
from storyboard.script.fountain import FountainReader
from storyboard.script.fountain_lines import lines_of


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04....", "zip archive"),
        (b"{\\rtf1 hello}", "rich text"),
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"She waits.\0\0\0", "binary"),
        (b"<!DOCTYPE html><html><body>INT. ROOM</body></html>", "web page"),
        (b"\xff\xfe\x00\xd8\x41", "UTF-16"),
        (bytes(range(1, 32)) * 9, "binary"),
        (b"/* all of it */", "No scene"),
    ],
)
def test_each_wrong_file_has_its_own_reason(data, reason):
    with pytest.raises(BadScript, match=reason) as refused:
        read(data)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("name", ["empty.fountain", "not_a_script.fountain"])
def test_the_bad_samples_are_refused(sample, name):
    with pytest.raises(BadScript):
        read(sample(name), name)


def test_a_huge_file_is_refused_before_it_is_read():
    data = b"She waits.\n\n" * (20 * 1024 * 1024 // 12)
    began = time.monotonic()
    with pytest.raises(BadScript, match=r"20 MB .* at most 5 MB"):
        read(data, "huge.fountain")
    assert time.monotonic() - began < 0.5


def test_the_limit_is_the_callers_to_set():
    with pytest.raises(BadScript, match="at most"):
        read(b"She waits in the rain.", limit=10)
    assert read(b"She waits in the rain.", limit=100)


PATHOLOGICAL = {
    "cues": "ANNA\n" * 20_000,
    "notes left open": "[[" * 40_000,
    "notes": "a[[b]]" * 20_000,
    "note lines": "[[b]]\n" * 20_000,
    "boneyards": "a/**/" * 20_000,
    "boneyards left open": "/*" * 40_000,
    "asterisks": "* **a" * 20_000,
    "brackets": "A" + "(" * 80_000,
    "dual cues": "ANNA ^\nYes.\n\n" * 10_000,
    "dashes": "INT. " + " - " * 30_000,
    "spaces": "INT. A" + " " * 80_000 + "B",
    "hashes": "INT. A " + "#" * 80_000,
    "dots": ". " * 40_000,
    "abbreviations": "Dr. " * 20_000,
    "camera words": "PAN " * 20_000,
    "one word": "a" * 80_000,
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_no_text_is_read_more_than_once(name):
    lines = lines_of(PATHOLOGICAL[name], [])
    reader = FountainReader(lines, [])
    reader.read()
    assert reader.taken <= len(lines)


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_twice_as_much_text_takes_about_twice_as_long(name):
    def seconds(text: str) -> float:
        began = time.process_time()
        with suppress(BadScript):
            propose(read(text.encode()))
        return time.process_time() - began

    text = PATHOLOGICAL[name]
    small, large = min(seconds(text) for _ in range(2)), seconds(text * 4)
    assert large < 10 * small + 0.5  # a quadratic reading takes sixteen times as long


def test_a_valid_script_of_5_mb_is_read_in_seconds(sample):
    ferry = sample("last_ferry.fountain")
    body = ferry[ferry.index(b"EXT. HARBOUR") :] + b"\n\n"
    began = time.process_time()
    screenplay = read(body * (5 * 1024 * 1024 // len(body)))
    assert time.process_time() - began < 10
    assert len(screenplay.scenes) > 10_000
    assert len(screenplay.remarks) <= 501

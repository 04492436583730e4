"""What a second draft changes."""

from storyboard.script import difference, read


def drafts(old: str, new: str):
    return difference(read(old.encode()), read(new.encode()))


def test_the_ferrys_second_draft_is_told_exactly(script):
    old, new = script("last_ferry.fountain"), script("last_ferry_second_draft.fountain")
    told = [(entry.kinds, entry.number, entry.heading) for entry in difference(old, new).entries]
    assert told == [
        (("added",), "3A", "INT. CAR DECK - NIGHT"),
        (("renamed", "changed"), "5", "EXT. OPEN WATER - FIRST LIGHT"),
        (("omitted",), "6", "INT. HARBOUR OFFICE - DAY"),
    ]


def test_a_changed_line_is_told_word_by_word(script):
    old, new = script("last_ferry.fountain"), script("last_ferry_second_draft.fountain")
    (line,) = difference(old, new).of_kind("renamed")[0].lines
    assert (line.kind, line.old.line, line.new.line) == ("changed", 109, 113)
    assert "".join(text for how, text in line.words if how != "added") == "And who would bring you?"
    assert "".join(text for how, text in line.words if how != "removed") == "Somebody has to bring you."
    assert ("kept", " bring you") in line.words


def test_the_same_script_in_another_encoding_is_no_difference(script):
    assert not difference(script("last_ferry.fountain"), script("last_ferry_crlf_bom.fountain"))


def test_emphasis_alone_changes_nothing():
    assert not drafts("She *waits*.", "She waits.")


def test_scenes_without_numbers_are_matched_by_content():
    a, b = ".ATTIC\n\nShe opens the old trunk.\n\n", ".CELLAR\n\nHe counts the bottles twice.\n\n"
    (moved,) = drafts(a + b, b + a).entries
    assert moved.kinds == ("moved",)
    (renamed,) = drafts(a + b, a + b.replace("CELLAR", "WINE CELLAR")).entries
    assert (renamed.kinds, renamed.old.heading) == (("renamed",), "CELLAR")


def test_a_scene_put_before_renumbers_but_does_not_rewrite():
    a = ".ATTIC #1#\n\nShe opens the trunk.\n\n.CELLAR #2#\n\nHe counts bottles.\n\n"
    b = ".ROOF #1#\n\nRain.\n\n.ATTIC #2#\n\nShe opens the trunk.\n\n.CELLAR #3#\n\nHe counts bottles.\n\n"
    assert [entry.kinds for entry in drafts(a, b).entries] == [("added",), ("renumbered",), ("renumbered",)]


def test_a_scene_marked_omitted_is_omitted_not_rewritten():
    (entry,) = drafts(".ATTIC #1#\n\nShe waits.", ".OMITTED #1#\n\n.ROOF #2#\n\nRain.").of_kind("omitted")
    assert (entry.old.heading, entry.new.omitted, entry.lines) == ("ATTIC", True, ())


def test_lines_added_and_removed_are_told():
    old = ".ROOM #1#\n\nShe waits.\n\nANNA\nWhere is he?"
    new = ".ROOM #1#\n\nShe waits.\n\nRain begins.\n\nBO\nHere."
    (entry,) = drafts(old, new).entries
    assert sorted(line.kind for line in entry.lines) == ["added", "added", "removed"]


def test_every_scene_is_told_or_matched(script):
    old, new = script("last_ferry.fountain"), script("last_ferry_second_draft.fountain")
    found = difference(old, new)
    removed = [entry for entry in found.entries if entry.new is None]
    added = [entry for entry in found.entries if entry.old is None]
    assert len(found.matches) + len(removed) == len(old.scenes)
    assert len(found.matches) + len(added) == len(new.scenes)

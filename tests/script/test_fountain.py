"""What Fountain says, and what we make of it."""

import pytest

from storyboard.script import BadScript, read


def fountain(text: str):
    return read(text.encode())


def elements(text: str):
    return [each for scene in fountain(text).scenes for each in scene.elements]


def kinds(text: str) -> list[str]:
    return [each.kind for each in elements(text)]


def test_the_ferry_has_its_scenes_people_and_title_page(script):
    ferry = script("last_ferry.fountain")
    assert (ferry.kind, ferry.encoding, ferry.title) == ("fountain", "utf-8", "THE LAST FERRY")
    assert ferry.title_page["contact"] == "Harbour Office\nPier 4"
    assert [scene.number for scene in ferry.scenes] == ["", "1", "2", "3", "4", "5", "6", "7"]
    assert ferry.characters == ("INGRID", "TOMAS", "McTAVISH")
    pier = ferry.scenes[1]
    assert (pier.setting, pier.place, pier.time) == ("EXT", "HARBOUR PIER", "NIGHT")
    assert ferry.scenes[0].synopsis.startswith("A ferryman on his last night")


def test_the_ferry_tells_what_it_left_out(script):
    whys = {(remark.line, remark.why.split(":")[0]) for remark in script("last_ferry.fountain").remarks}
    assert (86, "Boneyard") in whys
    assert (125, "Page break") in whys


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(script):
    assert script("last_ferry_crlf_bom.fountain") == script("last_ferry.fountain")


def test_a_script_saved_as_utf_16_reads_the_same(sample, script):
    text = sample("last_ferry.fountain").decode()
    wide = read(text.encode("utf-16"))
    assert wide.encoding == "utf-16"
    assert wide.scenes == script("last_ferry.fountain").scenes


def test_an_old_windows_encoding_is_assumed_and_said(script):
    bac = script("le_dernier_bac_cp1252.fountain")
    assert bac.scenes[0].place == "CAFÉ DE L'ÉTÉ"
    assert bac.scenes[0].time == "JOUR"
    assert bac.characters == ("ZOÉ", "MÈRE")
    assert "cp1252" in bac.remarks[0].why


def test_headings_cues_and_words_in_any_script(script):
    harbours = script("three_harbours_multilingual.fountain")
    assert harbours.characters == ("健太", "LAYLA", "MAN #2", "WOMAN")
    assert [(scene.setting, scene.place, scene.time) for scene in harbours.scenes] == [
        ("INT", "渡し船", "夜"),
        ("EXT", "الميناء", "ليل"),
        ("INT/EXT", "CAR (MOVING)", "DAY"),
        ("INT/EXT", "TAXI", "NIGHT"),
        ("EST", "SKYLINE", "DUSK"),
        ("EXT", "12TH STREET", "LATER"),
        ("INT", "NOWHERE", ""),
    ]
    street = harbours.scenes[5].elements
    assert [each.kind for each in street] == [
        "action",
        "dialogue",
        "dialogue",
        "dialogue",
        "action",
        "action",
        "transition",
    ]
    assert [each.dual for each in street[1:4]] == [True, True, True]
    assert [each.parenthetical for each in street[1:4]] == ["off her look", "beat", ""]


def test_a_script_without_headings_is_one_scene(script):
    (scene,) = script("no_headings.fountain").scenes
    assert (scene.number, scene.heading, len(scene.elements)) == ("", "", 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!ANNA\nHello", ["action"]),
        ("@McX\nHello", ["dialogue"]),
        ("~la la", ["lyrics"]),
        ("> FADE TO RED", ["transition"]),
        ("> THE END <", ["centered"]),
        ("FADE OUT.", ["transition"]),
        ("LOUD NOISES EVERYWHERE", ["action"]),
        ("ANNA\nHello", ["dialogue"]),
        ("ANNA\n\nHello", ["action", "action"]),
        ("23\nHello", ["action"]),
        ("R2D2 (beeping)\nHello", ["dialogue"]),
        ("WHAT A NIGHT!\nHe runs.", ["action"]),
        ("CLOSE ON THE DOOR\nIt opens.", ["action"]),
        ("...and then", ["action"]),
        ("# One\n\n= of two\n\nShe waits.", ["section", "synopsis", "action"]),
        ("She waits. [[why?]]", ["action", "note"]),
        ("CUT TO:\n\nShe waits.", ["transition", "action"]),
        ("FADE IN:\n\nShe waits.", ["transition", "action"]),
    ],
)
def test_each_mark_makes_its_kind(text, expected):
    assert kinds(text) == expected


def test_a_dot_makes_a_heading_and_three_dots_do_not():
    assert [scene.heading for scene in fountain(".FLASHBACK\n\n...she waits.").scenes] == ["FLASHBACK"]


def test_fade_in_before_the_first_heading_makes_no_scene_of_its_own():
    (scene,) = fountain("FADE IN:\n\nINT. ROOM - DAY\n\nShe waits.").scenes
    assert [each.kind for each in scene.elements] == ["transition", "action"]


def test_a_heading_keeps_its_number_wherever_it_stands():
    headings = "INT. A - DAY #1-A.#\n\nx\n\n12B. EXT. B - NIGHT\n\ny\n\n.LIMBO #7#\n\nz"
    assert [(scene.number, scene.heading) for scene in fountain(headings).scenes] == [
        ("1-A.", "INT. A - DAY"),
        ("12B", "EXT. B - NIGHT"),
        ("7", "LIMBO"),
    ]


def test_two_spaces_keep_a_speech_going_over_a_blank_line():
    (speech,) = elements("ANNA\nOne.\n  \nTwo.")
    assert speech.text == "One.\n\nTwo."


def test_a_note_inside_a_speech_does_not_end_it():
    found = elements("ANNA\nOne.\n[[louder]]\nTwo.")
    assert [(each.kind, each.text) for each in found] == [
        ("dialogue", "One."),
        ("note", "louder"),
        ("dialogue", "Two."),
    ]


def test_a_note_runs_over_lines_and_keeps_the_line_numbers_after_it():
    found = elements("Before [[a\nb]] after.\n\nLast.")
    assert ("note", "a\nb") in [(each.kind, each.text) for each in found]
    assert (found[-1].text, found[-1].line) == ("Last.", 4)


def test_a_note_left_open_stays_as_text_and_is_remarked():
    screenplay = fountain("She waits [[for what\n\nHe comes.")
    assert "[[for what" in screenplay.scenes[0].elements[0].text
    assert screenplay.remarks[0].line == 1


def test_a_boneyard_left_open_loses_nothing():
    screenplay = fountain("She waits. /* for\n\nHe comes.")
    assert [each.text for each in screenplay.scenes[0].elements] == ["She waits.  for", "He comes."]
    assert "never closed" in screenplay.remarks[0].why


def test_a_boneyard_inside_a_speech_leaves_no_gap():
    (speech,) = elements("ANNA\nOne.\n/* not\nthis */\nTwo.")
    assert (speech.text, speech.line) == ("One.\nTwo.", 2)


def test_two_speak_at_once():
    first, second = elements("ANNA\nYes.\n\nBO ^\nNo.")
    assert (first.dual, second.dual, second.character) == (True, True, "BO")


def test_a_caret_with_nobody_to_speak_with_is_remarked():
    assert any("no speech comes before" in remark.why for remark in fountain("She waits.\n\nBO ^\nNo.").remarks)


def test_a_silent_parenthetical_is_kept():
    found = elements("ANNA\n(nods)\n(smiles)\nYes.\n(leaves)")
    assert [(each.parenthetical, each.text) for each in found] == [("nods", ""), ("smiles", "Yes."), ("leaves", "")]


def test_emphasis_stays_in_the_text_and_leaves_the_plain_one():
    (action,) = elements(r"He *runs*, **stops**, ***falls***, _waits_ by a snake_case_sign for 2 \* 3 * 4.")
    assert action.plain == "He runs, stops, falls, waits by a snake_case_sign for 2 * 3 * 4."
    assert "**stops**" in action.text


def test_a_first_line_with_a_colon_is_no_title_page():
    screenplay = fountain("Anna: are you there?\n\nShe waits.")
    assert screenplay.title_page == {}
    assert len(screenplay.scenes[0].elements) == 2


def test_names_lose_their_extensions():
    assert fountain("ANNA (V.O.) (CONT'D)\nYes.\n\nANNA\nNo.").characters == ("ANNA",)


def test_a_title_page_alone_is_refused():
    with pytest.raises(BadScript, match="only a title page"):
        fountain("Title: NOTHING YET\nAuthor: Anna")

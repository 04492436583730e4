"""Final Draft files, the real and the hostile."""

import pytest

from storyboard.script import BadScript, read

WHOLE = '<?xml version="1.0" encoding="UTF-8"?><FinalDraft DocumentType="Script"><Content>{}</Content></FinalDraft>'


def fdx(content: str):
    return read(WHOLE.format(content).encode(), "a.fdx")


def paragraph(kind: str, text: str) -> str:
    return f'<Paragraph Type="{kind}"><Text>{text}</Text></Paragraph>'


def test_the_ferry_reads_from_final_draft(script):
    ferry = script("last_ferry.fdx")
    assert (ferry.kind, ferry.title, ferry.title_page["notes"]) == ("fdx", "THE LAST FERRY", "a pitch")
    assert [(scene.number, scene.omitted) for scene in ferry.scenes] == [
        ("1", False),
        ("2", False),
        ("3", True),
        ("3A", False),
        ("4", False),
    ]
    pier = ferry.scenes[0].elements
    assert [each.kind for each in pier] == ["action", "action", "note", "shot", "action", "dialogue"]
    assert pier[1].text.startswith("INGRID, 60s, walks slowly toward us")
    assert [each.revised for each in pier[:2]] == [False, True]
    assert pier[5].parenthetical == "to nobody"


def test_two_speak_at_once_and_entities_of_xml_itself_are_read(script):
    both = [each for each in script("last_ferry.fdx").scenes[1].elements if each.kind == "dialogue"]
    assert [(each.speaker, each.text, each.dual) for each in both] == [
        ("INGRID", "We're closed.", True),
        ("TOMAS", "Wait & listen!", True),
    ]


def test_a_new_act_belongs_to_the_scene_it_opens(script):
    last = script("last_ferry.fdx").scenes[-1]
    assert (last.elements[0].kind, last.elements[0].text) == ("section", "ACT TWO")


def test_what_is_no_screenplay_element_is_kept_and_remarked(script):
    ferry = script("last_ferry.fdx")
    assert "general" in [each.kind for each in ferry.scenes[1].elements]
    assert [remark.line for remark in ferry.remarks] == [45, 48]


def test_a_truncated_file_is_refused_with_its_line(sample):
    with pytest.raises(BadScript, match="ends too early, at line 36"):
        read(sample("truncated.fdx"), "truncated.fdx")


def test_entities_are_refused_and_nothing_is_read(sample):
    with pytest.raises(BadScript, match="document type or entities") as refused:
        read(sample("entity_bomb.fdx"), "entity_bomb.fdx")
    assert "aaaa" not in str(refused.value)


def test_an_outside_document_type_is_refused():
    with pytest.raises(BadScript, match="document type"):
        read(b'<?xml version="1.0"?><!DOCTYPE FinalDraft SYSTEM "file:///etc/passwd"><FinalDraft/>')


def test_other_xml_is_refused_by_name():
    with pytest.raises(BadScript, match="<svg>"):
        read(b'<?xml version="1.0"?><svg/>', "board.fdx")


def test_a_file_without_paragraphs_is_refused():
    with pytest.raises(BadScript, match="no scene and no text"):
        fdx("")


def test_a_final_draft_file_is_known_by_content_whatever_its_name(sample):
    assert read(sample("last_ferry.fdx"), "notes.txt").kind == "fdx"


def test_plain_text_named_fdx_is_read_as_fountain_and_remarked():
    screenplay = read(b"She waits.", "draft.fdx")
    assert screenplay.kind == "fountain"
    assert "plain text" in screenplay.remarks[0].why


def test_text_outside_the_script_is_remarked_not_lost():
    header = (
        '<HeaderAndFooter><Header><Paragraph Type="Action"><Text>Draft 4</Text></Paragraph></Header></HeaderAndFooter>'
    )
    text = WHOLE.format(paragraph("Action", "She waits.")).replace("</FinalDraft>", f"{header}</FinalDraft>")
    screenplay = read(text.encode())
    assert [remark.text for remark in screenplay.remarks] == ["Draft 4"]
    assert len(screenplay.scenes[0].elements) == 1


def test_a_scene_summary_is_its_synopsis():
    summary = "<SceneProperties><Summary><Paragraph><Text>He comes home.</Text></Paragraph></Summary></SceneProperties>"
    screenplay = fdx(f'<Paragraph Type="Scene Heading" Number="9">{summary}<Text>INT. HALL - DAY</Text></Paragraph>')
    assert (screenplay.scenes[0].number, screenplay.scenes[0].synopsis) == ("9", "He comes home.")


def test_a_speaker_without_words_and_words_without_a_speaker_are_kept():
    screenplay = fdx(paragraph("Character", "ANNA") + paragraph("Action", "Dark.") + paragraph("Dialogue", "Who?"))
    assert [each.text for each in screenplay.scenes[0].elements] == ["ANNA", "Dark.", "Who?"]
    assert len(screenplay.remarks) == 2


def test_an_8_bit_encoding_named_by_the_file_is_used():
    text = WHOLE.replace("UTF-8", "ISO-8859-1").format(paragraph("Action", "Café fermé."))
    assert read(text.encode("latin-1")).scenes[0].elements[0].text == "Café fermé."


def test_an_unknown_encoding_is_refused():
    text = WHOLE.replace("UTF-8", "x-klingon").format(paragraph("Action", "Café fermé."))
    with pytest.raises(BadScript):
        read(text.encode("latin-1"))

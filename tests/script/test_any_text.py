"""Whatever the text, it is read or refused, and no letter of it goes missing."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.script import BadScript, Screenplay, difference, propose, read

PIECES = st.sampled_from(
    [
        *(
            "INT. KITCHEN - NIGHT #1#",
            "EXT. ROAD",
            ".FORCED",
            "ANNA",
            "ANNA (V.O.) ^",
            "@McX",
            "健太",
            "もう。",
            "(softly)",
        ),
        *("Hello *there*.", "WIDE SHOT. A field.", "She runs. PAN LEFT.", "CUT TO:", "> TO", "> mid <", "~la", "= so"),
        *(
            "# Act",
            "===",
            "!BANG",
            "/*",
            "*/",
            "[[",
            "]]",
            "",
            "",
            "",
            "  ",
            "\t",
            "Title: X",
            "Author:",
            "^",
            "#",
            "(",
            ")",
        ),
    ]
)
SCRIPTS = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=40).flatmap(
    lambda parts: st.sampled_from(["\n", "\n\n", "\r\n", " "]).map(lambda end: end.join(parts))
)


def letters(text: str) -> Counter[str]:
    return Counter(c for c in text.casefold() if c.isalnum())


def everything_in(screenplay: Screenplay) -> str:
    said = [part for pair in screenplay.title_page.items() for part in pair]
    said += [f"{remark.text}" for remark in screenplay.remarks]
    for scene in screenplay.scenes:
        said += [scene.number, scene.heading]
        said += [part for each in scene.elements for part in (each.text, each.character, each.parenthetical)]
    return "\n".join(said)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    try:
        propose(read(data))
    except BadScript as refused:
        assert str(refused).endswith((".", "again."))


@settings(max_examples=300, deadline=None)
@given(SCRIPTS)
def test_no_letter_of_any_script_is_lost(text):
    try:
        screenplay = read(text.encode())
    except BadScript:
        return
    assert letters(text) <= letters(everything_in(screenplay))


@settings(max_examples=300, deadline=None)
@given(SCRIPTS)
def test_no_letter_of_action_or_dialogue_misses_the_board(text):
    try:
        screenplay = read(text.encode())
    except BadScript:
        return
    for scene, proposed in zip(screenplay.scenes, propose(screenplay), strict=True):
        if scene.omitted:
            continue
        assert proposed.shots
        assert proposed.number
        action = "".join(each.plain for each in scene.elements if each.kind in ("action", "shot", "centered"))
        assert letters(action) <= letters("".join(shot.action for shot in proposed.shots))
        spoken = "".join(each.plain for each in scene.elements if each.character)
        assert letters(spoken) <= letters("".join(shot.dialogue for shot in proposed.shots))


@settings(max_examples=150, deadline=None)
@given(SCRIPTS, SCRIPTS)
def test_any_two_drafts_can_be_compared(old, new):
    try:
        one, other = read(old.encode()), read(new.encode())
    except BadScript:
        return
    found = difference(one, other)
    assert not difference(one, one)
    assert len(found.matches) + sum(entry.new is None for entry in found.entries) == len(one.scenes)

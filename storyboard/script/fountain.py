"""Fountain into a screenplay: one walk over the lines, each paragraph going to the first rule that takes it.

The syntax is https://fountain.io/syntax; where it leaves room, the rules chosen are said at the functions.
"""

from __future__ import annotations

import re

from .assembly import Assembly
from .emphasis import plain
from .film_words import LONG_FRAMING
from .fountain_lines import Line, lines_of
from .headings import is_heading, parse_heading
from .screenplay import BadScript, Element, Remark, Scene, Screenplay, name_of
from .title_page import split_title_page

PAGE_BREAK = re.compile(r"={3,}")
SECTION = re.compile(r"#{1,6}(?!#)\s*(?=\S)")
FORCED_HEADING = re.compile(r"\.(?=[^\W_])")
TRANSITION = re.compile(
    r"(?:[^a-zà-ÿ]{0,60} TO:)|(?:(?:SMASH |MATCH |JUMP |HARD )?CUT(?: TO BLACK)?|FADE (?:IN|OUT|TO [A-Z]+)|DISSOLVE|"
    r"FONDU(?: AU NOIR| ENCHAÎNÉ)?|COUPE FRANCHE|THE END)[:.]?"
)
INTERRUPTS = ("!", "~", ">", "#", "=")
LONGEST_CUE = 80
UNCASED_CUE = 16
SENTENCE_MARKS = frozenset('。、．，،؟।!?！？；;:：「」『』“”"….,')


def read_fountain(text: str, encoding: str, remarks: list[Remark]) -> Screenplay:
    """Raises BadScript when the text holds no scene, action or dialogue."""
    reader = FountainReader(lines_of(text, remarks), remarks)
    title_page, scenes = reader.read()
    if not scenes:
        raise BadScript(
            "No scene was found in this script, only a title page or text that is commented out; "
            "add a heading such as INT. KITCHEN - NIGHT or a line of action and import it again."
        )
    title = " ".join(plain(title_page.get("title", "")).split())
    return Screenplay("fountain", encoding, title, title_page, scenes, reader.script.few_remarks())


class FountainReader:
    """`at` only ever moves forward and `taken` counts its steps: reading is linear in lines."""

    def __init__(self, lines: list[Line], remarks: list[Remark]) -> None:
        self.script = Assembly(remarks)
        self.lines = lines
        self.at = 0
        self.taken = 0
        self._fresh = True
        self._guessed_cue = False
        self._just_spoke = False

    def read(self) -> tuple[dict[str, str], tuple[Scene, ...]]:
        title_page, self.at = split_title_page(self.lines, self.script.remarks)
        while self.at < len(self.lines):
            self._paragraph()
        return title_page, self.script.finish()

    def _take(self) -> Line:
        line = self.lines[self.at]
        self.at += 1
        self.taken += 1
        return line

    def _paragraph(self) -> None:
        line = self._take()
        if line.only_notes:
            self._notes(line)
        elif line.blank:
            self._fresh = True
        else:
            self._fresh = self._spoken(line) or self._marked(line) or self._plain_heading(line) or self._action(line)

    def _notes(self, *lines: Line) -> None:
        for line in lines:
            for number, text in line.notes:
                self.script.add(Element("note", text, number))

    def _one(self, kind: str, text: str, line: Line) -> bool:
        self.script.add(Element(kind, text.strip(), line.number))
        self._notes(line)
        self._just_spoke = False
        return True

    def _marked(self, line: Line) -> bool:
        """Lines whose first character, or whole shape, says what they are."""
        text = line.text.strip()
        if PAGE_BREAK.fullmatch(text):
            self.script.remark(line.number, text, "Page break: a board has no pages, so it was left out.")
            self._notes(line)
            return True
        if found := SECTION.match(text):
            return self._one("section", text[found.end() :], line)
        if text.startswith("=") and text.strip("= "):
            return self._one("synopsis", text[1:], line)
        if text.startswith("~"):
            return self._one("lyrics", text[1:], line)
        if text.startswith(">"):
            centered = text.endswith("<")
            inner = text.strip("><") if centered else text[1:]
            return bool(inner.strip()) and self._one("centered" if centered else "transition", inner, line)
        if self._fresh and FORCED_HEADING.match(text):
            return self._heading(text[1:], line)
        if self._fresh and len(text) < LONGEST_CUE and TRANSITION.fullmatch(text) and text.upper() == text:
            return self._one("transition", text, line)
        return False

    def _plain_heading(self, line: Line) -> bool:
        return self._fresh and is_heading(line.text) and self._heading(line.text, line)

    def _heading(self, text: str, line: Line) -> bool:
        self.script.begin(parse_heading(text), line.number)
        self._notes(line)
        self._just_spoke = False
        return True

    def _action(self, first: Line) -> bool:
        """Everything else, up to a blank line or a line that is marked as something else."""
        lines = [first]
        while self.at < len(self.lines) and self._continues(self.lines[self.at]):
            lines.append(self._take())
        text = "\n".join(line.text.rstrip() for line in lines if not line.only_notes)
        self.script.add(Element("action", _unforced(text), first.number))
        self._notes(*lines)
        self._just_spoke = False
        return False

    def _continues(self, line: Line) -> bool:
        return line.only_notes or not (line.blank or line.text.lstrip().startswith(INTERRUPTS))

    def _spoken(self, line: Line) -> bool:
        cue = line.text.strip()
        forced = cue.startswith("@") and len(cue.strip("@^ ")) > 0
        if not (forced or (self._fresh and self._is_cue(cue, line))):
            return False
        if not self._speech_follows():
            if forced:
                self.script.remark(line.number, cue, "A speaker is named here but says nothing; kept as action.")
            return False
        dual = cue.endswith("^")
        if dual and not self._just_spoke:
            self.script.remark(line.number, cue, "Marked ^ as spoken at the same time, but no speech comes before it.")
        elif dual:
            self.script.make_last_speech_dual()
        self._notes(line)
        self._speech(plain(cue.removeprefix("@").rstrip("^ ").strip()), dual, line)
        self._just_spoke = True
        return True

    def _speech_follows(self) -> bool:
        ahead = self.at
        while ahead < len(self.lines) and self.lines[ahead].only_notes:
            ahead += 1
        return ahead < len(self.lines) and not self.lines[ahead].blank

    def _is_cue(self, cue: str, line: Line) -> bool:
        """Capitals over a line that is not blank, as the syntax says, but no heading, transition, shot or outcry.

        Where the script has no capitals (Japanese, Arabic ...), a cue is a short line without any sentence mark.
        """
        name = name_of(cue.rstrip("^ "))
        if len(cue) > LONGEST_CUE or name.startswith("(") or not _in_capitals(name):
            return False
        if cue.startswith(("!", ">", "~", "=", "#", ".")) or is_heading(cue) or TRANSITION.fullmatch(cue):
            return False
        if LONG_FRAMING.match(cue):
            return False
        if not self._speech_follows():
            return False
        if name.upper() == name.lower():
            return self._is_uncased_cue(name, line)
        if name.endswith(("!", "?")) or (name.endswith(".") and len(name.split()) > 3):
            self.script.remark(
                line.number, cue, "Capitals that read as a sentence were taken as action, not as a name."
            )
            return False
        return True

    def _is_uncased_cue(self, name: str, line: Line) -> bool:
        if len(name) > UNCASED_CUE or not SENTENCE_MARKS.isdisjoint(name):
            return False
        if not self._guessed_cue:
            self._guessed_cue = True
            why = "Taken as a speaker's name, being a short line alone over text in a script without capitals."
            self.script.remark(line.number, name, why)
        return True

    def _speech(self, cue: str, dual: bool, line: Line) -> None:
        """Lines up to a blank one; two spaces on an otherwise blank line keep the speech going."""
        speech = Speech(self.script, cue, dual, line.number)
        while self.at < len(self.lines):
            ahead = self.lines[self.at]
            if ahead.blank and not ahead.only_notes and len(ahead.text) < 2:
                break
            speech.hear(self._take())
        speech.end()


class Speech:
    """Gathers one cue's lines into elements: a new one at each parenthetical, lyric or note."""

    def __init__(self, script: Assembly, cue: str, dual: bool, line: int) -> None:
        self.script, self.cue, self.dual = script, cue, dual
        self.line = line
        self.parenthetical = ""
        self.texts: list[str] = []

    def hear(self, line: Line) -> None:
        text = line.text.strip()
        if not line.only_notes:
            self._hear_text(text, line.number)
        if line.notes:
            self._flush()
            for number, note in line.notes:
                self.script.add(Element("note", note, number))

    def _hear_text(self, text: str, number: int) -> None:
        if text.startswith("(") and text.endswith(")"):
            self._flush()
            self._silent()
            self.parenthetical, self.line = text[1:-1].strip(), number
        elif text.startswith("~"):
            self._flush()
            self._add("lyrics", text[1:].strip(), number)
        else:
            if not self.texts and not self.parenthetical:
                self.line = number
            self.texts.append(text)

    def end(self) -> None:
        self._flush()
        self._silent()

    def _silent(self) -> None:
        """A parenthetical with no words after it, such as (nods), is still the actor's."""
        if self.parenthetical:
            self._add("dialogue", "", self.line)

    def _flush(self) -> None:
        if text := "\n".join(self.texts).strip():
            self._add("dialogue", text, self.line)
        self.texts = []

    def _add(self, kind: str, text: str, number: int) -> None:
        self.script.add(Element(kind, text, number, self.cue, self.parenthetical, self.dual))
        self.parenthetical = ""


def _in_capitals(name: str) -> bool:
    return any(c.isalpha() for c in name) and not any(c.islower() for c in name.replace("ß", ""))


def _unforced(text: str) -> str:
    bare = text.lstrip()
    return bare[1:].lstrip(" ") if bare.startswith(("!", "@")) and bare[1:].strip() else text

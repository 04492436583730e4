"""Final Draft (.fdx) into a screenplay, with an XML reader that never resolves an entity or opens a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from .assembly import Assembly
from .headings import OMITTED, parse_heading
from .screenplay import BadScript, Element, Remark, Scene, Screenplay

AGAIN = "save it again in Final Draft as .fdx and import that"
KINDS = {
    "action": "action",
    "shot": "shot",
    "transition": "transition",
    "new act": "section",
    "end of act": "section",
    "act break": "section",
    "cold opening": "section",
    "lyrics": "lyrics",
    "singing": "lyrics",
    "general": "general",
}
SPOKEN = ("character", "parenthetical", "dialogue", "lyrics", "singing")


@dataclass
class Paragraph:
    """One <Paragraph> while it is open; `where` is the enclosing element that decides what it is for."""

    type: str
    number: str
    line: int
    where: str
    dual: bool
    texts: list[str] = field(default_factory=list)
    revised: bool = False
    notes: list[tuple[int, str]] = field(default_factory=list)
    synopsis: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()


def read_final_draft(data: bytes, encoding: str, declared: str | None, remarks: list[Remark], line: int) -> Screenplay:
    """`declared` overrides the file's own encoding; `line` is where in the upload the XML begins, less one.

    Raises BadScript for a document type, for XML that ends early or is broken, and for XML that is no script.
    """
    reader = FinalDraftReader(Assembly(remarks), line)
    scenes = reader.read(data, declared)
    if not scenes:
        raise BadScript(f"This Final Draft file holds no scene and no text; write something in it, then {AGAIN}.")
    lines = reader.title_lines
    title_page = {"title": lines[0], "notes": "\n".join(lines[1:])} if lines else {}
    title = title_page.get("title", "")
    return Screenplay("fdx", encoding, title, {k: v for k, v in title_page.items() if v}, scenes, reader.remarks())


class FinalDraftReader:
    def __init__(self, script: Assembly, line: int) -> None:
        self.script = script
        self.line_offset = line
        self.title_lines: list[str] = []
        self._path: list[str] = []
        self._open: list[Paragraph] = []
        self._text: list[str] | None = None
        self._speaker: Paragraph | None = None
        self._parenthetical = ""
        self._has_spoken = True

    def read(self, data: bytes, declared: str | None) -> tuple[Scene, ...]:
        self._parser = parser = expat.ParserCreate(declared)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise BadScript(self._broken(error)) from None
        except (LookupError, ValueError) as error:
            if isinstance(error, BadScript):
                raise
            raise BadScript(f"The encoding this Final Draft file names is unknown; {AGAIN}.") from None
        self._close_speech()
        return self.script.finish()

    def remarks(self) -> tuple[Remark, ...]:
        return self.script.few_remarks()

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber + self.line_offset

    def _broken(self, error: expat.ExpatError) -> str:
        line = error.lineno + self.line_offset
        reason = expat.ErrorString(error.code)
        early = error.code in (
            expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
            expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        )
        what = "ends too early, at" if early else "is broken at"
        return f"This Final Draft file {what} line {line} ({reason}), where a whole XML document was expected; {AGAIN}."

    def _refuse_document_type(self, name: str, *_: object) -> None:
        raise BadScript(
            f"This file declares a document type or entities (<!DOCTYPE {name[:40]}> at line {self._line}), which "
            f"Final Draft never does and which are not resolved here; {AGAIN}."
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name != "FinalDraft":
            raise BadScript(
                f"This is XML whose first element is <{name[:40]}>; expected <FinalDraft>: export the script as Final "
                "Draft .fdx or Fountain and import that."
            )
        self._path.append(name)
        if name == "Paragraph":
            self._open_paragraph(attributes)
        elif name == "Text":
            self._text = self._open[-1].texts if self._open else []
            if self._open and attributes.get("RevisionID", "0") not in ("", "0"):
                self._open[-1].revised = True

    def _open_paragraph(self, attributes: dict[str, str]) -> None:
        kind, number = attributes.get("Type", "").strip(), attributes.get("Number", "").strip()
        outer = self._open[-1] if self._open else None
        dual = "DualDialogue" in self._path[-3:] or bool(outer and outer.dual)
        self._open.append(Paragraph(kind, number, self._line, self._where(), dual))

    def _where(self) -> str:
        """The innermost enclosing element that gives a paragraph its purpose."""
        for name in reversed(self._path[-6:-1]):
            if name in ("ScriptNote", "Summary", "OmittedScene"):
                return name
            if name == "Paragraph":
                return self._open[-1].where
        return "Content" if self._path[1:2] == ["Content"] else (self._path[1:2] or [""])[0]

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        if name == "Text":
            self._text = None
        elif name == "Paragraph":
            self._paragraph(self._open.pop())

    def _paragraph(self, found: Paragraph) -> None:
        outer = self._open[-1] if self._open else None
        if found.where == "ScriptNote":
            self._note(found, outer)
        elif found.where == "Summary" and outer:
            outer.synopsis.append(found.text)
        elif found.where == "TitlePage":
            self.title_lines += [found.text] if found.text else []
        elif found.where != "Content" and found.text:
            self.script.remark(found.line, found.text, f"Found in <{found.where}>, which a board does not carry over.")
        elif found.where == "Content":
            self._element(found)

    def _note(self, found: Paragraph, outer: Paragraph | None) -> None:
        if outer and found.text:
            outer.notes.append((found.line, found.text))
        elif found.text:
            self.script.add(Element("note", found.text, found.line))

    def _element(self, found: Paragraph) -> None:
        kind = found.type.lower()
        if kind == "scene heading":
            self._heading(found)
        elif kind in SPOKEN and (self._speaker or kind == "character"):
            self._spoken(kind, found)
        elif found.text:
            self._close_speech()
            self._other(kind, found)
        for text in found.synopsis:
            self.script.add(Element("synopsis", text, found.line))
        for line, text in found.notes:
            self.script.add(Element("note", text, line))

    def _heading(self, found: Paragraph) -> None:
        self._close_speech()
        if found.text or found.number:
            if OMITTED.fullmatch(found.text):
                self.script.remark(found.line, found.text, f"Scene {found.number} is omitted; its number is kept.")
            self.script.begin(parse_heading(found.text, found.number), found.line)

    def _spoken(self, kind: str, found: Paragraph) -> None:
        if kind == "character":
            self._close_speech()
            if found.text:
                self._speaker, self._has_spoken = found, False
        elif kind == "parenthetical" and found.text:
            self._say_nothing()
            self._parenthetical = found.text.removeprefix("(").removesuffix(")").strip()
        elif found.text:
            self._say("dialogue" if kind == "dialogue" else "lyrics", found)

    def _say(self, kind: str, found: Paragraph) -> None:
        speaker = self._speaker
        assert speaker is not None
        dual, revised = speaker.dual or found.dual, speaker.revised or found.revised
        self.script.add(Element(kind, found.text, found.line, speaker.text, self._parenthetical, dual, revised))
        self._parenthetical, self._has_spoken = "", True

    def _say_nothing(self) -> None:
        if self._speaker and self._parenthetical:
            cue = self._speaker
            self.script.add(Element("dialogue", "", cue.line, cue.text, self._parenthetical, cue.dual, cue.revised))
            self._parenthetical, self._has_spoken = "", True

    def _close_speech(self) -> None:
        self._say_nothing()
        if self._speaker and not self._has_spoken:
            cue = self._speaker
            self.script.remark(cue.line, cue.text, "A speaker is named here but says nothing; kept as action.")
            self.script.add(Element("action", cue.text, cue.line, revised=cue.revised))
        self._speaker, self._parenthetical, self._has_spoken = None, "", True

    def _other(self, kind: str, found: Paragraph) -> None:
        known = KINDS.get(kind)
        if known in (None, "general"):
            name = found.type or "no type"
            why = f"A paragraph of type {name} is no screenplay element; kept as a note on the shot."
            if kind in ("dialogue", "parenthetical"):
                why = "Dialogue without a character before it; kept as a note on the shot."
            self.script.remark(found.line, found.text, why)
        self.script.add(Element(known or "general", found.text, found.line, revised=found.revised))

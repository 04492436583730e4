"""Bytes into text, saying which encoding was found or assumed."""

from __future__ import annotations

import codecs

from .screenplay import BadScript, Remark

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SIGNATURES = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive, as Word, Fade In and Highland write"),
    (b"{\\rtf", "a rich text file"),
    (b"\xd0\xcf\x11\xe0", "an old Word file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"RIFF", "a sound or video file"),
)
EXPECTED = "expected a Fountain text or a Final Draft .fdx file"
DO = "export the script as one of these and import that"
HARMLESS = {ord(c) for c in "\t\n\r\f\v\x85"}
CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if code not in HARMLESS}
LINE_ENDS = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\v": "\n"})


def decode(data: bytes) -> tuple[str, str, list[Remark]]:
    """Text with line ends as \\n, the encoding's name, and what had to be assumed; raises BadScript for binary."""
    _refuse_other_files(data)
    text, encoding, remarks = _decoded(data)
    if "\0" in text:
        raise BadScript(f"This file is binary, not text; {EXPECTED}: {DO}.")
    cleaned = text.translate(CONTROLS)
    if (lost := len(text) - len(cleaned)) * 50 > len(text):
        raise BadScript(f"This file is binary, not text; {EXPECTED}: {DO}.")
    if lost:
        remarks.append(Remark(1, "", f"{lost} control character(s) that print nothing were left out."))
    return cleaned.replace("\r\n", "\n").translate(LINE_ENDS), encoding, remarks


def _refuse_other_files(data: bytes) -> None:
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            raise BadScript(f"This file is {name}; {EXPECTED}: {DO}.")


def _decoded(data: bytes) -> tuple[str, str, list[Remark]]:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding), encoding.removesuffix("-le").removesuffix("-be"), []
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        return _assumed(data)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadScript(
            f"This file says it is {encoding.upper()} but its byte {error.start} is not; save it again as UTF-8 text."
        ) from None


def _assumed(data: bytes) -> tuple[str, str, list[Remark]]:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise BadScript(f"This file is binary or in an unknown encoding; {EXPECTED}: save it as UTF-8 text.") from None
    line = _first_foreign_line(text)
    why = "The file is not UTF-8; Windows Western (cp1252) was assumed, so check the accents."
    return text, "cp1252", [Remark(line, text.splitlines()[line - 1][:200] if text else "", why)]


def _first_foreign_line(text: str) -> int:
    at = next((i for i, c in enumerate(text) if ord(c) > 127), 0)
    return len(text[: at + 1].splitlines()) or 1

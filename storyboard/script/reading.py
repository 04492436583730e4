"""Bytes in, screenplay out: which kind of file this is, decided by its content."""

from __future__ import annotations

import re

from .decoding import decode
from .final_draft import read_final_draft
from .fountain import read_fountain
from .limits import LARGEST
from .screenplay import BadScript, Remark, Screenplay

XML = re.compile(r"\s*(?:<\?xml\b|<FinalDraft\b|<!DOCTYPE\s+FinalDraft\b)", re.IGNORECASE)
PAGE = re.compile(r"\s*<(?:!DOCTYPE\s+html|html|head|body)\b", re.IGNORECASE)
OWN_ENCODING = re.compile(r"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")


def read(data: bytes, filename: str = "", *, limit: int = LARGEST) -> Screenplay:
    """Reads Fountain or Final Draft; pasted text comes as UTF-8 with no name. `limit` is in bytes.

    Raises BadScript, whose message is one sentence for the person who chose the file.
    """
    if len(data) > limit:
        raise BadScript(
            f"This file is {_megabytes(len(data))} MB and a script may be at most {_megabytes(limit)} MB; "
            "take pictures out of it or import it in parts."
        )
    if not data.strip():
        raise BadScript("This script is empty; write or paste a scene heading and some action, then import it again.")
    text, encoding, remarks = decode(data)
    if not text.strip():
        raise BadScript("This script is empty; write or paste a scene heading and some action, then import it again.")
    if PAGE.match(text):
        raise BadScript(
            "This is a web page; expected Fountain or Final Draft: copy the script's own text and paste it."
        )
    if XML.match(text):
        return _final_draft(data, text, encoding, remarks)
    if filename.lower().endswith(".fdx"):
        remarks.append(Remark(1, filename, "The name says Final Draft, but this is plain text: read as Fountain."))
    return read_fountain(text, encoding, remarks)


def _final_draft(data: bytes, text: str, encoding: str, remarks: list[Remark]) -> Screenplay:
    """Hands over what was decoded, except where the file names an 8-bit encoding of its own that is not UTF-8."""
    own = OWN_ENCODING.match(text.lstrip())
    name = own.group(1).lower() if own else ""
    skipped = len(text) - len(text.lstrip())
    above = text.count("\n", 0, skipped)
    if encoding == "cp1252" and name not in ("", "utf-8", "utf8"):
        return read_final_draft(data.lstrip(), name, None, [], above)
    return read_final_draft(text.lstrip().encode(), encoding, "utf-8", remarks, above)


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}".removesuffix(".0")

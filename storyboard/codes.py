"""Shot codes: 010, 020, 030 when a board is made; 010A between them; never given twice."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count, product
from string import ascii_uppercase

STEP = 10


def numbered(index: int) -> str:
    """The code of the index-th shot of a fresh board, counting from 1: 010, 020, ... 1000."""
    return f"{index * STEP:03d}"


def inserted(after: str, taken: Container[str]) -> str:
    """A free code that sorts right behind `after`: 010 gives 010A, 010A gives 010B, then 010AA.

    >>> inserted("010", {"010", "020"})
    '010A'
    >>> inserted("010A", {"010", "010A"})
    '010B'
    """
    stem = re.match(r"\d*", after).group() or after  # type: ignore[union-attr]
    for length in count(1):
        for letters in product(ascii_uppercase, repeat=length):
            code = stem + "".join(letters)
            if code not in taken and (length > 1 or code > after):
                return code
    raise AssertionError


def following(last: str | None, taken: Container[str]) -> str:
    """A free code at the end of a board whose last code is `last`: the next whole ten."""
    digits = re.match(r"\d*", last or "").group()  # type: ignore[union-attr]
    for index in count(int(digits or 0) // STEP + 1):
        code = numbered(index)
        if code not in taken:
            return code
    raise AssertionError

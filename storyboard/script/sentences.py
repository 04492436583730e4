"""Text into sentences and words, for scripts in any language."""

from __future__ import annotations

import re

SENTENCE_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)\]]))\s+|(?<=[。！？])|(?<=؟)\s*|\n+")
ABBREVIATED = "mr. mrs. ms. dr. st. prof. jr. sr. mme. m. vs. no. approx. etc. e.g. i.e. a.m. p.m."
TITLES = frozenset(ABBREVIATED.split())
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")


def sentences(text: str) -> list[str]:
    """In order, nothing lost but white space; a title such as Dr. or an initial ends no sentence."""
    found: list[list[str]] = []
    for part in filter(None, (each.strip() for each in SENTENCE_END.split(text))):
        if found and _runs_on(found[-1][-1]):
            found[-1].append(part)
        else:
            found.append([part])
    return [" ".join(parts) for parts in found]


def _runs_on(sentence: str) -> bool:
    last = sentence[-12:].split()[-1]
    return (last.lower() in TITLES and not last.isupper()) or (len(last) == 2 and last[0].isupper() and last[1] == ".")


def word_count(text: str) -> int:
    """Words as a reader feels them: two characters of an unspaced script last about as long as one word."""
    unspaced = len(UNSPACED.findall(text))
    return len(UNSPACED.sub(" ", text).split()) + (unspaced + 1) // 2


def pieces(text: str, most: int) -> list[str]:
    """The text in runs of whole sentences of at most `most` words; a longer sentence is cut between words."""
    runs: list[str] = []
    for sentence in sentences(text):
        for part in _cut(sentence, most):
            if runs and word_count(runs[-1]) + word_count(part) <= most:
                runs[-1] += f" {part}"
            else:
                runs.append(part)
    return runs


def _cut(sentence: str, most: int) -> list[str]:
    if word_count(sentence) <= most:
        return [sentence]
    words = sentence.split()
    if len(words) <= most:  # one long run of an unspaced script
        return [sentence[at : at + most * 2] for at in range(0, len(sentence), most * 2)]
    return [" ".join(words[at : at + most]) for at in range(0, len(words), most)]

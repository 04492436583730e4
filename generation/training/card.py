"""The card of the weights: where they come from, what they can do, and every number measured on them."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.training.lines import RELEASED, Line, gate, shown, wanted

CARD, MANIFEST = "README.md", "weights.json"
HEADER = ("line", "found", "95 % interval", "n", "asked", "reached", "real clips", "how")
LICENCE = (
    "The weights, and the clips they were trained on, are this project's own work: every clip was drawn by Circle "
    "Take's blocking from random numbers, nothing was downloaded, and no picture, film or text of anybody else is in "
    "them. "
    "They are given under the licence of this repository."
)
CAN = (
    "It draws rough blocking: grey figures in a simple set, in plain light. Where a picture is given it reads how near "
    "everything in it is and carries it along the way that the camera is asked to go, people as cut-outs before the "
    "set; what comes into sight is thought of as a few hundred dots, and cleaned up. Where no picture is given the "
    "first one is made like that too. The transformer makes the clip from there: it fills what is uncovered, follows a "
    "depth clip, and makes a picture that looks like a reference. How far and how early the camera and people go is "
    "drawn by lot for every seed, as far as guides leave it open. It hears a closed vocabulary (shot sizes, angles, "
    "camera moves, places, times of day, up to two people and what they do) and lists what it has no word for. It "
    "honours first, last and key frames, goes on from another clip, follows a depth clip, looks at one reference "
    "picture, and gives another take for every seed."
)
CANNOT = (
    "It draws nobody's likeness, no writing and no real places; lips do not move and nothing is heard. People go, rise "
    "and fall in one piece: their limbs rest. Pictures unlike blocking's, such as photographs, are carried along as "
    "they are, but what comes into sight beside them looks like blocking. More than two people, weather and things by "
    "name are not in its vocabulary. Between two given pictures that do not agree, one dissolves into the other. A "
    "take can fail: somebody may lack a limb or a head, and a move may start late."
)
_PARTS = {
    "draw": "Clips drawn",
    "views": "Pictures drawn",
    "survey": "Surveyor",
    "thumbnails": "Thumbnails",
    "cleanup": "Clean-up",
    "codec": "Codec",
    "model": "Transformer",
    "distil": "Fewer steps",
    "judge": "Judge",
}


def table(lines: Sequence[Line]) -> str:
    """A Markdown table, one row a line."""
    rows = [HEADER, ("---",) * len(HEADER), *(_row(each) for each in lines)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)


def read_table(text: str) -> list[dict[str, str]]:
    """The rows of the first such table in a card, by HEADER; raises ValueError where there is none."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row.startswith("|")]
    begins = next((n for n, row in enumerate(rows) if tuple(row) == HEADER), None)
    if begins is None:
        raise ValueError("this card has no table of measurements")
    found = []
    for row in rows[begins + 2 :]:
        if len(row) != len(HEADER):
            break
        found.append(dict(zip(HEADER, row, strict=True)))
    return found


def _row(line: Line) -> tuple[str, ...]:
    found = line.found
    between = f"{shown(found.low, line.unit)} to {shown(found.high, line.unit)} ({found.how})" if found.how else "–"
    return (
        f"{line.what} ({line.name})",
        shown(found.value, line.unit),
        between,
        str(found.n),
        wanted(line),
        _verdict(line),
        shown(line.real, line.unit),
        line.how,
    )


def _verdict(line: Line) -> str:
    if line.reached is None:
        return "–"
    doubt = "" if line.sure or not line.found.how else ", within the interval's doubt"
    return f"yes{doubt}" if line.reached else f"no, by {shown(line.short_by, line.unit)}{doubt}"


def write(
    into: Path, lines: Sequence[Line], training: Sequence[dict[str, Any]], measured: dict[str, Any], seen: str = ""
) -> str:
    """Writes card and manifest beside the weights and returns the gate.

    `measured` says with what: device, revision; `seen` is what somebody says who looked at takes.
    """
    state, missed = gate(lines, seen)
    (into / CARD).write_text(card(lines, training, measured, seen))
    files = sorted(path for path in into.rglob("*") if path.is_file() and _counts(path, into))
    manifest = {
        "gate": state,
        "missed": missed,
        "files": {path.relative_to(into).as_posix(): _digest(path) for path in files},
        "card": _digest(into / CARD),
        "measured": {each.name: _numbers(each) for each in lines},
        "evaluation": measured,
        "training": list(training),
    }
    (into / MANIFEST).write_text(json.dumps(manifest, indent=1, allow_nan=False) + "\n")
    return state


def card(lines: Sequence[Line], training: Sequence[dict[str, Any]], measured: dict[str, Any], seen: str = "") -> str:
    state, missed = gate(lines, seen)
    if state == RELEASED:
        verdict = "Every clause of the release gate is met: Sketch is the default engine where no other weights are."
    else:
        verdict = "Experimental: blocking stays the default engine, because this clause or these are not met:\n\n"
        verdict += "\n".join(f"- {each}" for each in missed)
    short = [each for each in lines if each.reached is False]
    behind = "\n".join(f"- {each.what}: {_verdict(each).removeprefix('no, ')}" for each in short) or "- none"
    return f"""# Sketch

A small latent video transformer that comes with Circle Take, so that takes can be made and judged with nothing
downloaded.

## May it be the default?

{verdict}

## How it looks

{seen or "Nobody has written down yet how its takes look."}

## What it is made for

{CAN}

## What it cannot do

{CANNOT}

## What it was trained on, and how

Endless clips that blocking draws from seeds, {_clips(training)}; combinations of action, shot size and camera move that
are kept for measuring were never shown. `python -m generation.training --help` says how to do it again.

{_training(training)}

## What was measured

On held-out seeds and held-out combinations of words, at 256 x 160 and 49 frames, through the engine's own door, by
`python -m generation.training evaluate`. Measured with {_said(measured)}. "Real clips" is what the same formula says of
clips that blocking drew, so no take can be asked for more. Intervals are of 95 %: Wilson's for shares, Student's t for
means.

{table(lines)}

Not reached, and by how much:

{behind}

## Licence

{LICENCE}
"""


def _training(training: Sequence[dict[str, Any]]) -> str:
    rows = ["| part | on | seconds | steps | clips there were | code | seed | torch |", "|" + " --- |" * 8]
    for name, said in _PARTS.items():
        runs = [each for each in training if each["part"] == name]
        if not runs:
            continue
        devices = "; ".join(dict.fromkeys(each["device"] for each in runs))
        codes = "; ".join(dict.fromkeys(each["revision"] or f"sources {each['sources']}" for each in runs))
        seconds = sum(each["seconds"] for each in runs)
        cells = (
            f"{said}, {len(runs)} runs" if len(runs) > 1 else said,
            devices,
            f"{seconds:.0f}",
            _or_dash(runs[-1]["steps"]),
            f"{runs[-1]['pictures']} pictures" if runs[-1].get("pictures") else _or_dash(runs[-1]["clips"]),
            codes,
            _or_dash(runs[-1]["seed"]),
            "; ".join(dict.fromkeys(each["torch"] for each in runs)),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) if len(rows) > 2 else "Nothing was written down about how these weights were trained."


def _clips(training: Sequence[dict[str, Any]]) -> str:
    most = max((each["clips"] for each in training), default=0)
    return f"{most} of them" if most else "how many was not written down"


def _said(measured: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in measured.items() if value)


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)


def _numbers(line: Line) -> dict[str, Any]:
    found = line.found
    ends = {name: value if math.isfinite(value) else None for name, value in (("low", found.low), ("high", found.high))}
    return {"value": found.value, **ends, "n": found.n, "unit": line.unit, "reached": line.reached}


def _counts(path: Path, into: Path) -> bool:
    name = path.relative_to(into).as_posix()
    return name not in (CARD, MANIFEST) and not re.search(r"(^|/)[._]|\.py$", name)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

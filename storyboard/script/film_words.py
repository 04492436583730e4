"""What a writer's words say of the camera: size, angle and move, and whether they begin a new shot.

Words count in capitals anywhere; at the start of a sentence the longer ones, and after 'camera' or 'we' the moves,
count in any case. Short forms such as MS count only in capitals before a full stop, colon, dash, OF or ON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# (size, angle, words); an empty code leaves that to the proposer. Longer words come before the words they contain.
FRAMINGS = (
    ("ECU", "", r"EXTREME CLOSE[- ]?UP|EXTREME CLOSE ON|BIG CLOSE[- ]?UP|MACRO SHOT|TRÈS GROS PLAN|DETAILAUFNAHME"),
    ("MCU", "", r"MEDIUM CLOSE[- ]?UP|MEDIUM CLOSE(?: ON| SHOT)|PLAN (?:RAPPROCHÉ|POITRINE)|TIGHT MEDIUM(?: SHOT)?"),
    (
        "CU",
        "",
        r"CLOSE[- ]?UP|CLOSE(?:R)? ON|CLOSE SHOT|CLOSER ANGLE|TIGHT (?:ON|SHOT)|GROS PLAN|PRIMER PLANO|PRIMO PIANO",
    ),
    ("CU", "", r"GROSSAUFNAHME|GROẞAUFNAHME|DETAIL OF|INSERT(?= SHOT|\s*[-–—:.]|\s+(?:ON|OF|THE|A)\b|$)(?: SHOT)?"),
    (
        "EWS",
        "",
        r"EXTREME (?:WIDE|LONG)(?: SHOT| ON)?|VERY (?:WIDE|LONG) SHOT|PLAN TRÈS LARGE|(?:TRÈS )?GRAND ENSEMBLE",
    ),
    ("EWS", "overhead", r"(?:AERIAL|DRONE|HELICOPTER) SHOT|AERIAL VIEW|VUE AÉRIENNE"),
    ("MWS", "", r"MEDIUM (?:WIDE|LONG)(?: SHOT)?|COWBOY SHOT|PLAN AMÉRICAIN|PLAN MOYEN|AMERICAN SHOT|THREE[- ]SHOT"),
    ("MS", "", r"MEDIUM SHOT|MID[- ]?SHOT|MEDIUM ON|WAIST SHOT|TWO[- ]SHOT|2[- ]SHOT|PLAN TAILLE|PLANO MEDIO"),
    ("WS", "", r"(?:SUPER )?WIDE (?:SHOT|ON|ANGLE|VIEW)|WIDER (?:SHOT|ANGLE)|WIDER?(?=\s*[-–—:.,])|LONG SHOT"),
    ("WS", "", r"FULL SHOT|MASTER SHOT"),
    (
        "WS",
        "",
        r"ESTABLISHING(?: SHOT)?|GROUP SHOT|PLAN (?:LARGE|GÉNÉRAL|D['’]ENSEMBLE)|PLANO GENERAL|TOTALE(?=\s*[-–—:.])",
    ),
    ("", "ots", r"OVER[- ](?:THE|HIS|HER|THEIR|[A-Z]+['’]S)[- ]SHOULDER|PAR[- ]DESSUS L['’]ÉPAULE"),
    ("", "pov", r"POINT OF VIEW|POINT DE VUE|VUE SUBJECTIVE|CAMÉRA SUBJECTIVE"),
    ("", "low", r"LOW[- ]ANGLE|CONTRE[- ]PLONGÉE|WORM['’]S[- ]EYE(?: VIEW)?|FROM BELOW(?=\s*[-–—:.,])"),
    ("", "high", r"HIGH[- ]ANGLE|PLONGÉE|FROM ABOVE(?=\s*[-–—:.,])"),
    (
        "",
        "overhead",
        r"OVERHEAD(?: SHOT| VIEW|(?=\s*[-–—:.]))|BIRD['’]S[- ]EYE(?: VIEW)?|TOP SHOT|GOD['’]S[- ]EYE(?: VIEW)?",
    ),
    ("", "dutch", r"DUTCH(?: ANGLE| TILT| SHOT|(?=\s*[-–—:.]))|CANTED(?: ANGLE| FRAME)?"),
    ("", "eye", r"EYE[- ]LEVEL"),
    ("", "", r"(?:REVERSE|NEW|ANOTHER|DIFFERENT) (?:ANGLE|SHOT)|REVERSE(?=\s*[-–—:.])|ANGLE ON"),
    ("", "", r"BACK TO(?: SCENE)?|CONTRECHAMP"),
)
SHORT = (
    ("ECU", "", r"ECU|XCU|BCU|E\.C\.U|TGP"),
    ("MCU", "", r"MCU|M\.C\.U"),
    ("CU", "", r"CU|C\.U|GP"),
    ("EWS", "", r"EWS|ELS|XWS|XLS|VLS|VWS"),
    ("MWS", "", r"MWS|MLS"),
    ("MS", "", r"MS|M\.S"),
    ("WS", "", r"WS|LS|FS|W\.S|L\.S"),
    ("", "ots", r"OTS|O\.T\.S|OSS"),
    ("", "pov", r"POV|P\.O\.V"),
)
FEW = r"(?:\s+(?:\w+,?\s+){0,2}?|-)"
MOVES = (
    ("dolly-in", rf"DOLL(?:Y|IES|YING){FEW}(?:IN|FORWARD|CLOSER|TOWARDS?)|PUSH(?:ES|ING)?{FEW}(?:IN|CLOSER|FORWARD)"),
    (
        "dolly-in",
        rf"TRACK(?:S|ING)?{FEW}(?:IN|FORWARD)|CREEP(?:S|ING)?{FEW}(?:IN|CLOSER)|TRAVELLING AVANT|MOVE(?:S)? IN",
    ),
    ("dolly-out", rf"DOLL(?:Y|IES|YING){FEW}(?:BACK|OUT|AWAY)|PULL(?:S|ING)?{FEW}(?:BACK|OUT|AWAY)|TRAVELLING ARRIÈRE"),
    ("dolly-out", rf"TRACK(?:S|ING)?{FEW}(?:BACK|OUT|AWAY)|MOVE(?:S)? (?:BACK|AWAY)"),
    (
        "truck-left",
        rf"(?:TRUCK|TRACK|DOLL(?:Y|IE)|CRAB|SLIDE)(?:S|ING)?{FEW}LEFT|TRAVELLING(?: LATÉRAL)?(?: À| VERS LA)? GAUCHE",
    ),
    (
        "truck-right",
        rf"(?:TRUCK|TRACK|DOLL(?:Y|IE)|CRAB|SLIDE)(?:S|ING)?{FEW}RIGHT|TRAVELLING(?: LATÉRAL)?(?: À| VERS LA)? DROITE",
    ),
    ("handheld", r"HAND[- ]?HELD|CAMÉRA (?:À L['’]ÉPAULE|PORTÉE)|SHAKY CAM(?:ERA)?|STEADICAM"),
    ("truck-right", r"TRACKING SHOT|TRACK(?:S|ING)? (?:WITH|ALONG|ACROSS)|TRAVELLING|FOLLOW SHOT"),
    ("pan-left", rf"PAN(?:S|NING)?{FEW}LEFT|PANO(?:RAMIQUE)?(?: À| VERS LA)? GAUCHE"),
    ("pan-right", rf"PAN(?:S|NING)?{FEW}RIGHT|PANO(?:RAMIQUE)?(?: À| VERS LA)? DROITE"),
    ("tilt-up", rf"TILT(?:S|ING)?{FEW}UP|PANO(?:RAMIQUE)? VERS LE HAUT"),
    ("tilt-down", rf"TILT(?:S|ING)?{FEW}DOWN|PANO(?:RAMIQUE)? VERS LE BAS"),
    ("pan-right", r"(?:WHIP |SWISH )PAN|PAN(?:S|NING)? (?:TO|ACROSS|WITH|OVER|ALONG|AROUND)|PANORAMIQUE"),
    ("pedestal-up", rf"PED(?:ESTAL)?(?:S)?{FEW}UP"),
    ("pedestal-down", rf"PED(?:ESTAL)?(?:S)?{FEW}DOWN"),
    ("zoom-out", rf"ZOOM(?:S|ING)?{FEW}(?:OUT|BACK|ARRIÈRE)"),
    ("zoom-in", rf"ZOOM(?:S|ING)?{FEW}(?:IN|ON|AVANT)|(?:CRASH|SNAP) ZOOM(?! (?:OUT|BACK))"),
    ("crane-up", rf"(?:CRANE|JIB|BOOM)(?:S|ING)?{FEW}(?:UP|ABOVE)|CRANE SHOT"),
    ("crane-down", rf"(?:CRANE|JIB|BOOM)(?:S|ING)?{FEW}DOWN"),
    ("static", r"STATIC|LOCKED[- ](?:OFF|DOWN)|LOCK[- ]OFF|PLAN FIXE|FIXED (?:SHOT|CAMERA)"),
)
OPENING = re.compile(r"(?:(?:A|AN|THE|UNE?|ON|IN|SLOW|QUICK|SUDDEN|TIGHT|EN|[A-ZÀ-Þ]+['’]S?)\s+|[-–—:>(]\s*){0,3}")
SPEAKS_OF_CAMERA = re.compile(r"\b(?:camera|caméra|cámara|kamera|we|on)\b", re.IGNORECASE)


def _one_of(rows: tuple[tuple[str, ...], ...], wrap: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<w{index}>{wrap.format(row[-1])})" for index, row in enumerate(rows)))


LONG_FRAMING = _one_of(FRAMINGS, r"\b(?:{})(?!\w)")
SHORT_FRAMING = _one_of(SHORT, r"\b(?:{})(?=\.?\s*(?:[-–—:,.]|OF\b|ON\b|$)|\s+of\b|\s+on\b)")
MOVE = _one_of(MOVES, r"\b(?:{})(?!\w)")


@dataclass(frozen=True)
class Sight:
    """What one sentence says of the camera; `starts` when its shot words come first."""

    size: str = ""
    angle: str = ""
    move: str = ""
    starts: bool = False
    framed: bool = False
    insert: bool = False


def sight(sentence: str) -> Sight:
    """Reads one sentence; sentences are short, so a few patterns over each keep this linear in the script."""
    if not sentence[:1]:
        return Sight()
    upper = sentence.upper() if len(sentence.upper()) == len(sentence) else sentence
    head = OPENING.match(upper).end()  # type: ignore[union-attr]
    found = [*_framings(sentence)]
    if not found and (start := LONG_FRAMING.match(upper, head) or LONG_FRAMING.match(upper)):
        found = [(start, FRAMINGS[int(start.lastgroup[1:])])]  # type: ignore[index]
    size = next((row[0] for _, row in found if row[0]), "")
    angle = next((row[1] for _, row in found if row[1]), "")
    starts = any(match.start() <= head for match, _ in found)
    insert = any(match.group().startswith("INSERT") for match, _ in found)
    return Sight(size, angle, _move(sentence, upper, head), starts, bool(found), insert)


def _framings(sentence: str) -> list[tuple[re.Match[str], tuple[str, ...]]]:
    if not any(c.isupper() for c in sentence[1:]):
        return []
    pairs = [(m, FRAMINGS[int(m.lastgroup[1:])]) for m in LONG_FRAMING.finditer(sentence)]  # type: ignore[index]
    pairs += [(m, SHORT[int(m.lastgroup[1:])]) for m in SHORT_FRAMING.finditer(sentence)]  # type: ignore[index]
    return sorted(pairs, key=lambda pair: pair[0].start())


def _move(sentence: str, upper: str, head: int) -> str:
    found = MOVE.search(sentence)
    if not found and SPEAKS_OF_CAMERA.search(sentence):
        found = MOVE.search(upper)
    if not found and (start := MOVE.match(upper, head)) and " " in start.group():
        found = start
    return MOVES[int(found.lastgroup[1:])][0] if found and found.lastgroup else ""

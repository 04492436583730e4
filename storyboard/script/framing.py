"""Size, angle and move where the words are silent: sensible for what happens, and not the same twice running."""

from __future__ import annotations

import re

from .breakdown import Draft
from .screenplay import Scene

DETAIL = r"hands|fingers?|eyes?|lips|mouth|ring|key|letter|photo|photograph|knife|mains|yeux"
FACE = r"looks?|stares?|smiles?|laughs?|cries|weeps|whispers?|listens?|understands|realises|realizes|nods|visage"
TRAVEL = r"walks?|runs?|crosses|rushes|races|follows|drives|climbs|marches|hurries|strides|flees|marche|court|traverse"
MANY = r"crowd|field|forest|sea|ocean|city|valley|mountains?|plain|desert|sky|village|horizon|foule|forêt|mer|ville"
FALL = r"falls?|slips|collapses|kneels|lies|drops|tombe"
RUN = r"runs?|rushes|races|flees|chases|fights?|struggles|court"
RISING = r"towers?|looms|above (?:him|her|them|us)"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


SIZED_BY = ((_words(MANY), "WS"), (_words(TRAVEL), "MWS"), (_words(DETAIL), "CU"), (_words(FACE), "MCU"))
ANGLED_BY = ((_words(FALL), "high"), (_words(RISING), "low"))
RUNNING, TRAVELLING, FACING = _words(RUN), _words(TRAVEL), _words(FACE)
ENTERING, LEAVING = (
    _words(r"enters?|arrives|comes in|entre"),
    _words(r"leaves?|exits?|goes out|walks away|drives away|sort"),
)
NEXT = {"ECU": "CU", "CU": "MCU", "MCU": "MS", "MS": "MWS", "MWS": "MS", "WS": "MWS", "EWS": "WS"}
SINGLES = (("MCU", "eye"), ("MCU", "ots"), ("CU", "eye"), ("MS", "ots"), ("MCU", "eye"), ("CU", "ots"))
ALONE = (("MCU", "eye"), ("MS", "eye"), ("CU", "eye"))
OUTSIDE = ("EXT", "EST")


class Framer:
    """Keeps count over the whole script, so openings and travels alternate from scene to scene."""

    def __init__(self) -> None:
        self._openings = 0
        self._travels = 0

    def frame(self, drafts: list[Draft], scene: Scene) -> list[Draft]:
        before: Draft | None = None
        spoken = 0
        for index, draft in enumerate(drafts):
            singles = bool(draft.speakers) and not draft.action
            self._size_and_angle(draft, scene, index == 0, spoken if singles else -1, before)
            draft.move = draft.move or self._move(draft, scene, before)
            spoken += singles
            before = draft
        return drafts

    def _size_and_angle(self, draft: Draft, scene: Scene, first: bool, single: int, before: Draft | None) -> None:
        said = bool(draft.size)
        if said or draft.angle in ("ots", "pov"):
            draft.size = draft.size or ("MS" if draft.angle == "ots" else "WS")
        elif first and not draft.title:
            draft.size = self._opening(draft, scene)
            draft.wide_opening = not draft.framed
        elif single >= 0:
            choices = SINGLES if draft.listeners else ALONE
            draft.size, angle = choices[single % len(choices)]
            draft.angle = draft.angle or angle
        else:
            draft.size = _size_of(draft)
            if before and (before.size, before.angle) == (draft.size, draft.angle or "eye"):
                draft.size = NEXT[draft.size]
        if single >= 0 and before and (before.size, before.angle) == (draft.size, draft.angle):
            draft.size = NEXT[draft.size]
        draft.angle = draft.angle or next((angle for words, angle in ANGLED_BY if words.search(draft.action)), "eye")

    def _opening(self, draft: Draft, scene: Scene) -> str:
        self._openings += 1
        if self._openings % 3 == 0 and not draft.characters:
            draft.angle = draft.angle or "high"
        vast = scene.setting == "EST" or (scene.setting in OUTSIDE and SIZED_BY[0][0].search(draft.action))
        return "EWS" if vast else "WS"

    def _move(self, draft: Draft, scene: Scene, before: Draft | None) -> str:
        """Still, unless someone travels, comes or goes, or a face takes something in; never two moves running."""
        if draft.title or draft.insert or (before and before.move != "static"):
            return "static"
        if RUNNING.search(draft.action) and draft.characters:
            return "handheld"
        if TRAVELLING.search(draft.action) and draft.characters:
            self._travels += 1
            return "truck-right" if self._travels % 2 else "truck-left"
        if ENTERING.search(draft.action):
            return "pan-right"
        if LEAVING.search(draft.action):
            return "pan-left"
        if draft.size in ("MCU", "CU") and FACING.search(draft.action):
            return "dolly-in"
        return "crane-up" if draft.size == "EWS" and scene.setting in OUTSIDE else "static"


def _size_of(draft: Draft) -> str:
    if draft.insert:
        return "CU"
    if draft.title:
        return "WS"
    if draft.speakers:
        return "MS" if draft.group or len(set(draft.characters)) > 1 else "MCU"
    if len(set(draft.characters)) > 2:
        return "WS"
    return next((size for words, size in SIZED_BY if words.search(draft.action)), "MS" if draft.characters else "MWS")

"""What was asked for becomes a complete recipe, frozen before anything is queued; or a refusal with what to do."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings

from generation.engine import DEPTH_MODEL, DRAFT, DRAFT_OF, EXACT, FAST, PROFILE, Engine
from generation.recipe import Recipe
from generation.report import Refused
from storyboard import engines
from storyboard.lengths import computing
from storyboard.refusal import Refusal, TooMuch

if TYPE_CHECKING:
    from storyboard.models.project import Project
    from storyboard.models.version import Guide, Version

SEEDS = 1 << 32
HANDLES_MAX = 240
NO_DEPTH_MODEL = "Register a depth model: python manage.py weights add FOLDER (Depth Anything or DPT)."


def check_budget(project: Project) -> None:
    """Raises Refusal where this project has computed all that its owners allow."""
    if project.is_over_budget:
        raise Refusal(
            f"The computing budget of “{project}” is used up: {computing(project.computed)} of "
            f"{computing(project.budget or 0)}. An owner can raise it in the queue; then ask again."
        )


def check_amount(shots: int, count: int) -> None:
    if not shots:
        raise Refusal("No shot was selected. Select the shots you want takes of, then generate.")
    if not 1 <= count <= 64:
        raise Refusal(f"{count} takes a shot were asked; expected 1 to 64.")
    if shots * count > settings.TAKES_MAX_AT_ONCE:
        raise TooMuch(
            f"{shots} shots times {count} takes are {shots * count}; at most {settings.TAKES_MAX_AT_ONCE} "
            "can be asked at once. Select fewer shots or fewer takes."
        )


def _profile(row: Engine, name: str, size: tuple[int, int]) -> dict[str, Any]:
    """What a recipe says of the way it is made; exact goes without saying."""
    if name == EXACT:
        return {}
    if name not in (FAST, DRAFT):
        raise Refusal(f"The profile {name!r} is unknown; there are {EXACT}, {FAST} and {DRAFT}. Choose one of them.")
    if not row.pipelines:
        why = "has no network to compile" if name == FAST else "is drawn as quickly as it plays, so it needs no draft"
        raise Refusal(f"{row.label} {why}. Ask for it exact.")
    if name == FAST or row.draft_threshold:
        return {PROFILE: name}
    if row.draft_size(*size) == size:
        if not row.can_draft:
            raise Refusal(f"{row.label} makes small pictures anyway, so it needs no draft. Ask for it exact.")
        raise Refusal(
            f"{row.label} makes nothing smaller than {size[0]} × {size[1]} that would do for a draft. Ask for it exact."
        )
    return {PROFILE: DRAFT, DRAFT_OF: list(size)}


def _finish(choice: engines.Choice, wanted: bool) -> dict[str, bool]:
    """What a recipe says of a take that is composed at its usual size and then finished at twice that."""
    if wanted and choice.why_no_finish:
        raise Refusal(f"{choice.why_no_finish} Ask for it without finish.")
    return {"finish": True} if wanted else {}


def _depth(held: list[Guide]) -> dict[str, str]:
    """With which weights depth is found, where a depth guide shows pictures."""
    if not any(guide.is_pictures for guide in held):
        return {}
    weights = engines.depth_model()
    if weights is None:
        raise Refusal(
            "The depth guide of this shot shows pictures, and the weights that find depth in them are not here any "
            f"more. {NO_DEPTH_MODEL} Or take that guide off this shot."
        )
    return {DEPTH_MODEL: weights.pinned}


def audition_share(choice: engines.Choice | None) -> int:
    """After what share of the steps an audition stops, in percent."""
    if choice is None or not choice.row.holds:
        label = choice.row.label if choice else "This engine"
        raise Refusal(f"{label} cannot stop half-way and go on later. Ask for whole takes, or choose another engine.")
    return settings.AUDITION_SHARE


def _handles(inputs: dict[str, Any]) -> int:
    handles: int = inputs.get("handles") or 0
    if not 0 <= handles <= HANDLES_MAX:
        raise Refusal(f"Handles are 0 to {HANDLES_MAX} frames; {handles} were asked.")
    return handles


def usual(
    here: list[engines.Choice], project: Project, version: Version, inputs: dict[str, Any]
) -> engines.Choice | None:
    """Of the choices there are, what a shot is made with where nobody chose; none where its recipe says it."""
    if inputs.get("recipe"):
        return None
    return engines.default(version.frames + _handles(inputs), project.rate, here)


def complete(
    choice: engines.Choice | None, project: Project, version: Version, index: int, inputs: dict[str, Any]
) -> Recipe:
    """The whole recipe, seed drawn, before anything is queued."""
    seed = inputs.get("seed")
    seed = secrets.randbelow(SEEDS) if seed is None else (seed + index) % SEEDS
    again: Recipe | None = inputs.get("recipe")
    if again is not None:
        return replace(again, seed=seed)
    assert choice is not None
    row = choice.row
    held = list(version.guides.select_related("media").exclude(kind__in=inputs.get("without", ())))
    guides = tuple(guide.ingredient(version.frames) for guide in held)
    ingredients = (*inputs.get("ingredients", ()), *guides)
    if any(each.kind == "continue" for each in ingredients):
        ingredients = tuple(each for each in ingredients if each.kind != "first")
    for each in ingredients:
        if each.kind not in choice.honours:
            raise Refusal(choice.why_not.get(each.kind, f"{row.label} does not take a {each.kind} guide."))
    width, height = row.legal_size(project.width, project.height)
    finish = _finish(choice, inputs.get("finish", False))
    profile = _profile(row, inputs.get("profile") or EXACT, (width, height))
    if DRAFT_OF in profile:
        width, height = row.draft_size(width, height)
    recipe = Recipe(
        engine=row.name,
        words=version.words(),
        negative=version.negative,
        seed=seed,
        frames=row.frames_for(version.frames + _handles(inputs), project.rate),
        rate=project.rate,
        width=width * 2 if finish else width,
        height=height * 2 if finish else height,
        steps=row.steps,
        guidance=row.guidance,
        weights=choice.pinned,
        ingredients=ingredients,
        settings=row.settings | profile | finish | _depth(held),
    )
    try:
        row.check(recipe)
    except Refused as refused:
        raise Refusal(str(refused)) from None
    return recipe

"""The shot room: one take in the viewer, the strip under it, what the shot asks for and what was said beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from generation import film
from storyboard import strip as strips
from storyboard.advice import Advice
from storyboard.engines import choices, chosen, default, depth_model
from storyboard.models import Guide, Shot, Status, Take, User, Version
from storyboard.models.asking import HANDLES_MAX, NO_DEPTH_MODEL
from storyboard.models.judgement import REASONS
from storyboard.models.version import GUIDE_KINDS
from storyboard.recipe_page import RecipePage
from storyboard.views.comments import talk
from storyboard.views.door import SignedIn, around, seen, whole

WAITING: dict[str, str] = {
    Status.QUEUED: "This take waits for its turn.",
    Status.RUNNING: "This take is being made.",
    Status.HELD: "This take is in audition: finish it, or dismiss it.",
    Status.FAILED: "This take could not be made. Its card says why.",
    Status.CANCELLED: "This take was cancelled.",
}
FOLLOWED = ("reference", "depth", "motion", "keep", "mask")


@dataclass(frozen=True)
class Slot:
    """A place for a guide: `at` is the frame of the new take it stands at, None where it is still to be said."""

    kind: str
    label: str
    at: int | None
    guide: Guide | None


@login_required
@require_GET
def shot(request: SignedIn, pk: int) -> HttpResponse:
    """The room of one shot; `take` (its number) and `f` (a frame) in the address say what it opens on."""
    row = seen(request, Shot.objects.select_related("project", "scene", "current"), pk=pk)
    cards = strips.cards(row, request.user)
    take = _wanted(cards, whole(request.GET.dict(), "take"))
    frame = whole(request.GET.dict(), "f", 0) or 0
    said = talk(take) if take else {"threads": [], "markers": [], "drawings": []}
    context = {
        "cards": cards,
        "take": take,
        "frame": frame,
        "history": Version.objects.history(row),
        "section": "board",
        **around(request, row.project),
        **strip_of(row),
        **asking(row, request.user),
        **neighbours(row),
        **said,
        "player": player_of(take, frame, markers=said["markers"], drawings=said["drawings"]),
        "recipe": RecipePage(take) if take else None,
    }
    return render(request, "shot/room.html", context)


@require_GET
def ask(request: SignedIn, pk: int) -> HttpResponse:
    """The version's fields, as the live refresh and the page draw them."""
    row = seen(request, Shot.objects.select_related("project", "scene", "current"), pk=pk)
    return render(request, "version/_ask.html", {**around(request, row.project), **asking(row, request.user)})


@require_GET
def engine(request: SignedIn, pk: int) -> HttpResponse:
    """What `?engine=` would make of this shot: what it follows, how many frames, at which size, how long it takes."""
    row = seen(request, Shot.objects.select_related("project", "current"), pk=pk)
    handles = min(max(0, whole(request.GET.dict(), "handles", 0) or 0), HANDLES_MAX)
    advice = Advice(chosen(request.GET.get("engine", "")), row, request.user, handles)
    return render(request, "version/_engine.html", {**around(request, row.project), "advice": advice})


@require_GET
def hearing(request: SignedIn, pk: int) -> HttpResponse:
    """What `?engine=` hears of this shot's words as they are saved; nothing where it reads whatever is written."""
    row = seen(request, Shot.objects.select_related("project", "scene", "current"), pk=pk)
    return render(request, "version/_hearing.html", {"advice": Advice(chosen(request.GET.get("engine", "")), row)})


def strip_of(shot: Shot) -> dict[str, Any]:
    return {"shot": shot, "reasons": REASONS, "trashed": Take.objects.exclude(trashed_at=None).filter(shot=shot)}


def asking(shot: Shot, by: User | None = None) -> dict[str, Any]:
    """What the Ask panel draws: fields, guides, panels and engines with what each honours."""
    assert shot.current is not None
    usual = default(shot.current.frames, shot.project.rate)
    return {
        "shot": shot,
        "version": shot.current,
        "slots": slots(shot),
        "panels": list(shot.panels.select_related("media")),
        "engines": choices(),
        "no_depth_model": "" if depth_model() else NO_DEPTH_MODEL,
        "advice": Advice(usual, shot, by),
        "sizes": film.SIZES,
        "angles": film.ANGLES,
        "moves": film.MOVES,
    }


def slots(shot: Shot) -> list[Slot]:
    """First and last frame, each key frame, room for one more, and one each to resemble, follow, keep and remake."""
    version = shot.current
    assert version is not None
    held = list(version.guides.select_related("media", "take", "poster", "filmstrip"))
    ends = {guide.kind: guide for guide in held if guide.kind != "key"}
    keys = [Slot("key", f"Key, f {guide.at_frame}", guide.at_frame, guide) for guide in held if guide.kind == "key"]
    return [
        Slot("first", "First frame", 0, ends.get("first")),
        *keys,
        Slot("key", "Key frame", None, None),
        Slot("last", "Last frame", version.frames - 1, ends.get("last")),
        *(Slot(kind, dict(GUIDE_KINDS)[kind], 0, ends.get(kind)) for kind in FOLLOWED),
    ]


def neighbours(shot: Shot) -> dict[str, Any]:
    """The shots before and behind this one, omitted ones left out."""
    rows = list(Shot.objects.filter(project=shot.project_id).active().in_order().values_list("pk", "code"))
    order = list(Shot.objects.filter(project=shot.project_id).in_order().values_list("pk", flat=True))
    place = {pk: index for index, pk in enumerate(order)}
    here = place[shot.pk]
    before = [row for row in rows if place[row[0]] < here]
    behind = [row for row in rows if place[row[0]] > here]
    return {
        "previous": before[-1] if before else None,
        "next": behind[0] if behind else None,
        "place": len(before) + 1,
        "count": len(before) + len(behind) + 1,
    }


def player_of(take: Take | None, frame: int, **said: Any) -> dict[str, Any]:
    """What templates/player/_player.html is told."""
    empty = "No take yet. Ask for some on the right." if take is None else WAITING.get(take.status, "")
    rest = {"page_default": True, "drawing": True, "empty": empty, "frame": frame, **said}
    if take is None or take.proxy is None:
        return rest
    rate = {"rate_num": take.proxy.rate_num, "rate_den": take.proxy.rate_den}
    files = {"src": take.proxy.url, "poster": take.poster.url if take.poster else ""}
    return {**rest, **rate, **files, "frames": take.frames, "label": f"take {take.number}"}


def _wanted(cards: list[strips.Card], number: int | None) -> Take | None:
    asked = next((card.take for card in cards if card.take.number == number), None)
    return asked or strips.shown_first(cards)

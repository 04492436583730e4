"""The board and what of it is fetched again: cards, their order, who is here."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from generation import film
from storyboard import live
from storyboard.board import Board, cards, order
from storyboard.engines import choices, default
from storyboard.estimate import Line, seconds_per_frame
from storyboard.models import Project, Role, Scene, Shot
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, around, body, seen, whole
from storyboard.views.shots import chosen_shots


@login_required
@require_GET
def board(request: SignedIn, project: int) -> HttpResponse:
    row = seen(request, Project, pk=project)
    drawn, usual = Board.of(row), default()
    context = {
        **around(request, row),
        "section": "board",
        "board": drawn,
        "scenes": [_with_count(each.scene, len(each.active)) for each in drawn.rows],
        "engines": choices(),
        "usual": usual,
        "second_per_frame": seconds_per_frame(usual, row),
        "sizes": film.SIZES,
        "angles": film.ANGLES,
        "moves": film.MOVES,
    }
    return render(request, "board/show.html", context)


@require_GET
def board_cards(request: SignedIn, project: int) -> HttpResponse:
    """The cards of `?shots=1,2,3`, one behind the other."""
    row = seen(request, Project, pk=project)
    context = {**around(request, row), "cards": cards(row, _ids(request.GET.get("shots", "")))}
    return render(request, "board/_cards.html", context)


@require_http_methods(["GET", "POST"])
def board_order(request: SignedIn, project: int) -> JsonResponse:
    """Which shots stand in which scene; POST moves `shots` to right behind `after`, or to the front of `scene`."""
    if request.method == "POST":
        row = seen(request, Project, Role.EDITOR, pk=project)
        data = body(request)
        scene = seen(request, Scene.objects.filter(project=row), pk=whole(data, "scene"))
        after = whole(data, "after")
        behind = seen(request, Shot.objects.filter(project=row), pk=after) if after else None
        Shot.objects.rearrange(chosen_shots(row, data), scene, behind, request.user)
    else:
        row = seen(request, Project, pk=project)
    return JsonResponse({"event": row.last_event, "scenes": order(row)})


@require_GET
def board_matches(request: SignedIn, project: int) -> JsonResponse:
    """The shots whose words hold every word of `?q=`: code, action, dialogue, characters and heading."""
    row = seen(request, Project, pk=project)
    return JsonResponse({"shots": list(Shot.objects.filter(project=row).saying(request.GET.get("q", "")))})


@require_GET
def presence(request: SignedIn, project: int) -> HttpResponse:
    row = seen(request, Project, pk=project)
    people: dict[int, dict] = {}
    for person in live.present(row.pk):
        here = people.setdefault(person["user"], {**person, "shots": []})
        here["shots"] += [person["shot"]] if person["shot"] else []
    return render(request, "shell/_presence.html", {"people": people.values()})


@require_GET
def line(request: SignedIn, project: int) -> JsonResponse:
    """Where this project's queued takes stand in the whole server's line, and why some are passed over."""
    row = seen(request, Project, pk=project)
    now = Line.now()
    mine = {take.pk for take in now.queued if take.project_id == row.pk}
    places = {pk: [place.number, str(place.wait or "")] for pk, place in now.places().items() if pk in mine}
    aside = {take.pk: now.why_aside(take) for take in now.aside if take.project_id == row.pk}
    return JsonResponse({"places": places, "aside": aside, "length": len(now.queued)})


@require_POST
def scenes(request: SignedIn, project: int) -> JsonResponse:
    """A new, empty scene at the end, with one shot to begin with."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    heading = str(body(request).get("heading", "")).strip()
    if not heading:
        raise Refusal("A scene needs a heading, such as INT. KITCHEN - NIGHT. Type one, then add it.")
    scene, shot = Shot.objects.open_scene(row, heading, request.user)
    return JsonResponse({"scene": scene.pk, "shot": shot.pk}, status=201)


def _ids(text: str) -> list[int]:
    return [int(part) for part in text.split(",")[:1000] if part.isdecimal() and len(part) < 19]


def _with_count(scene: Scene, count: int) -> Scene:
    scene.shot_count = count  # type: ignore[attr-defined]
    return scene

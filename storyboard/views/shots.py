"""Shots on the board: what they ask for, where they stand, and how many they are."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from storyboard.board import cards
from storyboard.models import Project, Role, Scene, Shot, Take
from storyboard.models.version import FIELDS
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, around, body, seen, whole


@require_POST
def shots(request: SignedIn, project: int) -> JsonResponse:
    """A new shot: `after` or `before` another, or at the end of `scene`."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    data = body(request)
    mine = Shot.objects.filter(project=row)
    if whole(data, "after"):
        made = seen(request, mine, pk=whole(data, "after")).insert_after(request.user)
    elif whole(data, "before"):
        made = mine.insert_before(seen(request, mine, pk=whole(data, "before")), request.user)
    else:
        scene = seen(request, Scene.objects.filter(project=row), pk=whole(data, "scene", 0))
        made = mine.append_to(scene, request.user)
    return _made(made)


@require_GET
def card(request: SignedIn, pk: int) -> HttpResponse:
    shot = seen(request, Shot.objects.select_related("project"), pk=pk)
    context = {**around(request, shot.project), "card": cards(shot.project, [shot.pk])[0]}
    return render(request, "shot/_card.html", context)


@require_http_methods(["GET", "POST", "PATCH"])
def version(request: SignedIn, pk: int) -> JsonResponse:
    """What the shot asks for. To change it, send fields, and in `base` each of them as it was seen."""
    if request.method == "GET":
        shot = seen(request, Shot, pk=pk)
        return _asks(shot)
    shot = seen(request, Shot, Role.EDITOR, pk=pk)
    data = body(request)
    shot.revise(request.user, _base(data), **_fields(data))
    shot.refresh_from_db()
    return _asks(shot)


@require_POST
def copies(request: SignedIn, pk: int) -> JsonResponse:
    return _made(seen(request, Shot, Role.EDITOR, pk=pk).duplicate(request.user))


@require_POST
def halves(request: SignedIn, pk: int) -> JsonResponse:
    """Splits at a character of the action, or at the sentence nearest the middle."""
    shot = seen(request, Shot, Role.EDITOR, pk=pk)
    return _made(shot.split(request.user, whole(body(request), "at")))


@require_POST
def merger(request: SignedIn, pk: int) -> JsonResponse:
    """Takes in the next shot of the scene."""
    return _made(seen(request, Shot, Role.EDITOR, pk=pk).merge_next(request.user), 200)


@require_http_methods(["POST", "DELETE"])
def omission(request: SignedIn, pk: int) -> JsonResponse:
    shot = seen(request, Shot, Role.EDITOR, pk=pk)
    act = shot.omit if request.method == "POST" else shot.restore
    act(request.user)
    return _made(shot, 200)


@require_POST
def place(request: SignedIn, pk: int) -> JsonResponse:
    """Moves the shot to right behind `after`, or to the front of `scene`."""
    shot = seen(request, Shot, Role.EDITOR, pk=pk)
    data = body(request)
    after = whole(data, "after")
    behind = seen(request, Shot.objects.filter(project=shot.project_id), pk=after) if after else None
    scenes = Scene.objects.filter(project=shot.project_id)
    scene = seen(request, scenes, pk=whole(data, "scene", behind.scene_id if behind else shot.scene_id))
    shot.move(request.user, scene, behind)
    return _made(shot, 200)


@require_POST
def numbering(request: SignedIn, project: int) -> JsonResponse:
    row = seen(request, Project, Role.EDITOR, pk=project)
    return JsonResponse({"shots": Shot.objects.renumber(row, request.user)})


@require_http_methods(["POST", "DELETE"])
def code_lock(request: SignedIn, project: int) -> JsonResponse:
    """Locked codes stay as they are: nothing is renumbered."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    row.lock_codes(request.user, request.method == "POST")
    return JsonResponse({"locked": row.codes_locked})


@require_POST
def takes(request: SignedIn, project: int) -> JsonResponse:
    """Asks `count` takes of each of `shots`; the same `key` again asks nothing more."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    data = body(request)
    chosen = chosen_shots(row, data)
    asked = Take.objects.ask(
        row,
        [shot for shot in chosen if not shot.omitted],
        whole(data, "count", 2) or 0,
        request.user,
        str(data.get("key", "")),
        str(data.get("engine") or ""),
        front=data.get("front") is True,
        audition=data.get("audition") is True,
    )
    return JsonResponse({"takes": [take.pk for take in asked]}, status=201)


def chosen_shots(project: Project, data: dict[str, Any]) -> list[Shot]:
    """The shots that `shots` names, in that order; raises Refusal where it names none or some that are gone."""
    ids = data.get("shots")
    if not isinstance(ids, list) or not ids or not all(type(each) is int for each in ids):
        raise Refusal("No shot was named. Select shots on the board, then try again.")
    found = Shot.objects.filter(project=project).in_bulk(ids)
    if missing := [each for each in ids if each not in found]:
        raise Refusal(f"{len(missing)} of {len(ids)} shots are not on this board any more. Reload the page.")
    return [found[each] for each in dict.fromkeys(ids)]


def _made(shot: Shot, status: int = 201) -> JsonResponse:
    return JsonResponse({"shot": shot.pk, "code": shot.code}, status=status)


def _asks(shot: Shot) -> JsonResponse:
    current = shot.current
    assert current is not None, "every shot asks for something"
    return JsonResponse({"shot": shot.pk, "code": shot.code, "number": current.number, **current.values()})


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    return {name: _typed(name, data) for name in FIELDS if name in data}


def _base(data: dict[str, Any]) -> dict[str, Any]:
    """Sent as an object, or by a form as that object's text."""
    base = data.get("base") or {}
    if isinstance(base, str):
        try:
            base = json.loads(base)
        except ValueError:
            base = None
    if not isinstance(base, dict):
        raise Refusal("What this page saw before is not readable. Reload the page and write again.")
    return {name: _typed(name, base) for name in FIELDS if name in base}


def _typed(name: str, data: dict[str, Any]) -> Any:
    value = data[name]
    if name == "frames":
        return whole(data, name)
    if name == "characters":
        names = value if isinstance(value, list) else str(value).split(",")
        return [str(each).strip() for each in names if str(each).strip()]
    return str(value).replace("\r\n", "\n").strip()

"""The queue as one project sees it: what runs, what waits where in the server's line, and what came of the last."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from storyboard.models import Project, Role, Take
from storyboard.queue_page import Change, QueuePage
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, around, body, moment, seen, whole


@require_GET
def queue(request: SignedIn, project: int) -> HttpResponse:
    """The drawer, or with `?badge` only the number that the top bar shows."""
    row = seen(request, Project, pk=project)
    if "badge" in request.GET:
        return render(request, "queue/_badge.html", {"waiting": Take.objects.waiting().filter(project=row).count()})
    page = QueuePage.of(row, request.user)
    return render(request, "queue/_drawer.html", {**around(request, row), "queue": page, "waiting": page.waiting})


@require_POST
def front(request: SignedIn, pk: int) -> JsonResponse:
    """To the front of the line."""
    take = seen(request, Take.objects.defer("recipe", "report"), Role.EDITOR, pk=pk)
    take.to_front(request.user)
    return JsonResponse({"take": take.pk})


@require_http_methods(["DELETE", "PATCH"])
def mine(request: SignedIn, project: int) -> JsonResponse:
    """All that this person asked for here and that is not done: DELETE cancels it, PATCH sets `paused`, `needed_by`."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    if request.method == "DELETE":
        return JsonResponse({"cancelled": Take.objects.filter(project=row, by=request.user).cancel_all(request.user)})
    data, changed = body(request), 0
    if "paused" in data:
        act = Take.objects.pause_all if data["paused"] is True else Take.objects.resume_all
        changed = act(row, request.user)
    if "needed_by" in data:
        changed = Take.objects.need_all_by(row, moment(data, "needed_by"), request.user)
    return JsonResponse({"changed": changed})


@require_POST
def arrangement(request: SignedIn, project: int) -> JsonResponse:
    """This person's waiting `takes` in the order they want them; nobody else's turn changes."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    ids = body(request).get("takes")
    if not isinstance(ids, list) or not ids or not all(type(each) is int for each in ids):
        raise Refusal("No takes were named. Move one in the queue, then try again.")
    Take.objects.arrange(row, request.user, ids)
    return JsonResponse({"takes": ids})


@require_http_methods(["GET", "PATCH"])
def waiting(request: SignedIn, pk: int) -> HttpResponse:
    """One that waits. GET is the form to change it; PATCH sets `paused`, `needed_by`, or with `engine` its recipe."""
    rows = Take.objects.select_related("project", "version", "shot__current")
    take = seen(request, rows, Role.EDITOR, pk=pk)
    if request.method == "GET":
        take.require_theirs(request.user, "change")
        return render(request, "queue/_change.html", {**around(request, take.project), "change": Change(take)})
    data = body(request)
    with transaction.atomic():
        if data.get("engine"):
            take.amend(request.user, str(data["engine"]), audition=data.get("audition") is True, **_inputs(data))
        if "needed_by" in data:
            take.need_by(moment(data, "needed_by"), request.user)
        if "paused" in data:
            (take.pause if data["paused"] is True else take.resume)(request.user)
    return JsonResponse({"take": take.pk})


@require_http_methods(["POST", "DELETE"])
def pause(request: SignedIn, project: int) -> JsonResponse:
    """The whole project's line stands still, until DELETE lets it go on."""
    row = seen(request, Project, Role.OWNER, pk=project)
    row.pause_line(request.user, request.method == "POST")
    return JsonResponse({"paused": row.line_paused_at is not None})


@require_http_methods(["POST", "DELETE"])
def budget(request: SignedIn, project: int) -> JsonResponse:
    """How many `minutes` of computing this project may use up altogether; DELETE lifts the limit."""
    row = seen(request, Project, Role.OWNER, pk=project)
    minutes = whole(body(request), "minutes") if request.method == "POST" else None
    if request.method == "POST" and minutes is None:
        raise Refusal("A budget is a number of minutes. Type one, or lift the limit.")
    row.set_budget(None if minutes is None else minutes * 60.0, request.user)
    return JsonResponse({"minutes": minutes})


def _inputs(data: dict[str, Any]) -> dict[str, Any]:
    inputs: dict[str, Any] = {"profile": str(data.get("profile") or ""), "handles": whole(data, "handles", 0)}
    return inputs if whole(data, "seed") is None else {**inputs, "seed": whole(data, "seed")}

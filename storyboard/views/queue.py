"""The queue as one project sees it: what runs, what waits where in the server's line, and what came of the last."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from storyboard.models import Project, Role, Take
from storyboard.queue_page import QueuePage
from storyboard.views.door import SignedIn, around, seen


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


@require_http_methods(["DELETE"])
def mine(request: SignedIn, project: int) -> JsonResponse:
    """Cancels all that this person asked for here and that is not done."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    return JsonResponse({"cancelled": Take.objects.filter(project=row, by=request.user).cancel_all(request.user)})

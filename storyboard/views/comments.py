"""Remarks on a take: said, answered, mended, taken back, resolved."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from storyboard.models import Comment, Role, Take
from storyboard.views.door import SignedIn, around, body, may_write, seen, whole


@require_http_methods(["GET", "POST"])
def index(request: SignedIn, pk: int) -> HttpResponse:
    """POST says something at `frame_in`, up to `frame_out`, on the whole take, or in answer to `parent`."""
    take = seen(
        request, Take.objects.select_related("project", "shot", "master"), may_write(request, Role.REVIEWER), pk=pk
    )
    if request.method == "GET":
        return render(request, "comment/_list.html", {"take": take, **talk(take), **around(request, take.project)})
    data = body(request)
    parent = whole(data, "parent")
    comment = Comment.objects.say(
        take,
        request.user,
        str(data.get("text", "")),
        whole(data, "frame_in"),
        whole(data, "frame_out"),
        data.get("drawing"),
        seen(request, Comment.objects.filter(take=take), pk=parent) if parent else None,
    )
    return JsonResponse({"id": comment.pk}, status=201)


@require_http_methods(["PATCH", "DELETE"])
def comment(request: SignedIn, pk: int) -> HttpResponse:
    row = seen(request, Comment, Role.REVIEWER, pk=pk)
    if request.method == "PATCH":
        row.rewrite(str(body(request).get("text", "")), request.user)
    else:
        row.remove(request.user)
    return HttpResponse(status=204)


@require_http_methods(["POST", "DELETE"])
def resolution(request: SignedIn, pk: int) -> HttpResponse:
    row = seen(request, Comment, Role.REVIEWER, pk=pk)
    act = row.resolve if request.method == "POST" else row.reopen
    act(request.user)
    return HttpResponse(status=204)


def talk(take: Take) -> dict[str, object]:
    """Threads by frame, marks for the scrubber, and the drawings the player shows on their frames."""
    threads = Comment.objects.threads(take)
    placed = [each.top for each in threads if each.top.frame_in is not None and each.top.removed_at is None]
    return {
        "threads": threads,
        "markers": [{"in": top.frame_in, "out": top.frame_out, "id": top.pk} for top in placed],
        "drawings": [{"id": top.pk, "frame": top.frame_in, "value": top.drawing} for top in placed if top.drawing],
    }

"""Pictures drawn or found for a shot, with captions and holds."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from storyboard import stills
from storyboard.models import Panel, Role, Shot
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, around, body, may_write, seen, whole


@require_http_methods(["GET", "POST"])
def index(request: SignedIn, pk: int) -> HttpResponse:
    """POST adds each of `pictures` behind the panels there are; one that cannot be taken stops none before it."""
    shot = seen(request, Shot.objects.select_related("project", "current"), may_write(request, Role.EDITOR), pk=pk)
    if request.method == "POST":
        uploads = request.FILES.getlist("pictures")
        if not uploads:
            raise Refusal("No picture came with this. Choose PNG, JPEG or WEBP files.")
        for upload in uploads:
            shot.add_panel(stills.kept(shot.project, upload), request.user, str(body(request).get("caption", "")))
    context = {"shot": shot, "panels": shot.panels.select_related("media"), **around(request, shot.project)}
    return render(request, "panel/_list.html", context)


@require_http_methods(["PATCH", "DELETE"])
def panel(request: SignedIn, pk: int) -> HttpResponse:
    """PATCH sets `caption` or `hold_frames`, or moves it right behind `after` (0: to the front)."""
    row = seen(request, Panel.objects.select_related("shot", "project"), Role.EDITOR, pk=pk)
    if request.method == "DELETE":
        row.remove(request.user)
        return HttpResponse(status=204)
    data = body(request)
    if "after" in data:
        after = whole(data, "after", 0)
        row.move(seen(request, Panel.objects.filter(shot=row.shot_id), pk=after) if after else None, request.user)
    if {"caption", "hold_frames"} & set(data):
        caption = str(data["caption"]) if "caption" in data else None
        row.change(request.user, caption, whole(data, "hold_frames"))
    return HttpResponse(status=204)

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from storyboard.models import Draft, Project, Role, Shot
from storyboard.refusal import Refusal, TooMuch
from storyboard.views.door import SignedIn, around, seen


@login_required
@require_http_methods(["GET", "POST"])
def script(request: SignedIn, project: int) -> HttpResponse:
    """The project's scripts; POST keeps one and shows what it would make. Nothing is on the board yet."""
    row = seen(request, Project, Role.EDITOR if request.method == "POST" else Role.VIEWER, pk=project)
    if request.method == "GET":
        return _page(request, row)
    try:
        data, filename = script_of(request)
        draft = Draft.objects.keep(row, data or b"", filename, request.user)
    except Refusal as refusal:
        if not request.accepts("text/html"):
            raise
        return _page(request, row, status=refusal.status, error=str(refusal), typed=request.POST.get("text", ""))
    return preview(request, draft)


@login_required
@require_http_methods(["GET", "DELETE"])
def draft(request: SignedIn, pk: int) -> HttpResponse:
    """What a kept script makes, or made; DELETE forgets one that never went onto the board."""
    rows = Draft.objects.select_related("project", "by")
    if request.method == "DELETE":
        row = seen(request, rows, Role.EDITOR, pk=pk)
        row.discard(request.user)
        return HttpResponse(headers={"HX-Redirect": reverse("script", args=[row.project_id])})
    row = seen(request, rows, pk=pk)
    screenplay, scenes = row.read(), row.propose()
    return render(
        request,
        "script/draft.html",
        {
            **around(request, row.project),
            "section": "script",
            "draft": row,
            "screenplay": screenplay,
            "scenes": scenes,
            "shot_count": sum(len(scene.shots) for scene in scenes),
            "frame_count": sum(shot.frames for scene in scenes for shot in scene.shots),
            "held": Shot.objects.filter(project=row.project).count(),
        },
    )


@require_POST
def draft_board(request: SignedIn, pk: int) -> HttpResponse:
    """The one click: all of its scenes and shots, or none."""
    row = seen(request, Draft.objects.select_related("project"), Role.EDITOR, pk=pk)
    row.make_board(request.user)
    return redirect(row.project)


@require_GET
def draft_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The script as it came in, byte for byte."""
    row = seen(request, Draft, pk=pk)
    disposition = content_disposition_header(True, row.filename or "pasted.fountain")
    return HttpResponse(
        bytes(row.data), content_type="application/octet-stream", headers={"Content-Disposition": disposition}
    )


def preview(request: HttpRequest, draft: Draft) -> HttpResponse:
    """To the page of what this draft makes; a script is told where that is."""
    url = reverse("draft", args=[draft.pk])
    return redirect(url) if request.accepts("text/html") else JsonResponse({"url": url}, status=201)


def script_of(request: HttpRequest, required: bool = True) -> tuple[bytes | None, str]:
    """The file that was dropped or chosen, else the text that was pasted."""
    upload = request.FILES.get("script")
    if isinstance(upload, UploadedFile):
        if (upload.size or 0) > settings.SCRIPT_MAX_BYTES:
            raise TooMuch(
                f"This file is {(upload.size or 0) / 2**20:.1f} MB; a script may be at most "
                f"{settings.SCRIPT_MAX_BYTES / 2**20:.1f} MB. Take pictures out of it, or import it in parts."
            )
        return upload.read(), "" if "pasted" in request.POST else (upload.name or "")[:200]
    text = request.POST.get("text", "")
    if text.strip():
        return text.encode(), ""
    if required:
        raise Refusal("There is no script yet. Drop a file, choose one, or paste the text.")
    return None, ""


def _page(request: HttpRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    drafts = Draft.objects.filter(project=project).select_related("by").defer("data")
    context = {
        **around(request, project),
        "section": "script",
        "waiting": drafts.waiting(),
        "drafts": drafts.on_board(),
        "held": Shot.objects.filter(project=project).count(),
        "script_max": settings.SCRIPT_MAX_BYTES,
        "plain_max": settings.SCRIPT_PLAIN_MAX_BYTES,
        **more,
    }
    return render(request, "script/script.html", context, status=status)

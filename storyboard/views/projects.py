from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from storyboard.first_run import make_sample
from storyboard.forms import NewPitchForm
from storyboard.models import Draft, Project, Role, Take
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, body, seen
from storyboard.views.scripts import preview, script_of


@login_required
@require_http_methods(["GET", "POST"])
def projects(request: SignedIn) -> HttpResponse:
    """The pitches this person is a member of; POST starts one, with its script at once where a file came along."""
    form = NewPitchForm(_with_defaults(request) if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        return _start(request, form)
    except Refusal as refusal:
        if not request.accepts("text/html"):
            raise
        return _page(request, form, status=refusal.status, script_error=str(refusal))


@login_required
@require_POST
def sample(request: SignedIn) -> HttpResponse:
    return redirect(make_sample(request.user))


@require_POST
def name(request: SignedIn, project: int) -> HttpResponse:
    """Gives the project another name."""
    row = seen(request, Project, Role.OWNER, pk=project)
    row.rename(str(body(request).get("name", "")), request.user)
    return redirect("people", row.pk)


def _start(request: SignedIn, form: NewPitchForm) -> HttpResponse:
    data, filename = script_of(request, required=False)
    with transaction.atomic():
        started = Project.objects.start(form.cleaned_data["name"], request.user, **form.fields_of_project())
        if data is None:
            return redirect("script", started.pk)
        draft = Draft.objects.keep(started, data, filename, request.user)
    return preview(request, draft)


def _with_defaults(request: HttpRequest) -> dict[str, Any]:
    """A script dropped on the page says only itself: its name becomes the pitch's, and the rest is the usual."""
    data = {name: field.initial for name, field in NewPitchForm().fields.items()}
    upload = request.FILES.get("script")
    if isinstance(upload, UploadedFile):
        data["name"] = Path(upload.name or "").stem.replace("_", " ").strip().title()[:120] or data["name"]
    return data | {name: value for name, value in request.POST.items() if value}


def _page(request: HttpRequest, form: NewPitchForm, status: int = 200, **more: Any) -> HttpResponse:
    rows = list(Project.objects.visible_to(request.user).with_numbers().order_by("-created_at"))
    posters = Take.objects.posters(rows)
    cards = [{"project": row, "poster": posters.get(row.pk)} for row in rows]
    context = {"cards": cards, "form": form, "script_max": settings.SCRIPT_MAX_BYTES, **more}
    return render(request, "project/projects.html", context, status=status)

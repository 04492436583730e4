"""What a shot asked for, version by version, and going back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from storyboard.models import Role, Shot, Version
from storyboard.views.door import SignedIn, around, seen


@require_GET
def index(request: SignedIn, pk: int) -> HttpResponse:
    shot = seen(request, Shot.objects.select_related("project"), pk=pk)
    context = {"shot": shot, "history": Version.objects.history(shot), **around(request, shot.project)}
    return render(request, "version/_history.html", context)


@require_POST
def back(request: SignedIn, pk: int) -> HttpResponse:
    """The shot asks for what this version asked."""
    version = seen(request, Version.objects.select_related("shot__project"), Role.EDITOR, pk=pk)
    version.shot.go_back_to(version, request.user)
    return HttpResponse(status=204)

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from storyboard.activity import told
from storyboard.models import Project
from storyboard.refusal import Refusal
from storyboard.views.door import around, seen, whole

PAGE = 50


@login_required
@require_GET
def activity(request: HttpRequest, project: int) -> HttpResponse:
    """The log in words, newest first; `before` is the number of the last line of the page before this one."""
    row = seen(request, Project, pk=project)
    before = whole(request.GET.dict(), "before")
    if before is not None and not 0 < before < 1 << 62:
        raise Refusal("There is no such line in the log. Begin at the newest.")
    lines = told(row, before, PAGE + 1)
    context = {
        **around(request, row),
        "section": "activity",
        "lines": lines[:PAGE],
        "older": lines[PAGE - 1].number if len(lines) > PAGE else None,
        "newest": before is None,
    }
    template = "activity/_log.html" if request.headers.get("HX-Request") else "activity/activity.html"
    return render(request, template, context)

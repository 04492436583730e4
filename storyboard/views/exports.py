from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from storyboard.exporters import EXPORTERS
from storyboard.gather import gather
from storyboard.models import Export, Project, Role
from storyboard.refusal import Refusal
from storyboard.timecode import to_timecode
from storyboard.views.door import SignedIn, around, body, seen

LISTED = 50


@login_required
@require_http_methods(["GET", "POST"])
def exports(request: SignedIn, project: int) -> HttpResponse:
    """What can be taken away and what was; POST queues one of the cut as it stands when a worker begins."""
    row = seen(request, Project, Role.REVIEWER if request.method == "POST" else Role.VIEWER, pk=project)
    if request.method == "POST":
        _ask(request, row)
    template = "export/_list.html" if request.headers.get("HX-Request") else "export/exports.html"
    return render(request, template, _context(request, row), status=201 if request.method == "POST" else 200)


@require_GET
def export_summary(request: HttpRequest, project: int) -> HttpResponse:
    row = seen(request, Project, pk=project)
    return render(request, "export/_summary.html", {**around(request, row), **_summary(row)})


@require_http_methods(["GET", "DELETE"])
def export(request: SignedIn, pk: int) -> HttpResponse:
    """One export's row; DELETE cancels it."""
    row = _seen(request, pk)
    if request.method == "DELETE":
        row.cancel(request.user)
    return _row(request, row)


@require_POST
def export_tries(request: SignedIn, pk: int) -> HttpResponse:
    """Another try of a failed or cancelled one."""
    row = _seen(request, pk)
    _require_own(request, row)
    row.retry(request.user)
    return _row(request, row)


def _ask(request: SignedIn, project: Project) -> None:
    data = body(request)
    kind = str(data.get("kind", "animatic"))
    if kind not in [each.name for each in EXPORTERS]:
        raise Refusal(f"There is no export called {kind[:40]!r}; there are {', '.join(e.name for e in EXPORTERS)}.")
    burn_ins = str(data.get("burn_ins", "")).lower() in ("1", "true", "on", "yes")
    Export.objects.ask(project, kind, request.user, burn_ins=burn_ins)


def _seen(request: HttpRequest, pk: int) -> Export:
    return seen(request, Export.objects.select_related("project", "media", "by"), pk=pk)


def _require_own(request: HttpRequest, row: Export) -> None:
    """Whoever asked may try again; for what others asked it takes an editor."""
    row.project.require(request.user, Role.REVIEWER if row.by_id == request.user.pk else Role.EDITOR)


def _row(request: HttpRequest, row: Export) -> HttpResponse:
    return render(request, "export/_export.html", {**around(request, row.project), "export": _named(row)})


def _context(request: HttpRequest, project: Project) -> dict[str, Any]:
    rows = Export.objects.filter(project=project).select_related("media", "by")
    mine = rows.filter(by=request.user).first()
    return {
        **around(request, project),
        **_summary(project),
        "section": "exports",
        "exporters": EXPORTERS,
        "exports": [_named(row) for row in rows[:LISTED]],
        "last_kind": mine.kind if mine else "",
        "last_burn_ins": bool(mine and mine.options.get("burn_ins")),
    }


def _summary(project: Project) -> dict[str, Any]:
    cut = gather(project)
    return {
        "shots": len(cut.shots),
        "without": [shot for shot in cut.shots if shot.shows not in ("pick", "circled")],
        "cards": sum(shot.shows == "card" for shot in cut.shots),
        "frames": cut.frames,
        "timecode": to_timecode(cut.frames, cut.rate),
        "sound": cut.sound is not None,
    }


def _named(row: Export) -> Export:
    row.label = next((each.label for each in EXPORTERS if each.name == row.kind), row.kind)  # type: ignore[attr-defined]
    return row

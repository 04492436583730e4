from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from storyboard.cut import Cut, CutShot
from storyboard.gather import gather
from storyboard.models import Project, Role, Shot, Sound
from storyboard.timecode import to_timecode
from storyboard.views.door import SignedIn, around, body, seen, whole

# How the player shows each rung; every other rung is a clip.
KINDS = {"panel": "image", "card": "card"}


@login_required
@require_GET
def cut(request: HttpRequest, project: int) -> HttpResponse:
    """The animatic as it stands."""
    row = seen(request, Project, pk=project)
    items = items_of(row)
    context = {
        **around(request, row),
        "section": "cut",
        "cut": {name: value for name, value in items.items() if name != "items"},
        "cut_player": _player(row, items),
    }
    return render(request, "cut/cut.html", context)


@require_GET
def cut_items(request: HttpRequest, project: int) -> HttpResponse:
    return JsonResponse(items_of(seen(request, Project, pk=project)))


@require_http_methods(["POST", "DELETE"])
def trim(request: SignedIn, pk: int) -> HttpResponse:
    """POST sets where the shot begins in its source and how many frames it lasts; DELETE goes back to all it asks."""
    row = seen(request, Shot.objects.select_related("project", "current"), Role.EDITOR, pk=pk)
    data = body(request) if request.method == "POST" else {}
    row.trim(request.user, whole(data, "in", 0) or 0, whole(data, "frames"))
    return JsonResponse(items_of(row.project))


def _player(project: Project, items: dict[str, Any]) -> dict[str, Any]:
    sound = items["sound"] or {}
    return {
        "shots": items["items"],
        "rate_num": project.rate_num,
        "rate_den": project.rate_den,
        "width": project.width,
        "height": project.height,
        "sound": sound.get("src", ""),
        "sound_offset": sound.get("offset", 0),
        "sound_gain": sound.get("gain", 1),
        "page_default": True,
        "label": project.name,
    }


def items_of(project: Project) -> dict[str, Any]:
    """The cut as the page plays it. The event's number is read first: what happens meanwhile is asked for again."""
    event = Project.objects.values_list("last_event", flat=True).get(pk=project.pk)
    gathered = gather(project)
    shots = zip(gathered.shots, gathered.starts(), strict=True)
    return {
        "event": event,
        "rate": list(gathered.rate),
        "width": gathered.width,
        "height": gathered.height,
        "frames": gathered.frames,
        "timecode": to_timecode(gathered.frames, gathered.rate),
        "temporary": sum(shot.shows != "pick" for shot in gathered.shots),
        "items": [_item(shot, start) for shot, start in shots],
        "sound": _sound(project, gathered),
    }


def _item(shot: CutShot, start: int) -> dict[str, Any]:
    return {
        "key": str(shot.shot_id),
        "shot": shot.shot_id,
        "code": shot.code,
        "scene": shot.scene,
        "heading": shot.heading,
        "label": shot.label,
        "shows": shot.shows,
        "start": start,
        "frames": shot.frames,
        "in_frame": shot.in_frame,
        "kind": KINDS.get(shot.shows, "clip"),
        "src": shot.proxy_url or shot.poster_url,
        "rate": list(shot.source_rate),
        "source_frames": shot.source_frames,
        "poster": shot.poster_url,
        "line": shot.line,
        "dialogue": shot.dialogue,
        "take": shot.take_id,
        "number": shot.take_number,
        "room": reverse("shot", args=[shot.shot_id]),
    }


def _sound(project: Project, gathered: Cut) -> dict[str, Any] | None:
    sound = Sound.objects.filter(project=project).select_related("media").first()
    if sound is None:
        return None
    return {
        "src": sound.media.url,
        "name": sound.name,
        "gain": gathered.sound_gain,
        "gainDb": sound.gain_db,
        "offset": sound.offset_frames,
        "samples": sound.media.samples,
        "peaks": sound.media.facts.get("peaks", []),
    }

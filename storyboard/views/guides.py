"""Pictures that a take must begin with, end on, pass through or resemble, and clips that it must follow or keep."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from storyboard import engines, guide_clips, stills
from storyboard.models import Guide, Media, Panel, Role, Shot, Take
from storyboard.models.asking import NO_DEPTH_MODEL
from storyboard.models.version import CLIP_KINDS, EITHER_KINDS
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, around, body, may_write, seen, whole
from storyboard.views.room import asking


@require_http_methods(["GET", "POST"])
def index(request: SignedIn, pk: int) -> HttpResponse:
    """POST holds a picture: an upload (`picture`), a panel (`panel`), or a frame of a take (`take` and `frame`).

    Depth, motion and keep hold a clip instead: an upload (`clip`), or what blocking shows drawn as `blocking`; keep
    also a `take`. A mask is either. With `pictures` a clip for depth shows pictures, in which depth is found when a
    take is made.
    """
    shot = seen(request, Shot.objects.select_related("project", "current"), may_write(request, Role.EDITOR), pk=pk)
    if request.method == "POST":
        data = body(request)
        kind = str(data.get("kind", ""))
        held = _clip(request, shot, kind, data) if _is_clip(request, kind, data) else _picture(request, shot, data)
        shot.guide(request.user, kind, at_frame=whole(data, "at_frame", 0), **held)
        shot.refresh_from_db()
    return render(request, "version/_guides.html", {**around(request, shot.project), **asking(shot)})


@require_http_methods(["DELETE"])
def guide(request: SignedIn, pk: int) -> HttpResponse:
    row = seen(request, Guide.objects.select_related("version__shot__project"), Role.EDITOR, pk=pk)
    row.version.shot.drop_guide(row, request.user)
    return HttpResponse(status=204)


def _is_clip(request: SignedIn, kind: str, data: dict[str, Any]) -> bool:
    return kind in CLIP_KINDS or (kind in EITHER_KINDS and ("clip" in request.FILES or "blocking" in data))


def _picture(request: SignedIn, shot: Shot, data: dict[str, Any]) -> dict[str, Any]:
    """The media, and the take and frame it came from where it did."""
    project = shot.project
    if upload := request.FILES.get("picture"):
        return {"media": stills.kept(project, upload), "take": None, "source_frame": 0}
    if panel := whole(data, "panel"):
        found = seen(request, Panel.objects.filter(project=project), pk=panel)
        return {"media": found.media, "take": None, "source_frame": 0}
    if take := whole(data, "take"):
        source = seen(request, Take.objects.filter(project=project).select_related("master"), pk=take)
        frame = whole(data, "frame", 0) or 0
        return {"media": _frame(source, frame), "take": source, "source_frame": frame}
    raise Refusal("No picture came with this. Choose a file, a panel, or a frame of a take.")


def _clip(request: SignedIn, shot: Shot, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The clip, what shows it, and the take that it is or whose staging it was drawn from where there is one."""
    if upload := request.FILES.get("clip"):
        is_pictures = kind == "depth" and data.get("pictures") in ("1", "true")
        if is_pictures and engines.depth_model() is None:
            raise Refusal(f"No weights here can find depth in a clip of pictures. {NO_DEPTH_MODEL}")
        return {**guide_clips.sent(shot, kind, upload), "is_pictures": is_pictures}
    if drawn := data.get("blocking"):
        pk = whole(data, "take", 0)
        take = seen(request, Take.objects.filter(project=shot.project), pk=pk) if pk else None
        return guide_clips.from_blocking(shot, kind, take, str(drawn), whole(data, "seed", 0) or 0)
    if kind == "keep" and (pk := whole(data, "take")):
        return guide_clips.of_take(seen(request, Take.objects.filter(project=shot.project), pk=pk))
    if kind == "keep":
        raise Refusal("No clip came with this. Send the one to keep, or choose a take.")
    raise Refusal(f"No clip came with this. {kind.capitalize()} follows a clip: send one, or take it from blocking.")


def _frame(take: Take, frame: int) -> Media:
    png = stills.exact(take, frame)
    assert take.master is not None
    size = {"width": take.master.width, "height": take.master.height}
    return Media.objects.keep_bytes(take.project, png, "image/png", **size)

"""Takes in the shot room: asked for, made again, continued, judged, put away."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from storyboard import stills
from storyboard import strip as strips
from storyboard.models import Role, Shot, Take
from storyboard.models.judgement import REASONS
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, around, body, seen, whole


@require_GET
def strip(request: SignedIn, pk: int) -> HttpResponse:
    return _strip(request, seen(request, Shot, pk=pk))


@require_GET
def card(request: SignedIn, pk: int) -> HttpResponse:
    take = seen(request, Take.objects.carded(), pk=pk)
    context = {"card": strips.card(take, request.user), "reasons": REASONS, **around(request, take.project)}
    return render(request, "take/_card.html", context)


@require_POST
def ask(request: SignedIn, pk: int) -> JsonResponse:
    """`count` takes of this shot; the same `key` again asks nothing more. `seed` is the first one's.

    `without` names the kinds of guides that the page showed as left out, `handles` the frames wanted behind the cut;
    with `finish` it is composed at the usual size and drawn in at twice that.
    """
    shot = seen(request, Shot, Role.EDITOR, pk=pk)
    data = body(request)
    inputs: dict[str, Any] = {} if whole(data, "seed") is None else {"seed": whole(data, "seed")}
    inputs["profile"] = str(data.get("profile") or "")
    inputs["finish"] = _yes(data.get("finish"))
    inputs["without"] = _names(data, "without")
    inputs["handles"] = whole(data, "handles", 0)
    takes = Take.objects.ask(
        shot.project,
        [shot],
        whole(data, "count", 2) or 0,
        request.user,
        str(data.get("key", "")),
        str(data.get("engine") or ""),
        audition=_yes(data.get("audition")),
        **inputs,
    )
    return _asked(takes)


@require_POST
def again(request: SignedIn, pk: int) -> JsonResponse:
    take = seen(request, Take, Role.EDITOR, pk=pk)
    data = body(request)
    return _asked([take.again(request.user, _yes(data.get("exactly")), str(data.get("key", "")))])


@require_POST
def continuations(request: SignedIn, pk: int) -> JsonResponse:
    """Takes that go on from `frame` (the last one unless given), for this shot or for `shot`."""
    take = seen(request, Take, Role.EDITOR, pk=pk)
    data = body(request)
    onto = whole(data, "shot")
    shot = seen(request, Shot.objects.filter(project=take.project_id), Role.EDITOR, pk=onto) if onto else None
    frame = whole(data, "frame", take.frames - 1)
    made = take.continue_from(frame or 0, request.user, str(data.get("key", "")), whole(data, "count", 1) or 0, shot)
    return _asked(made)


@require_http_methods(["POST", "DELETE"])
def circle(request: SignedIn, pk: int) -> HttpResponse:
    take = seen(request, Take, Role.REVIEWER, pk=pk)
    act = take.circle if request.method == "POST" else take.uncircle
    act(request.user)
    return HttpResponse(status=204)


@require_http_methods(["POST", "DELETE"])
def pick(request: SignedIn, pk: int) -> HttpResponse:
    """In the cut; DELETE takes it out only while it still is this take."""
    take = seen(request, Take, Role.REVIEWER, pk=pk)
    if request.method == "POST":
        take.shot.pick(take, request.user)
    else:
        take.shot.unpick(request.user, take)
    return HttpResponse(status=204)


@require_http_methods(["POST", "DELETE"])
def rejection(request: SignedIn, pk: int) -> HttpResponse:
    take = seen(request, Take, Role.REVIEWER, pk=pk)
    if request.method == "POST":
        take.reject(request.user, str(body(request).get("reason") or "taste"))
    else:
        take.unreject(request.user)
    return HttpResponse(status=204)


@require_POST
def cancellation(request: SignedIn, pk: int) -> HttpResponse:
    take = seen(request, Take, Role.EDITOR, pk=pk)
    take.cancel(request.user)
    return HttpResponse(status=204)


@require_POST
def completion(request: SignedIn, pk: int) -> HttpResponse:
    """A take in audition is computed to its end."""
    take = seen(request, Take, Role.EDITOR, pk=pk)
    take.go_on(request.user)
    return HttpResponse(status=204)


@require_POST
def retrial(request: SignedIn, pk: int) -> HttpResponse:
    take = seen(request, Take, Role.EDITOR, pk=pk)
    take.retry(request.user)
    return HttpResponse(status=204)


@require_http_methods(["DELETE"])
def take(request: SignedIn, pk: int) -> HttpResponse:
    """Into the trash, from where it can be restored."""
    row = seen(request, Take, Role.EDITOR, pk=pk)
    row.trash(request.user)
    return HttpResponse(status=204)


@require_POST
def restoration(request: SignedIn, pk: int) -> HttpResponse:
    take = seen(request, Take, Role.EDITOR, pk=pk)
    take.restore(request.user)
    return HttpResponse(status=204)


@require_GET
def frame(request: SignedIn, pk: int, n: int) -> HttpResponse:
    """One exact frame of the master as PNG."""
    take = seen(request, Take.objects.select_related("master"), pk=pk)
    png = stills.exact(take, n)
    name = f"{take.shot.code}-T{take.number}-f{n:04d}.png"
    return HttpResponse(
        png,
        content_type="image/png",
        headers={
            "Cache-Control": "private, max-age=31536000, immutable",
            "Vary": "Cookie",
            "Content-Disposition": f'inline; filename="{name}"',
        },
    )


def _strip(request: SignedIn, shot: Shot) -> HttpResponse:
    context = {
        "shot": shot,
        "cards": strips.cards(shot, request.user),
        "trashed": Take.objects.exclude(trashed_at=None).filter(shot=shot),
        "reasons": REASONS,
        **around(request, shot.project),
    }
    return render(request, "take/_strip.html", context)


def _asked(takes: list[Take]) -> JsonResponse:
    return JsonResponse(
        {"takes": [take.pk for take in takes], "numbers": [take.number for take in takes], "shot": takes[0].shot_id},
        status=201,
    )


def _names(data: dict[str, Any], name: str) -> list[str]:
    """A list of words out of what came in; raises Refusal that names the field."""
    value = data.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refusal(f"{name} is {str(value)[:40]!r}; expected a list of names.")
    return value


def _yes(value: object) -> bool:
    return value in (True, "true", "on", "1", 1)

"""The exact inputs of a take: to read, to copy, to take away, and to load back."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from storyboard.dropped import recipe_in
from storyboard.models import Role, Shot, Take
from storyboard.recipe_page import RecipePage
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, around, seen


@require_GET
def show(request: SignedIn, pk: int) -> HttpResponse:
    take = seen(request, Take.objects.select_related("shot", "project"), pk=pk)
    return render(
        request, "take/_recipe.html", {"take": take, "recipe": RecipePage(take), **around(request, take.project)}
    )


@require_GET
def download(request: SignedIn, pk: int) -> HttpResponse:
    """The canonical text, byte for byte: its sha256 is the digest that the take carries."""
    take = seen(request, Take.objects.select_related("shot"), pk=pk)
    name = f"{take.shot.code}-T{take.number}-recipe.json"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(take.recipe, content_type="application/json", headers=disposition)


@require_POST
def load(request: SignedIn, pk: int) -> JsonResponse:
    """A dropped movie or recipe file becomes what the shot asks for."""
    shot = seen(request, Shot, Role.EDITOR, pk=pk)
    upload = request.FILES.get("file")
    if upload is None:
        raise Refusal("No file came with this. Drop a take's movie or its recipe file.")
    recipe = recipe_in(upload)
    missing = shot.follow(recipe, request.user)
    return JsonResponse({"engine": recipe.engine, "seed": recipe.seed, "missing": missing})

"""Which weights there are, what they need and which engines have none, for whoever runs the server; and, for everybody
who makes takes with them, what the weights are that come with it."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from generation import catalogue
from generation.weights import DEPTH_MODELS, BuiltIn, Weights
from storyboard import engines, prose
from storyboard.needs import need_of


@require_GET
def weights(request: HttpRequest) -> HttpResponse:
    here = engines.registry().all()
    entries = [
        {
            "weights": each,
            "need": need_of(each),
            "engines": [row.label for row in catalogue.ENGINES if _loads(row, each)]
            + (["finding depth in clips"] if each.pipeline in DEPTH_MODELS else []),
        }
        for each in here
    ]
    rows = [
        {"row": row, "weights": [each.name for each in here if _loads(row, each)]}
        for row in catalogue.ENGINES
        if row.pipelines
    ]
    registry = engines.registry()
    context = {"title": "Weights", "entries": entries, "rows": rows, "place": registry.location}
    context["amiss"] = registry.amiss().values()
    return render(request, "admin/weights.html", {**admin.site.each_context(request), **context})


@login_required
@require_GET
def card(request: HttpRequest, name: str) -> HttpResponse:
    """What weights that come with Circle Take were made from, what they can do and what they cannot."""
    weights = next((each for each in engines.registry().all() if each.name == name), None)
    if not isinstance(weights, BuiltIn):
        raise Http404
    labels = [choice.label for choice in engines.choices() if choice.weights == weights]
    context = {
        "weights": weights,
        "label": labels[0] if labels else weights.name,
        "need": need_of(weights),
        "card": prose.html(prose.without_title(weights.card)),
        "missed": [each for each in weights.missed if each not in weights.card],
    }
    return render(request, "weights/card.html", context)


def _loads(row: catalogue.Engine, weights: Weights) -> bool:
    return row.loads(weights.pipeline, weights.options)

"""For whoever runs the server: which weights there are, what they need, and which engines still have none."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from generation import catalogue
from generation.weights import DEPTH_MODELS, Weights
from storyboard import engines
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
    context = {"title": "Weights", "entries": entries, "rows": rows, "place": engines.registry().location}
    return render(request, "admin/weights.html", {**admin.site.each_context(request), **context})


def _loads(row: catalogue.Engine, weights: Weights) -> bool:
    return row.loads(weights.pipeline, weights.options)

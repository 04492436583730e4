"""LTX-2 asked to follow a clip: offered where weights for that lie beside the others, else refused with the folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from storyboard import engines
from storyboard.advice import Advice
from storyboard.models import Shot, Take, User
from storyboard.refusal import Refusal
from tests import factories
from tests.generation.tiny import ltx2


@pytest.fixture(autouse=True)
def weights(settings: Any, tmp_path: Path) -> None:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    for name, without in (("both", ()), ("poses", ("depth",)), ("none", ("depth", "pose"))):
        ltx2.build(tmp_path / name)
        for kind in without:
            shutil.rmtree(tmp_path / name / "in_context" / kind)
        engines.registry().add(tmp_path / name, name)


def ask(shot: Shot, by: User, weights: str) -> Take:
    return Take.objects.ask(shot.project, [shot], 1, by, engine=f"ltx2:{weights}", seed=3)[0]


def hold(shot: Shot, by: User, kind: str) -> None:
    clip = factories.kept(shot.project, "a clip", content_type="video/mp4")
    shot.guide(by, kind, clip)
    shot.refresh_from_db()


def test_a_clip_is_asked_to_be_followed_where_there_are_weights_for_it(shot: Shot, alice: User) -> None:
    hold(shot, alice, "depth")
    guide = ask(shot, alice, "both").frozen.ingredient("depth")
    assert guide is not None and guide.media == "video"


@pytest.mark.parametrize("kind", ["depth", "motion"])
def test_weights_that_lack_them_are_refused_before_anything_is_queued(shot: Shot, alice: User, kind: str) -> None:
    hold(shot, alice, kind)
    folder = {"depth": "in_context/depth", "motion": "in_context/pose"}[kind]
    with pytest.raises(Refusal, match=f"put them into the folder {folder} and register the weights again"):
        ask(shot, alice, "none")
    assert not Take.objects.exists()


@pytest.mark.parametrize(("name", "off"), [("both", set()), ("poses", {"depth"}), ("none", {"depth", "motion"})])
def test_the_form_offers_what_these_weights_follow_and_says_of_the_rest_why_not(
    shot: Shot, name: str, off: set[str]
) -> None:
    html = render_to_string("version/_engine.html", {"advice": Advice(engines.chosen(f"ltx2:{name}"), shot)})
    for kind in ("depth", "motion"):
        assert (f'data-kind="{kind}" title="LTX-2 follows' in html) == (kind in off)
    assert html.count('class="is-on"') == 6 - len(off)

"""Recipes outlive the format they were written in: each is stepped up, or refused; none is guessed at."""

from __future__ import annotations

from typing import Any

import pytest

from generation import recipe as recipes
from generation.recipe import BadRecipe, Recipe


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server two formats on: the first one said `length`, the second one wrote the engine in capitals."""

    def from_first(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"frames": data.pop("length"), "format": 2}

    def from_second(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"engine": data["engine"].lower(), "format": 3}

    monkeypatch.setattr(recipes, "FORMAT", 3)
    monkeypatch.setattr(recipes, "UPGRADES", {1: from_first, 2: from_second})


def test_an_older_recipe_is_stepped_up_format_by_format(third: None) -> None:
    found = Recipe.parse('{"format": 1, "engine": "BLOCKING", "seed": 7, "length": 48}')
    assert (found.format, found.engine, found.seed, found.frames) == (3, "blocking", 7, 48)


def test_only_the_steps_that_are_missing_are_taken(third: None) -> None:
    assert Recipe.parse('{"format": 2, "engine": "LTX", "frames": 9}').engine == "ltx"
    assert Recipe.parse('{"format": 3, "engine": "LTX", "frames": 9}').engine == "LTX"


def test_an_older_field_in_a_newer_recipe_is_refused(third: None) -> None:
    with pytest.raises(BadRecipe, match="unknown field 'length'"):
        Recipe.parse('{"format": 3, "engine": "ltx", "length": 48}')


@pytest.mark.parametrize("found", ["0", "4", "-1", '"2"', "1.5"])
def test_a_format_nobody_knows_is_refused_with_those_that_are_read(third: None, found: str) -> None:
    with pytest.raises(BadRecipe, match="this server reads formats 1 to 3"):
        Recipe.parse(f'{{"format": {found}}}')

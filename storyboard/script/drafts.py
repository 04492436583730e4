"""The difference between two drafts of a script: scene by scene, line by line, word by word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .changed_lines import LineChange, changed_lines
from .matching import match_scenes, moved_scenes
from .screenplay import Scene, Screenplay

KINDS = ("added", "omitted", "restored", "renamed", "renumbered", "moved", "changed")


@dataclass(frozen=True)
class SceneChange:
    """What became of one scene. `kinds` is any of KINDS; `old` is None for an added scene, `new` for a removed one.

    `old_index` and `new_index` count from 0 in their own drafts and are -1 where the scene is not there.
    """

    kinds: tuple[str, ...]
    old: Scene | None
    new: Scene | None
    old_index: int
    new_index: int
    lines: tuple[LineChange, ...] = ()

    @property
    def number(self) -> str:
        return self._scene.number

    @property
    def heading(self) -> str:
        return self._scene.heading

    @property
    def _scene(self) -> Scene:
        scene = self.new or self.old
        assert scene is not None
        return scene


@dataclass(frozen=True)
class Difference:
    """The scenes that changed, in the order of the new draft, omitted ones where they stood; `matches` pairs all kept.

    `matches` holds (index in the old draft, index in the new draft), for carrying shots and takes over.
    """

    entries: tuple[SceneChange, ...]
    matches: tuple[tuple[int, int], ...]

    def __bool__(self) -> bool:
        return bool(self.entries)

    def of_kind(self, kind: str) -> tuple[SceneChange, ...]:
        return tuple(entry for entry in self.entries if kind in entry.kinds)


def difference(old: Screenplay, new: Screenplay) -> Difference:
    """Scenes are matched by number first, then by likeness of heading and content."""
    pairs = match_scenes(old.scenes, new.scenes)
    moved = moved_scenes(pairs)
    kept_old, kept_new = {a for a, _ in pairs}, {b for _, b in pairs}
    entries = [_kept(old.scenes[a], new.scenes[b], a, b, (a, b) in moved) for a, b in pairs]
    entries += [SceneChange(("added",), None, scene, -1, b) for b, scene in enumerate(new.scenes) if b not in kept_new]
    entries += [
        SceneChange(("omitted",), scene, None, a, -1) for a, scene in enumerate(old.scenes) if a not in kept_old
    ]
    changed = sorted((entry for entry in entries if entry.kinds), key=_place(pairs))
    return Difference(tuple(changed), tuple(pairs))


def _kept(old: Scene, new: Scene, old_index: int, new_index: int, moved: bool) -> SceneChange:
    lines = () if new.omitted else changed_lines(old.elements, new.elements)
    kinds = (
        ("omitted", new.omitted and not old.omitted),
        ("restored", old.omitted and not new.omitted),
        ("renamed", old.heading != new.heading and not new.omitted and not old.omitted),
        ("renumbered", old.number != new.number),
        ("moved", moved),
        ("changed", bool(lines)),
    )
    return SceneChange(tuple(kind for kind, holds in kinds if holds), old, new, old_index, new_index, lines)


def _place(pairs: list[tuple[int, int]]) -> Callable[[SceneChange], tuple[int, int, int]]:
    """Where an entry is listed: by new index, an omitted scene just after the one that stood before it."""
    new_of, before = dict(pairs), -1
    last_kept: dict[int, int] = {}
    for index in range(max(new_of, default=-1) + 1):
        before = new_of.get(index, before)
        last_kept[index] = before

    def place(entry: SceneChange) -> tuple[int, int, int]:
        if entry.new is not None:
            return entry.new_index, 0, 0
        return last_kept.get(entry.old_index, before), 1, entry.old_index

    return place

"""Which scene of one draft is which of another."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable

from .screenplay import Scene

ALIKE = 0.5
NEAR = 25  # how far apart two scenes of very long drafts are still compared
FEW_ENOUGH = 40_000

Pairs = list[tuple[int, int]]


def match_scenes(old: tuple[Scene, ...], new: tuple[Scene, ...]) -> Pairs:
    """Pairs of indexes, in order of the old draft: same number and heading, same text, same number, then likeness."""
    match = _Match(old, new)
    match.by(lambda scene: (scene.number, scene.heading) if scene.number else None)
    match.by(lambda scene: (scene.heading, tuple(each.text for each in scene.elements)))
    match.by(lambda scene: scene.number or None)
    match.by_likeness()
    return sorted(match.pairs)


def moved_scenes(pairs: Pairs) -> set[tuple[int, int]]:
    """The fewest pairs that have to move for the rest to be in order."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, b) in enumerate(pairs):
        at = bisect_left(tails, b)
        tails[at : at + 1] = [b]
        ends[at : at + 1] = [index]
        before.append(ends[at - 1] if at else -1)
    stay, index = set(), ends[-1] if ends else -1
    while index >= 0:
        stay.add(pairs[index])
        index = before[index]
    return set(pairs) - stay


class _Match:
    def __init__(self, old: tuple[Scene, ...], new: tuple[Scene, ...]) -> None:
        self.old, self.new = old, new
        self.left_old, self.left_new = list(range(len(old))), list(range(len(new)))
        self.pairs: Pairs = []

    def by(self, key: Callable[[Scene], object]) -> None:
        """Pairs scenes whose key is the only one of its kind left on both sides."""
        olds, news = self._alone(self.old, self.left_old, key), self._alone(self.new, self.left_new, key)
        self._pair((index, news[each]) for each, index in olds.items() if each in news)

    def by_likeness(self) -> None:
        words_old = {index: _words(self.old[index]) for index in self.left_old}
        words_new = {index: _words(self.new[index]) for index in self.left_new}
        near = len(words_old) * len(words_new) > FEW_ENOUGH
        scored = []
        for rank, a in enumerate(self.left_old):
            candidates = self.left_new[max(0, rank - NEAR) : rank + NEAR] if near else self.left_new
            for b in candidates:
                if (score := _likeness(words_old[a], words_new[b])) >= ALIKE:
                    scored.append((-score, abs(a - b), a, b))
        taken_old, taken_new, chosen = set(), set(), []
        for _, _, a, b in sorted(scored):
            if a not in taken_old and b not in taken_new:
                taken_old.add(a)
                taken_new.add(b)
                chosen.append((a, b))
        self._pair(chosen)

    def _alone(self, scenes: tuple[Scene, ...], left: list[int], key: Callable[[Scene], object]) -> dict[object, int]:
        counts = Counter(key(scenes[index]) for index in left)
        keyed = ((key(scenes[index]), index) for index in left)
        return {each: index for each, index in keyed if each is not None and counts[each] == 1}

    def _pair(self, found: Iterable[tuple[int, int]]) -> None:
        found = list(found)
        self.pairs += found
        gone_old, gone_new = {a for a, _ in found}, {b for _, b in found}
        self.left_old = [index for index in self.left_old if index not in gone_old]
        self.left_new = [index for index in self.left_new if index not in gone_new]


def _words(scene: Scene) -> Counter[str]:
    words = Counter(word for each in scene.elements for word in f"{each.speaker} {each.plain}".casefold().split())
    for word in scene.heading.casefold().split():
        words[f"\0{word}"] += 2  # the place tells scenes apart more than any one word of action
    return words


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Shared words over all words, as a dice coefficient from 0 to 1."""
    return 2 * sum((one & other).values()) / max(1, sum(one.values()) + sum(other.values()))

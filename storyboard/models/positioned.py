"""Order without renumbering: each row holds a position with room on both sides, so two moves never conflict."""

from __future__ import annotations

from typing import Any

from django.db import models

GAP = 1 << 20


class Positioned(models.Model):
    position = models.BigIntegerField(default=0)

    class Meta:
        abstract = True

    def siblings(self) -> models.QuerySet[Any]:
        """The rows this one is ordered among, in order, without itself."""
        raise NotImplementedError

    def place_after(self, other: Positioned | None) -> None:
        """Sets the position right behind `other` (None: first). The caller saves."""
        rows = list(self.siblings().values_list("pk", "position"))
        index = 0 if other is None else next((n + 1 for n, row in enumerate(rows) if row[0] == other.pk), len(rows))
        before = rows[index - 1][1] if index else None
        after = rows[index][1] if index < len(rows) else None
        if before is not None and after is not None and after - before < 2:
            self._spread(rows)
            return self.place_after(other)
        self.position = _between(before, after)
        return None

    def _spread(self, rows: list[tuple[Any, int]]) -> None:
        for index, (pk, _) in enumerate(rows):
            type(self)._default_manager.filter(pk=pk).update(position=(index + 1) * GAP)


def _between(before: int | None, after: int | None) -> int:
    if before is None and after is None:
        return GAP
    if before is None:
        return after - GAP  # type: ignore[operator]
    if after is None:
        return before + GAP
    return (before + after) // 2

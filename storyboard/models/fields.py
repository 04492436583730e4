"""Querysets that begin with who may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from storyboard.models.person import User


class OfProject(models.QuerySet[Any]):
    """Rows of a project; only its members see them."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        return self.filter(project__memberships__user=user)

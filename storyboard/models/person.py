from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. `name` is what the team reads; the sign-in name is `username`."""

    name = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def initials(self) -> str:
        parts = str(self).split()
        return "".join(part[0] for part in parts[:2]).upper() or "?"

    @property
    def hue(self) -> int:
        """Which of six presence colours this person has, 0 to 5."""
        return (self.pk or 0) % 6

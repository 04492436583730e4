from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from storyboard.models.fields import OfProject
from storyboard.models.positioned import Positioned


class Panel(Positioned):
    """One drawing or picture for a shot, with a caption; it holds for so many frames."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="panels")
    shot = models.ForeignKey("storyboard.Shot", on_delete=models.CASCADE, related_name="panels")
    media = models.ForeignKey("storyboard.Media", on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(max_length=300, blank=True)
    hold_frames = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfProject.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.caption or f"panel {self.pk}"

    def siblings(self) -> models.QuerySet[Any]:
        return Panel.objects.filter(shot=self.shot_id).exclude(pk=self.pk).order_by("position", "pk")

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from storyboard.models.fields import OfProject
from storyboard.models.positioned import Positioned

if TYPE_CHECKING:
    from storyboard.models.shot import Shot


class Scene(Positioned):
    """The script's unit, under one heading. `number` is the script's own, when it has one."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="scenes")
    number = models.CharField(max_length=20, blank=True)
    heading = models.CharField(max_length=300, blank=True)
    setting = models.CharField(max_length=20, blank=True)
    place = models.CharField(max_length=200, blank=True)
    time = models.CharField(max_length=80, blank=True)
    synopsis = models.TextField(blank=True)
    omitted = models.BooleanField(default=False)

    objects = OfProject.as_manager()
    shots: models.Manager[Shot]

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.heading or f"Scene {self.number or self.pk}"

    def siblings(self) -> models.QuerySet[Any]:
        return Scene.objects.filter(project=self.project_id).exclude(pk=self.pk).order_by("position", "pk")

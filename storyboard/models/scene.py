from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import models

from storyboard.models.fields import OfProject
from storyboard.models.positioned import Positioned

if TYPE_CHECKING:
    from storyboard.models.shot import Shot


GOES_ON = re.compile(r"\b(CONTINUOUS|CONT'?D?|LATER|SAME|MOMENTS?)\b", re.IGNORECASE)


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

    def heading_with_time(self) -> str:
        """The heading as an engine needs it: “CONTINUOUS” says nothing about the light, the scene before it does."""
        if not GOES_ON.search(self.time):
            return self.heading
        before = Scene.objects.filter(project=self.project_id, position__lt=self.position).order_by("-position")
        known = (scene.time for scene in before if scene.time and not GOES_ON.search(scene.time))
        time = next(known, "")
        return f"{self.heading} ({time})" if time else self.heading

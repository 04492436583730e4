from __future__ import annotations

from django.contrib import admin
from django.urls import path

from storyboard.views import media

# One block a noun. Circles, picks, rejections and resolutions are nouns too: POST makes one, DELETE undoes it.
urlpatterns = [
    # people: sign-in, invitations, memberships, activity
    # projects and scripts
    # the board, its shots and the queue
    # the shot room: versions, guides, takes and judgement
    # comments
    # the cut, sound and exports
    path("media/<int:pk>/<str:name>", media.show, name="media"),
    path("admin/", admin.site.urls),
]

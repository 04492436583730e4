"""What the server needs before it starts, said in words."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@register()
def media_is_writable(**_: Any) -> list[CheckMessage]:
    folder = settings.MEDIA_ROOT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [Error(f"MEDIA_LOCATION {folder} cannot be made: {error.strerror}. Name a folder this user may write.")]
    if not os.access(folder, os.W_OK):
        return [Error(f"MEDIA_LOCATION {folder} is not writable. Name a folder this user may write.")]
    return []


@register()
def hosts_are_named(**_: Any) -> list[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        return [Error("ALLOWED_HOSTS is '*', which lets any page on the network speak as its visitor. Name the hosts.")]
    return []

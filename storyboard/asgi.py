from __future__ import annotations

import os
import warnings

from django.core.asgi import get_asgi_application

# Static files are small and sent by WhiteNoise from a synchronous iterator; media has an asynchronous one of its own.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storyboard.settings")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.urls import path

from storyboard.bodies import BodyLimit
from storyboard.consumers import ProjectConsumer

# Cookies ignore ports, so the origin is checked with its scheme and port: another local app may not open our socket.
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        "websocket": OriginValidator(
            AuthMiddlewareStack(URLRouter([path("live/<int:project>/", ProjectConsumer.as_asgi())])),
            settings.SOCKET_ORIGINS,
        ),
    }
)

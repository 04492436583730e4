"""What every answer carries, and what a refused request says."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from storyboard.refusal import Refusal

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

Answer = Callable[[HttpRequest], HttpResponse]


class ContentSecurityPolicy:
    """Nothing runs that this server did not send; `request.csp_nonce` is for the import map alone."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY.format(nonce=request.csp_nonce))  # type: ignore[attr-defined]
        return response


class PlainRefusals:
    """A Refusal raised anywhere becomes one sentence beside what was asked, in the form the asker reads."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refusal):
            return refusal(request, str(error), error.status, **error.facts)
        if isinstance(error, PermissionDenied) and str(error):
            return refusal(request, str(error), 403)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return refusal(request, "The server's disk is full. Free some space, then try again; nothing is lost.", 507)
        return None


def refusal(request: HttpRequest, message: str, status: int, **facts: object) -> HttpResponse:
    if request.accepts("text/html") and not request.headers.get("HX-Request"):
        return render(request, "refusal.html", {"message": message, "status": status}, status=status)
    return JsonResponse({"error": message, **facts}, status=status)

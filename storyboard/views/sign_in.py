from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from storyboard.forms import PasswordForm, SignInForm
from storyboard.models import SignInLink, User
from storyboard.views.door import SignedIn

BACKEND = "django.contrib.auth.backends.ModelBackend"
BY_LINK = "came_by_link"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _next(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        enter(request, form.user)  # type: ignore[arg-type]
        return redirect(target)
    context = {"form": form, "next": target, "nobody": not User.objects.exists()}
    return render(request, "sign_in/sign_in.html", context, status=422 if form.is_bound else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at the link does not spend it: mail scanners and chat previews look at links too."""
    if request.method == "POST":
        person = SignInLink.objects.spend(token)
        if person is not None:
            enter(request, person, by_link=True)
            return redirect("projects")
    person = SignInLink.objects.person(token)
    return render(request, "sign_in/link.html", {"person": person}, status=200 if person else 404)


@require_http_methods(["GET", "POST"])
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """One door for everybody: the admin's own would let passwords be guessed without a pause."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(reverse("admin:index"))


@never_cache
@sensitive_post_parameters("current", "password")
@login_required
@require_http_methods(["GET", "POST"])
def password(request: SignedIn) -> HttpResponse:
    form = PasswordForm(
        request.user, request.session.get(BY_LINK, False), request.POST if request.method == "POST" else None
    )
    if form.is_bound and form.is_valid():
        request.user.set_password(form.cleaned_data["password"])
        request.user.save(update_fields=["password"])
        update_session_auth_hash(request, request.user)
        request.session.pop(BY_LINK, None)
        messages.success(request, "Your password is set. Other places where you were signed in are signed out.")
        return redirect("projects")
    return render(request, "sign_in/password.html", {"form": form}, status=422 if form.is_bound else 200)


def enter(request: HttpRequest, person: User, by_link: bool = False) -> None:
    login(request, person, backend=BACKEND)
    if by_link:
        request.session[BY_LINK] = True


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe and target.startswith("/") else "/"

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from storyboard.forms import InvitationForm, NewPersonForm
from storyboard.models import Invitation, Membership, Project, Role, SignInLink, User
from storyboard.refusal import Refusal
from storyboard.views.door import SignedIn, body, seen, whole
from storyboard.views.sign_in import enter


@login_required
@require_GET
def people(request: HttpRequest, project: int) -> HttpResponse:
    return _page(request, seen(request, Project, pk=project))


@require_POST
def invitations(request: SignedIn, project: int) -> HttpResponse:
    """Makes a link; it is shown this once and never again."""
    row = seen(request, Project, Role.OWNER, pk=project)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, invite=form)
    made, path = Invitation.objects.invite(row, form.cleaned_data["role"], request.user, form.cleaned_data["days"])
    return _page(request, row, status=201, link=request.build_absolute_uri(path), made=made)


@require_http_methods(["DELETE"])
def invitation_row(request: SignedIn, pk: int) -> HttpResponse:
    row = seen(request, Invitation.objects.select_related("project"), Role.OWNER, pk=pk)
    row.revoke(request.user)
    return _page(request, row.project)


@require_http_methods(["POST", "DELETE"])
def membership(request: SignedIn, pk: int) -> HttpResponse:
    """POST changes the role; DELETE ends it. Anybody may end their own."""
    row = seen(request, Membership.objects.select_related("project", "user"), pk=pk)
    leaving = request.method == "DELETE" and row.user_id == request.user.pk
    if not leaving:
        row.project.require(request.user, Role.OWNER)
    if request.method == "POST":
        row.become(_role(body(request)), request.user)
        return _page(request, row.project)
    row.end(request.user)
    return HttpResponse(headers={"HX-Redirect": reverse("projects")}) if leaving else _page(request, row.project)


@require_POST
def sign_in_links(request: HttpRequest, pk: int) -> HttpResponse:
    """A one-time link for a member who lost the password. Only the owner of the server makes them: the link is the
    person, in every project."""
    row = seen(request, Membership.objects.select_related("project", "user"), pk=pk)
    if not request.user.is_superuser:
        raise PermissionDenied("Only the owner of this server makes sign-in links. Ask them for one.")
    path = SignInLink.objects.for_user(row.user)
    return _page(request, row.project, status=201, reset=request.build_absolute_uri(path), reset_for=row.user)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what the link is for; joining is a click, so that looking spends nothing."""
    found = Invitation.objects.by_token(token)
    if found is None:
        return render(request, "people/invitation.html", {"invitation": None}, status=404)
    newcomer = not request.user.is_authenticated
    form = NewPersonForm(request.POST if request.method == "POST" else None) if newcomer else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            return _join(request, found, form)
        except IntegrityError:
            assert form is not None
            form.add_error("username", "Somebody took this sign-in name just now. Choose another.")
    held = found.project.role_of(request.user)
    context = {"invitation": found, "form": form, "held": held, "enough": held is not None and held >= found.role}
    return render(request, "people/invitation.html", context, status=422 if form and form.is_bound else 200)


def _join(request: HttpRequest, found: Invitation, form: NewPersonForm | None) -> HttpResponse:
    with transaction.atomic():
        person = form.create() if form else cast("User", request.user)
        found.accept(person)
    if form:
        enter(request, person)
    return redirect(found.project)


def _role(data: dict[str, Any]) -> Role:
    number = whole(data, "role")
    if number not in Role.values:
        raise Refusal(f"There is no such role. Roles are {', '.join(Role.labels).lower()}.")
    return Role(number)


def _page(request: HttpRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    role = project.role_of(request.user)
    members = Membership.objects.filter(project=project).select_related("user").order_by("-role", "user__name", "pk")
    context = {
        "project": project,
        "section": "people",
        "role": role,
        "owns": role == Role.OWNER,
        "members": members,
        "roles": Role.choices,
        "invite": InvitationForm(),
        "open_invitations": Invitation.objects.filter(project=project).open().select_related("by"),
        **more,
    }
    template = "people/_people.html" if request.headers.get("HX-Request") else "people/people.html"
    return render(request, template, context, status=status)

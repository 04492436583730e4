"""What every view begins with: find the row among those the person may see, then ask for the role it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from storyboard.models import Project, Role, User
from storyboard.refusal import Refusal

Row = TypeVar("Row", bound=Model)

# The null character and halves of surrogate pairs: JSON can carry them, a database's text cannot.
UNKEPT = re.compile("[\x00\ud800-\udfff]")
WHOLE_MAX = (1 << 63) - 1


class SignedIn(HttpRequest):
    """A request that got past `seen`, which lets in nobody who is not signed in."""

    user: User  # type: ignore[assignment]


def seen(request: HttpRequest, rows: QuerySet[Row] | type[Row], role: Role = Role.VIEWER, **lookup: Any) -> Row:
    """The row, or 404 for a stranger, or 403 with a sentence for a member whose role is too low."""
    queryset = rows if isinstance(rows, QuerySet) else rows._default_manager.all()
    row = get_object_or_404(queryset.visible_to(request.user), **lookup)  # type: ignore[attr-defined]
    if role > Role.VIEWER:
        project = row if isinstance(row, Project) else row.project  # type: ignore[attr-defined]
        project.require(request.user, role)
    return row


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object or the form that came in; raises Refusal for what the database could not keep."""
    if request.content_type != "application/json":
        data: Any = request.POST.dict()
    else:
        try:
            data = json.loads(request.body or b"{}", parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise Refusal("What was sent is not JSON. Reload the page and try again.") from None
    if not isinstance(data, dict):
        raise Refusal("What was sent is not an object. Reload the page and try again.")
    if any(UNKEPT.search(text) for text in _texts(data)):
        raise Refusal("The text holds a character that is no letter and cannot be kept. Type it anew, without pasting.")
    return data


def whole(data: dict[str, Any], name: str, default: int | None = None) -> int | None:
    """A whole number out of what came in; raises Refusal that names the field."""
    value = data.get(name, default)
    if value in (None, ""):
        return default
    try:
        number = int(value)
        if abs(number) > WHOLE_MAX:
            raise ValueError
        return number
    except (TypeError, ValueError, OverflowError):
        raise Refusal(f"{name} is {str(value)[:40]!r}; expected a whole number.") from None


def moment(data: dict[str, Any], name: str) -> datetime | None:
    """A point in time with its offset, such as 2026-11-23T15:00+01:00, or None where the field is empty."""
    value = data.get(name)
    if value in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(str(value))
        if at.utcoffset() is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal(f"{name} is {str(value)[:40]!r}; expected a day and a time with its offset.") from None


def around(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What every template of a project reads: the project, and the role of whoever looks."""
    return {"project": project, "role": project.role_of(request.user)}


def may_write(request: HttpRequest, write: Role) -> Role:
    """The role for a view that only reads by GET, and needs `write` otherwise."""
    return Role.VIEWER if request.method in ("GET", "HEAD") else write


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _texts(data: dict[str, Any]) -> Iterator[str]:
    """Every text in it, however deep, names of fields too."""
    left: list[Any] = [data]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value

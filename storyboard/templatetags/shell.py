"""What the frame around every page needs to know."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from storyboard.models import Project, Role

register = template.Library()

# 16 by 16, drawn with strokes.
ICONS = {
    "chevron": "M4 6l4 4 4-4",
    "left": "M10 4L6 8l4 4",
    "search": "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5L14 14",
    "queue": "M2.5 4h11M2.5 8h11M2.5 12h6",
    "export": "M8 10V2.5M5 5.2l3-2.9 3 2.9M2.5 9.5V13h11V9.5",
    "close": "M4 4l8 8M12 4l-8 8",
    "plus": "M8 3v10M3 8h10",
    "more": "M3.5 8h.01M8 8h.01M12.5 8h.01",
    "front": "M8 13V5M4.5 8L8 4.5 11.5 8M3 2.5h10",
    "retry": "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
    "lock": "M4 7.5h8V13H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
    "grip": "M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01",
    "pause": "M5.5 3.5v9M10.5 3.5v9",
    "comment": "M2.5 3.5h11v7H7l-3 2.5v-2.5H2.5z",
    "takes": "M4.5 4.5h9v7h-9zM2.5 11.5v-9h9",
    "panel": "M2.5 3h11v10h-11zM6 3v10",
    "play": "M5 3l8 5-8 5z",
    "people": "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 8a2.2 2.2 0 0 0 0-4",
    "pencil": "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
    "check": "M3 8.5l3.5 3.5L13 4.5",
    "link": "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5L7.5 13a2.8 2.8 0 0 1-4-4L5 7.5",
    "keyboard": "M1.5 4h13v8h-13zM4 6.5h.01M6.5 6.5h.01M9 6.5h.01M11.5 6.5h.01M5 9.5h6",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html('<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>', ICONS[name])


@register.simple_tag(takes_context=True)
def my_role(context: Context) -> int:
    """The role of whoever looks, in this page's project; 0 outside of one. Views that know it pass `role`."""
    if context.get("role") is not None:
        return int(context["role"])
    project, request = context.get("project"), context.get("request")
    if not isinstance(project, Project) or request is None:
        return 0
    return int(project.role_of(request.user) or 0)


@register.filter
def may_edit(role: int | None) -> bool:
    return (role or 0) >= Role.EDITOR


@register.filter
def may_own(role: int | None) -> bool:
    return (role or 0) >= Role.OWNER


@register.filter
def may_review(role: int | None) -> bool:
    return (role or 0) >= Role.REVIEWER


@register.simple_tag
def circle_mark() -> SafeString:
    """The house sign: a frame with a circle drawn around its number."""
    return mark_safe(
        '<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6">'
        '<path d="M10.8 2.1C6 1.6 2 5 2 9.9c0 4.600 3.500 8.100 8.200 8.100 4.500 0 7.800-3.400 7.800-7.900'
        ' 0-4.700-3.300-7.700-8-7.700"/><path d="M7 7.500h6M10 7.500V13.500"/></svg>'
    )


@register.simple_tag
def initials_of(user: Any) -> str:
    return getattr(user, "initials", "?")

"""Markdown that somebody wrote, as HTML of ours: no tags of theirs, no pictures, no links that run code."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# Without HTML, and links only to addresses that are known to be harmless.
_READ = MarkdownIt("js-default").disable("image")


def _opened(*_: Any) -> str:
    return '<div class="scrolls" tabindex="0"><table class="table">'


def _closed(*_: Any) -> str:
    return "</table></div>"


_READ.add_render_rule("table_open", _opened)
_READ.add_render_rule("table_close", _closed)


def html(markdown: str) -> SafeString:
    return mark_safe(_READ.render(markdown))  # noqa: S308


def without_title(markdown: str) -> str:
    """The text behind its first heading, which the page around it says already."""
    first, _, rest = markdown.lstrip().partition("\n")
    return rest if first.startswith("# ") else markdown

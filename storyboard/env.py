"""Reads settings from the environment; a wrong value stops the start with its name, itself and what was expected."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def number(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; expected a whole number such as {default}") from None


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; expected yes or no")


def need_all_or_none(*names: str) -> None:
    """Half of a pair is a slip: the other half would quietly come from somewhere else."""
    given = [name for name in names if os.environ.get(name)]
    missing = [name for name in names if name not in given]
    if given and missing:
        raise ImproperlyConfigured(
            f"{' and '.join(given)} is set and {' and '.join(missing)} is not. "
            "Set both to use servers of your own, or neither to use those that come with Circle Take."
        )


def need_own_directory(path: Path) -> None:
    """Make the directory; one that this user may not write stops the start with what to do."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        usable = os.access(path, os.R_OK | os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise ImproperlyConfigured(
            f"{path} is not this user's to write. Start Circle Take as the user it belongs to, "
            "or set CIRCLE_TAKE_DATA to a directory of your own."
        )


def names(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]

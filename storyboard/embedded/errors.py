from pathlib import Path


class CannotStart(Exception):
    """Something a person has to settle before the app can run; the text says what, and how."""


def tail(log: Path, lines: int = 8) -> str:
    """The end of a log, for such a text."""
    if not log.exists():
        return "(no log was written)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])

from __future__ import annotations


class Refusal(Exception):
    """What was asked cannot be done. One sentence: what was found, what was expected, what to do next."""

    status = 422

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts


class Conflict(Refusal):
    """Somebody else changed the same thing first; `facts` say what it is now, and by whom."""

    status = 409


class TooMuch(Refusal):
    status = 413

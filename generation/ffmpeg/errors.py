"""What can go wrong with a media file, each in one sentence for the person who has to act."""

from __future__ import annotations


class MediaError(Exception):
    """The message is one sentence; `detail` holds the end of what the program printed, for the server's log."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class Unreadable(MediaError):
    """The file is not what it claims to be, is damaged, or is of a kind that is not accepted."""


class NoSpace(MediaError):
    """The disk is full, or the output grew past its limit."""


class TookTooLong(MediaError):
    """The work passed its time limit and was stopped."""

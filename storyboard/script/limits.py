"""How much script is read at all; the app may pass another limit to `read`."""

from __future__ import annotations

LARGEST = 5 * 1024 * 1024  # bytes; a feature film is about 200 KB as Fountain and 1 MB as Final Draft
MOST_REMARKS = 500

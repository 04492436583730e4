"""The walls around a decoder that reads strangers' files: little time, memory, disk, and no network."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

_LINUX = sys.platform.startswith("linux")
_LIBC = ctypes.CDLL(None, use_errno=True) if _LINUX else None
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Limits:
    """What one run may use: wall and processor seconds, bytes of memory, bytes of one output file."""

    seconds: int = 600
    cpu_seconds: int = 1200
    memory_bytes: int = 6 << 30
    file_bytes: int = 16 << 30
    open_files: int = 128


STANDARD = Limits()


def walls(limits: Limits) -> Callable[[], None] | None:
    """What the child does between fork and exec. Everything is prepared here, so the child only makes system calls."""
    if os.name != "posix":
        return None
    import resource

    ceilings = [
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ]
    if _LINUX:
        ceilings.append((resource.RLIMIT_AS, limits.memory_bytes))
    # Root gives up only the network: inside a new user namespace it could no longer read other owners' files.
    namespaces = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET

    def build() -> None:
        for kind, amount in ceilings:
            hard = resource.getrlimit(kind)[1]
            amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
            resource.setrlimit(kind, (amount, amount))
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            _LIBC.unshare(namespaces)
            _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    return build

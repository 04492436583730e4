"""Which live processes work in a directory. A postmaster and all its children have the cluster as working directory."""

import os
import signal
import subprocess
import sys
from pathlib import Path


def works_in(pid: int, directory: Path) -> bool:
    """True when this very process is alive (not a zombie) and works there."""
    if sys.platform == "linux":
        return _linux_directory(pid) == directory.resolve()
    listed = subprocess.run(
        ["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True
    ).stdout.strip()
    return bool(listed) and not listed.startswith("Z") and "postgres" in listed


def working_in(directory: Path) -> list[int]:
    """All of them. Elsewhere than on Linux the list stays empty: there the server's own shared memory check decides."""
    if sys.platform != "linux":
        return []
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and works_in(int(entry), directory)]


def end(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _linux_directory(pid: int) -> Path | None:
    try:
        state = _stat(pid)[0]
        return None if state in "ZX" else Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None


def started_at(pid: int) -> str | None:
    """When this process began, in the system's own words: a number that was given out again has another one."""
    if sys.platform == "linux":
        try:
            return _stat(pid)[19]
        except OSError:
            return None
    return (
        subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True).stdout.strip() or None
    )


def _stat(pid: int) -> list[str]:
    """What follows the program's name, which may hold anything, brackets and spaces too."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()

"""Starting again, and what the idle system holds in memory.

The baseline is the same two servers and one bare web process with nothing of ours: 1.5 s to a first page and 24 MB for
both servers, as measured once for this stack on two shared cores; and, in this run, importing Django alone.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.bench.ground import median
from tests.running import RunningApp, running_app, wait_until

STARTS = 3
STACK_SECONDS, STACK_SERVERS_MB = 1.5, 24


def main() -> None:
    with running_app() as app:
        app.manage(
            "shell", "-c", "from storyboard.models import Take; [t.cancel(t.by) for t in Take.objects.waiting()]"
        )
        app.stop()
        starts = []
        for _ in range(STARTS):
            began = time.perf_counter()
            app.start()
            urllib.request.urlopen(f"{app.url}/sign-in/").read()
            starts.append(time.perf_counter() - began)
            if len(starts) < STARTS:
                app.stop()
        wait_until(lambda: app.pid("takes") and app.pid("sweep"), "the workers")
        time.sleep(5)
        memory = {name: _memory(app, name) for name in ("postgres", "valkey", "web", "takes", "media", "sweep")}
        memory["supervisor"] = _tree_memory([app.process.pid])
    django = median([_django() for _ in range(3)])
    second = median(starts)
    print(
        f"second start to the first page {second:5.2f} s   {second / STACK_SECONDS:4.1f} times the bare stack's 1.5 s"
    )
    print(f"importing Django alone         {django:5.2f} s   {second / django:4.1f} times of it is one start")
    servers = memory["postgres"] + memory["valkey"]
    print(f"both servers                   {servers:5.0f} MB  {servers / STACK_SERVERS_MB:4.1f} times the bare 24 MB")
    for name, held in memory.items():
        print(f"  {name:28} {held:5.0f} MB")
    print(f"the whole idle system          {sum(memory.values()):5.0f} MB")


def _django() -> float:
    began = time.perf_counter()
    code = "import django; from django.conf import settings; settings.configure(); django.setup()"
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def _memory(app: RunningApp, name: str) -> float:
    return _tree_memory(_tree(app.pid(name)))


def _tree(root: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(") ")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, open_ = [], [root]
    while open_:
        pid = open_.pop()
        found.append(pid)
        open_ += children.get(pid, [])
    return found


def _tree_memory(pids: list[int]) -> float:
    """Megabytes, shared pages divided between those who share them (PSS)."""
    total = 0
    for pid in pids:
        try:
            rollup = (Path("/proc") / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


if __name__ == "__main__":
    main()

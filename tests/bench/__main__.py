"""Runs every measurement, one after the other: `make bench`, or one by name: `python -m tests.bench board`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    wanted = sys.argv[1:]
    names = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    chosen = [name for name in names if not wanted or name.removeprefix("bench_") in wanted]
    if not chosen:
        print(f"No measurement is called {' or '.join(wanted)}; there are: {', '.join(n[6:] for n in names)}.")
        return 2
    failed = []
    for name in chosen:
        print(f"\n== {name.removeprefix('bench_')}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.bench.{name}"]).returncode:
            failed.append(name)
    if failed:
        print(f"\nThese did not finish: {', '.join(failed)}.")
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())

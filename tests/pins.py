"""Writes constraints.txt: what pip resolves from pyproject.toml today, in an environment made for the purpose."""

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADING = "# The exact versions `make setup` installs. Written by `make pins`; edit pyproject.toml, not this file.\n"

# Which build of torch, for a CPU or for CUDA with all that comes with it, is the machine's own affair.
CUDA = ("nvidia-", "cuda-", "triton==")


def requirements() -> list[str]:
    """What the app, its workers and its tests ask for."""
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    app, dev = described["project"], described["dependency-groups"]["dev"]
    return [*app["dependencies"], *app["optional-dependencies"]["worker"], *dev]


def resolve() -> str:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", *requirements()], check=True)
        frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
        return "".join(line for line in _builds(frozen).splitlines(keepends=True) if not line.startswith(CUDA))


def _builds(frozen: str) -> str:
    return re.sub(r"\+\w+$", "", frozen, flags=re.MULTILINE)


if __name__ == "__main__":
    (ROOT / "constraints.txt").write_text(HEADING + resolve())
    sys.stdout.write("constraints.txt is new. Run `make test`, then commit it with pyproject.toml.\n")

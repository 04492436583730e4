"""Writes constraints.txt: what pip resolves from pyproject.toml today, in an environment made for the purpose."""

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADING = "# The exact versions `make setup` installs. Written by `make pins`; edit pyproject.toml, not this file.\n"


def requirements() -> list[str]:
    """What the app and its tests ask for; the torch worker's extra is installed beside it, where there is a GPU."""
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [*described["project"]["dependencies"], *described["dependency-groups"]["dev"]]


def resolve() -> str:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", *requirements()], check=True)
        return subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    (ROOT / "constraints.txt").write_text(HEADING + resolve())
    sys.stdout.write("constraints.txt is new. Run `make test`, then commit it with pyproject.toml.\n")

"""Makes takes in a process of its own: a job on each line in, the digest of its frames out."""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

from generation import catalogue
from generation.recipe import Recipe
from generation.weights import Registry
from tests.generation.desk import TestDesk


def digest(job: dict) -> str:
    import_module(f"tests.generation.tiny.{job['engine']}")  # brings the stand-ins that the engine needs
    files = {name: Path(path) for name, path in job["files"].items()}
    desk = TestDesk(Path(job["folder"]), Registry(job["registry"]), files=files)
    made = catalogue.load(job["engine"]).run(Recipe.parse(job["recipe"]), desk)
    return hashlib.sha256(np.stack(list(made.frames)).tobytes()).hexdigest()


if __name__ == "__main__":
    for line in sys.stdin:
        print(digest(json.loads(line)), flush=True)

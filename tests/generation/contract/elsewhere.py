"""Makes one take in a process of its own and prints the digest of its frames."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from generation import catalogue
from generation.recipe import Recipe
from generation.weights import Registry
from tests.generation.desk import TestDesk

job = json.load(sys.stdin)
files = {digest: Path(path) for digest, path in job["files"].items()}
desk = TestDesk(Path(job["folder"]), Registry(job["registry"]), files=files)
made = catalogue.load(job["engine"]).run(Recipe.parse(job["recipe"]), desk)
print(hashlib.sha256(np.stack(list(made.frames)).tobytes()).hexdigest())

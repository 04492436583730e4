"""What every part of a training was done with, written down beside its checkpoints while it is still known."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from generation.training import clips, pace, views

PICTURES = ("views", "survey", "thumbnails", "cleanup", "judge")  # parts that learn from single pictures
NAME, SEEN = "training.json", "seen.txt"
ROOT = Path(__file__).resolve().parents[2]
SEEDS = {
    "codec": 1,
    "model": 2,
    "distil": 3,
    "judge": 4,
    "survey": 5,
    "thumbnails": 6,
    "cleanup": 7,
}  # what each part begins its random numbers with
CHECKPOINTS = {
    "survey": "surveyor.pt",
    "thumbnails": "thumbnails.pt",
    "cleanup": "cleanup.pt",
    "codec": "codec.pt",
    "model": "model.pt",
    "distil": "distilled.pt",
}
# What decides what is drawn and learned; its digest names the code where no repository is at hand.
SOURCES = tuple(
    f"generation/{name}"
    for name in (
        "training",
        "blocking",
        "vocabulary.py",
        "diffusion/patch_codec.py",
        "diffusion/carrying.py",
        "diffusion/lots.py",
        "diffusion/surveyor.py",
        "diffusion/thumbnails.py",
        "diffusion/cleanup.py",
        "diffusion/stages.py",
        "diffusion/reprojection.py",
    )
)


def note(folder: Path, part: str, device: str, shape: str, seconds: float) -> dict[str, Any]:
    """Appends one run of a part to the folder's list; `steps` are over all its runs so far, `clips` those it learned
    from, or `pictures` where it learned from single ones."""
    of_pictures = part in PICTURES
    found = {
        "part": part,
        "device": device_name(device if part not in ("draw", "views") else "cpu"),
        "shape": shape,
        "seconds": round(seconds, 1),
        "steps": _steps(folder, part),
        "clips": 0 if of_pictures else len(clips.files(folder / "clips")) * clips.IN_A_FILE,
        "pictures": len(views.files(folder / "views")) * views.SCENES * views.EACH if of_pictures else 0,
        "revision": revision(),
        "sources": sources(),
        "seed": SEEDS.get(part),
        "torch": torch.__version__,
    }
    path = folder / NAME
    before = path.with_suffix(".part")
    before.write_text(json.dumps([*read(folder), found], indent=1) + "\n")
    before.rename(path)
    return found


def seen(folder: Path) -> str:
    """What somebody wrote into seen.txt after looking at takes: no number says whether a picture is good."""
    path = folder / SEEN
    return path.read_text().strip() if path.exists() else ""


def read(folder: Path) -> list[dict[str, Any]]:
    path = folder / NAME
    return json.loads(path.read_text()) if path.exists() else []


def device_name(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    said = Path("/proc/cpuinfo")
    text = said.read_text() if said.exists() else ""
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{models[0]}, {len(models)} cores" if models else platform.processor() or platform.machine()


def revision() -> str:
    """The commit of the code that runs, marked where files differ from it; empty without a repository."""
    try:
        head = _git("rev-parse", "HEAD")
        return head[:12] + (" with changes" if _git("status", "--porcelain", "--", "generation") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def sources() -> str:
    """A digest of the code that trains."""
    digest = hashlib.sha256()
    for name in SOURCES:
        place = ROOT / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def _steps(folder: Path, part: str) -> int | None:
    found = pace.load(folder / CHECKPOINTS[part], "cpu") if part in CHECKPOINTS else None
    return found["count"] if found else None

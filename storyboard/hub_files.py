"""Fetches a pipeline's files from the hub at one revision: only those that are used, and on where it broke off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.needs import need

WANTED = (".json", ".txt", ".model", ".safetensors")


class HubError(Exception):
    """The files could not be fetched; the message says why and what to do."""


@dataclass(frozen=True)
class Fetched:
    """Where the files lie, what they are called on the hub with their commit, and the sha256 of each large one."""

    folder: Path
    source: str
    digests: dict[str, str]


def fetch(source: str, location: Path, say: Callable[[str], object]) -> Fetched:
    """Downloads OWNER/NAME@REVISION below `location`; a second call goes on with what is missing. Raises HubError."""
    os.environ["HF_HUB_OFFLINE"] = "0"  # read when the next line is carried out
    from huggingface_hub import HfApi, hf_hub_download

    repository, _, revision = source.partition("@")
    try:
        info = HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=20)
        wanted = [each for each in info.siblings or () if _is_wanted(each.rfilename)]
        folder = location / repository.replace("/", "--") / str(info.sha)
        _announce(wanted, repository, str(info.sha), folder, say)
        for n, each in enumerate(wanted, 1):
            say(f"{n} of {len(wanted)}: {each.rfilename}, {each.size or 0:,} bytes")
            path = hf_hub_download(repository, each.rfilename, revision=info.sha, local_dir=folder)
            _check_size(Path(path), each.size)
    except HubError:
        raise
    except Exception as error:
        raise HubError(
            f"{repository} at {revision} could not be fetched ({type(error).__name__}: {_first_line(error)}). "
            "What is here already stays; the same command goes on from there. Where this machine reaches no hub, copy "
            "the folder here and add that."
        ) from None
    return Fetched(folder, f"{repository}@{info.sha}", {each.rfilename: each.lfs.sha256 for each in wanted if each.lfs})


def _is_wanted(name: str) -> bool:
    """Parts only: a single-file checkpoint beside the folders would be fetched for nothing."""
    return name == "model_index.json" or ("/" in name and name.endswith(WANTED))


def _announce(wanted: list[Any], repository: str, commit: str, folder: Path, say: Callable[[str], object]) -> None:
    """What it will take, before anything is fetched; raises HubError where there is no pipeline or no room for it."""
    if not any(each.rfilename == "model_index.json" for each in wanted):
        raise HubError(f"{repository} has no model_index.json; expected a pipeline in diffusers' layout. Name another.")
    tensors: dict[str, int] = {}
    for each in wanted:
        if each.rfilename.endswith(".safetensors"):
            part = each.rfilename.split("/")[0]
            tensors[part] = tensors.get(part, 0) + (each.size or 0)
    disk = sum(each.size or 0 for each in wanted)
    say(f"{len(wanted)} files of {repository} at {commit}: {need(disk, tensors).said}")
    _check_room(disk - _here_already(folder), folder, repository)


def _here_already(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _check_room(needed: int, folder: Path, repository: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise HubError(
            f"{repository} takes {needed / 1e9:.1f} GB more and {folder.parent.parent} has {free / 1e9:.1f} GB free. "
            "Free some space, or set WEIGHTS_LOCATION to another disk."
        )


def _check_size(path: Path, size: int | None) -> None:
    if size is not None and path.stat().st_size != size:
        found = path.stat().st_size
        path.unlink()
        raise HubError(
            f"{path.name} came with {found:,} bytes; the hub says {size:,}. The same command fetches it again."
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason was given"])[0]

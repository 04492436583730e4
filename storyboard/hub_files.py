"""Fetches a pipeline's files from the hub at one revision: only those that are used, and on where it broke off."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

WANTED = ["*.json", "*.txt", "*.model", "*.safetensors"]


class HubError(Exception):
    """The files could not be fetched; the message says why and what to do."""


def fetch(source: str, location: Path, say: Callable[[str], object]) -> Path:
    """Downloads OWNER/NAME@REVISION below `location`; a second call goes on with what is missing."""
    import os

    os.environ["HF_HUB_OFFLINE"] = "0"
    from huggingface_hub import HfApi, snapshot_download

    repository, _, revision = source.partition("@")
    folder = location / repository.replace("/", "--") / revision
    try:
        info = HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=20)
        sizes = {each.rfilename: each.size or 0 for each in info.siblings or () if _is_wanted(each.rfilename)}
        _check_room(sum(sizes.values()), location, repository)
        say(f"Fetching {len(sizes)} files of {repository} at {info.sha}.")
        snapshot_download(repository, revision=info.sha, local_dir=folder, allow_patterns=sorted(sizes))
    except HubError:
        raise
    except Exception as error:
        raise HubError(
            f"{repository} at {revision} could not be fetched ({type(error).__name__}: {str(error).splitlines()[0]}). "
            "What is here already stays; the same command goes on from there. Where this machine reaches no hub, copy "
            "the folder here and add that."
        ) from None
    return folder


def _is_wanted(name: str) -> bool:
    """Parts only: a single-file checkpoint beside the folders would be fetched for nothing."""
    return name == "model_index.json" or ("/" in name and any(name.endswith(each[1:]) for each in WANTED))


def _check_room(needed: int, location: Path, repository: str) -> None:
    location.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(location).free
    if needed > free:
        raise HubError(
            f"{repository} takes {needed / 1e9:.1f} GB and {location} has {free / 1e9:.1f} GB free. Free some space, "
            "or set WEIGHTS_LOCATION to another disk."
        )

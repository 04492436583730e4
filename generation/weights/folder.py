"""Looks into a folder that says it holds a pipeline in diffusers' layout, and trusts none of it."""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5")
CODE = (".py", ".pyc", ".so", ".dll", ".dylib")
HEADER_MAX = 100_000_000
LIBRARIES = ("diffusers", "transformers", "generation.weights", "ltx2")  # the last is a part of diffusers
# Models that find depth in a picture: one transformers model by itself, without a model_index.json. What each says of a
# point is its nearness, unless it was trained to say metres.
DEPTH_MODELS = ("DepthAnythingForDepthEstimation", "DPTForDepthEstimation")
_DTYPE_BYTES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "F16": 2, "BF16": 2}
_DTYPE_BYTES |= {"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "U16": 2}


class BadWeights(ValueError):
    """These files cannot be used as weights; the message says what was found and what was expected."""


@dataclass(frozen=True)
class Folder:
    """What a weights folder holds. `tensor_bytes` is how much its tensors take once loaded as they are stored.

    `options` are the plain values of its model_index.json, such as expand_timesteps: true.
    """

    pipeline: str
    components: dict[str, str]
    files: tuple[str, ...]
    tensor_bytes: dict[str, int]
    options: dict[str, Any]


def read_folder(folder: Path) -> Folder:
    """Raises BadWeights for anything but JSON, text and whole safetensors of one pipeline or depth model."""
    if not (folder / "model_index.json").exists() and (folder / "config.json").exists():
        return _read_depth_model(folder)
    index = _json(folder / "model_index.json")
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str) or not re.fullmatch(r"[A-Za-z0-9_]+", pipeline):
        raise BadWeights(f"{folder.name}/model_index.json names the pipeline {pipeline!r}; expected a diffusers class.")
    components = {name: value[1] for name, value in index.items() if _is_component(name, value)}
    files = tuple(sorted(_files(folder)))
    tensor_bytes = dict.fromkeys(components, 0)
    for name in files:
        part = name.split("/")[0]
        if name.endswith(".safetensors"):
            tensor_bytes[part] = tensor_bytes.get(part, 0) + safetensors_bytes(folder / name)
        elif name.endswith("config.json"):
            _refuse_code(folder, name)
    missing = [name for name in components if not (folder / name).is_dir()]
    if missing:
        raise BadWeights(f"{folder.name} lacks {', '.join(missing)}, which its model_index.json names. Copy it again.")
    _refuse_missing_shards(folder, files)
    if not any(tensor_bytes.values()):
        raise BadWeights(f"{folder.name} has no .safetensors file with tensors in it; only safetensors are loaded.")
    return Folder(pipeline, components, files, tensor_bytes, _options(index))


def _read_depth_model(folder: Path) -> Folder:
    said = _json(folder / "config.json").get("architectures")
    name = said[0] if isinstance(said, list) and said else None
    if name not in DEPTH_MODELS:
        raise BadWeights(
            f"{folder.name}/config.json says it is {str(name)[:60]!r}. Expected a folder in diffusers' layout, with a "
            f"model_index.json, or one of the depth models {', '.join(DEPTH_MODELS)}."
        )
    files = tuple(name for name in sorted(_files(folder)) if "/" not in name)
    if "preprocessor_config.json" not in files:
        raise BadWeights(f"{folder.name} lacks preprocessor_config.json, which says how pictures go in. Copy it again.")
    for each in ("config.json", "preprocessor_config.json"):
        _refuse_code(folder, each)
    _refuse_missing_shards(folder, files)
    tensor_bytes = sum(safetensors_bytes(folder / each) for each in files if each.endswith(".safetensors"))
    if not tensor_bytes:
        raise BadWeights(f"{folder.name} has no .safetensors file with tensors in it; only safetensors are loaded.")
    return Folder(str(name), {"model": str(name)}, files, {"model": tensor_bytes}, {})


def safetensors_bytes(path: Path) -> int:
    """How many bytes of tensors the file holds; raises BadWeights unless header and length agree."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 2 <= length <= min(HEADER_MAX, size - 8):
            raise BadWeights(f"{path.name} is no safetensors file: its header length says {length} of {size} bytes.")
        try:
            header = json.loads(file.read(length))
            spans = sorted(_span(entry) for name, entry in header.items() if name != "__metadata__")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadWeights(f"{path.name} is no safetensors file: its header cannot be read.") from None
    expected = 0
    for begin, end in spans:
        if begin != expected:
            raise BadWeights(
                f"{path.name} is no safetensors file: its tensors overlap or leave gaps at byte {begin:,}."
            )
        expected = end
    if expected != size - 8 - length:
        raise BadWeights(
            f"{path.name} is cut short or has been changed: it holds {size - 8 - length:,} bytes of tensors, "
            f"its header says {expected:,}. Copy it again."
        )
    return expected


def _span(entry: dict[str, Any]) -> tuple[int, int]:
    """First byte of a tensor and the one after its last; raises ValueError where shape and bytes do not agree."""
    begin, end = entry["data_offsets"]
    numbers = [begin, end, *entry["shape"]]
    bytes_each = _DTYPE_BYTES.get(entry["dtype"])
    if any(type(each) is not int or each < 0 for each in numbers) or begin > end:
        raise ValueError
    if bytes_each is not None and end - begin != math.prod(entry["shape"]) * bytes_each:
        raise ValueError
    return begin, end


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        raise BadWeights(
            f"{path.parent.name} has no {path.name}; expected a folder in diffusers' layout, with one subfolder a part."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadWeights(f"{path.parent.name}/{path.name} cannot be read as JSON ({error}).") from None
    if not isinstance(data, dict):
        raise BadWeights(f"{path.parent.name}/{path.name} is a {type(data).__name__}; expected an object.")
    return data


def _is_component(name: str, value: object) -> bool:
    if name.startswith("_") or not isinstance(value, list):
        return False
    if len(value) != 2 or value[0] is None:
        return False
    if value[0] not in LIBRARIES:
        raise BadWeights(
            f"model_index.json takes {name} from {value[0]!r}, which would run code that came with the weights. "
            "Only parts of diffusers and transformers are loaded."
        )
    if not re.fullmatch(r"[A-Za-z0-9_]+", name) or not isinstance(value[1], str):
        raise BadWeights(f"model_index.json names a part {name!r} of {value[1]!r}; expected two plain names.")
    return True


def _options(index: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in index.items() if not name.startswith("_") and _is_plain(value)}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _files(folder: Path) -> list[str]:
    """Every file of use, links refused; other formats of the same tensors are passed over, code is refused."""
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()) and not _is_hub_blob(path):
            raise BadWeights(f"{name} is a link out of {folder.name}; copy the file itself there.")
        if not path.is_file():
            continue
        if path.suffix in CODE:
            raise BadWeights(f"{folder.name} brings program code ({name}); only tensors and configurations are loaded.")
        if path.suffix not in PICKLES:
            found.append(name)
    return found


def _is_hub_blob(path: Path) -> bool:
    """A hub's cache keeps the files as blobs beside the snapshot and links to them."""
    snapshots = path.absolute().parents
    return any(parent.name == "snapshots" and path.resolve().is_relative_to(parent.parent) for parent in snapshots)


def _refuse_missing_shards(folder: Path, files: tuple[str, ...]) -> None:
    """A large part lies in several files, which an index beside them names."""
    for name in files:
        if not name.endswith(".safetensors.index.json"):
            continue
        named = _json(folder / name).get("weight_map")
        if not isinstance(named, dict) or not all(isinstance(each, str) for each in named.values()):
            raise BadWeights(f"{folder.name}/{name} does not say which file holds which tensor.")
        beside = PurePosixPath(name).parent
        missing = sorted({each for each in named.values() if str(beside / each) not in files})
        if missing:
            raise BadWeights(
                f"{folder.name}/{beside} lacks {', '.join(missing)}, which its index names. Copy it again."
            )


def _refuse_code(folder: Path, name: str) -> None:
    config = _json(folder / name)
    if "auto_map" in config or config.get("trust_remote_code"):
        raise BadWeights(f"{folder.name}/{name} asks to run code that came with the weights (auto_map); it is not run.")

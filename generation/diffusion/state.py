"""A half-made take on disk: everything the next step depends on, as safetensors named by its recipe."""

from __future__ import annotations

import errno
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

FORMAT = "2"
SECOND = "second/"  # before what the second of a pair of schedulers remembers


class BadState(ValueError):
    """This file is not the saved state of this take."""


@dataclass
class State:
    """After `done` of `of` steps: what the scheduler returned, what it remembers, where the noise stands.

    Of a pair of schedulers the second one's tensors come behind the first one's, as many; its memory has a prefix.
    """

    digest: str
    weights: str
    done: int
    of: int
    outputs: list[torch.Tensor]
    scheduler: dict[str, Any]
    generator: torch.Tensor
    model_outputs: list[tuple[list[int], str]] = field(default_factory=list)
    past: list[torch.Tensor] = field(default_factory=list)  # what each earlier pass through the schedule ended with

    def save(self, path: Path) -> None:
        """Raises OSError where the disk cannot hold it."""
        tensors = {f"output.{index}": each for index, each in enumerate(self.outputs)}
        tensors |= {f"past.{index}": each for index, each in enumerate(self.past)}
        tensors["generator"] = self.generator
        plain: dict[str, Any] = {}
        for name, value in self.scheduler.items():
            plain[name] = _shape(f"scheduler.{name}", value, tensors)
        said = {
            "format": FORMAT,
            "digest": self.digest,
            "weights": self.weights,
            "done": str(self.done),
            "of": str(self.of),
            "plain": json.dumps(plain),
            "model_outputs": json.dumps(self.model_outputs),
        }
        whole = {name: each.detach().cpu().contiguous().clone() for name, each in tensors.items()}
        try:
            save_file(whole, path, said)
        except SafetensorError as error:  # it says in its text alone that the disk is full
            number = re.search(r"os error (\d+)", str(error))
            raise OSError(int(number[1]) if number else errno.EIO, str(error)) from None

    @classmethod
    def load(cls, path: Path, digest: str, weights: str) -> State:
        """Raises BadState for a file that is cut short, of another recipe, or of other weights."""
        try:
            with safe_open(path, "pt") as file:
                said = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise BadState(f"the saved state cannot be read ({error})") from None
        if said.get("format") != FORMAT or said.get("digest") != digest or said.get("weights") != weights:
            raise BadState("the saved state belongs to another recipe, other weights or another version of this server")
        scheduler = {}
        for name, shape in json.loads(said["plain"]).items():
            scheduler[name] = _rebuilt(shape, tensors)
        outputs, past = _numbered("output", tensors), _numbered("past", tensors)
        heard = [(size, dtype) for size, dtype in json.loads(said["model_outputs"])]
        done, of = int(said["done"]), int(said["of"])
        return cls(digest, weights, done, of, outputs, scheduler, tensors["generator"], heard, past)


def remembered(scheduler: Any, prefix: str = "") -> dict[str, Any]:
    """What a scheduler keeps between steps: its plain attributes and tensors, never its configuration."""
    here = {name: value for name, value in vars(scheduler).items() if name != "_internal_dict" and _is_plain(value)}
    return {prefix + name: value for name, value in here.items()}


def remind(scheduler: Any, values: dict[str, Any], device: torch.device, prefix: str = "") -> None:
    """Puts the values back, each tensor on the device where the scheduler keeps it now."""
    for name, value in values.items():
        if (SECOND in name) != bool(prefix):
            continue
        name = name.removeprefix(prefix)
        here = vars(scheduler).get(name)
        setattr(scheduler, name, _placed(value, here.device if isinstance(here, torch.Tensor) else device))


def _numbered(name: str, tensors: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    return [tensors[f"{name}.{index}"] for index in range(sum(each.startswith(f"{name}.") for each in tensors))]


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_plain(each) for each in value)
    return value is None or isinstance(value, bool | int | float | str | torch.Tensor)


def _placed(value: Any, device: torch.device) -> Any:
    if isinstance(value, list):
        return [_placed(each, device) for each in value]
    return value.to(device) if isinstance(value, torch.Tensor) else value


def _shape(name: str, value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, list):
        return {"list": [_shape(f"{name}.{index}", each, tensors) for index, each in enumerate(value)]}
    return {"value": value}


def _rebuilt(shape: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Any:
    if "tensor" in shape:
        return tensors[shape["tensor"]]
    if "list" in shape:
        return [_rebuilt(each, tensors) for each in shape["list"]]
    return shape["value"]

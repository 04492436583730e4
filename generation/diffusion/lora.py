"""LoRA weights for one call of a pipeline: what they add is added beside each layer they were trained for.

The weights themselves are never touched, so the next take is bit for bit what it would have been without, and layers
that are stored in eight bits or move between memories while they work are added to as well.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from generation.report import Refused

NAME = re.compile(r"(?P<part>\w+)\.(?P<layer>.+)\.(?:lora_(?P<side>A|B|down|up)\.weight|(?P<alpha>alpha))")
SIDES = {"A": "down", "B": "up"}
# Ways to train that say more than a layer's two matrices and one scale.
UNREAD = ("use_dora", "use_rslora", "alpha_pattern")


@dataclass
class Layer:
    """What is added to one layer's answer: up (down x). `up` has its scale in it."""

    down: torch.Tensor
    up: torch.Tensor

    def hook(self, module: torch.nn.Module, given: tuple[torch.Tensor, ...], answer: torch.Tensor) -> torch.Tensor:
        if self.down.device != answer.device or self.down.dtype != answer.dtype:
            self.down, self.up = (each.to(answer.device, answer.dtype) for each in (self.down, self.up))
        return answer + torch.nn.functional.linear(torch.nn.functional.linear(given[0], self.down), self.up)


@dataclass
class Lora:
    """`layers` by the part of the pipeline and the name in it; `said` is what the file says of itself."""

    name: str
    layers: dict[tuple[str, str], Layer]
    said: dict[str, str]

    @contextlib.contextmanager
    def beside(self, pipe: Any) -> Iterator[None]:
        """Everything put on the pipeline is taken off again, however the block ends."""
        with contextlib.ExitStack() as stack:
            for (part, name), layer in self.layers.items():
                stack.callback(self._place(pipe, part, name, layer).register_forward_hook(layer.hook).remove)
            yield

    def _place(self, pipe: Any, part: str, name: str, layer: Layer) -> torch.nn.Linear:
        model = getattr(pipe, part, None)
        found = dict(model.named_modules()).get(name) if isinstance(model, torch.nn.Module) else None
        if not isinstance(found, torch.nn.Linear):
            raise Refused(f"{self._other} They have no layer {part}.{name}.")
        if (layer.up.shape[0], layer.down.shape[1]) != (found.out_features, found.in_features):
            raise Refused(
                f"{self._other} Its {part}.{name} takes {layer.down.shape[1]} numbers and gives {layer.up.shape[0]}; "
                f"theirs takes {found.in_features} and gives {found.out_features}."
            )
        return found

    @property
    def _other(self) -> str:
        return f"{self.name} was not made for the weights it lies beside; put the file made for these there."


def read(path: Path, pipeline_class: Any) -> Lora:
    """One safetensors file, under its makers' names or those of `pipeline_class`; raises Refused for any other."""
    try:
        with safe_open(path, "pt") as file:
            names, said = list(file.keys()), dict(file.metadata() or {})
        tensors, settings = pipeline_class.lora_state_dict(
            path.parent, weight_name=path.name, use_safetensors=True, local_files_only=True, return_lora_metadata=True
        )
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise Refused(f"{path.name} cannot be read as LoRA weights ({error}). Put the whole file there.") from None
    how = [name for name, value in (settings or {}).items() if name.rpartition(".")[2] in UNREAD and value]
    how += [name for name in names if "dora_scale" in name][:1]
    if how:
        raise Refused(f"{path.name} was trained in a way that is not read here ({how[0]}). Put a plain LoRA there.")
    return Lora(path.name, _layers(path.name, tensors, settings or {}), said)


def _layers(file: str, tensors: dict[str, torch.Tensor], settings: dict[str, Any]) -> dict[tuple[str, str], Layer]:
    found: dict[tuple[str, str], dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        match = NAME.fullmatch(name)
        if match is None:
            raise Refused(f"{file} holds {name}, which is no part of a LoRA. Put plain LoRA weights there.")
        side = "alpha" if match["alpha"] else SIDES.get(match["side"], match["side"])
        found.setdefault((match["part"], match["layer"]), {})[side] = tensor
    alphas = {part: settings.get(f"{part}.lora_alpha") for part, _ in found}
    return {key: _layer(file, ".".join(key), sides, alphas[key[0]]) for key, sides in found.items()}


def _layer(file: str, name: str, sides: dict[str, torch.Tensor], alpha: float | None) -> Layer:
    down, up = sides.get("down"), sides.get("up")
    if down is None or up is None or down.ndim != 2 or up.ndim != 2 or down.shape[0] != up.shape[1]:
        raise Refused(f"{file} has no two matrices that fit each other for {name}. Put the whole file there again.")
    rank = down.shape[0]
    alpha = float(sides["alpha"]) if "alpha" in sides else rank if alpha is None else alpha
    return Layer(down, up if alpha == rank else (up.float() * (alpha / rank)).to(up.dtype))

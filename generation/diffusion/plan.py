"""Where the parts of a pipeline lie while it runs, chosen from the memory that is free."""

from __future__ import annotations

import importlib.metadata
import os
from dataclasses import dataclass

import psutil
import torch

HEADROOM_SHARE = 0.25
HEADROOM_BYTES = 2 << 30
QUANTISED_SHARE = 0.6  # of a part's bytes: its linear layers are halved, embeddings and convolutions are not
TORCHAO_LEAST = (0, 15)


@dataclass(frozen=True)
class Plan:
    """One way to fit. `residence` is resident, model offload or group offload.

    `tiled`, `quantised` (linear layers' weights rounded to 8 bits) and `casting` (kept in 8 bits) change pixels.
    """

    device: str
    dtype: str
    residence: str = "resident"
    tiled: bool = False
    casting: bool = False
    quantised: bool = False

    @property
    def name(self) -> str:
        extras = {"tiled decode": self.tiled, "quantised weights": self.quantised, "8-bit weights": self.casting}
        return ", ".join([self.residence, *(word for word, wanted in extras.items() if wanted)])

    @property
    def loss(self) -> str:
        """What its pictures lose by it, as one sentence; nothing where the weights are as their makers gave them."""
        if not (self.quantised or self.casting):
            return ""
        return "Its weights are rounded to 8 bits, so its pictures differ a little from what the whole weights make."

    @property
    def torch_dtype(self) -> torch.dtype:
        return getattr(torch, self.dtype)


def device() -> str:
    """The device this worker makes takes on: CIRCLE_TAKE_DEVICE, else the first GPU, else the CPU."""
    named = os.environ.get("CIRCLE_TAKE_DEVICE")
    if named:
        return named
    return "cuda:0" if torch.cuda.is_available() else "cpu"


def device_label(name: str) -> str:
    if name.startswith("cuda"):
        return torch.cuda.get_device_name(name)
    return f"CPU, {torch.get_num_threads()} threads"


def free_bytes(name: str) -> int:
    if name.startswith("cuda"):
        return torch.cuda.mem_get_info(name)[0] + torch.cuda.memory_reserved(name)
    return psutil.virtual_memory().available


def can_quantise() -> bool:
    """Whether torchao is installed, in a version that diffusers goes along with."""
    try:
        found = importlib.metadata.version("torchao")
    except importlib.metadata.PackageNotFoundError:
        return False
    return tuple(int(part) for part in found.split(".")[:2]) >= TORCHAO_LEAST


def plans(name: str) -> tuple[Plan, ...]:
    """Every plan for this device, the best first: whole weights while they come to the card a part at a time, then
    rounded ones, and layers brought one by one, which costs the most time, last.
    """
    if not name.startswith("cuda"):
        return Plan(name, "float32"), Plan(name, "float32", tiled=True)
    quantised = (Plan(name, "bfloat16", tiled=True, quantised=True),) if can_quantise() else ()
    return (
        Plan(name, "bfloat16"),
        Plan(name, "bfloat16", "model offload"),
        Plan(name, "bfloat16", "model offload", tiled=True),
        *quantised,
        Plan(name, "bfloat16", "group offload", tiled=True),
        Plan(name, "bfloat16", "group offload", tiled=True, casting=True),
    )


def choose(tensor_bytes: dict[str, int], name: str, free: int | None = None) -> Plan:
    """The first plan whose parts fit what is free, with room for the work itself."""
    free = free_bytes(name) if free is None else free
    for plan in plans(name):
        if needed(tensor_bytes, plan) <= free:
            return plan
    return plans(name)[-1]


def because(tensor_bytes: dict[str, int], plan: Plan, free: int) -> str:
    """Why not the roomiest plan, as one sentence; nothing where it is that one."""
    roomiest = plans(plan.device)[0]
    if plan == roomiest:
        return ""
    whole = needed(tensor_bytes, roomiest)
    said = (
        f"Made with {plan.name}, because the whole pipeline takes about {whole / (1 << 30):.1f} GB and "
        f"{free / (1 << 30):.1f} GB of memory were free."
    )
    return f"{said} {plan.loss}".strip()


def needed(tensor_bytes: dict[str, int], plan: Plan) -> int:
    """Bytes of device memory that the parts take under a plan, with headroom for activations: an estimate."""
    sizes = [size for size in tensor_bytes.values() if size]
    largest = max(sizes, default=0)
    weights = {"resident": sum(sizes), "model offload": largest, "group offload": largest // 8}[plan.residence]
    if plan.casting:
        weights //= 2
    if plan.quantised:
        weights = int(QUANTISED_SHARE * weights)
    headroom = int(HEADROOM_SHARE * weights)
    return weights + (headroom if plan.device == "cpu" else max(headroom, HEADROOM_BYTES))


def thriftier(plan: Plan, tensor_bytes: dict[str, int]) -> Plan | None:
    """The next plan down that needs no more than this one, or None when there is none left."""
    ladder = plans(plan.device)
    following = ladder[ladder.index(plan) + 1 :]
    most = needed(tensor_bytes, plan)
    return next((each for each in following if needed(tensor_bytes, each) <= most), None)

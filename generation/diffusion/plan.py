"""Where the parts of a pipeline lie while it runs, chosen from the memory that is free."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil
import torch

HEADROOM_SHARE = 0.25
HEADROOM_BYTES = 2 << 30


@dataclass(frozen=True)
class Plan:
    """One way to fit. `residence` is resident, model offload or group offload; `tiled` and `casting` change pixels."""

    device: str
    dtype: str
    residence: str = "resident"
    tiled: bool = False
    casting: bool = False

    @property
    def name(self) -> str:
        extras = [word for word, wanted in (("tiled decode", self.tiled), ("8-bit weights", self.casting)) if wanted]
        return ", ".join([self.residence, *extras])

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


def plans(name: str) -> tuple[Plan, ...]:
    """Every plan for this device, the roomiest first; each next one needs less memory and more time."""
    if not name.startswith("cuda"):
        return Plan(name, "float32"), Plan(name, "float32", tiled=True)
    return (
        Plan(name, "bfloat16"),
        Plan(name, "bfloat16", "model offload"),
        Plan(name, "bfloat16", "model offload", tiled=True),
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
    return (
        f"Made with {plan.name}, because the whole pipeline takes about {whole / (1 << 30):.1f} GB and "
        f"{free / (1 << 30):.1f} GB of memory were free."
    )


def needed(tensor_bytes: dict[str, int], plan: Plan) -> int:
    """Bytes of device memory that the parts take under a plan, with headroom for activations: an estimate."""
    sizes = [size for size in tensor_bytes.values() if size]
    largest = max(sizes, default=0)
    weights = {"resident": sum(sizes), "model offload": largest, "group offload": largest // 8}[plan.residence]
    if plan.casting:
        weights //= 2
    headroom = int(HEADROOM_SHARE * weights)
    return weights + (headroom if plan.device == "cpu" else max(headroom, HEADROOM_BYTES))


def thriftier(plan: Plan) -> Plan | None:
    """The next plan down, or None when there is none left."""
    ladder = plans(plan.device)
    following = ladder.index(plan) + 1
    return ladder[following] if following < len(ladder) else None

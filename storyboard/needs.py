"""What weights need of a machine, and whether this one has it; torch is not asked, the web has none."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

import psutil

from generation.weights import Weights

HEADROOM = 1.25
GIB = 1 << 30


@dataclass(frozen=True)
class Machine:
    """Bytes of memory: of the largest graphics card (0 without one) and of the machine itself."""

    card: int
    memory: int
    card_name: str = ""


@dataclass(frozen=True)
class Need:
    """Bytes on disk, and of memory to hold everything at once; `verdict` says what this machine makes of it."""

    disk: int
    memory: int
    verdict: str

    @property
    def said(self) -> str:
        return f"{in_words(self.disk)} on disk, about {in_words(self.memory)} of memory. {self.verdict}"


def need_of(weights: Weights, machine: Machine | None = None) -> Need:
    return need(weights.bytes, weights.tensor_bytes, machine)


def need(disk: int, tensor_bytes: dict[str, int], machine: Machine | None = None) -> Need:
    """What files of so many bytes need, whose tensors take so many in each part; here unless a machine is named."""
    here = machine or this_machine()
    memory = int(sum(tensor_bytes.values()) * HEADROOM)
    largest = int(max(tensor_bytes.values(), default=0) * HEADROOM)
    return Need(disk, memory, _verdict(memory, largest, here))


@lru_cache(maxsize=1)
def this_machine() -> Machine:
    name, card = _card()
    return Machine(card, psutil.virtual_memory().total, name)


def _verdict(memory: int, largest: int, here: Machine) -> str:
    if here.card:
        if memory <= here.card:
            return f"Fits the {here.card_name} whole."
        if largest <= here.card and memory <= here.memory:
            return f"Fits the {here.card_name} part by part, which is slower."
        return f"Too large for the {here.card_name} ({in_words(here.card)}) except in small pieces, which is very slow."
    if memory <= here.memory:
        return "Runs on this machine's processor; without a graphics card only small weights are quick enough."
    return f"Too large for this machine: it has {in_words(here.memory)} of memory and no graphics card."


def _card() -> tuple[str, int]:
    """Name and bytes of the largest NVIDIA card, as its driver says."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "", 0
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout
        cards = [line.rsplit(",", 1) for line in said.strip().splitlines()]
        return max(((name.strip(), int(size) << 20) for name, size in cards), key=lambda each: each[1])
    except (OSError, subprocess.SubprocessError, ValueError):
        return "", 0


def in_words(number: int) -> str:
    """Bytes in words."""
    return f"{number / GIB:.1f} GB" if number >= GIB // 10 else f"{number / (1 << 20):.1f} MB"

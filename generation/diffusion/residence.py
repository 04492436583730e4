"""The one pipeline that is loaded in this process, kept between takes because loading it takes longest."""

from __future__ import annotations

import gc
import inspect
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from generation.diffusion.plan import Plan

log = logging.getLogger(__name__)

PROMPTS_KEPT = 32
DENOISERS = ("transformer", "transformer_2", "unet")
TEXT_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")


@dataclass
class Resident:
    """A loaded pipeline with the plan it was loaded under. `facts` are what a report says about it."""

    pinned: str
    pipeline_class: str
    plan: Plan
    pipe: Any
    facts: dict[str, Any] = field(default_factory=dict)


_here: Resident | None = None


def resident() -> Resident | None:
    """What is loaded now; the queue prefers takes of the same weights."""
    return _here


def held_bytes() -> int:
    """What the loaded pipeline's tensors take; loading another gives that much back."""
    parts = _here.pipe.components.values() if _here is not None else ()
    return sum(each.nbytes for part in parts if isinstance(part, torch.nn.Module) for each in part.parameters())


def settle(
    folder: Path, pinned: str, pipeline_class: Any, plan: Plan, dtypes: dict[str, str] | None = None
) -> Resident:
    """The pipeline of these weights, loaded unless it already is; whatever was loaded before is let go first."""
    global _here
    name = pipeline_class.__name__
    if _here is not None and (_here.pinned, _here.pipeline_class, _here.plan) == (pinned, name, plan):
        return _here
    clear()
    _calm_threads()
    torch.backends.cudnn.deterministic = True  # the same take again has the same bits
    pipe = _load(folder, pipeline_class, plan, dtypes or {})
    _place(pipe, plan)
    _remember_prompts(pipe)
    _here = Resident(pinned, name, plan, pipe, {"pipeline": name, "weights": pinned})
    return _here


def clear() -> None:
    """Lets the loaded pipeline go and gives its memory back."""
    global _here
    _here = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _calm_threads() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(max(1, cores - 1))


def _load(folder: Path, pipeline_class: Any, plan: Plan, dtypes: dict[str, str]) -> Any:
    """From the folder alone: safetensors only, nothing fetched, no code that came with the weights."""
    dtype: Any = plan.torch_dtype
    if dtypes:
        dtype = {name: getattr(torch, each) for name, each in dtypes.items()} | {"default": plan.torch_dtype}
    more = {"quantization_config": _rounding(folder)} if plan.quantised else {}
    pipe = pipeline_class.from_pretrained(
        folder, dtype=dtype, use_safetensors=True, local_files_only=True, trust_remote_code=False, **more
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _rounding(folder: Path) -> Any:
    """Weights of linear layers are rounded to 8 bits as each is read, a scale for each row; sums are made in full."""
    import diffusers
    import transformers
    from torchao.quantization import Int8WeightOnlyConfig

    makers: dict[str, Any] = dict.fromkeys(DENOISERS, diffusers.TorchAoConfig) | dict.fromkeys(
        TEXT_ENCODERS, transformers.TorchAoConfig
    )
    wanted = {name: make(Int8WeightOnlyConfig()) for name, make in makers.items() if (folder / name).is_dir()}
    return diffusers.PipelineQuantizationConfig(quant_mapping=wanted)


def _place(pipe: Any, plan: Plan) -> None:
    vae: Any = getattr(pipe, "vae", None)
    if hasattr(vae, "use_slicing"):
        vae.enable_slicing()
    if plan.tiled and hasattr(vae, "use_tiling"):
        vae.enable_tiling()
    for name in DENOISERS:
        denoiser: Any = getattr(pipe, name, None)
        if plan.casting and hasattr(denoiser, "enable_layerwise_casting"):
            denoiser.enable_layerwise_casting(torch.float8_e4m3fn, plan.torch_dtype)
    if plan.residence == "resident":
        pipe.to(plan.device)
    elif plan.residence == "model offload":
        pipe.enable_model_cpu_offload(device=plan.device)
    else:
        pipe.enable_group_offload(
            onload_device=torch.device(plan.device),
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
            use_stream=plan.device != "cpu",
            exclude_modules=_kept_whole(pipe),
        )


def _kept_whole(pipe: Any) -> list[str]:
    """Parts that cannot come layer by layer: torch's own attention uses a layer's weights without calling the layer."""
    return [
        name
        for name, part in pipe.components.items()
        if isinstance(part, torch.nn.Module)
        and any(isinstance(each, torch.nn.MultiheadAttention) for each in part.modules())
    ]


def _remember_prompts(pipe: Any) -> None:
    """The words of a shot are encoded once, however many takes are made of it."""
    if not hasattr(pipe, "encode_prompt"):
        return
    encode: Callable[..., Any] = pipe.encode_prompt
    kept: dict[str, Any] = {}

    def remembered(*args: Any, **kwargs: Any) -> Any:
        given = inspect.signature(encode).bind(*args, **kwargs).arguments
        if not _is_told_by_its_text(list(given.values())):
            return encode(*args, **kwargs)
        key = repr(sorted((name, str(value)) for name, value in given.items()))
        if key not in kept:
            if len(kept) >= PROMPTS_KEPT:
                del kept[next(iter(kept))]
            kept[key] = encode(*args, **kwargs)
        return kept[key]

    pipe.encode_prompt = remembered


def _is_told_by_its_text(value: object) -> bool:
    """False for pictures and tensors: their text is an address, which the next one may have too."""
    if isinstance(value, dict):
        return _is_told_by_its_text(list(value.values()))
    if isinstance(value, list | tuple):
        return all(_is_told_by_its_text(each) for each in value)
    return value is None or isinstance(value, str | int | float | torch.device | torch.dtype)

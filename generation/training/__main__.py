"""Trains the small engine from nothing: clips, codec, transformer, fewer steps, a judge, and the weights as files.

Every part is a command of its own and goes on where it was stopped, so that a card lent for minutes is enough;
clips are drawn beside the others (`draw`, in a process of its own), and each part learns from those there are.

    python -m generation.training draw --folder F --workers 14 &
    python -m generation.training views --folder F --workers 14 --files 100
    python -m generation.training survey --folder F --seconds 120
    python -m generation.training thumbnails --folder F --seconds 120
    python -m generation.training cleanup --folder F --seconds 120
    python -m generation.training codec --folder F --seconds 240
    python -m generation.training model --folder F --seconds 700
    python -m generation.training distil --folder F --seconds 150
    python -m generation.training judge --folder F --seconds 60
    python -m generation.training export --folder F --into generation/weights/sketch
    python -m generation.training evaluate --folder F --into generation/weights/sketch

Or, beside `views` and `draw`, all of the others in one process, which keeps its clips from part to part:

    python -m generation.training all --folder F --seconds 1200 --compiled --into generation/weights/sketch

On a processor clips are encoded once, before the transformer learns from them, a share in each process; and weights
that are there already are taught further, at a lower rate:

    python -m generation.training encode --folder F --shares 2 --share 0 &
    python -m generation.training encode --folder F --shares 2 --share 1
    python -m generation.training model --folder F --seconds 3200 --begin WEIGHTS --rate 1e-3 --batch 12
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model

# What is trained: at full size for a card, or smaller for a processor.
SHAPES: dict[str, dict[str, Any]] = {
    "full": {
        "codec": {"wide": 224},
        "model": {"heads": 5, "head_width": 64, "layers": 5},
        "codec_batch": 32,
        "batch": 160,
    },
    "small": {
        "codec": {"fine": 48, "wide": 96, "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)},
        "model": {"heads": 2, "head_width": 48, "layers": 3},
        "codec_batch": 4,
        "batch": 4,
    },
}

# The parts beside the transformer and its words, by the folder each is written to.
MADE = {
    "codec": ("patch_codec", "PatchCodec"),
    "surveyor": ("surveyor", "Surveyor"),
    "thumbnails": ("thumbnails", "Thumbnails"),
    "cleanup": ("cleanup", "Cleanup"),
}

# Of the seconds that all parts have together.
SHARES = {
    "survey": 0.08,
    "thumbnails": 0.08,
    "cleanup": 0.06,
    "codec": 0.18,
    "model": 0.41,
    "distil": 0.14,
    "judge": 0.05,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("--folder", type=Path, required=True, help="where clips and checkpoints are")
    parser.add_argument("--seconds", type=float, default=60, help="how long, over all runs of this part")
    parser.add_argument("--pause", type=float, default=math.inf, help="seconds after which this run is to stop")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that draw")
    parser.add_argument("--files", type=int, default=4000, help="files of a dozen clips to draw")
    parser.add_argument("--held-out", type=int, default=16, help="files of clips to measure with")
    parser.add_argument("--most", type=int, default=9000, help="clips held in memory for the codec")
    parser.add_argument("--shape", choices=list(SHAPES), default="full")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--compiled", action="store_true", help="compile the transformer's blocks before the first step"
    )
    parser.add_argument("--share", type=int, default=0, help="which of so many shares this process encodes")
    parser.add_argument("--shares", type=int, default=1)
    parser.add_argument("--begin", type=Path, help="weights whose surveyor or transformer is taught further")
    parser.add_argument("--rate", type=float, help="how far a step of the surveyor or the transformer goes")
    parser.add_argument("--batch", type=int, help="clips that are looked at in a step, where not the shape's own")
    parser.add_argument("--into", type=Path, help="where export writes, and what evaluate measures")
    parser.add_argument("--engine", default="sketch", help="whose takes are measured; a card is written for sketch")
    parser.add_argument("--takes", type=int, default=48, help="takes for each set of controls that is measured")
    parser.add_argument("--only", nargs="*", default=[], help="lines or groups of lines to measure, such as depth")
    asked = parser.parse_args()
    if asked.device.startswith("cuda"):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    asked.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    PARTS[asked.part](asked)
    if asked.part in NOTED:
        from generation.training import facts

        facts.note(asked.folder, asked.part, asked.device, asked.shape, time.monotonic() - began)


def draw(asked: argparse.Namespace) -> None:
    from generation.training.clips import draw_all

    draw_all(asked.folder / "clips", asked.workers, asked.files, asked.held_out)


def draw_views(asked: argparse.Namespace) -> None:
    from generation.training.views import draw_all

    draw_all(asked.folder / "views", asked.workers, asked.files, 1)


def survey(asked: argparse.Namespace) -> None:
    from generation.training.survey import RATE, measured, train

    surveyor = train(
        asked.folder, asked.device, asked.seconds, asked.pause, asked.batch or 32, begin=asked.begin,
        rate=asked.rate or RATE,
    )  # fmt: skip
    surveyor.save_pretrained(asked.folder / "surveyor")
    print(json.dumps(measured(surveyor, asked.folder, asked.device)))


def thumbnails(asked: argparse.Namespace) -> None:
    from generation.training.thumbnails import PARTS, sheet, train

    train(asked.folder, asked.device, asked.seconds, asked.pause).save_pretrained(asked.folder / "thumbnails")
    sheet(_made(asked, "thumbnails", "cpu"), _held_views(asked, PARTS), _strip(asked, "thumbnails"))


def cleanup(asked: argparse.Namespace) -> None:
    from generation.training.cleanup import PARTS, sheet, train

    train(asked.folder, asked.device, asked.seconds, asked.pause).save_pretrained(asked.folder / "cleanup")
    if (asked.folder / "thumbnails").exists():
        cleaner, maker = (_made(asked, name, "cpu") for name in ("cleanup", "thumbnails"))
        sheet(cleaner, maker, _held_views(asked, PARTS), _strip(asked, "cleanup"))


def _held_views(asked: argparse.Namespace, only: tuple[str, ...]) -> Any:
    from generation.training.pool import Pool

    held = Pool(asked.folder / "views", held_out=True, only=only)
    held.grow()
    return held


def _strip(asked: argparse.Namespace, name: str) -> Path:
    (asked.folder / "strips").mkdir(exist_ok=True)
    return asked.folder / "strips" / f"{name}.png"


def codec(asked: argparse.Namespace) -> None:
    from generation.training import clips
    from generation.training import codec as codecs

    shape = SHAPES[asked.shape]
    trained = codecs.train(
        asked.folder, asked.device, asked.seconds, asked.pause, shape["codec_batch"], asked.most,
        asked.compiled, **shape["codec"],
    )  # fmt: skip
    trained.save_pretrained(asked.folder / "codec")
    held = clips.files(asked.folder / "clips", held_out=True)[:4]
    batches = [clips.read(path).to(asked.device) for path in held]
    found = sorted(each for batch in batches for each in codecs.fidelity(trained, batch))
    seams = codecs.seam_ratio(trained, batches[0])
    print(f"held out: {sum(found) / len(found):.2f} dB, worst {found[0]:.2f}, best {found[-1]:.2f}; seams {seams:.3f}")


def encode(asked: argparse.Namespace) -> None:
    """So that a processor encodes each clip once; run in as many processes as there are cores, each with its share."""
    from generation.training import clips

    library = _library(asked, keep=True)
    for number, path in enumerate(clips.files(asked.folder / "clips")):
        if number % asked.shares == asked.share:
            library.keep(path)


def model(asked: argparse.Namespace) -> None:
    from generation.training.model import RATE, Sketch, train

    shape = SHAPES[asked.shape]
    library = _library(asked)
    channels = library.codec.config.latent_channels  # type: ignore[attr-defined]
    new = {"channels": channels} | shape["model"]
    sketch = Sketch.begun(asked.begin, **new) if asked.begin else Sketch.new(**new)
    batch = asked.batch or shape["batch"]
    train(asked.folder, sketch, library, asked.seconds, asked.pause, batch, asked.compiled, asked.rate or RATE)
    save_model(sketch.both(), str(asked.folder / "model.safetensors"))
    _strips(asked, sketch, "model", tuple(1 - n / 12 for n in range(12)), 1.5)


def distil(asked: argparse.Namespace) -> None:
    from generation.training.distil import SIGMAS
    from generation.training.distil import distil as taught

    batch = asked.batch or SHAPES[asked.shape]["batch"]
    teacher, library = _sketch(asked, "model"), _library(asked)
    sketch = taught(asked.folder, teacher, library, asked.seconds, asked.pause, batch, asked.compiled)
    save_model(sketch.both(), str(asked.folder / "distilled.safetensors"))
    _strips(asked, sketch, "distilled", SIGMAS, 1.0)


def judge(asked: argparse.Namespace) -> None:
    from generation.training.judge import train

    save_model(train(asked.folder, asked.device, asked.seconds), str(asked.folder / "judge.safetensors"))


def export(asked: argparse.Namespace) -> None:
    from generation.training.export import export as written

    name = "distilled" if (asked.folder / "distilled.safetensors").exists() else "model"
    hashes = written(
        asked.into or asked.folder / "weights",
        _sketch(asked, name),
        {name: _made(asked, name) for name in MADE},
    )
    print(json.dumps(hashes, indent=2))


def evaluate(asked: argparse.Namespace) -> None:
    from generation.training import card, facts
    from generation.training.evaluate import Bench
    from generation.training.evaluate import evaluate as measured
    from generation.training.takes import Studio

    into = asked.into or asked.folder / "weights"
    folder = asked.folder / "evaluation"
    studio = Studio.opened(folder, asked.engine, into, min(2, asked.workers))
    lines = measured(Bench(asked.folder, studio, asked.takes, into), asked.only)
    print(card.table(lines))
    if studio.pinned:
        said = {"code": facts.revision() or facts.sources(), "on": facts.device_name("cpu"), "torch": torch.__version__}
        print(card.write(into, lines, facts.read(asked.folder), said, facts.seen(asked.folder)))


def _made(asked: argparse.Namespace, name: str, device: str = "") -> Any:
    """One of the small parts, as it was written down."""
    module, kind = MADE[name]
    found: Any = getattr(importlib.import_module(f"generation.diffusion.{module}"), kind)
    return found.from_pretrained(asked.folder / name).to(device or asked.device).eval()


def _library(asked: argparse.Namespace, keep: bool = False) -> Any:
    """Reads what was encoded with these parts where there is any; `keep` begins a place for it."""
    from generation.training.latents import Library

    codec, surveyor = _made(asked, "codec"), _made(asked, "surveyor")
    kept = asked.folder / f"encoded-{_digest(codec, surveyor)}"
    if keep:
        kept.mkdir(exist_ok=True)
    return Library(asked.folder / "clips", codec, asked.device, surveyor=surveyor, kept=kept if kept.exists() else None)


def _digest(*modules: Any) -> str:
    found = hashlib.sha256()
    for module in modules:
        for each in module.state_dict().values():
            found.update(each.cpu().contiguous().view(torch.uint8).numpy())
    return found.hexdigest()[:12]


def _sketch(asked: argparse.Namespace, name: str) -> Any:
    from generation.training.model import Sketch

    sketch = Sketch.new(_made(asked, "codec").config.latent_channels, **SHAPES[asked.shape]["model"])
    load_model(sketch.both(), str(asked.folder / f"{name}.safetensors"))
    sketch.both().to(asked.device)
    return sketch


def _strips(asked: argparse.Namespace, sketch: Any, name: str, sigmas: tuple[float, ...], guidance: float) -> None:
    from generation.training import clips
    from generation.training.latents import ANCHORS, Shelf
    from generation.training.strips import strips

    library = _library(asked)
    shelf = Shelf()
    for turn, path in enumerate(clips.files(library.folder, held_out=True)[: len(ANCHORS)]):
        shelf.waiting.append(library.encoded(clips.read(path).to(asked.device), turn=turn))
    shelf.settle()
    (asked.folder / "strips").mkdir(exist_ok=True)
    found = strips(asked.folder / "strips", sketch, library, shelf, name, sigmas, guidance)
    print(", ".join(f"{mode} {db:.2f} dB" for mode, db in found.items()), flush=True)


def everything(asked: argparse.Namespace) -> None:
    from generation.training import codec as codecs
    from generation.training import facts
    from generation.training import judge as judges
    from generation.training.cleanup import train as cleaned
    from generation.training.distil import distil as distilled
    from generation.training.export import export as written
    from generation.training.latents import Library
    from generation.training.model import Sketch, train
    from generation.training.survey import train as surveyed
    from generation.training.thumbnails import train as thumbed

    folder, shape = asked.folder, SHAPES[asked.shape]
    seconds = {part: share * asked.seconds for part, share in SHARES.items()}

    def note(part: str) -> None:
        facts.note(folder, part, asked.device, asked.shape, seconds[part])

    made: dict[str, Any] = {}
    for name, part, taught_so in (
        ("surveyor", "survey", surveyed), ("thumbnails", "thumbnails", thumbed), ("cleanup", "cleanup", cleaned)
    ):  # fmt: skip
        made[name] = taught_so(folder, asked.device, seconds[part])  # type: ignore[operator]
        made[name].save_pretrained(folder / name)
        note(part)
    codec = codecs.train(
        folder, asked.device, seconds["codec"], math.inf, shape["codec_batch"], asked.most, **shape["codec"]
    )
    codec.save_pretrained(folder / "codec")
    note("codec")
    library = Library(folder / "clips", codec, asked.device, surveyor=made["surveyor"])

    def keep(sketch: Sketch, part: str, name: str) -> Sketch:
        save_model(sketch.both(), str(folder / f"{name}.safetensors"))
        note(part)
        written(asked.into or folder / "weights", sketch, made | {"codec": codec})
        return sketch

    how = (math.inf, shape["batch"], asked.compiled)
    new = Sketch.new(codec.config.latent_channels, **shape["model"])  # type: ignore[attr-defined]
    sketch = keep(train(folder, new, library, seconds["model"], *how), "model", "model")
    keep(distilled(folder, sketch, library, seconds["distil"], *how), "distil", "distilled")
    judge = judges.train(folder, asked.device, seconds["judge"])
    save_model(judge.half(), str(folder / "judge.safetensors"))
    note("judge")


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "draw": draw,
    "views": draw_views,
    "survey": survey,
    "thumbnails": thumbnails,
    "cleanup": cleanup,
    "codec": codec,
    "model": model,
    "distil": distil,
    "encode": encode,
    "judge": judge,
    "export": export,
    "all": everything,
    "evaluate": evaluate,
}
NOTED = (
    "draw",
    "views",
    "survey",
    "thumbnails",
    "cleanup",
    "codec",
    "model",
    "distil",
    "judge",
)  # parts whose device, time and code the card tells

if __name__ == "__main__":
    main()

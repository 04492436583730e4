"""Where the web's rows meet the engines: claim one, make it, publish it once. Only this knows both worlds."""

from __future__ import annotations

import errno
import logging
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.text import slugify

from generation import catalogue, ffmpeg
from generation.desk import Desk
from generation.recipe import BadRecipe, Recipe
from generation.report import Cancelled, DeviceLost, Held, Made, Refused, Report
from storyboard import workers
from storyboard.celery import app
from storyboard.exporters import ExportFailed, exporter
from storyboard.gather import gather
from storyboard.models import Export, Lost, Media, Take
from storyboard.models.media import SUFFIXES, scratch_path
from storyboard.models.take import TakeQuerySet

log = logging.getLogger(__name__)

LIBRARIES = ("numpy", "opencv-python-headless", "Pillow")
TORCH_LIBRARIES = ("torch", "diffusers", "transformers", "safetensors")
CONTENT_TYPES = {suffix: content_type for content_type, suffix in SUFFIXES.items()}


@worker_ready.connect
def _say_that_it_lives(sender: Any, **_: Any) -> None:
    over = workers.keep_speaking(tuple(sender.app.amqp.queues.consume_from), find_spec("torch") is not None)
    worker_shutting_down.connect(lambda **_: over.set(), weak=False)


@app.task(name="generation.make_take")
def make_take() -> None:
    """One take; and the next at once, while the worker this runs for goes on: a message between costs 16 ms."""
    while _serve(lambda: _mine().claim(_loaded()), _make) and workers.goes_on():
        pass


@app.task(name="generation.make_export")
def make_export() -> None:
    while _serve(Export.objects.claim, _export) and workers.goes_on():
        pass


def _mine() -> TakeQuerySet:
    """What this worker can make: without torch, nothing that needs weights."""
    return Take.objects.all() if find_spec("torch") else Take.objects.filter(weights="")


def _loaded() -> str:
    """The weights this worker has in memory, without importing torch to find that it has none."""
    residence = sys.modules.get("generation.diffusion.residence")
    here = residence.resident() if residence else None
    return here.pinned if here else ""


def _serve(claim: Callable[[], Any], make: Callable[[Any], None]) -> bool:
    """Takes the next row in line, if any, and ends it in one of three ways, each with a reason where it needs one.

    False where nothing waited, or the database was away.
    """
    job = claim()
    if job is None:
        return False
    try:
        make(job)
    except Lost as lost:
        log.warning("%s; this worker's work is dropped", lost)
    except DatabaseError:
        log.exception("the database went away during %s; the sweep will begin it again", job)
        return False
    except Cancelled:
        _end(job, job.stopped)
    except DeviceLost:
        log.exception("%s: its device failed, so this process ends and a fresh one begins", job)
        _end(job, lambda: job.give_up_on_worker("The graphics card failed"))
        _leave()
    except (Refused, BadRecipe, ffmpeg.MediaError, catalogue.UnknownEngine, ExportFailed) as error:
        _fail(job, str(error) or f"The engine refused this without saying why ({type(error).__name__}).")
    except OSError as error:
        log.exception("%s", job)
        _fail(job, _disk(error))
    except MemoryError:
        _fail(job, "The worker ran out of memory. Ask for a smaller size or fewer frames.")
    except Exception as error:
        log.exception("%s", job)
        kind = type(error).__name__
        _fail(job, f"The engine stopped on something it did not expect ({kind}). Try again; the worker log says more.")
    return True


def _leave() -> None:
    """A process that lost its device cannot get it back; the pool starts another in its place."""
    logging.shutdown()
    os._exit(1)


def _fail(job: Any, reason: str) -> None:
    _end(job, lambda: job.fail(reason))


def _end(job: Any, verb: Callable[[], None]) -> None:
    try:
        verb()
    except Lost as lost:
        log.warning("%s", lost)


def _make(take: Take) -> None:
    recipe = take.frozen
    with _folder() as folder, Desk(take, folder) as desk:
        try:
            _made(take, recipe, folder, desk)
        except Held as held:
            _hold(take, held, desk)


def _hold(take: Take, held: Held, desk: Desk) -> None:
    """Half-made: somebody wants to see it before the rest, or keeps it back, or a draft goes first."""
    if not desk.is_at_audition(held.done, held.of):
        take.step_aside(held.path, held.done, held.of)
        return
    look: dict[str, Any] = {}
    if desk.last_look:
        look["poster"] = Media.objects.keep_bytes(take.project, desk.last_look, "image/webp")
    take.hold(held.path, held.done, held.of, **look)


def _made(take: Take, recipe: Recipe, folder: Path, desk: Desk) -> None:
    seconds: dict[str, float] = {}
    desk.step(0, recipe.frames, "loading")
    with _timed(seconds, "load"):
        engine = catalogue.load(recipe.engine)
    with _timed(seconds, "make"):
        made: Made = engine.run(recipe, desk)
        master = folder / "master.mp4"
        _encode(master, made, recipe, take)
    with _timed(seconds, "derive"):
        facts = ffmpeg.probe(master)
        derived = ffmpeg.derive(
            master, folder, facts, on_progress=lambda _: desk.step(recipe.frames, recipe.frames, "finishing")
        )
    report = _report(recipe, made, facts, seconds)
    take.beat(recipe.frames, recipe.frames, "finishing")
    take.finish(report=report.to_dict(), **_keep(take, made, master, derived, facts))
    take.drop_state()


def _encode(path: Path, made: Made, recipe: Recipe, take: Take) -> None:
    tags = {"title": f"{take.shot.code} T{take.number}", "comment": recipe.canonical()}
    sound = _heard(path, made, recipe)
    with ffmpeg.Encoder(path, recipe.width, recipe.height, recipe.rate, tags, sound=sound) as encoder:
        for frame in made.frames:
            encoder.write(frame)


def _heard(beside: Path, made: Made, recipe: Recipe) -> Path | None:
    """The sound an engine made, as long as the take: something to cut by until there is better."""
    if made.sound is None:
        return None
    samples = round(recipe.frames * made.sound.rate / recipe.fps)
    return ffmpeg.wav(beside.with_suffix(".wav"), made.sound.samples, made.sound.rate, samples)


def _keep(take: Take, made: Made, master: Path, derived: ffmpeg.Derived, facts: ffmpeg.Probe) -> dict[str, Media]:
    """Everything into the store, the row last of all: a crash before that leaves files that the sweep removes."""
    project, keep = take.project, Media.objects.keep
    clip = {"width": facts.width, "height": facts.height, "frames": facts.frames}
    rate = {"rate_num": facts.rate[0], "rate_den": facts.rate[1]}
    same = derived.proxy == master
    strip = derived.strip
    kept = {"master": keep(project, master, "video/mp4", **clip, **rate)}
    small = {"width": derived.facts.width, "height": derived.facts.height, "frames": derived.facts.frames}
    kept["proxy"] = kept["master"] if same else keep(project, derived.proxy, "video/mp4", **small, **rate)
    kept["poster"] = keep(project, derived.poster, "image/jpeg")
    kept["filmstrip"] = keep(
        project, derived.filmstrip, "image/webp", width=strip.width, height=strip.height, facts={"tiles": strip.tiles}
    )
    if "staging" in made.sidecars:
        kept["staging"] = Media.objects.keep_bytes(project, made.sidecars["staging"], "application/json")
    return kept


def _report(recipe: Recipe, made: Made, facts: ffmpeg.Probe, seconds: dict[str, float]) -> Report:
    return Report(
        engine=recipe.engine,
        engine_version=made.version,
        frames=facts.frames,
        rate=facts.rate,
        width=facts.width,
        height=facts.height,
        seconds={name: round(value, 3) for name, value in seconds.items()},
        memory_bytes=made.facts.get("memory_bytes") or _peak_memory(),
        device=made.facts.get("device", "cpu"),
        libraries={"python": sys.version.split()[0], **{name: version(name) for name in _libraries(made)}},
        metrics=made.metrics,
        notes=made.notes,
        facts=made.facts,
    )


def _libraries(made: Made) -> tuple[str, ...]:
    return LIBRARIES + (TORCH_LIBRARIES if "weights" in made.facts else ())


def _export(export: Export) -> None:
    row = exporter(export.kind)
    with _folder() as folder, Desk(export) as desk:
        cut = gather(export.project)
        if not cut.shots:
            raise Refused("There is no shot in the cut yet. Import a script or restore a shot, then export.")
        desk.step(0, cut.frames, "rendering")
        path = folder / f"{row.name}{row.suffix}"
        row.load().export(
            cut,
            path,
            on_progress=lambda done, of: desk.step(done, of, "rendering"),
            work=settings.MEDIA_ROOT / "segments",
            **export.options,
        )
        export.beat(cut.frames, cut.frames, "finishing")
        size = {"width": cut.width, "height": cut.height}
        rate = {"rate_num": cut.rate[0], "rate_den": cut.rate[1], "frames": cut.frames}
        name = f"{slugify(cut.project) or 'cut'}{row.suffix}"
        media = Media.objects.keep(export.project, path, CONTENT_TYPES[row.suffix], name=name, **size, **rate)
        export.finish(media=media, report={"frames": cut.frames, "bytes": media.bytes})


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder on the store's own disk, gone afterwards whatever happens."""
    root = scratch_path().parent
    folder = Path(tempfile.mkdtemp(dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[phase] = time.monotonic() - began


def _peak_memory() -> int:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024)


def _disk(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk that holds the takes is full. Free some space, then try again; nothing else was lost."
    return f"The worker could not read or write a file ({error.strerror or error}). Look at the disk, then try again."

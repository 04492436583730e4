"""Measures the engine on clips and words it was not trained on, a line for everything it must reach.

Each group of lines is a function of a bench; takes are made through the engine's own door and kept, so that a group
measured again costs only the measuring.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import load_model

from generation.diffusion.carrying import between
from generation.diffusion.patch_codec import SIDE, PatchCodec
from generation.diffusion.surveyor import Surveyor
from generation.training import flow, measures, speed
from generation.training.held import Held, Real, through
from generation.training.intervals import mean, once, share
from generation.training.judge import HEADS, Judge, look, looked_at
from generation.training.lines import Line
from generation.training.scenes import labels
from generation.training.takes import FRAMES, JOIN, KEYS, Studio
from generation.training.words import MOST, tokenizer
from generation.vocabulary import MOVES, caption_of

USUAL = 48  # takes for each set of controls, twice as many from words alone
SEEDS, RECIPES = 16, 4  # of the takes whose spread is measured
JOINS = (8, 16, 24, 32)  # frames inside real clips where joins are looked at
OUTSIDE = 99.0  # per cent of real joins that are within the range
LATER = (12, 24, 36, 48)  # frames in which a figure and a set are looked for again
STRANGERS = (1, 5, 9)  # how far on the clips are in which a figure and a set are looked for that are not in them
TELLING = 2.0  # levels of 255 between a real clip and others, from which it can be told what was kept
HALF = 0.5
ONE_TAKE_SEED = 1000
ALIKE = 40.0  # dB from which nobody tells two clips apart: where nothing moves, a still is not nearer than that
LADDER = ("text", "first", "first and last", "first and last and depth")  # each with one control more
BESIDE = ("depth", "first and depth")
VISIBLE = 5.0  # levels of 255 by which takes of the same words are to differ


class Bench:
    """Real clips, the takes that answer them, and who judges both. `takes` bounds how many each measurement sees."""

    def __init__(self, folder: Path, studio: Studio, takes: int, weights: Path | None) -> None:
        self.folder, self.studio, self.takes, self.weights = folder, studio, takes, weights
        self.held = Held(folder / "clips")
        if not self.held.count:
            raise SystemExit(f"{folder / 'clips'} holds no held-out clips; run the part draw first.")
        self.sees = cache(self._sees)
        self.way = cache(self._way)

    @cached_property
    def codec(self) -> PatchCodec:
        return PatchCodec.from_pretrained(self.folder / "codec").eval()

    @cached_property
    def judge(self) -> Judge:
        judge, path = Judge(), self.folder / "judge.safetensors"
        try:
            load_model(judge, str(path))
        except RuntimeError as error:
            raise SystemExit(f"{path} was taught by other code than this. Run the part judge again.") from error
        return judge.eval()

    def numbers(self, mode: str) -> list[int]:
        if "depth" in mode:
            return self.held.with_depth(self.takes)
        return self.held.some(2 * self.takes if mode == "text" else self.takes)

    def made(self, *modes: str) -> Iterator[tuple[str, Real, np.ndarray]]:
        """Real clips and the takes made from their words and pictures; nothing of modes that the engine lacks."""
        for mode in filter(self.studio.can, modes):
            asked = {n: self.studio.of(mode, self.held[n], ONE_TAKE_SEED + n) for n in self.numbers(mode)}
            self.studio.make(list(asked.values()), mode)
            for n, recipe in asked.items():
                yield mode, self.held[n], self.studio.frames(recipe)

    @torch.no_grad()
    def judged(self, frames: np.ndarray) -> tuple[list[int], np.ndarray]:
        """The judge's answers in the order of HEADS, and how near it takes things to be: (EACH, h, w)."""
        answers, near, _ = self.judge(look(frames))
        return [int(each.argmax()) for each in answers], near[0].numpy()

    def carried(self, clip: Real) -> np.ndarray | None:
        """A clip's first frame carried along the camera's way and nothing else, where the weights know that way."""
        if self.weights is None or not (self.weights / "surveyor").exists():
            return None
        picture = torch.from_numpy(clip.frames[0]).permute(2, 0, 1).float() / 127.5 - 1
        text = self.tokenizer(caption_of(clip.words).text, padding="max_length", max_length=MOST, return_tensors="pt")
        with torch.no_grad():
            made, _ = between(self.surveyor, [(picture, 0)], len(clip.frames), text.input_ids, text.attention_mask)
        return ((made.permute(1, 2, 3, 0) + 1) * 127.5).round().clamp(0, 255).byte().numpy()

    @cached_property
    def surveyor(self) -> Surveyor:
        assert self.weights is not None
        return Surveyor.from_pretrained(self.weights / "surveyor", torch_dtype=torch.float32).eval()

    @cached_property
    def tokenizer(self) -> Any:
        return tokenizer()

    def _sees(self, number: int) -> tuple[list[int], np.ndarray]:
        return self.judged(self.held[number].frames)

    def _way(self, number: int) -> flow.Way:
        return flow.way(self.held[number].frames)

    @cached_property
    def scale(self) -> tuple[float, float, float]:
        """How far real clips go, over all that text takes are made from."""
        return flow.usual([(self.held[n].move, self.way(n)) for n in self.numbers("text")])

    @cached_property
    def limits(self) -> dict[str, float]:
        """The largest steps at joins inside real clips, but for one in a hundred."""
        found: dict[str, list[float]] = {"jump": [], "colour": [], "motion": []}
        for n in self.held.some(self.takes):
            frames = self.held[n].frames
            found["jump"] += [measures.jump(frames, at) for at in (0, *JOINS)]
            found["colour"] += [measures.colour_step(frames, at) for at in (0, *JOINS)]
            found["motion"] += [flow.motion_step(frames, at) for at in JOINS]
        return {name: float(np.percentile(values, OUTSIDE)) for name, values in found.items()}


def codec(bench: Bench) -> list[Line]:
    found, seams = [], []
    for n in bench.held.some(bench.takes):
        frames = bench.held[n].frames
        back = through(bench.codec, frames)
        found.append(measures.whole_db(back, frames))
        seams.append(_seams(back.astype(np.int16) - frames))
    return [
        Line("codec.psnr", "Codec: held-out clips there and back", mean(found), "dB",
             f"PSNR over all pixels of a clip; worst {min(found):.1f} dB", least=30.0),
        Line("codec.seams", "Codec: edges of cells that stand out", mean(seams), "%", SEAMS, most=0.01, real=0.0),
    ]  # fmt: skip


SEAMS = (
    f"share of cells' edges with a straight step of over {measures.SEEN:.0f} levels of 255 across them, "
    "less that of lines inside cells"
)


def _seams(frames: np.ndarray) -> float:
    return max(measures.seen_seams(frames, side) for side in (SIDE, measures.FINE))


def text(bench: Bench) -> list[Line]:
    hits: dict[str, list[bool]] = {name: [] for name in HEADS}
    real: dict[str, list[bool]] = {name: [] for name in HEADS}
    for _, clip, frames in bench.made("text"):
        wanted = labels(clip.facts)
        for n, name in enumerate(HEADS):
            if name != "deed" or clip.facts["people"]:
                hits[name].append(bench.judged(frames)[0][n] == wanted[n])
                real[name].append(bench.sees(clip.number)[0][n] == wanted[n])
    least = {"size": 0.8, "move": 0.8, "people": None, "deed": 0.6}
    said = {"size": "shot size", "move": "camera move", "people": "number of figures", "deed": "action of the first"}
    return [
        Line(f"text.{name}", f"Text: {said[name]} read back", _share(found), "%",
             "by a classifier trained on real clips; how often it is right about held-out ones stands under real clips",
             least=least[name], real=_value(real[name]))
        for name, found in hits.items() if found
    ]  # fmt: skip


def camera(bench: Bench) -> list[Line]:
    flows, judged, right, real_judged = [], [], [], []
    for _, clip, frames in bench.made("text", "first"):
        way = flow.GOES.get(clip.move)
        if way is None:
            continue
        judged.append(flow.GOES.get(MOVES[bench.judged(frames)[0][1]]) == way)
        real_judged.append(flow.GOES.get(MOVES[bench.sees(clip.number)[0][1]]) == way)
        right.append(flow.goes(bench.way(clip.number), clip.move, bench.scale))
        if right[-1]:
            flows.append(flow.goes(flow.way(frames), clip.move, bench.scale))
    if not flows:
        return []
    return [
        Line("camera.flow", "Camera: direction right, by optical flow", _share(flows), "%",
             f"DIS flow's median goes the asked way by a quarter of what is usual; told of the {len(flows)} of "
             f"{len(right)} takes, from words or a first frame, whose real clip it reads right", least=0.9,
             real=_value(right)),
        Line("camera.judge", "Camera: direction right, by the classifier", _share(judged), "%",
             "from words or a first frame; it looks at optical flow too", real=_value(real_judged)),
    ]  # fmt: skip


def first(bench: Bench) -> list[Line]:
    begins, gains, calm, ceiling, pooled, alone = [], [], [], [], [], []
    for _, clip, frames in bench.made("first"):
        true, still = clip.frames[1:], np.repeat(clip.frames[:1], FRAMES - 1, axis=0)
        back = through(bench.codec, clip.frames)
        begins.append(float(measures.db(frames[:1], clip.frames[:1])[0]))
        made, real, rests = (min(ALIKE, measures.whole_db(each, true)) for each in (frames[1:], back[1:], still))
        gains.append(made - rests)
        ceiling.append(real - rests)
        carried = bench.carried(clip)
        if carried is not None:
            alone.append(min(ALIKE, measures.whole_db(carried[1:], true)) - rests)
        pooled.append([_squared(each, true) for each in (frames[1:], still)])
        limits = bench.limits
        jumps = measures.jump(frames) > limits["jump"] or measures.colour_step(frames, 0) > limits["colour"]
        calm.append(not jumps)
    if not begins:
        return []
    error, still_error = np.mean(pooled, axis=0)
    return [
        Line("first.frame", "First frame: shown at frame 0", mean(begins), "dB",
             f"PSNR against the picture given; worst {min(begins):.1f} dB", least=26.0),
        Line("first.no_jump", "First frame: no jump at frame 1", _share(calm), "%",
             f"step to frame 1 at most {bench.limits['jump']:.1f} times the usual one after it, that of the mean "
             f"colour at most {bench.limits['colour']:.1f} times, as in {OUTSIDE:.0f} % of real steps", least=0.9),
        Line("first.gain", "First frame: nearer to the real clip than a still is", mean(gains), "dB",
             f"PSNR over frames 1 to {FRAMES - 1}, at most {ALIKE:.0f} dB, less that of repeating the first frame, "
             f"averaged over clips; of all clips as one {10 * np.log10(still_error / error):.2f} dB; real: the real "
             "clip through the codec",
             least=2.0, real=float(np.mean(ceiling))),
        *([Line("first.carried", "First frame: of that, by carrying it along the camera's way alone",
                mean(alone), "dB", "the same, of the first frame carried along and nothing else")] if alone else []),
    ]  # fmt: skip


def _squared(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.square(one.astype(np.float32) - other.astype(np.float32)).mean())


def ends(bench: Bench) -> list[Line]:
    found: dict[str, list[tuple[float, float, bool]]] = {"last": [], "key": []}
    for mode, clip, frames in bench.made("first and last", "keys"):
        back = through(bench.codec, clip.frames)
        for at in (FRAMES - 1,) if mode == "first and last" else KEYS:
            still = clip.frames[at : at + 1]
            made, real = (float(measures.db(each[at : at + 1], still)[0]) for each in (frames, back))
            exact = measures.nearest_to(frames, still[0], at)
            found["key" if mode == "keys" else "last"].append((made, real, exact))
    lines = []
    for name, each in found.items():
        if each:
            said = "Last frame" if name == "last" else "Key frames"
            shown, through_codec, right = zip(*each, strict=True)
            lines += [
                Line(f"ends.{name}", f"{said}: shown", mean(shown), "dB",
                     f"PSNR at its frame against the picture given; worst {min(shown):.1f} dB; real: through the codec",
                     least=26.0, real=float(np.mean(through_codec))),
                Line(f"ends.{name}_at", f"{said}: at the exact frame", _share(right), "%",
                     f"no frame within {measures.NEAR} is nearer to it by over {measures.TIE} dB", least=0.9),
            ]  # fmt: skip
    return lines


def prefix(bench: Bench) -> list[Line]:
    within: list[tuple[bool, bool]] = []
    real: list[bool] = []
    for _, clip, frames in bench.made("prefix"):
        given = bench.studio.given(clip)
        before, later = given[: JOIN + 1], through(bench.codec, given)[JOIN + 1 :]
        within.append(_joins(np.concatenate([before, frames[1:]]), bench.limits))
        real.append(all(_joins(np.concatenate([before, later]), bench.limits)))
    if not within:
        return []
    motion, colour = zip(*within, strict=True)
    how = f"at the join, as in {OUTSIDE:.0f} % of such places in real clips"
    return [
        Line("prefix.join", "Continuing: joins like those inside real clips", _share([all(each) for each in within]),
             "%", f"both motion and colour step {how}; real: going on with the real clip through the codec",
             least=0.9, real=_value(real)),
        Line("prefix.motion", "Continuing: motion step within the range", _share(motion), "%",
             f"change of DIS flow at most {bench.limits['motion']:.2f} of itself {how}"),
        Line("prefix.colour", "Continuing: colour step within the range", _share(colour), "%",
             f"mean colour moved at most {bench.limits['colour']:.1f} times as far as usual {how}"),
    ]  # fmt: skip


def _joins(frames: np.ndarray, limits: dict[str, float]) -> tuple[bool, bool]:
    return (
        flow.motion_step(frames, JOIN) <= limits["motion"],
        measures.colour_step(frames, JOIN) <= limits["colour"],
    )


def depth(bench: Bench) -> list[Line]:
    found, real = [], []
    for _, clip, frames in bench.made("depth"):
        assert clip.depth is not None
        near = bench.judged(frames)[1]
        rows, columns = near.shape[1:]
        guide = np.stack(
            [cv2.resize(clip.depth[at], (columns, rows), interpolation=cv2.INTER_AREA) for at in looked_at(len(frames))]
        )
        found.append(measures.correlation(near, guide))
        real.append(measures.correlation(bench.sees(clip.number)[1], guide))
    if not found:
        return []
    return [
        Line("depth.follows", "Depth: read back as it was given", mean(found), "",
             "Pearson's correlation of the guide with what the classifier's depth head sees, over cells",
             least=0.8, real=float(np.mean(real)))
    ]  # fmt: skip


def kept(bench: Bench) -> list[Line]:
    found: dict[str, list[float]] = {"figure": [], "set": []}
    chance: dict[str, list[bool]] = {"figure": [], "set": []}
    for _, clip, frames in bench.made("first"):
        figures = clip.figures()
        others = [bench.held[(clip.number + n) % bench.held.count].frames for n in STRANGERS]
        for name, where in (("figure", figures), ("set", ~figures)):
            wanted = measures.patches(clip.frames[0], where)
            if not wanted:
                continue
            made, real, *strange, another = (
                measures.lost(wanted, each[list(LATER)]) for each in (frames, clip.frames, *others)
            )
            usual = float(np.mean(strange))
            if usual > real + TELLING:
                found[name].append(measures.kept(made, real, usual))
                chance[name].append(measures.kept(another, real, usual) > HALF)
    return [
        Line(f"kept.{name}", f"First frame: the {name} kept", _share([each > HALF for each in values]), "%",
             "squares of the first frame, looked for in later ones, are as near as in the real clip (1) rather than as "
             f"in clips of others elsewhere (0): above {HALF} on that scale, the mean is {np.mean(values):.2f}; of one "
             f"more such clip {100 * _value(chance[name]):.0f} % would count", least=0.9)
        for name, values in found.items() if values
    ]  # fmt: skip


def seams(bench: Bench) -> list[Line]:
    more, real = [], []
    for _, clip, frames in bench.made("text", "first"):
        real.append(_seams(clip.frames))
        more.append(_seams(frames) - real[-1])
    return [
        Line("seams.takes", "Block texture: edges of cells that stand out", mean(more), "%",
             f"{SEAMS}, less what the real clip of the same words has, whose horizon may lie on one; most in one take "
             f"{100 * max(more):.1f} %", most=0.01, real=float(np.mean(real)))
    ]  # fmt: skip


def spread(bench: Bench) -> list[Line]:
    modes = [each for each in (*LADDER, *BESIDE) if bench.studio.can(each)]
    clips = [n for n in bench.held.with_depth(bench.held.count) if bench.held[n].facts["people"]][:RECIPES]
    seeds = min(SEEDS, max(2, bench.takes))
    asked = {
        (mode, n): [bench.studio.of(mode, bench.held[n], seed) for seed in range(1, seeds + 1)]
        for mode in modes
        for n in clips
    }
    bench.studio.make([each for recipes in asked.values() for each in recipes], "spread")
    found = {key: measures.spread([bench.studio.frames(each) for each in recipes]) for key, recipes in asked.items()}
    lines = []
    for mode in modes:
        values = [found[mode, n] for n in clips]
        lines.append(
            Line(f"spread.{mode}", f"Spread over {seeds} seeds: {mode}", mean(values), "levels",
                 f"mean absolute difference of pairs of takes, levels of 255, over {len(clips)} recipes",
                 least=VISIBLE if mode == "text" else None)
        )  # fmt: skip
    for more, less in pairwise(each for each in LADDER if each in modes):
        apart = [found[more, n] - found[less, n] for n in clips]
        lines.append(
            Line(f"spread.{more} > {less}", f"Spread: {more} over {less}", mean(apart), "levels",
                 f"difference of the two, recipe by recipe; larger in {sum(n > 0 for n in apart)} of {len(clips)}",
                 least=0.1)
        )  # fmt: skip
    return lines


def process(bench: Bench) -> list[Line]:
    recipe = bench.studio.of("text", bench.held[0], ONE_TAKE_SEED)
    alone = speed.measured(bench.studio.folder, recipe, 1)
    again = speed.measured(bench.studio.folder, recipe, 2, whole=True)
    long = FRAMES * recipe.rate[1] / recipe.rate[0]
    lines = [
        Line("process.seconds", "Speed: seconds of computing for one of clip", mean([t / long for t in alone["takes"]]),
             "s", f"{recipe.width} x {recipe.height}, {FRAMES} frames, one thread bound to one core, weights loaded; "
             "several takes in one process", most=1.0),
        Line("process.playable", "Speed: from recipe to playable proxy", once(again["playable"]), "s",
             "two cores, weights loaded: made, stored, proxy, poster and filmstrip drawn, as a worker does; without "
             "the queue", most=4.0),
        Line("process.loads", "Weights: loaded", once(alone["loaded"]), "s",
             f"what the first take needs more than the next; importing libraries, once a worker, takes "
             f"{alone['imported']:.1f} s", most=2.0),
        Line("process.memory", "Memory: most held", once(alone["memory"] / 1e9), "GB",
             "peak resident size of the process that makes takes alone", most=1.2),
        Line("process.same", "The same bits in two processes", once(float(alone["bits"] == again["bits"])), "%",
             "sha256 over all frames of one recipe, on one core and on two", least=1.0),
    ]  # fmt: skip
    if bench.weights is not None and bench.studio.pinned:
        size = sum(path.stat().st_size for path in bench.weights.rglob("*") if path.is_file())
        lines.append(Line("process.size", "Size in the repository", once(size / 1e6), "MB", "all files", most=40.0))
    return lines


def _share(hits: Any) -> Any:
    found = list(hits)
    return share(sum(map(bool, found)), len(found))


def _value(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


GROUPS: dict[str, Callable[[Bench], list[Line]]] = {
    "codec": codec,
    "text": text,
    "camera": camera,
    "first": first,
    "ends": ends,
    "prefix": prefix,
    "depth": depth,
    "kept": kept,
    "seams": seams,
    "spread": spread,
    "process": process,
}


def evaluate(bench: Bench, only: list[str]) -> list[Line]:
    """The lines asked for, by group or by name, with those that earlier runs found for the same weights."""
    path = bench.studio.folder / f"lines-{bench.studio.engine}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    before = [Line.from_dict(each) for each in known.get("lines", ())]
    found = {each.name: each for each in before if known.get("weights") == bench.studio.pinned}
    groups = list(dict.fromkeys(name.split(".")[0] for name in only)) or list(GROUPS)
    for group in groups:
        print(f"measuring {group}", flush=True)
        found |= {each.name: each for each in GROUPS[group](bench)}
        kept = [each.to_dict() for each in found.values()]
        path.write_text(json.dumps({"weights": bench.studio.pinned, "lines": kept}, indent=1))
    order = list(GROUPS)
    return sorted(found.values(), key=lambda each: order.index(each.name.split(".")[0]))

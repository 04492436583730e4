"""Trains the transformer, and the encoder of words with it, to find the way from noise to clips under every control."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import T5EncoderModel

from generation.diffusion.sketch_transformer import LEAST_NOISE, SketchTransformer
from generation.training import asked, clips, pace
from generation.training.asked import Asked
from generation.training.fast import fast
from generation.training.latents import MOST, Library
from generation.training.muon import optimizers
from generation.training.words import encoder

RATE = 2e-3
WORDS_WIDTH = 128
LEARNED_NOISE = 0.3  # below it, where no step begins, an error of the picture counts no more
TOWARDS_NOISE, SPREAD = 0.8, 1.1  # of the logit of the noise a clip is shown with
FILES_AT_FIRST, FILES_AT_ONCE = 100, 8
GROW_SECONDS = 5
PATIENCE = 1000


@dataclass
class Sketch:
    """What is trained together."""

    transformer: Any
    words: T5EncoderModel

    @classmethod
    def new(cls, channels: int, heads: int, head_width: int, layers: int) -> Sketch:
        transformer: Any = SketchTransformer(
            in_channels=channels,
            patch_size=asked.PATCH,
            num_attention_heads=heads,
            attention_head_dim=head_width,
            num_layers=layers,
            caption_channels=WORDS_WIDTH,
        )
        for each in transformer.proj_out.parameters():
            nn.init.zeros_(each)
        nn.init.zeros_(transformer.time_embed.linear.weight)
        for block in transformer.transformer_blocks:
            nn.init.zeros_(block.attn2.to_out[0].weight)
        return cls(transformer, encoder(WORDS_WIDTH))

    @classmethod
    def begun(cls, weights: Path, channels: int, heads: int, head_width: int, layers: int) -> Sketch:
        """A new one that begins with what an earlier one, written as a folder of weights, has learned, but for its
        answers: those begin with nothing. Of its layers as many are taken as there are to be, evenly."""
        sketch = cls.new(channels, heads, head_width, layers)
        read: dict[str, Any] = {"torch_dtype": torch.float32, "use_safetensors": True, "local_files_only": True}
        before = SketchTransformer.from_pretrained(weights / "transformer", **read)
        blocks = before.transformer_blocks
        picked = np.linspace(0, len(blocks) - 1, layers).round().astype(int)
        before.transformer_blocks = nn.ModuleList(blocks[int(each)] for each in picked)
        learned = {name: each for name, each in before.state_dict().items() if not name.startswith("proj_out")}
        sketch.transformer.load_state_dict(learned, strict=False)
        sketch.words = T5EncoderModel.from_pretrained(weights / "text_encoder", **read)
        return sketch

    def both(self) -> nn.ModuleDict:
        return nn.ModuleDict({"transformer": self.transformer, "words": self.words})

    def velocity(self, ask: Asked, noisy: Tensor, sigma: Tensor, heard: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """(B, S, C): where `noisy` came from, less where it goes, at noise `sigma` (B, S); `heard` is words."""
        words, mask = heard or (ask.words, ask.heard)
        said = self.words(words, attention_mask=mask.bool())[0]
        return self.transformer(
            hidden_states=noisy,
            encoder_hidden_states=said,
            timestep=1000 * sigma,
            encoder_attention_mask=mask,
            video_coords=ask.places,
            attention_kwargs={"beside": ask.beside},
            return_dict=False,
        )[0]


class Course:
    """One training: data, optimizers, the pace, and where it is written down."""

    def __init__(
        self, folder: Path, name: str, sketch: Sketch, device: str, seconds: float, pause: float,
        rate: float = RATE, *, library: Library,
    ) -> None:  # fmt: skip
        self.path, self.sketch, self.device, self.peak = folder / f"{name}.pt", sketch, device, rate
        self.name = name
        self.module = sketch.both().to(device)
        self.steps = optimizers(self.module, rate, _plain)
        self.mean, self.pace = pace.Mean(self.module), pace.Pace(seconds, pause)
        self.rng = np.random.default_rng(2)
        found = pace.load(self.path, device)
        if found is not None:
            self.module.load_state_dict(found["module"])
            self.mean.weights = found["mean"]
            for each, state in zip(self.steps, found["steps"], strict=True):
                each.load_state_dict(state)
            self.pace = pace.Pace(seconds, pause, found["spent"], found["count"])
            self.rng = np.random.default_rng([2, found["count"]])
        self.library = library
        tokens = self.library.tokenizer([""], padding="max_length", max_length=MOST, return_tensors="pt")
        self.empty = (tokens.input_ids.to(device), tokens.attention_mask.to(device))
        self.saved = self.said = self.grown = time.monotonic()
        self.losses: dict[str, list[float]] = {}

    def wait_for_clips(self, files: int = 1) -> None:
        while not any(len(shelf) for shelf in self.library.shelves.values()) or len(self.library.seen) < files:
            self.library.grow(FILES_AT_FIRST)
            time.sleep(0.05)
        kept = {frames: len(shelf) for frames, shelf in self.library.shelves.items()}
        print(f"{self.name} begins with {kept} clips after {self.pace.elapsed - self.pace.spent:.0f} s", flush=True)

    def next(self, batch: int) -> Asked:
        """One batch of a mode that something has been drawn for."""
        for _ in range(PATIENCE):
            long = self.rng.integers(asked.LONG_ONE_IN) == 0
            mode = str(self.rng.choice(list(asked.MODES), p=list(asked.MODES.values())))
            if long and "depth" in mode:
                mode = "first"
            shelf = self.library.shelves[clips.LONG if long else clips.SHORT]
            narrow = bool(self.rng.random() < asked.NARROW)
            with contextlib.suppress(asked.NoneYet):
                if len(shelf):
                    return asked.ask(shelf, max(1, batch // 2) if long else batch, self.rng, mode, narrow, self.empty)
        raise asked.NoneYet("nothing has been drawn that could be asked for")

    def step(self, loss: Tensor, mode: str) -> None:
        for each in self.steps:
            for group in each.param_groups:
                group["lr"] = self.peak * self.pace.rate()
        loss.backward()
        nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        for each in self.steps:
            each.step()
            each.zero_grad(set_to_none=True)
        self.pace.steps += 1
        self.mean.see(self.module, self.pace.steps)
        self._tell(loss, mode)

    def _tell(self, loss: Tensor, mode: str) -> None:
        if self.pace.steps % 5 == 0:
            self.losses.setdefault(mode, []).append(float(loss.detach()))
        now = time.monotonic()
        if now - self.grown > GROW_SECONDS:
            self.grown = now
            self.library.grow(FILES_AT_ONCE)
        if now - self.said > 15:
            self.said = now
            means = ", ".join(f"{each} {np.mean(found):.3f}" for each, found in sorted(self.losses.items()))
            kept = {frames: len(shelf) for frames, shelf in self.library.shelves.items()}
            print(f"{self.name} {self.pace.elapsed:.0f} s, step {self.pace.steps}, {kept}: {means}", flush=True)
            self.losses = {}
        if now - self.saved > pace.SAVE_SECONDS:
            self.saved = now
            self.save()

    def save(self) -> None:
        states = [each.state_dict() for each in self.steps]
        pace.save(
            self.path, module=self.module.state_dict(), mean=self.mean.weights, steps=states, spent=self.pace.elapsed,
            count=self.pace.steps,
        )  # fmt: skip

    def done(self) -> Sketch:
        self.save()
        self.mean.into(self.module)
        return self.sketch


def _plain(name: str, parameter: nn.Parameter) -> bool:
    """Whether AdamW is for it: what is read from outside, written outside, or looked up."""
    return ".transformer_blocks." not in name or name.endswith("scale_shift_table")


def train(
    folder: Path, sketch: Sketch, library: Library, seconds: float, pause: float, batch: int, compiled: bool,
    rate: float = RATE,
) -> Sketch:  # fmt: skip
    """The sketch after so many seconds in all; goes on from a checkpoint in the folder."""
    torch.manual_seed(2)
    device = library.device
    course = Course(folder, "model", sketch, device, seconds, pause, rate, library=library)
    course.wait_for_clips()
    if compiled:
        compile_blocks(sketch.transformer)
    while not course.pace.over:
        ask = course.next(batch)
        with fast(device):
            loss = flow_loss(sketch, ask, course.rng)
        course.step(loss, ask.mode)
    return course.done()


def flow_loss(sketch: Sketch, ask: Asked, rng: np.random.Generator) -> Tensor:
    """How far the velocity is off, at noise drawn anew for each clip (flow matching, rectified)."""
    count = len(ask.clean)
    drawn = torch.from_numpy(rng.normal(TOWARDS_NOISE, SPREAD, size=(count, 1))).to(ask.device, torch.float32)
    sigma = torch.where(ask.given, 0.0, drawn.sigmoid().clamp(min=LEAST_NOISE))
    noise = torch.randn_like(ask.clean)
    noisy = torch.lerp(ask.clean, noise, sigma[..., None])
    found = sketch.velocity(ask, noisy, sigma)
    counts = sigma / sigma.clamp(min=LEARNED_NOISE)
    return off(found * counts[..., None], (noise - ask.clean) * counts[..., None], ask)


def off(found: Tensor, wanted: Tensor, ask: Asked) -> Tensor:
    """The mean squared difference over the tokens that were not told."""
    asked_for = ~ask.given
    squared = (found.float() - wanted.float()).square().mean(-1)
    return (squared * asked_for).sum() / asked_for.sum()


def compile_blocks(transformer: Any) -> None:
    """Repeated blocks compiled once for all lengths; as they are where that fails."""
    torch._dynamo.config.cache_size_limit = 64  # type: ignore[attr-defined]
    torch._dynamo.config.suppress_errors = True  # type: ignore[attr-defined]
    for block in transformer.transformer_blocks:
        block.compile(dynamic=True)


@torch.no_grad()
def sample(
    sketch: Sketch, ask: Asked, sigmas: tuple[float, ...], seed: int, guidance: float = 1.0,
    empty: tuple[Tensor, Tensor] | None = None,
) -> Tensor:  # fmt: skip
    """Latents (B, C, T, h, w) made from noise in `len(sigmas)` steps down to none."""
    generator = torch.Generator("cpu").manual_seed(seed)
    noise = torch.randn(ask.clean.shape, generator=generator).to(ask.device)
    x = torch.where(ask.given[..., None], ask.clean, noise)
    for now, after in zip(sigmas, (*sigmas[1:], 0.0), strict=True):
        x = torch.where(
            ask.given[..., None], ask.clean, x + (after - now) * guided(sketch, ask, x, now, guidance, empty)
        )
    return asked.unpacked(x[:, -int(np.prod(ask.shape)) :], ask.shape)


def guided(
    sketch: Sketch, ask: Asked, x: Tensor, now: float | Tensor, guidance: float, empty: tuple[Tensor, Tensor] | None
) -> Tensor:
    """The velocity at one noise level, drawn away from what would be done without words."""
    sigma = torch.where(ask.given, 0.0, torch.as_tensor(now, device=ask.device, dtype=torch.float32))
    with fast(ask.device.type):
        told = sketch.velocity(ask, x, sigma).float()
        if guidance == 1.0 or empty is None:
            return told
        nothing = tuple(each.expand(len(x), -1) for each in empty)
        return told + (guidance - 1) * (told - sketch.velocity(ask, x, sigma, nothing).float())  # type: ignore[arg-type]

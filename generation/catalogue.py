"""The engines there are: a literal table, readable from the web process without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from generation.recipe import Recipe
from generation.report import Refused

# Profiles: as its makers wrote it, or quicker with what that costs said in the report.
EXACT, FAST, DRAFT = "exact", "fast", "draft"


@dataclass(frozen=True)
class Engine:
    """One row. `honours` lists the guide kinds the engine acts on; counts are frames, sizes are pixels.

    `frames_step` and `frames_plus` say which counts the engine can make: step * k + plus. `pipelines` are the
    classes that weights for this engine may name, `only` what must be on or off in them; none means that it needs
    no weights. `rate` is the rate the engine's motion is made at, where it knows only one. `steps`, `guidance` and
    `settings` are what a recipe gets when nobody says otherwise; `usual_frames` is what its makers ask for.
    `draft_threshold` is that of the draft profile's first-block cache, 0 where `no_draft` says why there is none.
    `holds` says that a take can stop after a step and go on later with the same result. `max_frames` counts at the
    engine's own rate where it has one.
    """

    name: str
    label: str
    module: str
    summary: str
    honours: frozenset[str]
    why_not: dict[str, str]
    max_frames: int
    max_pixels: int
    size_multiple: int
    queue: str
    frames_step: int = 1
    frames_plus: int = 0
    pipelines: tuple[str, ...] = ()
    only: dict[str, bool] = field(default_factory=dict)
    rate: tuple[int, int] | None = None
    steps: int = 0
    guidance: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    holds: bool = False
    usual_frames: int = 0
    draft_threshold: float = 0.0
    no_draft: str = "No draft profile was found for this engine that keeps its pictures."

    def loads(self, pipeline: str, options: dict[str, Any]) -> bool:
        """Whether weights of this class, with these plain values in their model_index.json, are for this engine."""
        fits = all(bool(options.get(name)) == wanted for name, wanted in self.only.items())
        return pipeline in self.pipelines and fits

    def legal_frames(self, frames: int) -> int:
        """The smallest count the engine can make that is not below `frames`."""
        over = max(0, frames - self.frames_plus)
        return -(-over // self.frames_step) * self.frames_step + self.frames_plus

    def frames_for(self, frames: int, rate: tuple[int, int]) -> int:
        """How many frames at `rate` to ask for, so that none the engine has to make anyway is thrown away."""
        own = self.rate or rate
        made = self.legal_frames(self.own_frames(frames, rate))
        return max(frames, made * rate[0] * own[1] // (rate[1] * own[0]))

    def own_frames(self, frames: int, rate: tuple[int, int]) -> int:
        """How many frames at the engine's own rate last as long as `frames` at `rate`."""
        own = self.rate or rate
        return -(-frames * rate[1] * own[0] // (rate[0] * own[1]))

    def most_frames(self, rate: tuple[int, int]) -> int:
        """The most frames at `rate` that the engine can make in one take."""
        own = self.rate or rate
        return self.max_frames * rate[0] * own[1] // (rate[1] * own[0])

    def legal_size(self, width: int, height: int) -> tuple[int, int]:
        """The nearest size the engine can make, in pixels."""
        step = self.size_multiple
        return max(step, round(width / step) * step), max(step, round(height / step) * step)

    def check(self, recipe: Recipe) -> None:
        """Raises Refused, with what to do next, for a recipe this engine cannot act on."""
        for ingredient in recipe.ingredients:
            if ingredient.kind not in self.honours:
                reason = self.why_not.get(ingredient.kind, f"{self.label} does not take a {ingredient.kind} guide.")
                raise Refused(f"{reason} Take that guide off this shot, or choose another engine.")
        most = self.most_frames(recipe.rate)
        if recipe.frames > most:
            raise Refused(f"This take asks for {recipe.frames} frames; {self.label} makes up to {most}, so shorten it.")
        if recipe.width < 1 or recipe.height < 1 or recipe.width * recipe.height > self.max_pixels:
            raise Refused(
                f"This take asks for {recipe.width} x {recipe.height} pixels; {self.label} makes up to "
                f"{self.max_pixels:,} pixels a frame, so choose a smaller size."
            )
        if self.legal_size(recipe.width, recipe.height) != (recipe.width, recipe.height):
            width, height = self.legal_size(recipe.width, recipe.height)
            raise Refused(
                f"This take asks for {recipe.width} x {recipe.height} pixels; {self.label} needs multiples of "
                f"{self.size_multiple}, so ask for {width} x {height}."
            )
        if self.pipelines and not recipe.weights:
            raise Refused(f"This take names no weights; {self.label} needs some. Choose them in the form.")


ENGINES: tuple[Engine, ...] = (
    Engine(
        name="blocking",
        label="Blocking",
        module="generation.engines.blocking",
        summary="Grey figures in a simple set, staged from the shot's own words, rendered at once on the CPU.",
        honours=frozenset({"first", "last", "key", "continue", "staging"}),
        why_not={
            "reference": "Blocking draws grey figures; a reference picture would change nothing.",
            "depth": "Blocking makes depth, it does not follow it.",
            "motion": "Blocking moves figures by their staging; a motion clip would change nothing.",
            "camera": "Blocking reads the camera from the shot's move.",
        },
        max_frames=1440,
        max_pixels=1920 * 1080,
        size_multiple=2,
        queue="takes",
    ),
    Engine(
        name="ltx",
        label="LTX-Video",
        module="generation.engines.ltx",
        summary="Text, first, last and key frames at any frame, and clips that go on from another.",
        honours=frozenset({"first", "last", "key", "continue"}),
        why_not={
            "reference": "LTX-Video has no place for a reference picture.",
            "depth": "LTX-Video does not follow depth; LTX-2 and Wan VACE do.",
            "motion": "LTX-Video does not follow a motion clip; LTX-2 and Wan VACE do.",
            "camera": "LTX-Video reads the camera from the words.",
            "staging": "LTX-Video reads words and pictures, not a staging.",
        },
        max_frames=257,
        max_pixels=1280 * 736,
        size_multiple=32,
        queue="takes",
        frames_step=8,
        frames_plus=1,
        pipelines=("LTXPipeline", "LTXImageToVideoPipeline", "LTXConditionPipeline"),
        steps=30,
        guidance=3.0,
        settings={"image_cond_noise_scale": 0.025, "decode_timestep": 0.05, "decode_noise_scale": 0.025},
        holds=True,
        usual_frames=121,
        draft_threshold=0.08,
    ),
    Engine(
        name="cogvideox",
        label="CogVideoX",
        module="generation.engines.cogvideox",
        summary="Words alone, at 8 frames a second; six seconds at most.",
        honours=frozenset(),
        why_not={
            "first": "These CogVideoX weights begin from words; CogVideoX from a picture takes a first frame.",
            "last": "CogVideoX cannot be told how a clip ends; LTX-Video can.",
            "key": "CogVideoX has no place for key frames; LTX-Video has.",
            "reference": "CogVideoX has no place for a reference picture.",
            "depth": "These CogVideoX weights do not follow depth; CogVideoX Fun Control does.",
            "motion": "These CogVideoX weights do not follow a motion clip; CogVideoX Fun Control does.",
            "camera": "CogVideoX reads the camera from the words.",
            "continue": "These CogVideoX weights begin from words; CogVideoX from a picture goes on from a frame.",
            "staging": "CogVideoX reads words, not a staging.",
        },
        max_frames=49,
        max_pixels=1360 * 768,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("CogVideoXPipeline",),
        rate=(8, 1),
        steps=50,
        guidance=6.0,
        settings={"dynamic_guidance": True},
        holds=True,
    ),
    Engine(
        name="wan",
        label="Wan",
        module="generation.engines.wan",
        summary="Wan 2.1 and 2.2 from words alone, at 16 frames a second; five seconds at most.",
        honours=frozenset(),
        why_not={
            "first": "These Wan weights begin from words; Wan from a picture and Wan VACE take a first frame.",
            "last": "These Wan weights begin from words; Wan from a picture and Wan VACE take a last frame.",
            "key": "These Wan weights begin from words; Wan VACE takes key frames.",
            "reference": "These Wan weights begin from words; Wan VACE takes reference pictures.",
            "depth": "These Wan weights begin from words; Wan VACE follows depth.",
            "motion": "These Wan weights begin from words; Wan VACE follows a motion clip.",
            "camera": "Wan reads the camera from the words.",
            "continue": "These Wan weights begin from words; Wan VACE goes on from another clip.",
            "staging": "Wan reads words, not a staging.",
        },
        max_frames=81,
        max_pixels=1280 * 720,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("WanPipeline",),
        only={"expand_timesteps": False},
        rate=(16, 1),
        steps=50,
        guidance=5.0,
        settings={"guidance_scale_2": None, "max_sequence_length": 512},
        holds=True,
    ),
    Engine(
        name="cogvideox_i2v",
        label="CogVideoX from a picture",
        module="generation.engines.cogvideox_i2v",
        summary="Words and a first frame, or a frame of a take to go on from; 8 frames a second, six seconds at most.",
        honours=frozenset({"first", "continue"}),
        why_not={
            "last": "CogVideoX cannot be told how a clip ends; LTX-Video can.",
            "key": "CogVideoX has no place for key frames; LTX-Video has.",
            "reference": "CogVideoX begins with the picture it is given; it cannot keep one as a reference only.",
            "depth": "CogVideoX from a picture does not follow depth; CogVideoX Fun Control does.",
            "motion": "CogVideoX from a picture does not follow a motion clip; CogVideoX Fun Control does.",
            "camera": "CogVideoX reads the camera from the words.",
            "staging": "CogVideoX reads words and a picture, not a staging.",
        },
        max_frames=49,
        max_pixels=1360 * 768,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("CogVideoXImageToVideoPipeline",),
        rate=(8, 1),
        steps=50,
        guidance=6.0,
        settings={"dynamic_guidance": True},
        holds=True,
    ),
    Engine(
        name="cogvideox_control",
        label="CogVideoX Fun Control",
        module="generation.engines.cogvideox_control",
        summary="Words, and a depth or motion clip followed frame by frame; 8 frames a second, six seconds at most.",
        honours=frozenset({"depth", "motion"}),
        why_not={
            "first": "CogVideoX Fun Control follows a clip; CogVideoX from a picture takes a first frame.",
            "last": "CogVideoX cannot be told how a clip ends; LTX-Video can.",
            "key": "CogVideoX has no place for key frames; LTX-Video has.",
            "reference": "CogVideoX has no place for a reference picture.",
            "camera": "CogVideoX Fun Control follows the camera of its depth or motion clip.",
            "continue": "CogVideoX Fun Control begins anew; CogVideoX from a picture goes on from a frame.",
            "staging": "CogVideoX Fun Control follows a staging's depth clip, not the staging itself.",
        },
        max_frames=49,
        max_pixels=1360 * 768,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("CogVideoXFunControlPipeline",),
        rate=(8, 1),
        steps=50,
        guidance=6.0,
        settings={"dynamic_guidance": True},
        holds=True,
    ),
    Engine(
        name="svd",
        label="Stable Video Diffusion",
        module="generation.engines.svd",
        summary="Sets a picture in motion without words; 7 frames a second, three and a half seconds at most.",
        honours=frozenset({"first", "continue"}),
        why_not={
            "words": "Stable Video Diffusion sees only the picture; seed and amount of motion do the rest.",
            "last": "Stable Video Diffusion cannot be told how a clip ends; LTX-Video can.",
            "key": "Stable Video Diffusion has no place for key frames; LTX-Video has.",
            "reference": "Stable Video Diffusion begins with its picture; it keeps none as a reference only.",
            "depth": "Stable Video Diffusion does not follow depth; CogVideoX Fun Control does.",
            "motion": "Stable Video Diffusion takes an amount of motion, not a clip of it.",
            "camera": "Stable Video Diffusion chooses its camera by itself.",
            "staging": "Stable Video Diffusion sees a picture, not a staging.",
        },
        max_frames=25,
        max_pixels=1024 * 576,
        size_multiple=64,
        queue="takes",
        pipelines=("StableVideoDiffusionPipeline",),
        rate=(7, 1),
        steps=25,
        guidance=3.0,
        settings={"first_frame_guidance": 1.0, "motion_bucket_id": 127, "noise_aug_strength": 0.02},
        holds=True,
    ),
    Engine(
        name="wan_vace",
        label="Wan VACE",
        module="generation.engines.wan_vace",
        summary="First, last and key frames at any frame, references, a clip to go on from, and one to follow.",
        honours=frozenset({"first", "last", "key", "reference", "depth", "motion", "continue"}),
        why_not={
            "camera": "Wan VACE reads the camera from the words, or from a depth clip.",
            "staging": "Wan VACE reads words, pictures and clips, not a staging.",
        },
        max_frames=81,
        max_pixels=1280 * 720,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("WanVACEPipeline",),
        rate=(16, 1),
        steps=50,
        guidance=5.0,
        settings={"guidance_scale_2": None, "max_sequence_length": 512},
        holds=True,
        no_draft="A cache that leaves blocks out adds Wan VACE's guides twice, and the pictures come out wrong.",
    ),
    Engine(
        name="hunyuan",
        label="HunyuanVideo",
        module="generation.engines.hunyuan",
        summary="Words alone, at 24 frames a second; five seconds at most.",
        honours=frozenset(),
        why_not={
            "first": "These HunyuanVideo weights begin from words; LTX-Video and CogVideoX begin from a picture.",
            "last": "HunyuanVideo cannot be told how a clip ends; LTX-Video can.",
            "key": "HunyuanVideo has no place for key frames; LTX-Video has.",
            "reference": "HunyuanVideo has no place for a reference picture.",
            "depth": "HunyuanVideo does not follow depth; CogVideoX Fun Control does.",
            "motion": "HunyuanVideo does not follow a motion clip; CogVideoX Fun Control does.",
            "camera": "HunyuanVideo reads the camera from the words.",
            "continue": "These HunyuanVideo weights begin from words; LTX-Video goes on from a take.",
            "staging": "HunyuanVideo reads words, not a staging.",
        },
        max_frames=129,
        max_pixels=1280 * 720,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("HunyuanVideoPipeline",),
        rate=(24, 1),
        steps=50,
        guidance=6.0,
        settings={"negative_guidance": 1.0},
        holds=True,
    ),
    Engine(
        name="wan_i2v",
        label="Wan from a picture",
        module="generation.engines.wan_i2v",
        summary="A first frame, or the frame of a clip to go on from, and a last one where the weights take it.",
        honours=frozenset({"first", "last", "continue"}),
        why_not={
            "key": "Wan from a picture has no place for key frames; Wan VACE has.",
            "reference": "Wan from a picture has no place for a reference picture; Wan VACE has.",
            "depth": "Wan from a picture does not follow depth; Wan VACE does.",
            "motion": "Wan from a picture does not follow a motion clip; Wan VACE does.",
            "camera": "Wan reads the camera from the words.",
            "staging": "Wan reads words and pictures, not a staging.",
        },
        max_frames=81,
        max_pixels=1280 * 720,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("WanImageToVideoPipeline",),
        only={"expand_timesteps": False},
        rate=(16, 1),
        steps=40,
        guidance=5.0,
        settings={"guidance_scale_2": None, "max_sequence_length": 512},
        holds=True,
    ),
    Engine(
        name="wan_5b",
        label="Wan 5B",
        module="generation.engines.wan_5b",
        summary="Wan 2.2's small model: words, with or without a first frame, at 24 frames a second.",
        honours=frozenset({"first", "continue"}),
        why_not={
            "last": "The 5B model ignores a last frame; Wan from a picture and Wan VACE take one.",
            "key": "The 5B model has no place for key frames; Wan VACE has.",
            "reference": "The 5B model has no place for a reference picture; Wan VACE has.",
            "depth": "The 5B model does not follow depth; Wan VACE does.",
            "motion": "The 5B model does not follow a motion clip; Wan VACE does.",
            "camera": "Wan reads the camera from the words.",
            "staging": "Wan reads words and pictures, not a staging.",
        },
        max_frames=121,
        max_pixels=1280 * 704,
        size_multiple=32,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("WanPipeline", "WanImageToVideoPipeline"),
        only={"expand_timesteps": True},
        rate=(24, 1),
        steps=50,
        guidance=5.0,
        settings={"max_sequence_length": 512},
        holds=True,
    ),
    Engine(
        name="animatediff",
        label="AnimateDiff",
        module="generation.engines.animatediff",
        summary="Words, and a depth or motion clip where there is one; 8 frames a second, four seconds at most.",
        honours=frozenset({"depth", "motion"}),
        why_not={
            "first": "AnimateDiff begins from words; Stable Video Diffusion sets a picture in motion.",
            "last": "AnimateDiff cannot be told how a clip ends; LTX-Video can.",
            "key": "AnimateDiff has no place for key frames; LTX-Video has.",
            "reference": "AnimateDiff has no place for a reference picture here.",
            "camera": "AnimateDiff follows the camera of its depth or motion clip.",
            "continue": "AnimateDiff begins anew; LTX-Video goes on from a take.",
            "staging": "AnimateDiff follows a staging's depth clip, not the staging itself.",
        },
        max_frames=32,
        max_pixels=1024 * 576,
        size_multiple=64,
        queue="takes",
        pipelines=("AnimateDiffControlNetPipeline",),
        rate=(8, 1),
        steps=25,
        guidance=7.5,
        holds=True,
    ),
    Engine(
        name="wan_animate",
        label="Wan Animate",
        module="generation.engines.wan_animate",
        summary="The person in a reference picture moves as the figure in a pose clip does, at 30 frames a second.",
        honours=frozenset({"reference", "motion"}),
        why_not={
            "first": "Wan Animate begins from a person and a pose clip; Wan VACE takes a first frame.",
            "last": "Wan Animate ends where its pose clip does; Wan VACE takes a last frame.",
            "key": "Wan Animate has no place for key frames; Wan VACE has.",
            "depth": "Wan Animate follows poses, not depth; Wan VACE follows depth.",
            "camera": "Wan Animate reads the camera from its pose clip.",
            "continue": "Wan Animate begins from a person and a pose clip; Wan VACE goes on from another clip.",
            "staging": "Wan Animate reads a picture and a clip, not a staging.",
        },
        max_frames=153,
        max_pixels=1280 * 720,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("WanAnimatePipeline",),
        rate=(30, 1),
        steps=20,
        guidance=1.0,
        settings={"max_sequence_length": 512},
        holds=True,
    ),
    Engine(
        name="hunyuan15",
        label="HunyuanVideo 1.5",
        module="generation.engines.hunyuan15",
        summary="Words alone, at 24 frames a second; five seconds at most.",
        honours=frozenset(),
        why_not={
            "first": "These HunyuanVideo 1.5 weights begin from words; LTX-Video and CogVideoX begin from a picture.",
            "last": "HunyuanVideo 1.5 cannot be told how a clip ends; LTX-Video can.",
            "key": "HunyuanVideo 1.5 has no place for key frames; LTX-Video has.",
            "reference": "HunyuanVideo 1.5 has no place for a reference picture.",
            "depth": "HunyuanVideo 1.5 does not follow depth; CogVideoX Fun Control does.",
            "motion": "HunyuanVideo 1.5 does not follow a motion clip; CogVideoX Fun Control does.",
            "camera": "HunyuanVideo 1.5 reads the camera from the words.",
            "continue": "These HunyuanVideo 1.5 weights begin from words; LTX-Video goes on from a take.",
            "staging": "HunyuanVideo 1.5 reads words, not a staging.",
        },
        max_frames=121,
        max_pixels=1280 * 720,
        size_multiple=16,
        queue="takes",
        frames_step=4,
        frames_plus=1,
        pipelines=("HunyuanVideo15Pipeline",),
        rate=(24, 1),
        steps=50,
        guidance=6.0,
        holds=True,
    ),
)


class UnknownEngine(LookupError):
    """No row has this name; the message lists those there are."""


def engine(name: str) -> Engine:
    for row in ENGINES:
        if row.name == name:
            return row
    raise UnknownEngine(f"no engine is called {name!r}; there are: {', '.join(row.name for row in ENGINES)}")


def load(name: str) -> Any:
    """Imports one engine's module. Workers only: an engine may import torch."""
    return import_module(engine(name).module)

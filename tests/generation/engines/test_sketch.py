"""Sketch: what it is asked in a take is what it was asked in training, token for token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from generation.diffusion import carrying, residence, sketch_pipeline
from generation.diffusion.lots import USUAL, Lot
from generation.diffusion.patch_codec import PatchCodec
from generation.diffusion.plan import Plan
from generation.diffusion.surveyor import Surveyor
from generation.engines import sketch as engine
from generation.recipe import Ingredient, Recipe, Words
from generation.report import Held, Refused
from generation.training import clips
from generation.training.asked import MODES, STILL, Asked, ask
from generation.training.codec import coloured
from generation.training.latents import ANCHORS, Library, Shelf
from generation.training.scenes import scene
from tests.generation.contract.stage import Stage

WIDTH, HEIGHT = 96, 64
RATE = 24.0
PREFIX = ANCHORS.index("prefix")
CELLS = WIDTH * HEIGHT // 32**2  # tokens of one picture


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("sketch", tmp_path_factory.mktemp("sketch"))


@dataclass
class Heard:
    """What the transformer is called with in each step, and what the codec is given to read."""

    calls: list[dict[str, Any]]
    pictures: list[torch.Tensor]

    @property
    def tokens(self) -> torch.Tensor:
        return self.calls[0]["hidden_states"][0]

    @property
    def noise(self) -> torch.Tensor:
        return self.calls[0]["timestep"][0].expand(len(self.tokens))

    @property
    def frames(self) -> list[float]:
        """The frame that each token stands at."""
        return [round(float(each) * RATE, 3) for each in self.calls[0]["video_coords"][0, 0]]


def heard(stage: Stage, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> Heard:
    stage.run(stage.recipe())  # loads the pipeline
    here = residence.resident()
    assert here is not None
    pipe, found = here.pipe, Heard([], [])
    forward, encode = pipe.transformer.forward, pipe.vae.encode

    def listening(*args: Any, **kwargs: Any) -> Any:
        found.calls.append(kwargs)
        return forward(*args, **kwargs)

    def watching(x: torch.Tensor, *args: Any) -> Any:
        found.pictures.append(x)
        return encode(x, *args)

    monkeypatch.setattr(pipe.transformer, "forward", listening)
    monkeypatch.setattr(pipe.vae, "encode", watching)
    stage.run(recipe)
    return found


# As in training -------------------------------------------------------------------------------------------------


@dataclass
class Drawn:
    """One clip that training draws: as it learns from it, and as the files that a person would give."""

    shelf: Shelf
    words: Words
    frames: np.ndarray
    depth: np.ndarray
    reference: np.ndarray


@pytest.fixture(scope="module")
def drawn(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    folder = tmp_path_factory.mktemp("clips")
    (folder / "clips").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("IN_A_FILE", 1), ("WIDTH", WIDTH), ("HEIGHT", HEIGHT)):
            patch.setattr(clips, name, value)
        batch = clips.read(clips.draw_file(folder / "clips", 0))
    codec: PatchCodec = PatchCodec.from_pretrained(stage.folder / "tiny", subfolder="codec", torch_dtype=torch.float32)
    surveyor: Surveyor = Surveyor.from_pretrained(
        stage.folder / "tiny", subfolder="surveyor", torch_dtype=torch.float32
    )
    library = Library(folder / "clips", codec, "cpu", surveyor=surveyor)
    turns = [ANCHORS.index("first"), ANCHORS.index("ends"), ANCHORS.index("keys"), PREFIX, PREFIX + len(ANCHORS)]
    shelf = Shelf(waiting=[library.encoded(batch, turn=turn) for turn in turns])
    shelf.settle()
    return Drawn(
        shelf,
        scene(0).words,
        _seen(coloured(batch.greys, batch.colours)),
        np.repeat(batch.depth[0].numpy()[..., None], 3, axis=3),
        _seen(coloured(batch.reference[:, None], batch.colours))[0],
    )


def _seen(x: torch.Tensor) -> np.ndarray:
    """uint8 (F, H, W, 3) of pictures (1, 3, F, H, W) from -1 to 1."""
    return ((x[0].permute(1, 2, 3, 0) + 1) * 127.5).round().byte().numpy()


def _clip(stage: Stage, frames: np.ndarray, name: str) -> str:
    """A movie that loses nothing."""
    path = stage.folder / f"{name}.mkv"
    height, width = frames.shape[1:3]
    movie = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), RATE, (width, height))
    for frame in frames:
        movie.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    movie.release()
    return stage._keep(path)


def _still(stage: Stage, picture: np.ndarray, name: str) -> str:
    path = stage.folder / f"{name}.png"
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return stage._keep(path)


def _as_asked(stage: Stage, drawn: Drawn, asked: Asked) -> Recipe:
    """The recipe of a person who asks what training asked."""
    guides: list[Ingredient] = []
    frames = len(drawn.frames)
    if asked.mode.startswith("first"):
        guides.append(Ingredient("first", _still(stage, drawn.frames[0], "first")))
    if asked.mode == "first and last":
        guides.append(Ingredient("last", _still(stage, drawn.frames[-1], "last"), at_frame=frames - 1))
    if asked.mode == "keys":
        for n in range(2):
            at = round(float(asked.places[0, 0, n * CELLS]) * RATE)
            guides.append(Ingredient("key", _still(stage, drawn.frames[at], f"key-{n}"), at_frame=at))
    if "depth" in asked.mode:
        guides.append(Ingredient("depth", _clip(stage, drawn.depth, "depth"), "video"))
    if "reference" in asked.mode:
        guides.append(Ingredient("reference", _still(stage, drawn.reference, "reference")))
    if asked.mode == "prefix":
        frame = 8 * (int(asked.given.sum()) // CELLS - 1)
        guides.append(Ingredient("continue", _clip(stage, drawn.frames, "parent"), "video", source_frame=frame))
        frames -= frame
    return stage.recipe(words=drawn.words, width=WIDTH, height=HEIGHT, frames=frames, ingredients=tuple(guides))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("mode", MODES)
def test_a_take_asks_what_training_asked_but_for_lots_and_what_comes_into_sight(
    stage: Stage, drawn: Drawn, mode: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = drawn.shelf.parts
    asked = ask(drawn.shelf, 1, np.random.default_rng(seed), mode, False, (parts["words"][:1], parts["heard"][:1]))
    monkeypatch.setattr(sketch_pipeline, "lot", lambda noise: USUAL)  # training knows how things went
    monkeypatch.setattr(carrying, "LEAST_BEYOND", ())  # and has nothing drawn
    found = heard(stage, _as_asked(stage, drawn, asked), monkeypatch)
    told = asked.given[0]
    assert found.tokens.shape == asked.clean.shape[1:]
    assert torch.equal(found.noise, torch.where(told, 0.0, 1000.0))
    assert torch.allclose(found.calls[0]["video_coords"], asked.places, atol=1e-5)
    shelved = {"rtol": 1e-2, "atol": 1e-2}  # clips are shelved in half precision
    doubled = {"rtol": 1e-1, "atol": 1e-1}  # references are drawn at half the size, and enlarged otherwise
    assert torch.allclose(found.tokens[told], asked.clean[0, told], **(doubled if "reference" in mode else shelved))
    assert not torch.allclose(found.tokens[~told], asked.clean[0, ~told], **shelved)
    here = residence.resident()
    assert here is not None
    with torch.inference_mode():
        words = here.pipe.text_encoder(asked.words[:1], attention_mask=asked.heard[:1].bool())[0]
    assert torch.allclose(found.calls[0]["encoder_hidden_states"], words, atol=1e-5)
    assert torch.equal(found.calls[0]["encoder_attention_mask"].long(), asked.heard[:1])
    beside, wanted = found.calls[0]["attention_kwargs"]["beside"], asked.beside[:1]
    assert beside.shape == wanted.shape and torch.equal(beside[..., -2:], wanted[..., -2:])
    if mode in STILL:  # what is thought of is not what was drawn
        beside, wanted = beside[..., : beside.shape[-1] // 2 - 1], wanted[..., : wanted.shape[-1] // 2 - 1]
    if "depth" in mode:
        apart = (beside - wanted).abs().mean()
        assert 8 * apart < (beside.roll(1, dims=1) - wanted).abs().mean()
    else:  # of two that come to one place as near as each other, a last digit decides which is seen there
        same = torch.isclose(beside, wanted, **shelved).float().mean()
        assert same > 0.99


def test_where_no_picture_is_given_one_is_made_and_gone_on_from(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for kinds in ((), ("depth",), ("reference",)):
        found = heard(stage, stage.recipe(*kinds), monkeypatch)
        beside = 4 * ("reference" in kinds)
        stills = 4 if beside else 0  # what is to look like a reference is made in as many steps as the clip
        tokens = [call["hidden_states"].shape[1] for call in found.calls]
        assert tokens == stills * [beside + 4] + 4 * [beside + 16]
        assert all(
            len(call["video_coords"][0, 0].unique()) == (1 if n < stills else 4) for n, call in enumerate(found.calls)
        )
        clip = found.calls[-4]
        noise = clip["timestep"][0].expand(beside + 16)
        assert (noise[: beside + 4] == 0).all() and (noise[beside + 4 :] == 1000).all()
        shown = clip["attention_kwargs"]["beside"][0, beside : beside + 4]
        assert torch.allclose(shown[:, shown.shape[1] // 2 - 1 : -2], clip["hidden_states"][0, beside : beside + 4])


@pytest.mark.parametrize("at", [3, 4, 5])
def test_what_is_made_in_two_passes_is_held_in_either_and_goes_on_with_the_same_bits(stage: Stage, at: int) -> None:
    recipe = stage.recipe("reference")
    with pytest.raises(Held) as held:
        stage.run(recipe, stage.desk(hold_at=at))
    assert np.array_equal(stage.run(recipe, stage.desk(state=held.value.path)), stage.run(recipe))


def test_the_picture_it_thinks_of_follows_the_depth_the_words_and_the_seed(stage: Stage) -> None:
    first = stage.run(stage.recipe())[0]
    others = [stage.recipe(seed=2), stage.recipe("depth"), stage.recipe(words=scene(3).words)]
    for each in others:
        assert np.abs(stage.run(each)[0].astype(int) - first).mean() > 1
    assert np.array_equal(stage.run(stage.recipe())[0], first)


def test_what_it_passes_through_is_told_at_every_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.run()
    here = residence.resident()
    assert here is not None
    answer = here.pipe.surveyor.pose[-1]
    monkeypatch.setattr(answer, "forward", lambda x: x.new_zeros(len(x), answer.out_features))  # the camera rests
    ends = (stage.ingredient("first", tone=30), stage.ingredient("last", tone=220))
    found = heard(stage, stage.recipe(ingredients=ends), monkeypatch)
    first, last, clip = found.pictures
    shades = clip[0].mean((0, 2, 3))  # of 25 frames, each the nearer of both in time, carried along
    to_first, to_last = ((shades - each.mean()).abs() for each in (first, last))
    assert (to_first < to_last).tolist() == [True] * 13 + [False] * 12
    assert to_first[0] < 0.01 and to_last[-1] < 0.01


@pytest.mark.parametrize(
    ("kinds", "far", "when"),
    [
        ((), True, True),
        (("first",), True, True),
        (("first", "reference"), True, True),
        (("first", "last"), False, True),
        (("key",), False, True),
        (("continue",), False, False),
        (("first", "depth"), False, False),
        (("depth",), False, False),
    ],
)
def test_what_guides_leave_open_is_drawn_by_lot(
    stage: Stage, kinds: tuple[str, ...], far: bool, when: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots: list[Lot] = []
    carry = sketch_pipeline.between

    def watched(*asked: Any) -> torch.Tensor:
        lots.append(asked[-3])
        return carry(*asked)

    monkeypatch.setattr(sketch_pipeline, "between", watched)
    for seed in (1, 1, 2):
        stage.run(stage.recipe(*kinds, seed=seed))
    one, again, other = lots
    assert one == again
    for each in (one.camera, one.people):
        assert (each.far != 1) == far and (each.late != 0) == when
    assert (one.camera.far != other.camera.far) == far and (one.people.late != other.people.late) == when


@pytest.mark.parametrize(
    "guides",
    [
        [("first", 0, 30), ("key", 0, 220)],
        [("key", 24, 30), ("last", 0, 220)],
        [("key", 7, 30), ("key", 7, 220)],
        [("key", 8, 30), ("key", 7, 220), ("key", 9, 120)],
    ],
)
def test_of_two_pictures_at_one_frame_the_first_is_shown(stage: Stage, guides: list[tuple[str, int, int]]) -> None:
    given = tuple(stage.ingredient(kind, tone=tone, at_frame=at) for kind, at, tone in guides)
    made = stage.run(stage.recipe(ingredients=given)).astype(int)
    _, at, _ = guides[0]
    picture = cv2.imread(str(stage.desk().ingredient(given[0].sha256)))[:, :, ::-1].astype(int)
    assert np.abs(made[at] - picture).mean() < 1


def test_what_goes_on_from_a_clip_has_nothing_drawn_before_it_begins(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins: list[int] = []
    carry = sketch_pipeline.between

    def watched(*asked: Any) -> Any:
        begins.append(asked[-1])
        return carry(*asked)

    monkeypatch.setattr(sketch_pipeline, "between", watched)
    for kind in ("continue", "first"):
        stage.run(stage.recipe(kind))
    assert begins[0] in (8, 16) and begins[1] == 0


@pytest.mark.parametrize("kinds", [("first",), ()])
def test_a_take_in_half_precision_has_what_comes_into_sight_drawn(
    stage: Stage, kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "LEAST_BEYOND", (-1.0,))  # always
    half = Plan("cpu", "bfloat16")
    monkeypatch.setattr("generation.diffusion.plan.plans", lambda _: (half,))
    residence.clear()
    assert stage.made(stage.recipe(*kinds)).facts["dtype"] == "bfloat16"
    residence.clear()


def test_a_given_picture_is_shown_at_its_own_frame_and_gives_way_around_it(stage: Stage) -> None:
    guides = tuple(stage.ingredient("key", tone=tone, at_frame=at) for tone, at in ((30, 7), (220, 13)))
    made = stage.run(stage.recipe(ingredients=guides)).astype(int)
    shown = [cv2.imread(str(stage.desk().ingredient(each.sha256)))[:, :, ::-1].astype(int) for each in guides]
    for at, picture in zip((7, 13), shown, strict=True):
        off = [np.abs(made[n] - picture).mean() for n in range(at - 3, at + 4)]
        assert off[3] < 1 and off[3] == min(off) and max(off) > 2


def test_guides_of_several_kinds_stand_beside_each_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = heard(stage, stage.recipe("first", "last", "key", "depth", "reference"), monkeypatch)
    cells, clip = 4, 4
    beside = 3 * cells
    assert len(found.tokens) == beside + clip * cells
    assert (found.noise[: beside + cells] == 0).all() and (found.noise[beside + cells :] > 0).all()
    told = found.calls[0]["attention_kwargs"]["beside"][0]
    assert not told[:beside].any() and (told[beside:, -2:] == 1).all()


# Frames and rates -----------------------------------------------------------------------------------------------


def test_stills_stand_at_their_time_in_a_take_of_another_rate(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = stage.recipe(rate=(12, 1), ingredients=(stage.ingredient("key", at_frame=10),), frames=13)
    found = heard(stage, recipe, monkeypatch)
    assert set(found.frames[:4]) == {20.0}
    assert len(stage.run(recipe)) == 13


def test_a_last_frame_stands_where_the_cut_ends(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    last = replace(stage.ingredient("last"), at_frame=19)
    assert set(heard(stage, stage.recipe(ingredients=(last,)), monkeypatch).frames[:4]) == {19.0}


def _numbered(stage: Stage, count: int) -> str:
    """A clip whose frames are as bright as their number, three times."""
    return _clip(stage, np.stack([np.full((64, 64, 3), 3 * n, np.uint8) for n in range(count)]), f"numbered-{count}")


def _numbers(pictures: torch.Tensor) -> list[int]:
    return [round((float(each) + 1) * 127.5 / 3) for each in pictures.mean((0, 1, 3, 4))]


def _going_on(stage: Stage, frame: int, **changes: Any) -> Recipe:
    parent = Ingredient("continue", _numbered(stage, 72), "video", source_frame=frame)
    return stage.recipe(ingredients=(parent,), **changes)


def test_going_on_it_sees_the_most_frames_that_it_learned_to(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for frame, seen in ((40, range(24, 41)), (16, range(17)), (15, range(7, 16)), (7, [7])):
        found = heard(stage, _going_on(stage, frame), monkeypatch)
        assert _numbers(found.pictures[0]) == list(seen)
        assert len(found.tokens) == (len(found.noise[found.noise == 0]) // 4 + 3) * 4


def test_going_on_it_sees_the_clip_at_its_own_rate(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = heard(stage, _going_on(stage, 40, rate=(48, 1), frames=33), monkeypatch)
    assert _numbers(found.pictures[0]) == list(range(8, 41, 2))


def test_a_long_take_goes_on_from_fewer_frames(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.engine("sketch").max_frames == 97
    for frames, seen in ((81, 17), (89, 9), (97, 1)):
        found = heard(stage, _going_on(stage, 40, frames=frames), monkeypatch)
        assert len(_numbers(found.pictures[0])) == seen
        assert max(found.frames) <= 96


def test_stills_of_a_continued_take_count_from_its_own_first_frame(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = _going_on(stage, 40)
    stills = (stage.ingredient("first"), stage.ingredient("key", at_frame=10))
    found = heard(stage, replace(recipe, ingredients=(*recipe.ingredients, *stills)), monkeypatch)
    assert set(found.frames[:4]) == {26.0}
    assert len(found.pictures) == 3, "the earlier clip says how it begins; the third is what is carried along"


def test_a_depth_clip_begins_where_a_continued_take_does(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = _going_on(stage, 40)
    recipe = replace(recipe, ingredients=(*recipe.ingredients, stage.ingredient("depth")))
    found = heard(stage, recipe, monkeypatch)
    told = found.calls[0]["attention_kwargs"]["beside"][0]
    depth = told[:, : told.shape[1] // 2 - 1].unflatten(0, (-1, 4))  # by cell of time
    assert len(depth) == 6 and torch.equal(depth[0], depth[2]) and not torch.equal(depth[2], depth[3])


def test_a_depth_clip_is_followed_at_the_engines_rate(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = Ingredient("depth", _numbered(stage, 72), "video")
    found = heard(stage, stage.recipe(rate=(48, 1), frames=49, ingredients=(guide,)), monkeypatch)
    assert _numbers(found.pictures[0]) == list(range(0, 49, 2))


def test_its_latents_lie_as_a_saved_state_does(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a take that was held is multiplied in another order when it goes on, and in bfloat16 that shows."""
    for kinds in ((), ("first",), ("last",), ("depth",)):
        found = heard(stage, stage.recipe(*kinds), monkeypatch)
        assert all(call["hidden_states"].is_contiguous() for call in found.calls)


# Steps and words ------------------------------------------------------------------------------------------------


def test_its_few_steps_begin_where_they_were_taught_one_look_each(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = heard(stage, stage.recipe("first"), monkeypatch)
    assert [float(call["timestep"].max()) for call in found.calls] == [1000.0, 900.0, 720.0, 420.0]
    assert all(len(call["hidden_states"]) == 1 for call in found.calls)


def test_noise_levels_are_embedded_once_each_and_reach_every_token(stage: Stage) -> None:
    stage.run()
    here = residence.resident()
    assert here is not None
    embed, noise = here.pipe.transformer.time_embed, torch.tensor([0.0, 720.0, 0.0, 720.0, 720.0])
    how = {"batch_size": 1, "hidden_dtype": torch.float32}
    with torch.inference_mode():
        for each, plain in zip(embed(noise, **how), type(embed).forward(embed, noise, **how), strict=True):
            assert torch.allclose(each, plain, atol=1e-6)


def test_other_numbers_of_steps_run_along_the_same_line(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = heard(stage, stage.recipe("first", steps=8), monkeypatch)
    begins = [float(call["timestep"].max()) for call in found.calls]
    assert begins[::2] == [1000.0, 900.0, 720.0, 420.0] and begins == sorted(begins, reverse=True) and begins[-1] > 0
    assert len(heard(stage, stage.recipe("first", steps=1), monkeypatch).calls) == 1


def test_guidance_is_there_for_who_asks_for_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = heard(stage, stage.recipe("depth", guidance=2.0), monkeypatch)
    assert all(len(call["hidden_states"]) == 2 for call in found.calls)
    assert found.calls[0]["encoder_attention_mask"].sum(1).tolist()[0] == 1  # no words but the end


def test_words_without_a_word_of_its_own_are_named(stage: Stage) -> None:
    words = Words(heading="INT. CATHEDRAL - DAY", action="A woman juggles.", size="MS")
    made = stage.made(stage.recipe(words=words, negative="rain"))
    assert "no word for" in made.notes[0] and "juggles" in made.notes[0]
    assert made.notes[1] == "Sketch does not hear what a take should be without."
    assert stage.made(stage.recipe(words=Words(heading="INT. BAR - DAY", action="A woman walks."))).notes == ()


# What it refuses ------------------------------------------------------------------------------------------------


def test_guides_are_taken_whole(stage: Stage) -> None:
    half = replace(stage.ingredient("first"), strength=0.5)
    with pytest.raises(Refused, match="set their strength to 1"):
        stage.run(stage.recipe(ingredients=(half,)))


def test_it_looks_at_one_reference(stage: Stage) -> None:
    two = (stage.ingredient("reference"), stage.ingredient("reference", tone=160))
    with pytest.raises(Refused, match="this shot has 2"):
        stage.run(stage.recipe(ingredients=two))


def test_every_size_it_takes_has_whole_tokens(stage: Stage) -> None:
    for width, height in ((32, 32), (256, 160), (288, 160), (160, 288)):
        assert stage.row.legal_size(width, height) == (width, height)
        assert not width % 32 and not height % 32
    made = stage.run(stage.recipe("reference", width=96, height=32, rate=(25, 1)))
    assert made.shape == (stage.tiny.FRAMES, 32, 96, 3)


def test_its_weights_are_read_in_half_precision_and_run_in_whole(stage: Stage) -> None:
    stage.run()
    here = residence.resident()
    assert here is not None
    stored = load_file(Path(stage.folder) / "tiny" / "codec" / "diffusion_pytorch_model.safetensors")
    assert stored["spread"].dtype == torch.float16
    assert here.pipe.vae.dtype == here.pipe.transformer.dtype == torch.float32
    loaded = here.pipe.vae.state_dict()
    assert all(torch.equal(loaded[name], each.float()) for name, each in stored.items())

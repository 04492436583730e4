"""The chain that makes the small engine's weights, on clips so small that it goes through in seconds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import LTXConditionPipeline

from generation.blocking import Renderer
from generation.diffusion.patch_codec import PatchCodec, cells_of, frames_of
from generation.diffusion.places import places
from generation.diffusion.surveyor import Surveyor
from generation.training import clips, pace
from generation.training import codec as codecs
from generation.training.asked import MODES, STILL, STILLS_FOR_A_CLIP, ask, packed
from generation.training.distil import SIGMAS, step_loss
from generation.training.latents import ANCHORS, Library, Shelf
from generation.training.model import MOST, Sketch, flow_loss, sample
from generation.training.muon import Muon, evened
from generation.training.scenes import elsewhere, is_held_out, mirrored_facts, scene
from generation.training.words import tokenizer
from generation.vocabulary import caption_of

SMALL = {"latent_channels": 4, "fine": 8, "wide": 8, "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two files of clips: short ones and long ones."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "clips").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clips, "IN_A_FILE", 2)
        patch.setattr(clips, "WIDTH", 96)
        patch.setattr(clips, "HEIGHT", 64)
        for number in (0, 5):
            clips.draw_file(folder / "clips", number)
        yield folder


@pytest.fixture(scope="module")
def codec() -> PatchCodec:
    torch.manual_seed(0)
    return PatchCodec(**SMALL).eval()


@pytest.fixture(scope="module")
def surveyor() -> Surveyor:
    torch.manual_seed(0)
    return Surveyor(known=len(tokenizer()), heard=8, widths=(4, 4, 8), posed=8).eval()


@pytest.fixture(scope="module")
def library(folder: Path, codec: PatchCodec, surveyor: Surveyor) -> Library:
    library = Library(folder / "clips", codec, "cpu", surveyor=surveyor)
    library.grow(9)
    return library


@pytest.fixture(scope="module")
def shelf(folder: Path, library: Library) -> Shelf:
    """The short clips, carried along from everything that there is to be carried from."""
    batch = clips.read(clips.files(folder / "clips")[0])
    shelf = Shelf(waiting=[library.encoded(batch, turn=turn) for turn in range(2 * len(ANCHORS))])
    shelf.settle()
    return shelf


@pytest.fixture
def sketch() -> Sketch:
    torch.manual_seed(0)
    sketch = Sketch.new(4, heads=2, head_width=12, layers=1)
    torch.nn.init.normal_(sketch.transformer.proj_out.weight, std=0.1)
    return sketch


@pytest.fixture(scope="module")
def empty() -> tuple[torch.Tensor, torch.Tensor]:
    tokens = tokenizer()([""], padding="max_length", max_length=MOST, return_tensors="pt")
    return tokens.input_ids, tokens.attention_mask


# Scenes ---------------------------------------------------------------------------------------------------------


def test_what_is_held_out_is_never_learned_from():
    for seed in range(200):
        for held_out in (False, True):
            each = scene(seed, held_out)
            assert is_held_out(each.deed, each.size, each.move) == held_out


def test_a_scene_says_nothing_that_its_engine_cannot_hear():
    for seed in range(200):
        each = scene(seed)
        words = caption_of(each.words).text.split()
        assert not caption_of(each.words).unknown
        assert words[0] == each.size.lower() and each.move in words and each.place in words
        assert len(words) == (5 + 2 * each.people if each.people else 6) and each.deed in [*words, ""]


def test_a_reference_shows_the_same_people_in_the_same_set_from_elsewhere():
    other = elsewhere(scene(3))
    assert other.words.heading == scene(3).words.heading and other.words.action == scene(3).words.action
    assert other.size != scene(3).size


def test_in_a_mirror_left_is_right():
    facts = {"move": "pan-left", "caption": "ms eye pan-left room day man walk"}
    assert mirrored_facts(facts) == {"move": "pan-right", "caption": "ms eye pan-right room day man walk"}
    assert mirrored_facts(mirrored_facts(facts)) == facts


# Clips ----------------------------------------------------------------------------------------------------------


def test_a_file_holds_what_blocking_draws(folder: Path):
    batch = clips.read(clips.files(folder / "clips")[0])
    drawn = clips.renderer(scene(1), clips.SHORT, 96, 64)
    shown = codecs.coloured(batch.greys[1:2, 7:8], batch.colours[1:2])[0, :, 0].permute(1, 2, 0)
    assert isinstance(drawn, Renderer)
    assert np.array_equal(((shown + 1) * 127.5).round().byte().numpy(), drawn.frame(7))
    assert batch.has_depth.tolist() == [True, False] and batch.depth[0].any() and not batch.depth[1].any()


# Codec ----------------------------------------------------------------------------------------------------------


def test_frames_are_cells_of_time_and_frames_again():
    x = torch.rand(2, 3, 17, 32, 16)
    assert torch.allclose(frames_of(cells_of(x), 2), x)


def test_a_still_means_the_same_alone_and_at_the_head_of_a_clip(codec: PatchCodec):
    x = torch.rand(1, 3, 17, 32, 32) * 2 - 1
    alone, whole = codec.encode(x[:, :, :1]).latents, codec.encode(x).latents
    assert whole.shape == (1, 4, 3, 2, 2)
    assert torch.allclose(whole[:, :, :1], alone, atol=1e-5)


def test_a_codec_learns_and_goes_on_where_it_was_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def trained(steps: int) -> PatchCodec:
        monkeypatch.setattr(pace.Pace, "over", property(lambda pace: pace.steps >= steps))
        torch.manual_seed(0)
        return codecs.train(folder, "cpu", 1e6, math.inf, 4, 100, **SMALL)

    first = trained(15)
    stopped = pace.load(folder / "codec.pt", "cpu")
    again = trained(40)
    on = pace.load(folder / "codec.pt", "cpu")
    assert stopped and on and stopped["count"] == 15 and on["count"] == 40 and on["spent"] > stopped["spent"]
    batch = clips.read(clips.files(folder / "clips")[0])
    assert np.mean(codecs.fidelity(again, batch)) > np.mean(codecs.fidelity(first, batch))
    assert not torch.equal(first.spread, torch.ones(4))


# Layout ---------------------------------------------------------------------------------------------------------


def test_tokens_stand_where_the_pipeline_puts_them():
    ids = LTXConditionPipeline._prepare_video_ids(1, 3, 2, 4)
    scaled = LTXConditionPipeline._scale_video_ids(ids, 16, 8, frame_index=5).float()
    scaled[:, 0] *= 1 / 24
    assert torch.allclose(places(3, 2, 4, 16, 24, frame=5), scaled[0])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("narrow", [False, True])
def test_what_is_told_is_told_clean_and_stays(shelf: Shelf, sketch: Sketch, empty: tuple, mode: str, narrow: bool):
    asked = ask(shelf, 3, np.random.default_rng(1), mode, narrow, empty)
    times, rows, columns = asked.shape
    own = times * rows * columns
    assert (times, rows, columns) == (1 if mode in STILL else 7, 2, 2 if narrow else 3)
    assert len(asked.clean) == (3 * STILLS_FOR_A_CLIP if mode in STILL else 3)
    assert asked.clean.shape[1] == asked.given.shape[1] == asked.places.shape[2]
    assert asked.given[:, :-own].all(), "a control beside the clip is always told"
    told = asked.given[0, -own:].unflatten(0, asked.shape)
    begins = 1 if mode.startswith("first") else 2 if mode == "prefix" else 0
    assert told[:begins].all() and not told[begins + 1 :].any()
    made = sample(sketch, asked, SIGMAS, 1)
    given = asked.given[0, -own:]
    assert torch.equal(packed(made)[:, given], asked.clean[:, -own:][:, given])
    assert math.isfinite(float(flow_loss(sketch, asked, np.random.default_rng(2)).detach()))


def test_depth_is_told_where_it_lies_and_the_first_picture_carried_along(shelf: Shelf, empty: tuple):
    asked = ask(shelf, 2, np.random.default_rng(1), "first and depth", False, empty)
    width = asked.clean.shape[2]
    depth, carried, flags = asked.beside.split([width, width, 2], dim=2)
    cells = math.prod(asked.shape[1:])
    assert (flags == 1).all() and depth.abs().sum() > 0
    assert torch.allclose(carried[:, :cells], asked.clean[:, :cells], atol=2e-2)
    assert not torch.allclose(carried[:, -cells:], carried[:, :cells], atol=2e-2)


def test_a_picture_made_from_words_begins_as_a_few_dots(shelf: Shelf, empty: tuple):
    for mode in STILL:
        asked = ask(shelf, 2, np.random.default_rng(1), mode, False, empty)
        own = math.prod(asked.shape)
        width = asked.clean.shape[2]
        idea, clean = asked.beside[:, -own:, width : 2 * width], asked.clean[:, -own:]
        assert (asked.beside[:, -own:, -1] == 1).all() and not torch.allclose(idea, clean, atol=2e-2)
        assert (idea - clean).abs().mean() < (idea.roll(1, 0) - clean.roll(2, 1)).abs().mean()


def test_beside_a_still_nothing_is_told(shelf: Shelf, empty: tuple):
    asked = ask(shelf, 2, np.random.default_rng(1), "first and last", False, empty)
    extra = asked.clean.shape[1] - math.prod(asked.shape)
    assert extra == math.prod(asked.shape[1:]) and not asked.beside[:, :extra].any()
    assert asked.beside[:, extra:, -1].all() and not asked.beside[:, extra:, -2].any()


def test_untaught_it_makes_what_is_carried_along(shelf: Shelf, empty: tuple):
    asked = ask(shelf, 2, np.random.default_rng(1), "first", False, empty)
    made = packed(sample(Sketch.new(4, heads=2, head_width=12, layers=1), asked, SIGMAS, 1))
    width, given = asked.clean.shape[2], asked.given
    assert torch.allclose(made[~given], asked.beside[..., width : 2 * width][~given], atol=1e-5)


def test_a_sketch_begins_with_what_another_learned_but_for_its_answers(sketch: Sketch, tmp_path: Path):
    sketch.transformer.save_pretrained(tmp_path / "transformer")
    sketch.words.save_pretrained(tmp_path / "text_encoder")
    begun = Sketch.begun(tmp_path, 4, heads=2, head_width=12, layers=1)
    theirs, ours = sketch.both().state_dict(), begun.both().state_dict()
    assert not ours["transformer.proj_out.weight"].any() and theirs["transformer.proj_out.weight"].any()
    same = [name for name in ours if "proj_out" not in name]
    assert len(same) > 20 and all(torch.equal(ours[name], theirs[name]) for name in same)


def test_what_was_encoded_once_is_read_as_it_was(folder: Path, codec: PatchCodec, surveyor: Surveyor, tmp_path: Path):
    plain = Library(folder / "clips", codec, "cpu", surveyor=surveyor)
    kept = Library(folder / "clips", codec, "cpu", surveyor=surveyor, kept=tmp_path / "kept")
    kept.grow(9)
    assert not kept.seen, "nothing has been encoded yet"
    paths = clips.files(folder / "clips")
    kept.keep(paths[0])
    kept.grow(9)
    assert kept.seen == {paths[0]} and len(kept.shelves[clips.SHORT]) == 4
    one, other = plain.both(paths[0])
    exact = ("at", "anchors", "begins", "words", "clip", "carried")
    for name in exact:
        assert torch.equal(kept.shelves[clips.SHORT].parts[name], torch.cat([one[name], other[name]]))


def test_a_few_steps_are_learned_from_many_small_ones(shelf: Shelf, sketch: Sketch, empty: tuple):
    asked = ask(shelf, 2, np.random.default_rng(1), "first", False, empty)
    student = Sketch.new(4, heads=2, head_width=12, layers=1)
    for number in range(len(SIGMAS)):
        loss = step_loss(student, sketch, asked, number, empty)
        assert float(loss.detach()) > 0 and loss.requires_grad


# Steps ----------------------------------------------------------------------------------------------------------


def test_an_evened_matrix_turns_all_directions_alike():
    torch.manual_seed(0)
    for shape in ((3, 16, 48), (3, 48, 16)):
        strengths = torch.linalg.svdvals(evened(torch.randn(shape)))
        assert strengths.min() > 0.5 and strengths.max() < 1.5


def test_steps_go_downhill():
    torch.manual_seed(0)
    wanted, layer = torch.randn(8, 8), torch.nn.Linear(8, 8, bias=False)
    steps, losses = Muon(layer.parameters(), 0.05), []
    for _ in range(200):
        loss = (layer.weight - wanted).square().mean()
        losses.append(float(loss.detach()))
        steps.zero_grad()
        loss.backward()
        steps.step()
    assert losses[-1] < 0.3 * losses[0]

"""The evaluation from takes to card, on takes of the blocking engine, which needs no weights."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_model

from generation.diffusion.patch_codec import PatchCodec
from generation.report import Refused
from generation.training import card, clips, evaluate, facts, held, takes
from generation.training.desk import EvaluationDesk
from generation.training.held import Held
from generation.training.intervals import Interval, mean, once, share
from generation.training.judge import Judge
from generation.training.lines import EXPERIMENTAL, GATE, GOOD_ENOUGH, LOOKED_AT, RELEASED, Line, gate
from generation.training.scenes import labels
from generation.training.takes import Studio

LOOKS_GOOD = f"{GOOD_ENOUGH} One knows what is meant."
SMALL = {"latent_channels": 4, "fine": 8, "wide": 8, "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Held-out clips of a small size, with an untaught codec and judge beside them."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "clips").mkdir()
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clips, "IN_A_FILE", 4)
        patch.setattr(clips, "WIDTH", 96)
        patch.setattr(clips, "HEIGHT", 64)
        for module in (held, takes):
            patch.setattr(module, "WIDTH", 64)
            patch.setattr(module, "HEIGHT", 64)
        clips.draw_file(folder / "clips", 0, held_out=True)
        PatchCodec(**SMALL).save_pretrained(folder / "codec")
        save_model(Judge(), str(folder / "judge.safetensors"))
        yield folder


@pytest.fixture
def bench(folder: Path) -> evaluate.Bench:
    studio = Studio.opened(folder / "evaluation", "blocking", None, workers=1)
    return evaluate.Bench(folder, studio, 2, None)


def line(name: str, found: Interval, **asked: float) -> Line:
    return Line(name, name, found, "%", "counted", **asked)


def good() -> list[Line]:
    return [line(name, share(99, 100), least=0.9) for name in GATE]


# Real clips and takes ------------------------------------------------------------------------------------------------


def test_a_real_clip_is_the_middle_of_what_was_drawn(folder: Path):
    drawn, real = clips.read(clips.files(folder / "clips", held_out=True)[0]), Held(folder / "clips")[1]
    assert real.frames.shape == (49, 64, 64, 3) and real.depth is None
    assert np.array_equal(real.frames[7], drawn.colours[1].numpy()[drawn.greys[1, 7].numpy()][:, 16:80])
    assert Held(folder / "clips")[2].depth is not None
    assert Held(folder / "clips").with_depth(9) == [0, 2] and Held(folder / "clips").some(2) == [0, 2]


def test_people_are_where_the_first_frame_shows_them(folder: Path):
    found = [(real.facts["people"], real.figures()) for real in map(Held(folder / "clips").__getitem__, range(4))]
    assert all(mask.shape == (64, 64) and mask.any() == bool(people) for people, mask in found)
    assert any(people for people, _ in found), "else this says nothing"


def test_a_take_is_made_once_and_found_again(bench: evaluate.Bench, monkeypatch: pytest.MonkeyPatch):
    recipe = bench.studio.of("first", bench.held[0], 5)
    frames = bench.studio.frames(recipe)
    assert frames.shape == (49, 64, 64, 3)
    assert np.array_equal(frames[0], bench.held[0].frames[0]), "the guide went in as the picture it is"
    monkeypatch.setattr(takes, "make", lambda *_: pytest.fail("it was there"))
    assert np.array_equal(bench.studio.frames(bench.studio.of("first", bench.held[0], 5)), frames)


def test_guides_stand_where_the_real_clip_has_them(bench: evaluate.Bench):
    real = bench.held[0]
    kinds = {
        mode: [(each.kind, each.at_frame, each.source_frame) for each in bench.studio.of(mode, real, 1).ingredients]
        for mode in ("text", "first and last", "keys", "prefix", "depth")
    }
    assert kinds["text"] == [] and kinds["first and last"] == [("first", 0, 0), ("last", 0, 0)]
    assert kinds["keys"] == [("key", 20, 0), ("key", 40, 0)]
    assert kinds["prefix"] == [("continue", 0, takes.JOIN)] and kinds["depth"] == [("depth", 0, 0)]
    desk = EvaluationDesk(bench.studio.folder)
    for mode in kinds:
        for each in bench.studio.of(mode, real, 1).ingredients:
            assert hashlib.sha256(desk.ingredient(each.sha256).read_bytes()).hexdigest() == each.sha256


def test_controls_that_an_engine_lacks_are_not_measured(bench: evaluate.Bench):
    assert not bench.studio.can("depth") and bench.studio.can("first and last")
    assert evaluate.depth(bench) == []
    with pytest.raises(Refused):
        bench.studio.frames(bench.studio.of("depth", bench.held[0], 1))


def test_an_engine_with_weights_asks_for_them(folder: Path):
    with pytest.raises(SystemExit, match="export"):
        Studio.opened(folder / "elsewhere", "ltx", folder / "nothing", workers=1)


# Lines ---------------------------------------------------------------------------------------------------------------


def test_blocking_shows_a_given_frame_exactly_and_goes_on_from_it(bench: evaluate.Bench):
    found = {each.name: each for group in ("first", "ends", "prefix") for each in evaluate.GROUPS[group](bench)}
    assert found["first.frame"].found.value == pytest.approx(100) and found["first.frame"].reached
    assert found["ends.last_at"].found == share(2, 2) and found["ends.key_at"].found == share(4, 4)
    assert found["prefix.join"].found.n == 2


def test_words_are_read_back_by_the_judge(bench: evaluate.Bench, monkeypatch: pytest.MonkeyPatch):
    clip = bench.held[0]
    right = labels(clip.facts)
    monkeypatch.setattr(bench, "judged", lambda frames: (right, np.zeros((6, 4, 4))))
    monkeypatch.setattr(bench, "numbers", lambda mode: [0])
    found = {each.name: each for each in evaluate.text(bench)}
    assert {each.found.value for each in found.values()} == {1.0}
    monkeypatch.setattr(bench, "judged", lambda frames: ([(each + 1) % 3 for each in right], np.zeros((7, 4, 4))))
    assert evaluate.text(bench)[0].found.value == 0.0


def test_lines_are_kept_and_one_group_can_be_measured_again(bench: evaluate.Bench, monkeypatch: pytest.MonkeyPatch):
    counted = []

    def group(name: str, value: float) -> Callable[[evaluate.Bench], list[Line]]:
        def measure(bench: evaluate.Bench) -> list[Line]:
            counted.append(name)
            return [line(f"{name}.one", once(value))]

        return measure

    monkeypatch.setattr(evaluate, "GROUPS", {"codec": group("codec", 1), "depth": group("depth", 2)})
    assert [each.name for each in evaluate.evaluate(bench, [])] == ["codec.one", "depth.one"]
    monkeypatch.setattr(evaluate, "GROUPS", {"codec": group("codec", 1), "depth": group("depth", 3)})
    again = evaluate.evaluate(bench, ["depth.one"])
    assert [(each.name, each.found.value) for each in again] == [("codec.one", 1), ("depth.one", 3)]
    assert counted == ["codec", "depth", "depth"]
    bench.studio.pinned = "measured@other"
    assert [each.name for each in evaluate.evaluate(bench, ["depth"])] == ["depth.one"], "other weights, other numbers"


def test_a_process_of_its_own_tells_seconds_memory_and_bits(bench: evaluate.Bench):
    found = {each.name: each for each in evaluate.process(bench)}
    assert found["process.same"].found.value == 1.0
    assert 0 < found["process.seconds"].found.value < 60 and found["process.seconds"].found.n == 3
    assert 0.05 < found["process.memory"].found.value < 4


# Gate and card -------------------------------------------------------------------------------------------------------


def test_the_gate_opens_when_every_clause_is_met():
    assert gate(good(), LOOKS_GOOD) == (RELEASED, [])


@pytest.mark.parametrize("name", GATE)
def test_the_gate_stays_shut_for_one_clause_missed(name: str):
    bad = [line(name, share(89, 100), least=0.9) if each.name == name else each for each in good()]
    state, missed = gate(bad, LOOKS_GOOD)
    assert state == EXPERIMENTAL and missed == [f"{GATE[name]}: 89.0 %, at least 90.0 % is asked"]


def test_the_gate_stays_shut_for_what_was_not_measured():
    assert gate(good()[1:], LOOKS_GOOD) == (EXPERIMENTAL, [f"{next(iter(GATE.values()))}: not measured"])


def test_the_gate_stays_shut_until_somebody_has_looked():
    for seen in ("", "Blots. Not good enough."):
        assert gate(good(), seen) == (EXPERIMENTAL, [LOOKED_AT])


def test_a_line_says_whether_it_is_reached_and_how_surely():
    over, under = line("a.b", share(95, 100), least=0.9), line("a.c", Interval(1.5, 1.2, 1.8, 9, "t"), most=1.0)
    assert over.reached and not over.sure and line("a.b", share(990, 1000), least=0.9).sure
    assert under.reached is False and under.sure and under.short_by == pytest.approx(0.5)
    assert line("a.d", once(1)).reached is None
    assert Line.from_dict(json.loads(json.dumps(over.to_dict()))) == over


def test_a_table_is_read_as_it_was_written():
    found = [
        Line("codec.psnr", "Codec", mean([31.0, 32.0, 33.0]), "dB", "PSNR | worst 31", least=30.0, real=None),
        line("text.move", share(70, 100), least=0.8),
        Line("process.size", "Size", once(23.456), "MB", "all files", most=40.0),
    ]
    rows = card.read_table("# Sketch\n\n" + card.table(found) + "\n\nmore | words\n")
    assert [row["line"] for row in rows] == ["Codec (codec.psnr)", "text.move (text.move)", "Size (process.size)"]
    assert rows[0]["found"] == "32.00 dB" and rows[0]["95 % interval"] == "29.52 dB to 34.48 dB (t)"
    assert rows[0]["reached"] == "yes, within the interval's doubt"
    assert rows[1]["reached"] == "no, by 10.0 %" and rows[1]["n"] == "100" and rows[1]["asked"] == "at least 80.0 %"
    assert rows[2] | {"how": ""} == {
        "line": "Size (process.size)", "found": "23.46 MB", "95 % interval": "–", "n": "1",
        "asked": "at most 40.00 MB", "reached": "yes", "real clips": "–", "how": "",
    }  # fmt: skip
    with pytest.raises(ValueError, match="no table"):
        card.read_table("| a | b |")


def test_card_and_manifest_lie_beside_the_weights(tmp_path: Path):
    (tmp_path / "codec").mkdir()
    (tmp_path / "codec" / "config.json").write_text("{}")
    (tmp_path / "__init__.py").write_text("")
    runs = [
        {"part": "model", "device": "Card X", "shape": "full", "seconds": 100.0, "steps": 500, "clips": 1200,
         "revision": "abc", "sources": "s", "seed": 2, "torch": "2.13"},
        {"part": "model", "device": "Card X", "shape": "full", "seconds": 50.0, "steps": 900, "clips": 2400,
         "revision": "abc", "sources": "s", "seed": 2, "torch": "2.13"},
    ]  # fmt: skip
    lines = [*good(), Line("codec.psnr", "Codec", mean([29.0]), "dB", "PSNR", least=30.0)]
    assert card.write(tmp_path, lines, runs, {"torch": "2.13"}, LOOKS_GOOD) == RELEASED
    said = json.loads((tmp_path / "weights.json").read_text())
    text = (tmp_path / "README.md").read_text()
    assert said["gate"] == "released" and said["missed"] == []
    assert said["files"] == {"codec/config.json": hashlib.sha256(b"{}").hexdigest()}
    assert said["card"] == hashlib.sha256(text.encode()).hexdigest()
    assert said["measured"]["codec.psnr"]["low"] is None, "JSON knows no infinity"
    assert len(card.read_table(text)) == len(lines)
    assert "| Transformer, 2 runs | Card X | 150 | 900 | 2400 | abc | 2 | 2.13 |" in text
    assert "- Codec: by 1.00 dB" in text and "2400 of them" in text
    again = [line(next(iter(GATE)), share(1, 2), least=0.9), *lines[1:]]
    assert card.write(tmp_path, again, runs, {}) == EXPERIMENTAL
    assert json.loads((tmp_path / "weights.json").read_text())["files"] == said["files"], "a card is no weight"
    assert "beats repeating the first frame" in (tmp_path / "README.md").read_text()


# Training facts ------------------------------------------------------------------------------------------------------


def test_every_run_of_a_part_is_written_down(tmp_path: Path):
    torch.save({"count": 70}, tmp_path / "codec.pt")
    facts.note(tmp_path, "codec", "cpu", "small", 12.34)
    facts.note(tmp_path, "judge", "cpu", "small", 5.0)
    first, second = facts.read(tmp_path)
    assert (first["part"], first["seconds"], first["steps"], first["seed"]) == ("codec", 12.3, 70, 1)
    assert (second["part"], second["steps"], second["clips"]) == ("judge", None, 0)
    assert first["device"] and first["torch"] == torch.__version__ and first["sources"] == facts.sources()


@pytest.mark.parametrize(("part", "seed"), facts.SEEDS.items())
def test_the_seeds_on_the_card_are_those_of_the_code(part: str, seed: int):
    assert f"torch.manual_seed({seed})" in (facts.ROOT / "generation" / "training" / f"{part}.py").read_text()


def test_an_interval_of_one_look_is_no_interval():
    assert math.isinf(mean([3.0]).low) and once(3.0).how == ""

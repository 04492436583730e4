"""A card's queue is kept short: tried with a card that does its work on a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generation.diffusion import ahead, residence
from generation.diffusion.ahead import AHEAD_SECONDS, Ahead, Place
from generation.report import Cancelled
from tests.generation.contract.stage import Stage


@dataclass
class Card:
    """Time goes on only where the program computes or waits; `busy_until` is when all that was queued is done."""

    now: float = 0.0
    busy_until: float = 0.0
    longest_queue: float = 0.0
    waited: float = 0.0
    idle: float = 0.0
    marks: list[Mark] = field(default_factory=list)

    def mark(self) -> Mark:
        self.marks.append(Mark(self))
        return self.marks[-1]

    def given(self, seconds: float, program: float = 0.0) -> None:
        self.now += program
        self.idle += max(0.0, self.now - self.busy_until)
        self.busy_until = max(self.busy_until, self.now) + seconds
        self.longest_queue = max(self.longest_queue, self.busy_until - self.now)


@dataclass
class Mark:
    card: Card
    at: float | None = None
    puts: int = 0

    def record(self) -> None:
        self.at = max(self.card.now, self.card.busy_until)
        self.puts += 1

    def query(self) -> bool:
        assert self.at is not None
        return self.at <= self.card.now

    def synchronize(self) -> None:
        assert self.at is not None
        self.card.waited += max(0.0, self.at - self.card.now)
        self.card.now = max(self.card.now, self.at)

    def elapsed_time(self, end_event: Mark, /) -> float:
        assert self.at is not None and self.at <= self.card.now
        assert end_event.at is not None and end_event.at <= self.card.now
        return 1000 * (end_event.at - self.at)


def steps(card: Card, line: Ahead, blocks: dict[str, float], count: int, program: float = 0.0001) -> None:
    """So many steps through blocks that take the card so many seconds each, and the program `program`."""
    for _ in range(count):
        for name, seconds in blocks.items():
            line.at(Place(name, name.split()[0]))
            card.given(seconds, program)


def test_no_more_than_a_quarter_of_a_second_and_one_block_lies_ahead_of_a_large_model():
    card = Card()
    steps(card, Ahead(card.mark), {f"block {n}": 0.1 for n in range(28)}, 3)
    assert 0.2 < card.longest_queue <= AHEAD_SECONDS + 0.1 + 1e-6
    assert card.idle < 0.01


def test_blocks_longer_than_that_are_queued_one_by_one():
    card = Card()
    steps(card, Ahead(card.mark), {f"block {n}": 0.8 for n in range(10)}, 2)
    assert card.longest_queue <= 0.8 + 1e-6


def test_a_model_that_the_program_feeds_more_slowly_than_the_card_works_is_never_waited_for():
    card = Card()
    steps(card, Ahead(card.mark), {f"block {n}": 0.0002 for n in range(200)}, 20, program=0.0003)
    assert card.waited < 0.001
    assert sum(mark.puts for mark in card.marks) < 500  # of 4,000 blocks
    assert len(card.marks) <= 3


def test_small_blocks_keep_the_card_busy():
    card = Card()
    steps(card, Ahead(card.mark), {f"block {n}": 0.002 for n in range(28)}, 40)
    assert card.idle < 0.001
    assert card.longest_queue <= AHEAD_SECONDS + 0.01


def test_a_part_whose_blocks_take_longer_and_longer_is_not_queued_whole():
    card = Card()
    line = Ahead(card.mark)
    steps(card, line, {f"words {n}": 0.001 for n in range(24)}, 1)
    steps(card, line, {f"decoder {n}": 0.001 * 2**n for n in range(10)}, 1)
    assert card.longest_queue <= 0.512 + 0.256 + 1e-6


def test_a_second_pass_of_another_size_is_learnt_anew():
    def queued(forgotten: bool) -> float:
        card = Card()
        line = Ahead(card.mark)
        steps(card, line, {f"block {n}": 0.004 for n in range(48)}, 4)
        if forgotten:
            line.forget()
        steps(card, line, {f"block {n}": 0.2 for n in range(48)}, 1)
        return card.longest_queue

    assert queued(True) < 1.0 < queued(False)


def test_a_pause_of_the_program_does_not_make_it_wait_for_ever_after():
    card = Card()
    line = Ahead(card.mark)
    blocks = {f"block {n}": 0.001 for n in range(50)}
    steps(card, line, blocks, 2, program=0.002)
    card.now += 3.0  # a preview, say
    steps(card, line, blocks, 3, program=0.002)
    assert card.waited < 0.02


def test_a_cpu_has_no_queue_and_gets_no_marks():
    assert ahead.on("cpu") is None


def test_a_take_waits_for_the_card_between_its_blocks_and_the_desk_is_asked_after_each_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    residence.clear()
    stage = Stage.build("ltx", tmp_path)
    expected = stage.run()
    card, places, asked = Card(), [], []

    class Watched(Ahead):
        def at(self, place: Place) -> None:
            card.given(0.4)
            places.append(place)
            super().at(place)
            assert len(asked) == len(places) - 1

    def stop(done: int, of: int, phase: str) -> bool:
        if places:  # the clock runs
            asked.append(phase)
        return asked.count("step 2 of 4") == 8

    monkeypatch.setattr(ahead, "on", lambda device: Watched(card.mark))
    with pytest.raises(Cancelled):
        stage.run(desk=stage.desk(stop=stop))
    assert card.busy_until - card.now <= 0.4
    blocks = set(residence.resident().pipe.transformer.transformer_blocks)
    assert blocks <= {place.where for place in places} and len(asked) == len(places)
    monkeypatch.undo()
    assert (stage.run() == expected).all()
    residence.clear()


def test_nothing_is_marked_inside_a_graph_that_is_being_captured():
    card = Card()
    captures = True
    line = Ahead(card.mark, lambda: captures)
    steps(card, line, {f"block {n}": 0.1 for n in range(8)}, 1)
    assert card.marks == []
    captures = False
    steps(card, line, {f"block {n}": 0.1 for n in range(8)}, 1)
    assert card.marks

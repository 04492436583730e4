"""Small pictures of a take while it is made: drawn beside the sampling, never in its way, and never after its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from generation.diffusion import clock, residence
from generation.diffusion import window as windows
from generation.diffusion.latents import Colours
from generation.diffusion.window import Window, copied
from generation.report import Cancelled, Held
from tests.generation.contract.stage import STEPS, Stage
from tests.generation.desk import TestDesk

LONG = 20  # seconds in which whatever is waited for has come, or never does


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    residence.clear()
    return Stage.build("ltx", tmp_path_factory.mktemp("ltx"))


@pytest.fixture
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "SECONDS", 0.0)


@dataclass
class SlowDesk(TestDesk):
    """Each picture is drawn for as long as nobody lets it be finished."""

    drawing: threading.Event = field(default_factory=threading.Event)
    finish: threading.Event = field(default_factory=threading.Event)
    was_let: list[bool] = field(default_factory=list)

    def preview(self, frame: np.ndarray) -> None:
        self.drawing.set()
        self.was_let.append(self.finish.wait(LONG))
        super().preview(frame)


def slow(stage: Stage, **how: object) -> SlowDesk:
    return SlowDesk(stage.folder, stage.registry, files=stage.files, **how)  # type: ignore[arg-type]


class BrokenDesk(TestDesk):
    def preview(self, frame: np.ndarray) -> None:
        raise OSError("no room for a picture")


def drawers() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("previews")]


def test_the_steps_go_on_while_a_picture_is_drawn_and_no_other_waits_for_it(stage: Stage, always_due: None):
    desk = slow(stage)

    def steps_are_over(done: int, of: int, phase: str) -> bool:
        if phase == "decoding":
            desk.finish.set()
        return False

    desk.stop = steps_are_over
    assert np.array_equal(stage.run(desk=desk), stage.plain)
    assert desk.was_let == [True] and len(desk.previews) == 1


def cancelled(stage: Stage, desk: SlowDesk) -> None:
    desk.stop = lambda done, of, phase: phase.startswith("step 3") and desk.drawing.wait(LONG)
    with pytest.raises(Cancelled):
        stage.run(desk=desk)


def failed(stage: Stage, desk: SlowDesk) -> None:
    def breaks(done: int, of: int, phase: str) -> bool:
        if phase.startswith("step 3") and desk.drawing.wait(LONG):
            raise ZeroDivisionError
        return False

    desk.stop = breaks
    with pytest.raises(ZeroDivisionError):
        stage.run(desk=desk)


def held(stage: Stage, desk: SlowDesk) -> None:
    desk.hold_at = 2
    with pytest.raises(Held):
        stage.run(desk=desk)


def finished(stage: Stage, desk: SlowDesk) -> None:
    stage.run(desk=desk)


@pytest.mark.parametrize("end", [cancelled, failed, held, finished])
def test_the_last_picture_is_shown_before_the_take_ends_and_none_after(
    stage: Stage, always_due: None, monkeypatch: pytest.MonkeyPatch, end: Callable[[Stage, SlowDesk], None]
):
    desk, leave = slow(stage), Window.__exit__

    def leaving(window: Window, *why: object) -> None:
        assert not desk.previews
        desk.finish.set()  # only now can the picture be finished, so whoever does not wait for it misses it
        leave(window, *why)

    monkeypatch.setattr(Window, "__exit__", leaving)
    end(stage, desk)
    assert len(desk.previews) == 1 and not drawers()


def test_a_picture_that_cannot_be_drawn_leaves_the_take_as_it_is_and_is_said(
    stage: Stage, caplog: pytest.LogCaptureFixture
):
    frames = stage.run(desk=BrokenDesk(stage.folder, stage.registry))
    assert np.array_equal(frames, stage.plain) and not drawers()
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [OSError]


def test_a_take_has_the_same_bits_whether_anybody_looks_at_it_or_not(
    stage: Stage, always_due: None, monkeypatch: pytest.MonkeyPatch
):
    desk = stage.desk()
    seen = stage.run(desk=desk)
    monkeypatch.setattr(Window, "show", lambda *_: None)
    unseen = stage.desk()
    assert np.array_equal(stage.run(desk=unseen), seen)
    assert desk.previews and not unseen.previews


def test_a_take_that_was_looked_at_goes_on_to_the_same_bits(stage: Stage, always_due: None):
    with pytest.raises(Held) as stop:
        stage.run(desk=stage.desk(hold_at=STEPS // 2))
    assert np.array_equal(stage.run(desk=stage.desk(state=stop.value.path)), stage.plain)


@dataclass
class Hours:
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    here = Hours()
    monkeypatch.setattr(windows, "time", here)
    return here


def opened(stage: Stage, desk: TestDesk) -> Window:
    return Window(desk, stage.recipe(), Colours(Path("nowhere")), lambda pipe, latents: latents)


def step(window: Window, asked: list[int] | None = None) -> None:
    """One step, and whatever is drawn of it."""

    def clean() -> torch.Tensor:
        (asked if asked is not None else []).append(1)
        return torch.linspace(0, 1, 2 * 3 * 4 * 5).reshape(2, 3, 4, 5)

    window.show(None, clean)
    assert window._drawing is not None
    window._drawing.result(LONG)


def test_there_are_two_pictures_a_second_and_nothing_is_computed_for_more(stage: Stage, hours: Hours):
    desk, shown, asked = stage.desk(), [], []
    with opened(stage, desk) as window:
        for after in (0.0, 0.1, 0.49, 0.5, 0.51, 0.99, 1.0, 1.2, 7.0):
            hours.now = 1000.0 + after
            before = len(desk.previews)
            step(window, asked)
            shown += [after] * (len(desk.previews) - before)
    assert shown == [0.0, 0.5, 1.0, 7.0] and len(asked) == len(shown)


def test_what_is_wrong_with_every_picture_is_said_once_in_a_take(
    stage: Stage, always_due: None, caplog: pytest.LogCaptureFixture
):
    for _ in range(2):
        caplog.clear()
        with opened(stage, BrokenDesk(stage.folder, stage.registry)) as window:
            for _ in range(3):
                step(window)
        assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_pictures_are_drawn_in_one_thread_as_the_sampling_is(stage: Stage, always_due: None):
    seen = []

    class Curious(TestDesk):
        def preview(self, frame: np.ndarray) -> None:
            seen.append((threading.current_thread(), torch.is_inference_mode_enabled()))

    with opened(stage, Curious(stage.folder, stage.registry)) as window:
        for _ in range(3):
            step(window)
    assert len({thread for thread, _ in seen}) == 1 and {mode for _, mode in seen} == {True}
    assert seen[0][0] is not threading.current_thread()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_drawn_is_not_changed_by_the_steps_after_it(dtype: torch.dtype):
    latents = torch.arange(24, dtype=dtype).reshape(2, 3, 4, 1).transpose(0, 1)
    expected = latents.float().numpy().copy()
    cells = copied(latents)
    latents.zero_()
    assert np.array_equal(cells(), expected) and cells().dtype == np.float32


def test_the_picture_behind_the_noise_is_found_without_asking_the_device_for_a_number():
    """A meta tensor has no numbers to give, so whatever waited for one would raise."""
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(4)
    scheduler.sigmas = scheduler.sigmas.to("meta")
    sample, stepped = torch.empty(2, 8, 4, 4, device="meta"), torch.empty(2, 8, 4, 4, device="meta")
    before, scheduler._step_index = clock._sigma(scheduler), 1
    found = clock._clean(sample, stepped, before, clock._sigma(scheduler))
    assert found.shape == sample.shape and found.device.type == "meta"


def test_the_picture_behind_the_noise_is_the_end_of_the_straight_line():
    picture, noise = torch.rand(2, 3), torch.randn(2, 3)
    at = {level: (1 - level) * picture + level * noise for level in (0.8, 0.5)}
    levels = torch.tensor(0.8), torch.tensor(0.5)
    torch.testing.assert_close(clock._clean(at[0.8], at[0.5], *levels), picture)
    standing = clock._clean(at[0.8], at[0.5], levels[0], levels[0])
    assert torch.equal(standing, at[0.5])


def test_pictures_have_the_colours_that_earlier_takes_became(tmp_path: Path):
    """Cells of two numbers that became red by the one and blue by the other."""
    random = np.random.default_rng(0)
    cells = random.uniform(0, 1, (2, 3, 4, 6)).astype(np.float32)
    frames = np.zeros((3, 4, 6, 3))
    frames[..., 0], frames[..., 2] = cells
    colours = Colours(tmp_path / "colours.safetensors")
    grey = colours.movie(cells, 6, 4)
    assert np.array_equal(grey[..., 0], grey[..., 2]) and np.ptp(grey) > 100
    for _ in range(20):
        colours.learn(torch.from_numpy(cells), np.rint(frames * 255).astype(np.uint8))
    for known in (colours, Colours.read(colours.path)):
        assert np.abs(known.movie(cells, 6, 4).astype(int) - frames * 255).max() < 3


def test_the_grey_before_any_take_follows_what_differs_most():
    line = np.linspace(-1, 1, 3 * 8 * 8)
    noise = np.random.default_rng(1).normal(0, 0.05, (5, line.size))
    cells = (np.array([0.1, -0.7, 0.3, 0.6, 0.2])[:, None] * line + noise).astype(np.float32).reshape(5, 3, 8, 8)
    drawn = Colours(Path("nowhere")).movie(cells, 8, 8)[..., 0].ravel()
    assert abs(np.corrcoef(drawn, line)[0, 1]) > 0.97

"""Teaches the transformer to go each of a few set steps at once, as it would in several small ones with guidance."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor

from generation.training.asked import Asked
from generation.training.fast import fast
from generation.training.latents import Library
from generation.training.model import Course, Sketch, compile_blocks, flow_loss, guided, off

SIGMAS = (1.0, 0.9, 0.72, 0.42)  # where the few steps begin
SMALL = 2  # steps of the teacher in each of them
GUIDANCE = {"reference": 2.0}
OTHERWISE = 1.5
STILL_FLOW = 0.2  # of batches that are learned as before, so that other numbers of steps go on to work
RATE = 6e-4


def distil(
    folder: Path,
    teacher: Sketch,
    library: Library,
    seconds: float,
    pause: float,
    batch: int,
    compiled: bool,
) -> Sketch:
    """A sketch that makes a take in `len(SIGMAS)` steps without guidance."""
    torch.manual_seed(3)
    device = library.device
    teacher.both().to(device).requires_grad_(False)
    student = copy.deepcopy(teacher)
    student.both().requires_grad_(True)
    course = Course(folder, "distilled", student, device, seconds, pause, RATE, library=library)
    course.wait_for_clips()
    if compiled:
        compile_blocks(teacher.transformer)
        compile_blocks(student.transformer)
    while not course.pace.over:
        ask = course.next(batch)
        with fast(device):
            if course.rng.random() < STILL_FLOW:
                loss = flow_loss(student, ask, course.rng)
            else:
                loss = step_loss(student, teacher, ask, int(course.rng.integers(len(SIGMAS))), course.empty)
        course.step(loss, ask.mode)
    return course.done()


def step_loss(student: Sketch, teacher: Sketch, ask: Asked, number: int, empty: tuple[Tensor, Tensor]) -> Tensor:
    begin, end = SIGMAS[number], (*SIGMAS[1:], 0.0)[number]
    noise = torch.randn_like(ask.clean)
    noisy = torch.where(ask.given[..., None], ask.clean, (1 - begin) * ask.clean + begin * noise)
    with torch.no_grad():
        x, small = noisy, (begin - end) / SMALL
        for n in range(SMALL):
            x = x - small * guided(teacher, ask, x, begin - n * small, GUIDANCE.get(ask.mode, OTHERWISE), empty)
            x = torch.where(ask.given[..., None], ask.clean, x)
        wanted = (noisy - x) / (begin - end)
    found = student.velocity(ask, noisy, torch.where(ask.given, 0.0, begin))
    return off(found, wanted, ask)

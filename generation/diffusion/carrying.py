"""Pictures carried along a clip, as a surveyor says that the camera and people go.

What makes the clip has then only to tell what that leaves out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from generation.diffusion.lots import USUAL, Lot
from generation.diffusion.reprojection import Poses, Seen, cutouts, filled, joined, relative, seen
from generation.diffusion.surveyor import COLUMNS, RATE, ROWS, Survey, Surveyor

DISSOLVE = 6  # frames over which one picture gives way to the next, if they are so far apart
LEAST_BEYOND = (0.03, 0.25)  # of a view, for it to be drawn, and for another one to be; less is filled smoothly


class Draws(Protocol):
    def __call__(self, view: Tensor, known: Tensor, people: Tensor, moment: float) -> Tensor:
        """`view` (3, H, W) with what is not `known` (1, H, W) drawn, at `moment`, from 0 to 1; people (1, h, w)."""


def between(
    surveyor: Surveyor,
    pictures: list[tuple[Tensor, int]],
    frames: int,
    words: Tensor,
    heard: Tensor,
    lot: Lot = USUAL,
    draws: Draws | None = None,
    begins: int = 0,
) -> tuple[Tensor, Tensor]:
    """(3, frames, H, W): each frame is the nearest in time of `pictures` ((3, H, W) from -1 to 1, each at its frame),
    carried along the camera's way; half-way between two one dissolves into the other. And (1, frames, H, W), from 0 to
    1: how sure each pixel is, that is, not filled.

    `words` and `heard` (1, M) are of all. What comes into sight is drawn by `draws`, or filled smoothly where there is
    none; frames before `begins` are shown to nobody. Of two pictures at one frame the first is meant.
    """
    if frames == 1:
        alone = pictures[0][0][:, None]
        return alone, torch.ones_like(alone[:1])
    order = sorted(((picture, at) for at, picture in {at: each for each, at in reversed(pictures)}.items()), key=_at)
    carry = Carrier(surveyor, frames, words, heard, lot, draws, begins)
    found = [
        carry(picture, at, run)
        for (picture, at), run in zip(order, _runs([at for _, at in order], frames), strict=True)
    ]
    return _dissolved(found, frames)


def _at(picture: tuple[Tensor, int]) -> int:
    return picture[1]


def _runs(ats: list[int], frames: int) -> list[range]:
    """The frames that each of the pictures given at `ats` is carried to, a few of which two have in common."""
    starts, ends = [0], []
    for one, other in pairwise(ats):
        both = min(DISSOLVE, other - one - 1) // 2
        middle = (one + other) // 2 + 1
        ends.append(middle + both)
        starts.append(middle - both)
    return [range(*each) for each in zip(starts, [*ends, frames], strict=True)]


def _dissolved(parts: list[Part], frames: int) -> tuple[Tensor, Tensor]:
    """Clip and sureness of parts one after the other; where two have a frame in common, the later comes up."""
    clip, sure = (
        torch.cat([each, each.new_zeros(each.shape[0], frames - each.shape[1], *each.shape[2:])], 1)
        for each in parts[0][1:]
    )
    before = parts[0].run
    for run, shown, certain in parts[1:]:
        both = before.stop - run.start
        share = ((torch.arange(len(run), device=shown.device) + 1) / (both + 1)).clamp(max=1)[None, :, None, None]
        for all_of, part in ((clip, shown), (sure, certain)):
            all_of[:, run.start : run.stop] = torch.lerp(all_of[:, run.start : run.stop], part, share.to(part.dtype))
        before = run
    return clip, sure


class Part(NamedTuple):
    """What one picture shows of a clip: (3, N, H, W) of the frames of `run`, and how sure that is, (1, N, H, W)."""

    run: range
    shown: Tensor
    sure: Tensor


class Carrier(NamedTuple):
    """What is the same for all pictures of one clip, as `between` has it."""

    surveyor: Surveyor
    frames: int
    words: Tensor
    heard: Tensor
    lot: Lot
    draws: Draws | None
    begins: int

    def __call__(self, picture: Tensor, at: int, run: range) -> Part:
        """`picture` of frame `at` carried to those of `run`."""
        found = self._surveyed(picture, at)
        moments = torch.tensor(run, dtype=torch.float32, device=picture.device) / self._last
        since = torch.tensor([at / self._last], device=picture.device)
        poses, here = found.poses(moments, self.lot.camera), found.poses(since, self.lot.camera)
        gone = found.gone(moments, since, self.lot.people)
        near, lens, way = found.nearness[0].float(), found.lens[0].float(), _since(poses, here)
        clip = seen(picture, near, lens, way, None if gone is None else ~found.who, found.who)
        for least in LEAST_BEYOND if self.draws is not None else ():
            past = clip.beyond.flatten(1).float().mean(1)[max(0, self.begins - run.start) :]
            if len(past) and past.amax() > least:
                there = len(run) - len(past) + int(past.argmax())
                clip = joined(clip, self._drawn(clip, there, run[there], lens, poses))
        shown, sure = filled(clip), clip.known.to(picture.dtype)
        if gone is not None:
            people = found.people[0].float().sigmoid()
            colours, share = cutouts(picture, people, found.evened.float(), lens, way, gone)
            shown, sure = torch.lerp(shown, colours, share), torch.maximum(sure, share)
        if at in run:
            shown[at - run.start], sure[at - run.start] = picture, 1
        return Part(run, shown.transpose(0, 1), sure.transpose(0, 1))

    def _drawn(self, clip: Seen, n: int, frame: int, lens: Tensor, poses: Poses) -> Seen:
        """The view in place `n` of a clip's run, what comes into sight in it drawn, carried to all of the run."""
        assert self.draws is not None
        one = Seen(*(each[n : n + 1] for each in clip))
        view = self.draws(filled(one)[0], ~one.beyond[0], one.marked[0], frame / self._last)
        near = self._surveyed(view, frame).nearness[0].float()
        beyond = functional.interpolate(one.beyond.float(), near.shape, mode="area")[0, 0] > 0
        both = ~beyond & (one.nearness[0] > 0)
        unit = (one.nearness[0] / near.clamp(min=1e-3))[both].median() if both.any() else 1.0
        near = torch.where(both, one.nearness[0], near * unit)
        there = Poses(*(each[n : n + 1] for each in poses))
        return seen(view, near, lens * there.closer[0].exp(), _since(poses, there))

    def _surveyed(self, picture: Tensor, at: int) -> Survey:
        shown = functional.interpolate(picture[None], (ROWS, COLUMNS), mode="area")
        moment = torch.tensor([[at / self._last, self._last / RATE]], dtype=picture.dtype, device=picture.device)
        like = self.surveyor.dtype
        return self.surveyor(shown.to(like), self.words, self.heard, moment.to(like))  # type: ignore[no-any-return]

    @property
    def _last(self) -> int:
        return max(1, self.frames - 1)


def _since(poses: Poses, one: Poses) -> Poses:
    """`poses` as seen from where the camera is at a single one."""
    return relative(poses, Poses(*(each.expand_as(other) for each, other in zip(one, poses, strict=True))))

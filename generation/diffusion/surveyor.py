"""Reads one picture and its words: how near everything in it is, and how the camera and people will go from there.

So small that it costs a processor a few hundredths of a second.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional

from generation.diffusion.lots import USUAL, Timing
from generation.diffusion.reprojection import POSE, Poses
from generation.diffusion.stages import Stage

RATE = 24  # frames in a second of the clips it was taught with
ROWS, COLUMNS = 80, 144  # a picture is read at this size, whatever its own
SQUARE = 2  # pixels along a side that are read and written at once
READ = 3 * SQUARE**2 + 2  # their colours, and where in the frame they are
REST = 0.035  # ways shorter than this are none: a set that trembles is worse than one that rests
KNOTS = 13  # moments of a clip, evenly from its first frame to its last, at which the camera is told
FLAT = 41  # pixels over which a person's nearness is evened
FAR = 6.0  # the logarithm of how many times farther than usual anything is


class Survey:
    """`nearness` (B, ROWS, COLUMNS), 1 on average; `lens` (B), its length in heights of the picture; `knots`
    (B, KNOTS, POSE): turns times the lens, ways in the unit of the nearness, and the lens's growth; `people`
    (B, ROWS, COLUMNS): the odds that somebody is seen there, as logarithms; `walk` (B, KNOTS, 3): how they go."""

    def __init__(self, nearness: Tensor, lens: Tensor, knots: Tensor, people: Tensor, walk: Tensor) -> None:
        self.nearness, self.lens, self.knots = nearness, lens, knots
        self.people, self.walk = people, walk

    def gone(self, at: Tensor, since: Tensor, timing: Timing = USUAL.people) -> Tensor | None:
        """(N, ROWS, COLUMNS, 3): how far what is seen has gone by itself at moments `at` (N) since `since` (1), of a
        batch of one; none where nobody goes anywhere."""
        near = (self.nearness[0] * self.who).sum() / self.who.sum().clamp(min=1)
        walk = self.walk[0]
        if (walk.norm(dim=-1).amax() * near) < REST:
            return None
        way = timing.far * (_along(walk, timing.at(at)) - _along(walk, timing.at(since)))
        return way[:, None, None] * self.who[..., None]

    @property
    def who(self) -> Tensor:
        """(ROWS, COLUMNS), of a batch of one: where people are, and right beside them, as their outlines are theirs."""
        return functional.max_pool2d((self.people[:1] > 0).float(), 3, 1, 1)[0] > 0

    @property
    def evened(self) -> Tensor:
        """The nearness (ROWS, COLUMNS), of a batch of one, in which people are as flat as cut-outs: who walks comes
        along in one piece."""
        who = self.who.to(self.nearness.dtype)[None, None]
        own = (self.people[:1, None] > 0).to(who.dtype)
        over, around = (
            functional.avg_pool2d(each, FLAT, 1, FLAT // 2) for each in (self.nearness[:1, None] * own, own)
        )
        return torch.where((who > 0) & (around > 0), over / around.clamp(min=1e-6), self.nearness[:1, None])[0, 0]

    def poses(self, at: Tensor, timing: Timing = USUAL.camera) -> Poses:
        """The camera at moments `at` (N), from 0 at a clip's first frame to 1 at its last, of a batch of one."""
        knots = self.knots[0]
        knots = timing.far * knots * (_way(knots) >= REST)
        turned, gone, closer = _along(knots, timing.at(at)).split((3, 3, 1), dim=-1)
        return Poses(turned / self.lens[0], gone, closer[..., 0])


def _way(knots: Tensor) -> Tensor:
    """How far the camera goes at most, in heights of the picture as usually seen."""
    turned, gone, closer = knots.split((3, 3, 1), dim=-1)
    return (turned.norm(dim=-1) + gone.norm(dim=-1) + closer[:, 0].abs()).amax()


def _along(knots: Tensor, at: Tensor) -> Tensor:
    """(N, POSE) at moments `at` (N) of knots (KNOTS, POSE), along lines from one to the next."""
    along = at.clamp(0, 1) * (len(knots) - 1)
    low = along.floor().clamp(max=len(knots) - 2).long()
    share = (along - low)[:, None]
    return knots[low] * (1 - share) + knots[low + 1] * share


class Surveyor(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """`known` words are looked up in vectors as wide as `heard`; `widths` are those at ever half the size."""

    @register_to_config
    def __init__(
        self, known: int = 128, heard: int = 96, widths: tuple[int, ...] = (32, 64, 96, 128), posed: int = 256
    ) -> None:
        super().__init__()
        self.lexicon = nn.Embedding(known, heard)
        self.moment = nn.Linear(2, heard)
        self.hear = nn.Sequential(nn.Linear(heard, heard), nn.SiLU(), nn.Linear(heard, heard))
        pairs = list(zip((READ, *widths[:-1]), widths, strict=True))
        self.down = nn.ModuleList(Stage(inward, outward, heard) for inward, outward in pairs)
        self.up = nn.ModuleList(Stage(low + high, high, heard) for high, low in pairwise(widths))
        self.near = nn.Conv2d(widths[0], SQUARE**2, 3, padding=1)
        self.who = nn.Conv2d(widths[0], SQUARE**2, 3, padding=1)
        self.walk = nn.Linear(posed, 3 * KNOTS)
        nn.init.zeros_(self.walk.weight)
        nn.init.zeros_(self.walk.bias)
        pooled = 15 * widths[-1] // 4
        self.narrow = nn.Conv2d(widths[-1], widths[-1] // 4, 1)
        self.pose = nn.Sequential(
            nn.Linear(pooled + widths[-1] + 2 * heard, posed), nn.SiLU(),
            nn.Linear(posed, posed), nn.SiLU(),
            nn.Linear(posed, KNOTS * POSE + 1),
        )  # fmt: skip

    def forward(self, picture: Tensor, words: Tensor, heard: Tensor, moment: Tensor) -> Survey:
        """`picture` (B, 3, ROWS, COLUMNS) from -1 to 1; `words` (B, M) tokens, of which `heard` (B, M) count; `moment`
        (B, 2): how far into its clip the picture is, from 0 to 1, and how many seconds the clip has."""
        said = (self.lexicon(words) * heard[..., None]).sum(1) / heard.sum(1, keepdim=True).clamp(min=1)
        when = self.moment(moment)
        told = said + self.hear(said + when)
        small = functional.pixel_unshuffle(picture, SQUARE)
        y, x = (torch.linspace(-1, 1, n, dtype=picture.dtype, device=picture.device) for n in small.shape[-2:])
        place = torch.stack(torch.meshgrid(y, x, indexing="ij")).expand(len(picture), -1, -1, -1)
        x = torch.cat([small, place], dim=1)
        kept = []
        for number, stage in enumerate(self.down):
            x = stage(functional.avg_pool2d(x, 2) if number else x, told)
            kept.append(x)
        pooled = functional.adaptive_avg_pool2d(self.narrow(x), (3, 5)).flatten(1)
        felt = self.pose[:-1](torch.cat([pooled, x.mean((2, 3)), told, when], dim=-1))
        posed, walk = self.pose[-1](felt).float(), self.walk(felt).float()
        for stage, beside in zip(reversed(self.up), reversed(kept[:-1]), strict=True):
            large = functional.interpolate(x, beside.shape[-2:], mode="nearest")
            x = stage(torch.cat([large, beside], dim=1), told)
        near = functional.pixel_shuffle(self.near(x), SQUARE)[:, 0].float().clamp(-FAR, FAR).exp()
        near = near / near.mean((1, 2), keepdim=True)
        people = functional.pixel_shuffle(self.who(x), SQUARE)[:, 0].float()
        knots = posed[:, :-1].unflatten(-1, (KNOTS, POSE))
        return Survey(near, posed[:, -1].exp(), knots, people, walk.unflatten(-1, (KNOTS, 3)))

"""The views drawn so far, held in memory; a batch of them is shown as it is or in a mirror."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generation.diffusion.surveyor import COLUMNS, ROWS
from generation.diffusion.thumbnails import dots_of
from generation.training import flow, views
from generation.training.codec import coloured
from generation.training.scenes import labels, mirrored_facts
from generation.training.words import MOST, tokenizer

WAIT_SECONDS = 0.2
AT_FIRST = 0.55  # of views more than there are of them anyway
SIDES = torch.tensor([1.0, -1, -1, -1, 1, 1, 1])  # what a mirror does to how a camera goes, and in the middle people
LOOKED_AT = 40  # rows of what a judge looks at
WORDS = ("words", "heard")
MIRRORED = tuple(f"mirrored {name}" for name in WORDS)


@dataclass
class Pool:
    """`only` are the parts that are kept: those of `views.TENSORS`, or "dots", "looks" and "labels", which are worked
    out of them and of their facts."""

    folder: Path
    held_out: bool = False
    only: tuple[str, ...] = views.TENSORS
    parts: dict[str, Tensor] = field(default_factory=dict)
    seen: set[Path] = field(default_factory=set)

    def grow(self) -> None:
        found = []
        for path in views.files(self.folder, self.held_out):
            if path not in self.seen:
                self.seen.add(path)
                found.append(self._read(path))
        if found:
            olds = [self.parts] if self.parts else []
            self.parts = {name: torch.cat([each[name] for each in (*olds, *found)]) for name in found[0]}

    def wait(self) -> None:
        """Until something has been drawn, which may go on beside."""
        while not len(self):
            self.grow()
            time.sleep(WAIT_SECONDS)

    def _read(self, path: Path) -> dict[str, Tensor]:
        drawn = views.read(path)
        made = {name: getattr(drawn, name) for name in views.TENSORS}
        for name, work_out in (("dots", dots), ("looks", looks)):
            if name in self.only:
                made[name] = work_out(drawn)
        text, turned = (
            tokenizer()(said, padding="max_length", max_length=MOST, return_tensors="pt")
            for said in (
                [each["caption"] for each in drawn.facts],
                [mirrored_facts(each)["caption"] for each in drawn.facts],
            )
        )
        for name, facts in (("labels", drawn.facts), ("mirrored labels", map(mirrored_facts, drawn.facts))):
            made[name] = torch.tensor([labels(each) for each in facts])
        only = (*self.only, "mirrored labels") if "labels" in self.only else self.only
        found = {name: made[name] for name in only}
        found |= dict(zip(WORDS, (text.input_ids, text.attention_mask), strict=True))
        return found | dict(zip(MIRRORED, (turned.input_ids, turned.attention_mask), strict=True))

    def __len__(self) -> int:
        return len(self.parts["words"]) if self.parts else 0

    def some(self, size: int, rng: np.random.Generator) -> Tensor:
        """Rows of views, more of them their clips' first frames than there are anyway: most clips are asked for from
        there."""
        rows = rng.integers(len(self), size=size)
        return torch.from_numpy(np.where(rng.random(size) < AT_FIRST, rows - rows % views.EACH, rows))

    def batch(self, rows: Tensor, device: str, mirrored: bool = False) -> dict[str, Tensor]:
        """The parts of these rows: pictures (B, 3, 2 ROWS, 2 COLUMNS) from -1 to 1 as "shown", and at half the size, as
        a surveyor reads them, as "picture"; nearness 1 on average, and the camera's ways in its unit."""
        found = {name: each[rows].to(device) for name, each in self.parts.items()}
        for turned in [name for name in found if name.startswith("mirrored ")]:
            other, name = found.pop(turned), turned.removeprefix("mirrored ")
            found[name] = other if mirrored else found[name]
        if "grey" in found:
            found["shown"] = coloured(found.pop("grey")[:, None], found.pop("colours"))[:, :, 0]
        if mirrored:
            for name in {"shown", "nearness", "people", "dots", "looks"} & set(found):
                found[name] = found[name].flip(-1)
            if "looks" in found:
                found["looks"][:, 1] *= -1
        if "shown" in found and "knots" in found:
            found["picture"] = functional.avg_pool2d(found["shown"], 2)
        if "nearness" in found:
            near = found["nearness"].float()
            unit = near.mean((1, 2)).clamp(min=1e-3)
            found["nearness"] = near / unit[:, None, None]
            found["aspect"] = torch.tensor(COLUMNS / ROWS)
            if "knots" in found:
                way = found["knots"] * (SIDES.to(device) if mirrored else 1)
                way[..., :3] *= found["lens"][:, None, None]
                way[..., 3:6] *= unit[:, None, None]
                found["knots"] = way
                found["walk"] = found["walk"] * (SIDES[3:6].to(device) if mirrored else 1) * unit[:, None, None]
        return found


def looks(drawn: views.Views) -> Tensor:
    """Half (N, 3, ROWS / 2, COLUMNS / 2) of views, as a judge looks at a clip."""
    lights = drawn.colours.float().mean(-1)
    grey = lights.gather(1, drawn.grey.flatten(1).long()).unflatten(1, drawn.grey.shape[1:])
    small = functional.avg_pool2d(grey[:, None], 2)[:, 0].round().byte().numpy()
    return torch.cat([looks_of(scene) for scene in np.split(small, len(small) // views.EACH)])


def looks_of(pictures: np.ndarray) -> Tensor:
    """Half (N, 3, LOOKED_AT, W / 2) of grey pictures of one clip, uint8 (N, 2 LOOKED_AT, W): their light from -1 to 1,
    and how far what is seen there goes until the next one, right and down, in quarters of the picture's height."""
    flows = [flow.followed(one, other) for one, other in pairwise(pictures)]
    gone = np.stack([*flows, np.zeros_like(flows[0])]) * 4 / pictures.shape[1]
    lights = pictures[..., None].astype(np.float32) / 127.5 - 1
    seen = torch.from_numpy(np.concatenate([lights, gone], axis=-1)).permute(0, 3, 1, 2)
    return functional.avg_pool2d(seen, 2).half()


def dots(drawn: views.Views) -> Tensor:
    """Half (N, 5, rows, columns) of views as thumbnails: three colours and people, from -1 to 1, and nearness."""
    shown = coloured(drawn.grey[:, None], drawn.colours)[:, :, 0]
    people = drawn.people[:, None].float() / 127.5 - 1
    return torch.cat([dots_of(each) for each in (shown, people, drawn.nearness[:, None].float())], dim=1).half()

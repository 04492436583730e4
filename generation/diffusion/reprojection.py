"""One picture carried along with the camera: where what is seen in it stands once the camera has moved.

A picture is a nearness at every pixel (1 / distance along the lens, in any unit of length) and a lens; a pose is how
the camera has gone since, in the same unit. What no pixel of the picture reaches is filled smoothly from around it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

POSE = 7
LEAST_FORWARD = 0.05  # nearer to the lens than this share of its old distance nothing is shown
SCALES = 1 << 20  # steps of nearness by which what hides what is told
TOUCHING = 2  # places along a side
EDGE = 3.0  # how much harder somebody's outline is than the share of places that they are
CRACKS = 7  # places across, from one where who grows has landed to the next
SEAM = 9
THEIRS = 0.4  # of a place, from which on it is shown as theirs: less brings along what is behind them
CRACK = 1.1  # times nearer on both sides: what is seen between shows through a crack


class Poses(NamedTuple):
    """How the camera has gone for each of (...) moments: `turned` (..., 3) rotation vectors and `gone` (..., 3) along
    right, up and forward, both as the camera stood before, and `closer` (...), the logarithm of the lens's length over
    what it was."""

    turned: Tensor
    gone: Tensor
    closer: Tensor


def relative(poses: Poses, at: Poses) -> Poses:
    """The same moments, seen from where the camera stood `at` one of them. Both begin at one and the same place."""
    back = rotations(at.turned)
    turns = rotations(poses.turned) @ back.mT
    gone = (back @ (poses.gone - at.gone)[..., None])[..., 0]
    return Poses(vectors(turns), gone, poses.closer - at.closer)


def rotations(vectors: Tensor) -> Tensor:
    """(..., 3, 3) that bring what stood before the camera to where it is after it turned (Rodrigues' formula)."""
    angle = vectors.norm(dim=-1, keepdim=True).clamp(min=1e-9)[..., None]
    x, y, z = (vectors / angle[..., 0]).unbind(-1)
    nought = torch.zeros_like(x)
    cross = torch.stack([nought, -z, y, z, nought, -x, -y, x, nought], dim=-1).unflatten(-1, (3, 3))
    same = torch.eye(3, dtype=vectors.dtype, device=vectors.device)
    return same + angle.sin() * cross + (1 - angle.cos()) * (cross @ cross)


def vectors(turns: Tensor) -> Tensor:
    """Rotation vectors (..., 3) of matrices that turn by less than half a circle."""
    cosine = ((turns.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2).clamp(-1, 1)
    angle = cosine.arccos()[..., None]
    odd = torch.stack(
        [
            turns[..., 2, 1] - turns[..., 1, 2],
            turns[..., 0, 2] - turns[..., 2, 0],
            turns[..., 1, 0] - turns[..., 0, 1],
        ],
        dim=-1,
    )
    return odd * torch.where(angle > 1e-4, angle / (2 * angle.sin().clamp(min=1e-6)), 0.5)


class Seen(NamedTuple):
    """A picture as N poses would see it: `shown` (N, 3, H, W), which means something where `known` (N, 1, H, W);
    `beyond` (N, 1, H, W): not known, and past the picture's edges; `nearness` (N, h, w), 0 where nothing came; and
    `marked` (N, 1, h, w): where what was marked in the picture has come to."""

    shown: Tensor
    known: Tensor
    beyond: Tensor
    nearness: Tensor
    marked: Tensor


def carried(picture: Tensor, nearness: Tensor, lens: float | Tensor, poses: Poses) -> Tensor:
    """(N, 3, H, W): `picture` (3, H, W) from -1 to 1 as N `poses` would see it, what is uncovered filled smoothly from
    around it. `nearness` (h, w) may be coarser than the picture; `lens` is its length in heights of the picture."""
    return filled(seen(picture, nearness, lens, poses))


def filled(found: Seen) -> Tensor:
    return torch.where(found.known, found.shown, _filled(found.shown, found.known))


def joined(one: Seen, other: Seen) -> Seen:
    """What is beyond the edges of the picture of `one` is seen as in `other`, into which it passes over SEAM pixels."""
    taken = one.beyond & other.known
    share = functional.avg_pool2d(taken.to(one.shown.dtype), SEAM, 1, SEAM // 2)
    share = torch.where(taken, 1.0, share * (one.known & other.known))
    return one._replace(
        shown=torch.lerp(one.shown, other.shown, share), known=one.known | taken, beyond=one.beyond & ~taken
    )


def seen(
    picture: Tensor, nearness: Tensor, lens: float | Tensor, poses: Poses, among: Tensor | None = None,
    mark: Tensor | None = None,
) -> Seen:  # fmt: skip
    """As `carried`, of the places `among` (h, w) alone where that is told, without filling anything; `mark` (h, w) is
    what to mark."""
    height, width = picture.shape[-2:]
    rows, columns = nearness.shape
    moved, near = projected(nearness, lens, poses, width / height)
    near = near if among is None else near * among
    offsets, found, winner = _landed(moved, near, rows, columns)
    source = _sources(offsets, found, picture)
    shown = functional.grid_sample(
        picture.expand(len(source), -1, -1, -1), source, mode="bilinear", padding_mode="border", align_corners=False
    )
    inside = (source.abs() <= 1 + 2 / width).all(-1)[:, None]
    known = inside & (_large(found, height, width) > 0)
    came = torch.where(found[:, 0], near.flatten(1).gather(1, winner).unflatten(1, (rows, columns)), 0.0)
    beyond = functional.interpolate(_beyond(came, found, lens, poses, width / height), (height, width), mode="bilinear")
    marked = torch.zeros_like(found)
    if mark is not None:
        marked = found & mark.flatten()[winner].unflatten(1, (rows, columns))[:, None]
    return Seen(shown, known, ~known & (beyond > 0.5), came, marked)


def cutouts(
    picture: Tensor, share: Tensor, nearness: Tensor, lens: float | Tensor, poses: Poses, gone: Tensor
) -> tuple[Tensor, Tensor]:
    """Who goes by themselves, as they are seen: colours (N, 3, H, W), and how much of each pixel they are (N, 1, H, W)
    from 0 to 1. `share` (h, w) is how much of each place of the picture they are; the rest as for `projected`. Whom the
    picture's lower edge cuts off goes on below it, as they end there."""
    height, width = picture.shape[-2:]
    rows, columns = nearness.shape
    moved, near = projected(nearness, lens, poses, width / height, gone)
    offsets, found, _ = _landed(moved, near * (share > 0.5), rows, columns, closed=False)
    source = _sources(offsets, found, picture)
    below = (source[..., 1] > 1)[:, None] & (_large(found.cummax(2).values, height, width) > 0)
    source[..., 1] = source[..., 1].clamp(max=1 - 1 / height)
    large = functional.interpolate(share[None, None], (height, width), mode="bilinear")[0]
    both = torch.cat([picture, large]).expand(len(source), -1, -1, -1)
    looked = functional.grid_sample(both, source, mode="bilinear", padding_mode="zeros", align_corners=False)
    edge = ((looked[:, 3:] - THEIRS) * EDGE).clamp(0, 1)
    there = functional.interpolate(
        functional.max_pool2d(found.float(), CRACKS, 1, CRACKS // 2), (height, width), mode="bilinear"
    )
    return looked[:, :3], edge * torch.where(below, 1.0, there)


def _large(there: Tensor, height: int, width: int) -> Tensor:
    return functional.interpolate(there.float(), (height, width), mode="nearest")


def _sources(offsets: Tensor, found: Tensor, picture: Tensor) -> Tensor:
    """(N, H, W, 2): where in the picture each pixel is from, as what is `found` around it tells."""
    height, width = picture.shape[-2:]
    offsets = torch.where(found, offsets, _filled(offsets, found))
    offsets = functional.interpolate(offsets, (height, width), mode="bilinear")
    return _grid(height, width, picture) + offsets.permute(0, 2, 3, 1)


def _beyond(came: Tensor, found: Tensor, lens: float | Tensor, poses: Poses, aspect: float) -> Tensor:
    """(N, 1, h, w): 1 where a picture would have to reach beyond its edges to show what poses see there, if that is as
    near as what is `found` (N, 1, h, w) around it, or as usual where nothing is."""
    any_found = found.flatten(1).any(1)[:, None, None]
    near = torch.where(any_found, _filled(came[:, None], found)[:, 0], 1.0).clamp(min=1e-4)
    rows, columns = near.shape[-2:]
    across = torch.tensor([aspect / 2, -0.5], dtype=near.dtype, device=near.device) / lens
    there = _grid(rows, columns, near) * across / poses.closer.exp()[:, None, None, None]
    there = torch.cat([there, torch.ones_like(there[..., :1])], dim=-1) / near[..., None]
    back = torch.einsum("nji,nhwj->nhwi", rotations(poses.turned), there) + poses.gone[:, None, None]
    depth = back[..., 2:]
    source = back[..., :2] / depth.clamp(min=LEAST_FORWARD) / across
    return ((source.abs() > 1).any(-1) | (depth[..., 0] < LEAST_FORWARD)).to(near.dtype)[:, None]


def projected(
    nearness: Tensor, lens: float | Tensor, poses: Poses, aspect: float, gone: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Where each of (h, w) goes: (N, h, w, 2) in the frame's own -1 to 1; and how near it is then, 0 behind the lens.

    `aspect` is the frame's width over its height. `gone` (N, h, w, 3) is how far each has gone by itself, as the camera
    has in `poses`; where there is none, all of it rests.
    """
    rows, columns = nearness.shape
    grid = _grid(rows, columns, nearness)
    across = torch.tensor([aspect / 2, -0.5], dtype=nearness.dtype, device=nearness.device) / lens
    rays = torch.cat([grid * across, torch.ones_like(grid[..., :1])], dim=-1)
    way = -poses.gone[:, None, None] if gone is None else gone - poses.gone[:, None, None]
    seen = rays + nearness[..., None] * way
    seen = torch.einsum("nij,nhwj->nhwi", rotations(poses.turned), seen)
    forward = seen[..., 2]
    ahead = forward > LEAST_FORWARD
    depth = forward.clamp(min=LEAST_FORWARD)
    where = seen[..., :2] / depth[..., None] / across * poses.closer.exp()[:, None, None, None]
    return where, torch.where(ahead, (nearness + 1e-6) / depth, 0.0)


def _grid(height: int, width: int, like: Tensor) -> Tensor:
    """(height, width, 2): x and y of each pixel's middle, from -1 to 1."""
    y, x = ((torch.arange(n, dtype=like.dtype, device=like.device) * 2 + 1) / n - 1 for n in (height, width))
    return torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1)


def _landed(moved: Tensor, near: Tensor, rows: int, columns: int, closed: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """(N, 2, h, w): from each place back to what is seen there, the nearest of all that came; where one did; and which
    (N, h w) that was. Not `closed`, what grows has cracks."""
    count, size = len(moved), rows * columns
    x = ((moved[..., 0] + 1) / 2 * columns).floor()
    y = ((moved[..., 1] + 1) / 2 * rows).floor()
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows) & (near > 0)
    clip = torch.arange(count, device=moved.device)[:, None, None]
    place = torch.where(inside, (clip * rows + y) * columns + x, count * size).long().flatten()
    level = (near / near.amax((1, 2), keepdim=True).clamp(min=1e-9) * SCALES).long()
    source = torch.arange(size, device=moved.device).reshape(rows, columns).expand(count, -1, -1)
    keys = torch.full((count * size + 1,), -1, dtype=torch.long, device=moved.device)
    keys.scatter_reduce_(0, place, (level * size + source).flatten(), "amax")
    keys = keys[:-1].reshape(count, rows, columns)
    keys = (_closed(keys, rows, columns) if closed else keys).flatten(1)
    found = (keys >= 0).reshape(count, 1, rows, columns)
    winner = keys.clamp(min=0) % size
    grid = _grid(rows, columns, moved)
    back = (grid - moved).flatten(1, 2)
    offsets = back.gather(1, winner[..., None].expand(-1, -1, 2)).mT.reshape(count, 2, rows, columns)
    return torch.where(found, offsets, 0.0), found, winner


def _closed(keys: Tensor, rows: int, columns: int) -> Tensor:
    """Without cracks: what grows in the frame lands apart, and what is behind it would show between. A wider one is
    closed where both of its sides came from one and the same place."""
    size = rows * columns
    for along in (2, 1, 2, 1):
        padded = functional.pad(keys, (2, 2) if along == 2 else (0, 0, 2, 2), value=-1)
        far, near, later, latest = (padded.narrow(along, start, keys.shape[along]) for start in (0, 1, 3, 4))
        thin = torch.minimum(near, later)
        one, other = torch.maximum(far, near), torch.maximum(later, latest)
        lower = torch.where(_together(one, other, columns, size), torch.minimum(one, other), thin)
        hidden = (lower >= 0) & (lower // size > keys.clamp(min=0) // size * CRACK)
        keys = torch.where(hidden | ((keys < 0) & (lower >= 0)), lower, keys)
    return keys


def _together(one: Tensor, other: Tensor, columns: int, size: int) -> Tensor:
    """Whether two keys came from places that touch."""
    a, b = one.clamp(min=0) % size, other.clamp(min=0) % size
    apart = torch.maximum((a // columns - b // columns).abs(), (a % columns - b % columns).abs())
    return (one >= 0) & (other >= 0) & (apart <= TOUCHING)


def _filled(values: Tensor, known: Tensor) -> Tensor:
    """`values` (N, C, h, w) where `known` (N, 1, h, w); elsewhere a smooth way from what is known around."""
    height, width = values.shape[-2:]
    weight = known.to(values.dtype)
    if min(height, width) < 2:
        mean = (values * weight).sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp(min=1)
        return torch.where(known, values, mean)
    size = ((height + 1) // 2, (width + 1) // 2)
    padded = (0, width % 2, 0, height % 2)
    mass = functional.avg_pool2d(functional.pad(weight, padded), 2)
    total = functional.avg_pool2d(functional.pad(values * weight, padded), 2)
    mean = total / mass.clamp(min=1e-6)
    around = _filled(mean, mass > 0)
    assert around.shape[-2:] == size
    smooth = functional.interpolate(around, scale_factor=2, mode="bilinear")[..., :height, :width]
    return torch.where(known, values, smooth)

"""The sketch engine's codec: frames to latents and back, 16 x 16 pixels and eight frames to a cell.

Eight frames are read as one picture of 24 channels, so that a clip costs a processor little more than a few pictures
do. A clip's first frame, and a still anywhere in it, is read as eight frames in which nothing moves. Encoding looks at
one cell of time alone, so that a still means the same wherever it is given; decoding looks at those before and after.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.models.modeling_utils import ModelMixin
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import Tensor, nn
from torch.nn import functional

SIDE, DEPTH = 16, 8  # pixels of a cell's side, frames of its depth
COARSE = 8  # pixels of the side of what is read and written at once
COLOURS = 3


class Encoded:
    """What a pipeline reads from an encoder: `latents` (B, channels, T, H / 16, W / 16), of mean 0 and spread 1."""

    def __init__(self, latents: Tensor) -> None:
        self.latents = latents


class Level(nn.Module):
    """Brings the vector at each place to length one, as RMSNorm does along its last axis."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-6).to(x.dtype)
        return x * scale * self.weight[:, None, None]


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.level = Level(width)
        self.one = nn.Conv2d(width, width, 3, padding=1)
        self.two = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.two.weight)
        nn.init.zeros_(self.two.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.two(functional.silu(self.one(self.level(x))))


class PatchCodec(ModelMixin, ConfigMixin):
    """Frames (B, 3, 8k + 1, H, W) from -1 to 1, H and W multiples of 16, to latents and back.

    `fine` and `wide` are the widths at an eighth and a sixteenth of the size; the rest are numbers of blocks there.
    """

    config_name = "config.json"  # type: ignore[assignment]

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 64,
        fine: int = 128,
        wide: int = 256,
        encoder_blocks: tuple[int, int] = (2, 2),
        decoder_blocks: tuple[int, int] = (3, 3),
        scaling_factor: float = 1.0,
    ) -> None:
        super().__init__()
        self.register_to_config(timestep_conditioning=False)
        self.spatial_compression_ratio, self.temporal_compression_ratio = SIDE, DEPTH
        channels = COLOURS * DEPTH
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(COARSE),
            nn.Conv2d(channels * COARSE**2, fine, 1),
            *(Block(fine) for _ in range(encoder_blocks[0])),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * fine, wide, 1),
            *(Block(wide) for _ in range(encoder_blocks[1])),
            Level(wide),
            nn.Conv2d(wide, latent_channels, 1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(3 * latent_channels, wide, 3, padding=1),
            *(Block(wide) for _ in range(decoder_blocks[0])),
            nn.Conv2d(wide, 4 * fine, 1),
            nn.PixelShuffle(2),
            *(Block(fine) for _ in range(decoder_blocks[1])),
            Level(fine),
            nn.Conv2d(fine, channels * COARSE**2, 1),
            nn.PixelShuffle(COARSE),
        )
        self.seams = nn.Conv2d(channels, channels, 3, padding=1)  # sees across the edges of what was written at once
        nn.init.zeros_(self.seams.weight)
        nn.init.zeros_(self.seams.bias)  # type: ignore[arg-type]
        self.register_buffer("middle", torch.zeros(latent_channels))
        self.register_buffer("spread", torch.ones(latent_channels))
        # What a pipeline would bring latents to a common scale with: they have one already.
        self.register_buffer("latents_mean", torch.zeros(latent_channels), persistent=False)
        self.register_buffer("latents_std", torch.ones(latent_channels), persistent=False)

    @apply_forward_hook  # so that a codec waiting off the card is brought there
    def encode(self, x: Tensor, return_dict: bool = True) -> Any:
        raw = self.raw(cells_of(x))
        latents = (raw - self.middle[:, None, None]) / self.spread[:, None, None]  # type: ignore[index]
        latents = latents.unflatten(0, (x.shape[0], -1)).transpose(1, 2).contiguous()
        return Encoded(latents) if return_dict else (latents,)

    @apply_forward_hook
    def decode(self, z: Tensor, timestep: Tensor | None = None, return_dict: bool = True) -> Any:
        sample = frames_of(self.written(z), z.shape[0]).clamp(-1, 1)
        return DecoderOutput(sample) if return_dict else (sample,)

    def raw(self, cells: Tensor) -> Tensor:
        """Latents (N, channels, h, w) of cells of time (N, 24, H, W), before they are brought to one scale."""
        return self.encoder(cells)

    def written(self, z: Tensor) -> Tensor:
        """Cells of time (B * T, 24, H, W) of latents (B, channels, T, h, w)."""
        before = torch.cat([z[:, :, :1], z[:, :, :-1]], dim=2)
        after = torch.cat([z[:, :, 1:], z[:, :, -1:]], dim=2)
        around = torch.cat([before, z, after], dim=1).transpose(1, 2).flatten(0, 1)
        coarse = self.decoder(around)
        return coarse + self.seams(coarse)


def cells_of(x: Tensor) -> Tensor:
    """Frames (B, 3, 8k + 1, H, W) as cells of time (B * (k + 1), 24, H, W): the first frame alone, eight times."""
    first = x[:, :, :1].expand(-1, -1, DEPTH, -1, -1)
    whole = torch.cat([first, x[:, :, 1:]], dim=2)
    return whole.unflatten(2, (-1, DEPTH)).permute(0, 2, 3, 1, 4, 5).flatten(0, 1).flatten(1, 2)


def frames_of(cells: Tensor, batch: int) -> Tensor:
    """Frames (B, 3, 8k + 1, H, W) of cells (B * (k + 1), 24, H, W): of the first, what its eight have in common."""
    frames = cells.unflatten(0, (batch, -1)).unflatten(2, (DEPTH, COLOURS))
    first = frames[:, 0].mean(1, keepdim=True)
    return torch.cat([first, frames[:, 1:].flatten(1, 2)], dim=1).transpose(1, 2)

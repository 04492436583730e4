"""The sketch engine's transformer: LTX-Video's, which is told more at each token and asked for a picture, not a speed.

A token is a square of cells. Beside its noisy latents it is told what lies at its own place in two other clips: in the
depth to be followed, and in the pictures it passes through, carried along the camera's way. It answers with what
differs from those, so that doing nothing is the camera's move already; and it need not give back noise, for which a
token holds more numbers than the transformer is wide. What a pipeline expects, the velocity from the picture to the
noise, is worked out of that.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import LTXVideoTransformer3DModel
from diffusers.configuration_utils import register_to_config
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from torch import Tensor, nn

LEAST_NOISE = 0.05  # below it a velocity would be a small difference divided by nearly nothing
FLAGS = 2  # whether there is a depth, and whether there are pictures carried along


class SketchTransformer(LTXVideoTransformer3DModel):
    """`in_channels` are those of a cell of latents; a token holds `patch_size` x `patch_size` of them."""

    @register_to_config
    def __init__(
        self,
        in_channels: int = 64,
        patch_size: int = 2,
        num_attention_heads: int = 5,
        attention_head_dim: int = 64,
        num_layers: int = 6,
        caption_channels: int = 128,
    ) -> None:
        inner = num_attention_heads * attention_head_dim
        super().__init__(
            in_channels=in_channels,
            out_channels=in_channels,
            patch_size=patch_size,
            num_attention_heads=num_attention_heads,
            attention_head_dim=attention_head_dim,
            cross_attention_dim=inner,
            num_layers=num_layers,
            caption_channels=caption_channels,
        )
        token = in_channels * patch_size**2
        self.proj_in = nn.Linear(3 * token + FLAGS, inner)
        self.proj_out = nn.Linear(inner, token)

    def forward(  # type: ignore[override]
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        timestep: Tensor,
        encoder_attention_mask: Tensor,
        video_coords: Tensor | None = None,
        attention_kwargs: dict[str, Any] | None = None,
        return_dict: bool = True,
        **how: Any,
    ) -> Any:
        """The velocity at `hidden_states` (B, S, W) and noise `timestep` / 1000, (B) or (B, S).

        `attention_kwargs["beside"]` (B, S, 2 W + 2), as `beside` makes it, is what each token is told; without it,
        nothing.
        """
        count, tokens, width = hidden_states.shape
        told = (attention_kwargs or {}).get("beside")
        if told is None:
            told = hidden_states.new_zeros(count, tokens, 2 * width + FLAGS)
        told = told.to(hidden_states.dtype).expand(count, -1, -1)
        change = super().forward(  # type: ignore[misc]
            torch.cat([hidden_states, told], dim=-1),
            encoder_hidden_states,
            timestep,
            encoder_attention_mask,
            video_coords=video_coords,
            return_dict=False,
            **how,
        )[0]
        clean = told[..., width : 2 * width].float() + change.float()
        noise = (timestep.float().reshape(count, -1, 1) / 1000).clamp(min=LEAST_NOISE)
        velocity = (hidden_states.float() - clean) / noise
        sample = velocity.to(hidden_states.dtype) if not torch.is_autocast_enabled() else velocity
        return Transformer2DModelOutput(sample=sample) if return_dict else (sample,)


def beside(tokens: Tensor, extra: int, depth: Tensor | None, carried: Tensor | None) -> Tensor:
    """(B, extra + S, 2 W + 2) for a clip's `tokens` (B, S, W) behind `extra` others, which are told nothing.

    `depth` (B, S, W) is the clip of depths, `carried` (B, S, W) that of the pictures carried along.
    """
    count, own, width = tokens.shape
    told = tokens.new_zeros(count, extra + own, 2 * width + FLAGS)
    if depth is not None:
        told[:, extra:, :width] = depth
        told[:, extra:, 2 * width] = 1
    if carried is not None:
        told[:, extra:, width : 2 * width] = carried
        told[:, extra:, 2 * width + 1] = 1
    return told

from __future__ import annotations

from pathlib import Path

import torch

from generation.diffusion.cleanup import Cleanup
from generation.diffusion.patch_codec import PatchCodec
from generation.diffusion.surveyor import Surveyor
from generation.diffusion.thumbnails import Thumbnails
from generation.training.export import export
from generation.training.model import Sketch
from generation.training.words import tokenizer

SIZE = (64, 64)
FRAMES = 25
NEEDS: tuple[str, ...] = ()
CHANNELS = 8


def build(folder: Path) -> None:
    made = {"codec": codec(), "surveyor": surveyor(), "thumbnails": thumbnails(), "cleanup": cleanup()}
    export(folder, sketch(), made)


def sketch() -> Sketch:
    """What training begins with, as far as that says nothing yet; here it says something from the start."""
    torch.manual_seed(0)
    sketch = Sketch.new(CHANNELS, heads=2, head_width=12, layers=2)
    silent = [sketch.transformer.proj_out, sketch.transformer.time_embed.linear]
    silent += [block.attn2.to_out[0] for block in sketch.transformer.transformer_blocks]
    for layer in silent:
        torch.nn.init.normal_(layer.weight, std=0.3)
    return sketch


def codec() -> PatchCodec:
    torch.manual_seed(1)
    return PatchCodec(CHANNELS, fine=8, wide=8, encoder_blocks=(1, 1), decoder_blocks=(1, 1))


def surveyor() -> Surveyor:
    torch.manual_seed(2)
    return Surveyor(known=len(tokenizer()), heard=8, widths=(4, 4, 8), posed=8)


def thumbnails() -> Thumbnails:
    torch.manual_seed(3)
    found = Thumbnails(known=len(tokenizer()), widths=(4, 8), heads=2, glances=1)
    torch.nn.init.normal_(found.write.weight, std=0.3)
    return found


def cleanup() -> Cleanup:
    torch.manual_seed(4)
    found = Cleanup(known=len(tokenizer()), heard=8, widths=(4, 8, 8))
    torch.nn.init.normal_(found.write.weight, std=0.3)
    return found

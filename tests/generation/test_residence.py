from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import HunyuanVideo15ImageToVideoPipeline
from PIL import Image

from generation.diffusion import residence
from generation.diffusion.plan import Plan
from tests.generation.tiny import hunyuan15_i2v


class Reader:
    """Stands for a pipeline that encodes words, some together with a picture."""

    def __init__(self) -> None:
        self.read = 0

    def encode_prompt(self, prompt: str, image: Any = None, device: Any = None) -> torch.Tensor:
        self.read += 1
        return torch.tensor(self.read)


def test_the_same_words_are_encoded_once():
    pipe: Any = Reader()
    residence._remember_prompts(pipe)
    device = torch.device("cpu")
    assert pipe.encode_prompt("quay", device=device) is pipe.encode_prompt(prompt="quay", device=device)
    assert pipe.encode_prompt("kerb", device=device) is not pipe.encode_prompt("quay", device=device)
    assert pipe.read == 2


def test_words_beside_a_picture_are_encoded_each_time():
    pipe: Any = Reader()
    residence._remember_prompts(pipe)
    picture = Image.new("RGB", (4, 4))
    for image in (picture, [picture], torch.zeros(1)):
        before = pipe.read
        pipe.encode_prompt("quay", image=image)
        pipe.encode_prompt("quay", image=image)
        assert pipe.read == before + 2


def test_a_part_with_layers_that_are_never_called_is_not_offloaded_layer_by_layer(tmp_path: Path):
    """SigLIP's last attention reads the weights of its output layer itself, so nothing would bring them to the card."""
    hunyuan15_i2v.build(tmp_path)
    plan = Plan("cpu", "bfloat16", "group offload", tiled=True)
    pipe = residence.settle(tmp_path, "tiny@1", HunyuanVideo15ImageToVideoPipeline, plan).pipe
    come_singly = {
        name
        for name, part in pipe.components.items()
        if isinstance(part, torch.nn.Module) and any(hasattr(each, "_diffusers_hook") for each in part.modules())
    }
    assert come_singly == {"text_encoder", "text_encoder_2", "transformer", "vae"}
    residence.clear()

from __future__ import annotations

from typing import Any

import torch
from PIL import Image

from generation.diffusion import residence


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

"""A tokenizer and a text encoder of two layers, as the families expect them."""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

SPECIAL = ["<pad>", "</s>", "<unk>"]


def tokenizer(max_length: int = 128) -> Any:
    """Letters, digits and marks: every text is understood as something, and different texts as different things."""
    pieces = [*SPECIAL, *(chr(code) for code in range(32, 127))]
    core = Tokenizer(models.WordLevel({piece: index for index, piece in enumerate(pieces)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=max_length
    )


def t5(width: int = 32) -> T5EncoderModel:
    torch.manual_seed(1)
    config = T5Config(vocab_size=128, d_model=width, d_kv=8, d_ff=64, num_layers=2, num_heads=4)
    return T5EncoderModel(config)

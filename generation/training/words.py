"""The tokenizer of the closed vocabulary, one word a token, and a small encoder that is trained with the rest."""

from __future__ import annotations

from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

from generation.vocabulary import every_word

SPECIAL = ("<pad>", "</s>", "<unk>")
MOST = 12  # tokens of a caption: five of the shot, two for each of two people, and its end


def tokenizer() -> Any:
    known = {word: number for number, word in enumerate((*SPECIAL, *every_word()))}
    pad, end, unknown = SPECIAL
    core = Tokenizer(models.WordLevel(known, unk_token=unknown))
    core.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(Regex(r"[^a-z-]+"), " ")])
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    core.post_processor = processors.TemplateProcessing(single=f"$A {end}", special_tokens=[(end, known[end])])
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=pad, eos_token=end, unk_token=unknown, model_max_length=MOST
    )


def encoder(width: int = 128) -> T5EncoderModel:
    config = T5Config(
        vocab_size=len(SPECIAL) + len(every_word()),
        d_model=width,
        d_kv=width // 4,
        d_ff=2 * width,
        num_layers=2,
        num_heads=4,
        dropout_rate=0.0,
    )
    return T5EncoderModel(config)

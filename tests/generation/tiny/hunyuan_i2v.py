from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoImageToVideoPipeline,
    HunyuanVideoTransformer3DModel,
)
from diffusers.pipelines.hunyuan_video.pipeline_hunyuan_video_image2video import DEFAULT_PROMPT_TEMPLATE
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from tests.generation.tiny.words import SPECIAL, tokenizer

SIZE = (48, 32)
FRAMES = 17
NEEDS = ("first",)
MARKS = ["<s>", "<image>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
PIECES = r"\n\n|\n|\w+|[^\w\s]"


def build(folder: Path, sort: str = "token_replace") -> None:
    torch.manual_seed(0)
    transformer = HunyuanVideoTransformer3DModel(
        in_channels=4 if sort == "token_replace" else 9,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        text_embed_dim=16,
        pooled_projection_dim=16,
        rope_axes_dim=(4, 6, 6),
        guidance_embeds=sort == "token_replace",
        image_condition_type=sort,
    )
    vae = AutoencoderKLHunyuanVideo(
        latent_channels=4, block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4
    )
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
    reads = reader()
    llava = LlavaForConditionalGeneration(
        LlavaConfig(
            text_config=LlamaConfig(vocab_size=len(reads), num_hidden_layers=3, **sizes),
            vision_config=CLIPVisionConfig(image_size=24, patch_size=1, num_hidden_layers=2, **sizes),
            image_token_index=reads.convert_tokens_to_ids("<image>"),
            pad_token_id=reads.pad_token_id,
        )
    )
    looks = CLIPImageProcessor(size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24})
    clip = CLIPTextModel(
        CLIPTextConfig(vocab_size=128, num_hidden_layers=2, projection_dim=16, eos_token_id=2, **sizes)
    )
    scheduler = FlowMatchEulerDiscreteScheduler(shift=7.0)
    parts = (llava, reads, transformer, vae, scheduler, clip, tokenizer(77), looks)
    HunyuanVideoImageToVideoPipeline(*parts).save_pretrained(folder)


def reader() -> Any:
    """Reads the words around a shot's own as the full tokenizer does, in 103 pieces, and others by their letters."""
    around = re.sub(r"<.*?>", " ", DEFAULT_PROMPT_TEMPLATE["template"].replace("{}", " "))
    known = [piece for piece in re.findall(PIECES, around) if piece != "aspects"]
    letters = [chr(code) for code in range(33, 127)]
    pieces = dict.fromkeys([*SPECIAL, *MARKS, *known, "aspect", *letters, *(f"##{each}" for each in letters)])
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    core = Tokenizer(models.WordPiece(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(PIECES), "removed", invert=True)
    core.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", vocabulary["<s>"])])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=MARKS[1:],
        model_max_length=512,
    )

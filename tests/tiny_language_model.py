"""A language model of a few hundred weights in a folder, as large ones lie in theirs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def write_tiny_model(folder: Path, words: Iterable[str]) -> Path:
    """A BERT of one layer with random weights that reads words, and everything else as unknown."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    vocabulary = {
        word: i
        for i, word in enumerate(["[PAD]", "[UNK]", *sorted({word.lower() for word in words})])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    whole = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=64,
    )
    torch.manual_seed(0)
    network = BertModel(
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=64,
        )
    )
    network.save_pretrained(folder)
    whole.save_pretrained(folder)
    return folder

"""tokenizer.json and tokenizer_config.json: with them `AutoTokenizer` of transformers reads texts as this project does.

The file has an entry for each code point that is in the vocabulary, or is looked up under another form (full width, upper case,
white space; see `mrc.tokenizer`): several entries have one number. What models with words read beside characters is not in it.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from bert_mrc_theseus.mrc.tokenizer import CLS, PAD, SEP, UNK, Tokenizer

TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"

SPECIAL = {"unk_token": UNK, "sep_token": SEP, "pad_token": PAD, "cls_token": CLS}

CODE_POINTS = 0x30000
"""Code points below it may have another form."""


def write_hub_tokenizer(folder: Path, vocab: tuple[str, ...], max_positions: int) -> None:
    """Writes both files.

    Args:
        folder: of the model.
        vocab: one entry a row.
        max_positions: tokens that the model can read.
    """
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_positions,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
        # "[CLS]" in a text is five characters.
        "split_special_tokens": True,
        **SPECIAL,
    }
    (folder / TOKENIZER_CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / TOKENIZER).write_text(_tokenizer_json(vocab), encoding="utf-8")


@lru_cache(maxsize=2)
def _tokenizer_json(vocab: tuple[str, ...]) -> str:
    """A training writes it again and again for one vocabulary."""
    tokenizer = Tokenizer(vocab)
    numbers = {entry: row for row, entry in enumerate(vocab)}
    chars = [chr(code) for code in range(CODE_POINTS) if not 0xD800 <= code < 0xE000]
    found = zip(chars, tokenizer.encode("".join(chars)).ids.tolist(), strict=True)
    other_forms = {char: row for char, row in found if row != tokenizer.unk and char not in numbers}
    ids = {token: numbers[token] for token in SPECIAL.values()}
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                _special_token(token, row) for token, row in sorted(ids.items(), key=lambda item: item[1])
            ],
            "normalizer": None,
            "pre_tokenizer": {
                "type": "Split",
                "pattern": {"Regex": r"[\s\S]"},
                "behavior": "Isolated",
                "invert": False,
            },
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [_piece(CLS, 0), _sequence("A", 0), _piece(SEP, 0)],
                "pair": [_piece(CLS, 0), _sequence("A", 0), _piece(SEP, 0), _sequence("B", 1), _piece(SEP, 1)],
                "special_tokens": {
                    token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (CLS, SEP)
                },
            },
            "decoder": {"type": "Fuse"},
            "model": {"type": "WordLevel", "vocab": {**numbers, **other_forms}, "unk_token": UNK},
        },
        ensure_ascii=False,
    )


def _special_token(token: str, row: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": row, "content": token, **flags, "special": True}


def _piece(token: str, kind: int) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": kind}}


def _sequence(name: str, kind: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": kind}}

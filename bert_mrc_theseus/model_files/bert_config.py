"""The files that BERT checkpoints of all makers share: a JSON config and vocab.txt."""

from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.config_values import check_encoder
from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.model_files.regular_files import LARGEST_TEXT, parse_json_object, read_bytes

_FIELDS = {
    "vocab_size": "vocab_size",
    "hidden_size": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "intermediate_size": "intermediate_size",
    "max_positions": "max_position_embeddings",
}


def read_bert_config(path: Path) -> EncoderConfig:
    """Reads config.json (Hugging Face) or bert_config.json (Google).

    Raises:
        ModelError: the file is absent, or describes a model that is not a BERT as this project computes it.
    """
    try:
        config = parse_json_object(read_bytes(path, LARGEST_TEXT), path)
        kind, activation = config.get("model_type", "bert"), config.get("hidden_act", "gelu")
        positions = config.get("position_embedding_type", "absolute")
        if kind != "bert":
            raise ModelError(f"{path}: model_type is {kind!r}; only BERT encoders can be read")
        if activation != "gelu":
            raise ModelError(f"{path}: hidden_act is {activation!r}; only 'gelu' (with erf) is supported")
        if positions != "absolute":
            raise ModelError(f"{path}: position_embedding_type is {positions!r}; only 'absolute' is supported")
        encoder = {
            **{ours: config[theirs] for ours, theirs in _FIELDS.items()},
            "type_vocab_size": config.get("type_vocab_size", 2),
            "layer_norm_eps": config.get("layer_norm_eps", 1e-12),
        }
        check_encoder(encoder)
        return EncoderConfig(**encoder)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing: the encoder is incomplete") from error
    except KeyError as error:
        raise ModelError(f"{path}: {error} is missing") from error
    except ValueError as error:
        raise ModelError(f"{path} cannot be read as a BERT config: {error}") from error


def bert_config(config: EncoderConfig) -> dict[str, Any]:
    """The same as a JSON value that Google's code and Hugging Face's both understand.

    Raises:
        ModelError: heads were pruned, for which they have no place.
    """
    if config.attention_size != config.hidden_size:
        raise ModelError(
            f"the model has {config.num_heads} attention heads of {config.size_of_head} in {config.hidden_size}: heads were "
            f"pruned, which the formats of other projects cannot say. Export one whose heads were not"
        )
    return {
        **{theirs: getattr(config, ours) for ours, theirs in _FIELDS.items()},
        "type_vocab_size": config.type_vocab_size,
        "layer_norm_eps": config.layer_norm_eps,
        "hidden_act": "gelu",
        # Settings of training, which the other projects expect here: BERT's own values.
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
    }


def read_vocab(path: Path) -> tuple[str, ...]:
    """Reads vocab.txt, one entry a row.

    Raises:
        ModelError: the file is absent, no regular file, too large, or not UTF-8.
    """
    try:
        return parse_vocab(read_bytes(path, LARGEST_TEXT), path)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing: this project looks characters up in a BERT's vocab.txt") from error


def parse_vocab(content: bytes, path: Path) -> tuple[str, ...]:
    """What `read_vocab` makes of a file's bytes.

    Raises:
        ModelError: they are not UTF-8.
    """
    try:
        rows = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is not UTF-8 (byte {error.start})") from error
    return tuple(rows[:-1] if rows[-1] == "" else rows)


def write_vocab(path: Path, vocab: tuple[str, ...]) -> None:
    path.write_text("".join(f"{entry}\n" for entry in vocab), encoding="utf-8", newline="\n")

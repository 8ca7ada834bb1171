"""Hugging Face BERT folders: config.json, vocab.txt, and safetensors in one file or in several with an index.

The built-in encoder lies in such a folder too, its pieces (see `pieces`) in files of their own that other programs pass over.
"""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files import atomic_folder
from bert_mrc_theseus.model_files.bert_config import bert_config, read_bert_config, read_vocab, write_vocab
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights, expected_shapes
from bert_mrc_theseus.model_files.pieces import read_pieces, write_pieces

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")


def read_huggingface(folder: str | Path) -> EncoderWeights:
    """Reads a BERT of any architecture (`BertModel`, `BertForMaskedLM`, ...); its heads are left out.

    Raises:
        ModelError: a file is missing, the weights are pickled, or they do not fit the config, the vocabulary or the pieces.
    """
    folder = Path(folder)
    config = read_bert_config(folder / "config.json")
    vocab = read_vocab(folder / "vocab.txt")
    tensors = {_plain_name(name): tensor for name, tensor in _read_tensors(folder).items()}
    kept = {name: np.asarray(tensors[name], np.float32) for name in expected_shapes(config) if name in tensors}
    return EncoderWeights(config, vocab, kept, str(folder), read_pieces(folder))


def write_huggingface(weights: EncoderWeights, folder: str | Path) -> None:
    """Writes a folder that `BertModel.from_pretrained` (and this project) reads; an older one is replaced."""
    config = {"model_type": "bert", "architectures": ["BertModel"], **bert_config(weights.config), "pad_token_id": 0}
    with atomic_folder(folder) as new:
        (new / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        write_vocab(new / "vocab.txt", weights.vocab)
        tensors = {name: np.ascontiguousarray(weights.tensors[name]) for name in expected_shapes(weights.config)}
        save_file(tensors, new / WEIGHTS, metadata={"format": "pt"})
        if weights.pieces is not None:
            write_pieces(new, weights.pieces)


def _read_tensors(folder: Path) -> dict[str, np.ndarray]:
    if (folder / WEIGHTS).is_file():
        files = [WEIGHTS]
    elif (folder / INDEX).is_file():
        try:
            files = sorted(set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
        except (ValueError, KeyError, AttributeError) as error:
            raise ModelError(f"{folder / INDEX} cannot be read: {error!r}") from error
    else:
        pickled = next((name for name in _PICKLED if (folder / name).is_file()), None)
        if pickled is None:
            raise ModelError(f"{folder / WEIGHTS} is missing: the encoder is incomplete")
        raise ModelError(
            f"{folder / pickled} is a pickle, which can run code when it is read. Convert it once, with transformers: "
            f"BertModel.from_pretrained({str(folder)!r}).save_pretrained({str(folder)!r}, safe_serialization=True)"
        )
    tensors: dict[str, np.ndarray] = {}
    for name in files:
        try:
            tensors.update(load_file(folder / name))
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{folder / name} cannot be read: {error}") from error
    return tensors


def _plain_name(name: str) -> str:
    """Without the prefix of models with heads, and with today's names of LayerNorm's weights."""
    name = name.removeprefix("bert.")
    for old, new in (("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")):
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name

"""Hugging Face BERT folders: config.json, vocab.txt, and safetensors in one file or in several with an index.

The built-in encoder lies in such a folder too, its pieces (see `pieces`) in files of their own that other programs pass over.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save_file

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.model_files.bert_config import bert_config, read_bert_config, read_vocab, write_vocab
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights, expected_shapes
from bert_mrc_theseus.model_files.pieces import read_pieces, write_pieces
from bert_mrc_theseus.model_files.regular_files import LARGEST_TEXT, parse_json_object, read_bytes

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
    tensors = _read_tensors(folder, set(expected_shapes(config)))
    return EncoderWeights(config, vocab, tensors, str(folder), read_pieces(folder))


def write_huggingface(
    weights: EncoderWeights,
    folder: str | Path,
    heads: Mapping[str, np.ndarray] | None = None,
    settings: Mapping[str, Any] | None = None,
    complete: Callable[[Path], None] | None = None,
) -> None:
    """Writes a folder that `BertModel.from_pretrained` (and this project) reads; an older one is replaced.

    Args:
        weights: of the encoder.
        folder: the folder.
        heads: further tensors, by name.
        settings: further values of config.json.
        complete: gets the new folder and writes further files into it.
    """
    config = {"model_type": "bert", "architectures": ["BertModel"], **bert_config(weights.config), "pad_token_id": 0}
    config |= settings or {}
    with atomic_folder(folder) as new:
        (new / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        write_vocab(new / "vocab.txt", weights.vocab)
        tensors = {**{name: weights.tensors[name] for name in expected_shapes(weights.config)}, **(heads or {})}
        contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
        save_file(contiguous, new / WEIGHTS, metadata={"format": "pt"})
        if weights.pieces is not None:
            write_pieces(new, weights.pieces)
        if complete is not None:
            complete(new)


def _read_tensors(folder: Path, wanted: set[str]) -> dict[str, np.ndarray]:
    """The tensors of a folder's files that are wanted, as float32."""
    tensors: dict[str, np.ndarray] = {}
    for name in _weight_files(folder):
        try:
            stored = deserialize(read_bytes(folder / name))
        except FileNotFoundError as error:
            raise ModelError(f"{folder / name} is missing: the encoder is incomplete") from error
        except SafetensorError as error:
            raise ModelError(f"{folder / name} cannot be read: {error}") from error
        for tensor, content in stored:
            if _plain_name(tensor) in wanted:
                tensors[_plain_name(tensor)] = _as_float32(content, f"{folder / name}: tensor {tensor!r}")
    return tensors


def _weight_files(folder: Path) -> list[str]:
    if (folder / WEIGHTS).exists():
        return [WEIGHTS]
    path = folder / INDEX
    if path.exists():
        index = parse_json_object(read_bytes(path, LARGEST_TEXT), path).get("weight_map")
        if not isinstance(index, dict) or not all(isinstance(name, str) for name in index.values()):
            raise ModelError(f"{path} cannot be read: its weight_map does not name a file for each tensor")
        outside = sorted({name for name in index.values() if not name or Path(name).name != name or "\\" in name})
        if outside:
            raise ModelError(f"{path} names {outside[0]!r}, which is no file in that folder")
        return sorted(set(index.values()))
    pickled = next((name for name in _PICKLED if (folder / name).is_file()), None)
    if pickled is None:
        raise ModelError(f"{folder / WEIGHTS} is missing: the encoder is incomplete")
    raise ModelError(
        f"{folder / pickled} is a pickle, which can run code when it is read. Convert it once, with transformers: "
        f"BertModel.from_pretrained({str(folder)!r}).save_pretrained({str(folder)!r}, safe_serialization=True)"
    )


_STORED = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""How weights may be stored; bfloat16, which NumPy does not have, is the upper half of a float32."""


def _as_float32(content: Mapping[str, Any], what: str) -> np.ndarray:
    """A tensor of a safetensors file: "dtype", "shape" and "data"."""
    kind = content["dtype"]
    if kind not in _STORED:
        raise ModelError(f"{what} is stored as {kind}: an encoder's weights are F32, F16, BF16 or F64")
    values = np.frombuffer(content["data"], _STORED[kind])
    if kind == "BF16":
        values = (values.astype("<u4") << 16).view("<f4")
    return values.astype(np.float32).reshape(content["shape"])


def _plain_name(name: str) -> str:
    """Without the prefix of models with heads, and with today's names of LayerNorm's weights."""
    name = name.removeprefix("bert.")
    for old, new in (("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")):
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name

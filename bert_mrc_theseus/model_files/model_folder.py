"""A model on disk: everything that prediction needs, in one folder, no pickle, no TensorFlow.

    config.json         format version, shape of the encoder, windows, sharing, match head, thresholds
    vocab.txt           one entry a row
    queries.json        entity types and their queries, in order
    model.safetensors   tensors by the names of `EncoderWeights`, and the heads'
    onnx/               the same as graphs for ONNX Runtime, if it was exported; prediction needs one of the two
    training.json       how the model was made: data checksums, seed, versions, scores

A folder is written in one atomic step and read completely or not at all.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.files import atomic_folder, atomic_write
from bert_mrc_theseus.model_files.bert_config import read_vocab, write_vocab
from bert_mrc_theseus.model_files.encoder_weights import EncoderConfig, EncoderWeights
from bert_mrc_theseus.mrc.examples import Examples, MatchShape, Sharing, WindowSize, build_examples
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema, schema_from_json, schema_to_json

FORMAT, VERSION = "bert-mrc-theseus", 2
FILES = ("config.json", "vocab.txt", "queries.json")
WEIGHTS = "model.safetensors"
ONNX = "onnx"
RECORD = "training.json"


@dataclass(frozen=True)
class SavedModel:
    """A model as plain values. `tensors` holds the encoder's and the heads' weights."""

    encoder: EncoderConfig
    vocab: tuple[str, ...]
    schema: Schema
    tensors: Mapping[str, np.ndarray]
    window: WindowSize = WindowSize()
    sharing: Sharing = Sharing()
    match: MatchShape | None = None
    thresholds: Thresholds = Thresholds()
    record: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self.vocab)

    def examples(self, documents: Sequence[Document], schema: Schema | None = None) -> Examples:
        """All (window, type) pairs of documents as this model reads them.

        Args:
            documents: their entities become the labels.
            schema: types to ask for, by default the model's.

        Raises:
            DataError, UserError: see `examples.build_examples`.
        """
        return build_examples(
            documents,
            schema or self.schema,
            self._tokenizer,
            self.window,
            self.sharing.context_position,
            self.encoder.max_positions,
        )

    def decoding(self, nested: bool) -> Decoding:
        """How this model's answers are decoded; nested as far as it can: without match head only types overlap."""
        if not nested:
            return Decoding.FLAT
        return Decoding.BY_TYPE if self.match is None else Decoding.NESTED

    def encoder_weights(self, source: str = "") -> EncoderWeights:
        """The encoder alone, without heads.

        Raises:
            ModelError: a tensor is missing or has another shape than the config says.
        """
        return EncoderWeights(self.encoder, self.vocab, self.tensors, source)


def save_model(folder: str | Path, model: SavedModel) -> None:
    """Writes a model folder; an older one of that name is replaced in one step.

    Raises:
        UserError: the disk is full or the place not writable; the older folder is then still there.
    """
    config = {
        "format": FORMAT,
        "version": VERSION,
        "encoder": asdict(model.encoder),
        "window": asdict(model.window),
        "sharing": asdict(model.sharing),
        "match": None if model.match is None else asdict(model.match),
        "thresholds": asdict(model.thresholds),
    }
    try:
        with atomic_folder(folder) as new:
            (new / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
            write_vocab(new / "vocab.txt", model.vocab)
            (new / "queries.json").write_text(schema_to_json(model.schema), encoding="utf-8")
            (new / RECORD).write_text(
                json.dumps(dict(model.record), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
            save_file({name: np.ascontiguousarray(t) for name, t in model.tensors.items()}, new / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot save the model in {folder}: {error}. Nothing was overwritten.") from error


def load_model(folder: str | Path, tensors: bool = True) -> SavedModel:
    """Reads a model folder.

    Args:
        folder: the folder.
        tensors: read the weights; without them the model has none.

    Raises:
        ModelError: the folder is absent or incomplete, of another version, or its parts do not fit together.
    """
    folder = Path(folder)
    missing = [name for name in (*FILES, *([WEIGHTS] if tensors else [])) if not (folder / name).is_file()]
    if missing:
        hint = "" if folder.is_dir() else " (there is no such folder)"
        raise ModelError(f"{folder} is not a complete model folder: {', '.join(missing)} missing{hint}")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("format") != FORMAT:
            raise ModelError(
                f"{folder}/config.json is not of a {FORMAT} model: is it an encoder? Train one from it first"
            )
        if config["version"] != VERSION:
            raise ModelError(
                f"{folder} was written in format version {config['version']}; this program reads version {VERSION}: "
                f"install the version that wrote it, or train again"
            )
        record_file = folder / RECORD
        model = SavedModel(
            encoder=EncoderConfig(**config["encoder"]),
            vocab=read_vocab(folder / "vocab.txt"),
            schema=schema_from_json((folder / "queries.json").read_text(encoding="utf-8")),
            tensors=load_file(folder / WEIGHTS) if tensors else {},
            window=WindowSize(**config["window"]),
            sharing=Sharing(**config["sharing"]),
            match=MatchShape(**config["match"]) if config["match"] else None,
            thresholds=Thresholds(**config["thresholds"]),
            record=json.loads(record_file.read_text(encoding="utf-8")) if record_file.is_file() else {},
        )
        if tensors:
            model.encoder_weights(str(folder))
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(f"{folder} cannot be read as a model: {error!r}") from error
    return model


def save_thresholds(folder: str | Path, thresholds: Thresholds) -> None:
    """Changes the thresholds of a saved model; everything else stays as it is.

    Raises:
        ModelError: the folder is not a complete model.
    """
    load_model(folder, tensors=False)
    path = Path(folder) / "config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), "thresholds": asdict(thresholds)}
    with atomic_write(path) as stream:
        stream.write(json.dumps(config, indent=2) + "\n")

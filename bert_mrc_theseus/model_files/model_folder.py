"""A model on disk: everything that prediction needs, in one folder, no pickle, no TensorFlow.

    config.json         format version, shape of the encoder, windows, shared context, match head, thresholds
    vocab.txt           one entry a row
    queries.json        entity types and their queries, in order
    model.safetensors   tensors by the names of `EncoderWeights`, and the heads'
    onnx/               the same as graphs for ONNX Runtime, if it was exported; prediction needs one of the two
    training.json       how the model was made: data checksums, seed, versions, scores

A folder is written in one atomic step and read completely or not at all.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.files import atomic_folder, atomic_write
from bert_mrc_theseus.model_files.bert_config import read_vocab, write_vocab
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from bert_mrc_theseus.model_files.model_config import EncoderConfig, MatchShape, ModelConfig, SharedContext
from bert_mrc_theseus.model_files.training_record import TrainingRecord, record_from_dict
from bert_mrc_theseus.mrc.examples import Examples, build_examples
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema, schema_from_json, schema_to_json

FORMAT, VERSION = "bert-mrc-theseus", 2
FILES = ("config.json", "vocab.txt", "queries.json")
WEIGHTS = "model.safetensors"
ONNX = "onnx"
RECORD = "training.json"

Model = TypeVar("Model")


@dataclass(frozen=True)
class ModelSpec:
    """All that is known of a model but its weights: enough to read texts for it and to decode its answers.

    Attributes:
        config: its shape.
        vocab: one entry a row of its word embeddings.
        schema: entity types and their queries.
        window: how texts are cut.
        thresholds: smallest probabilities that count.
        record: how it was made.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.package_data import bundled_model
        >>> spec = bmt.model_files.load_spec(bundled_model())
        >>> spec.schema.names, spec.config.encoder.num_layers
        (('PER', 'LOC', 'ORG'), 6)
    """

    config: ModelConfig
    vocab: tuple[str, ...]
    schema: Schema
    window: WindowSize = WindowSize()
    thresholds: Thresholds = Thresholds()
    record: TrainingRecord = TrainingRecord()

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
            self.config.shared.position,
            self.config.encoder.max_positions,
        )

    def decoding(self, nested: bool) -> Decoding:
        """How this model's answers are decoded; nested as far as it can: without match head only types overlap."""
        if not nested:
            return Decoding.FLAT
        return Decoding.BY_TYPE if self.config.match is None else Decoding.NESTED


@dataclass(frozen=True)
class SavedModel:
    """A model as plain values.

    Attributes:
        spec: all but the weights.
        tensors: weights of the encoder and the heads, by name.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> model = bmt.model_files.load_model("run/stage2/best")
        >>> bmt.model_files.SavedModel(model.spec, model.tensors).parameters == model.parameters
        True
    """

    spec: ModelSpec
    tensors: Mapping[str, np.ndarray]

    @property
    def parameters(self) -> int:
        """How many numbers the weights are, embeddings and heads included."""
        return sum(tensor.size for tensor in self.tensors.values())

    def encoder_weights(self, source: str = "") -> EncoderWeights:
        """The encoder alone, without heads.

        Raises:
            ModelError: a tensor is missing or has another shape than the config says.
        """
        return EncoderWeights(self.spec.config.encoder, self.spec.vocab, self.tensors, source)


def save_model(folder: str | Path, model: SavedModel) -> None:
    """Writes a model folder; an older one of that name is replaced in one step.

    Raises:
        UserError: the disk is full or the place not writable; the older folder is then still there.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.model_files.save_model("copy", bmt.model_files.load_model("run/stage2/best"))
    """
    spec = model.spec
    try:
        with atomic_folder(folder) as new:
            (new / "config.json").write_text(json.dumps(_config_to_dict(spec), indent=2) + "\n", encoding="utf-8")
            write_vocab(new / "vocab.txt", spec.vocab)
            (new / "queries.json").write_text(schema_to_json(spec.schema), encoding="utf-8")
            (new / RECORD).write_text(
                json.dumps(spec.record.to_dict(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
            save_file({name: np.ascontiguousarray(t) for name, t in model.tensors.items()}, new / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot save the model in {folder}: {error}. Nothing was overwritten.") from error


def load_spec(folder: str | Path) -> ModelSpec:
    """Reads a model folder without its weights.

    Raises:
        ModelError: the folder is absent or incomplete, or of another version.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.model_files.load_spec("run/stage0/best").window.size
        100
    """
    return _read(Path(folder), FILES, _read_spec)


def load_model(folder: str | Path) -> SavedModel:
    """Reads a model folder.

    Raises:
        ModelError: the folder is absent or incomplete, of another version, or its parts do not fit together.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> sorted(bmt.model_files.load_model("run/stage2/best").tensors)[-1]
        'heads.span.weight'
    """

    def read(folder: Path) -> SavedModel:
        model = SavedModel(_read_spec(folder), load_file(folder / WEIGHTS))
        model.encoder_weights(str(folder))
        return model

    return _read(Path(folder), (*FILES, WEIGHTS), read)


def save_thresholds(folder: str | Path, thresholds: Thresholds) -> None:
    """Changes the thresholds of a saved model; everything else stays as it is.

    Raises:
        ModelError: the folder is not a complete model.
    """
    load_spec(folder)
    path = Path(folder) / "config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), "thresholds": asdict(thresholds)}
    with atomic_write(path) as stream:
        stream.write(json.dumps(config, indent=2) + "\n")


def files_of_models(folder: Path) -> list[Path]:
    """The files of a model folder, or of all models of a run: what nothing else may be written over."""
    names = (*FILES, RECORD, WEIGHTS, f"{ONNX}/*.onnx")
    return [file for name in names for place in ("", "stage*/best/") for file in folder.glob(place + name)]


def _read(folder: Path, files: Sequence[str], read: Callable[[Path], Model]) -> Model:
    """What `read` makes of a folder that has all of some files; whatever is wrong in them becomes a `ModelError`."""
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        hint = "" if folder.is_dir() else " (there is no such folder)"
        raise ModelError(f"{folder} is not a complete model folder: {', '.join(missing)} missing{hint}")
    try:
        return read(folder)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(f"{folder} cannot be read as a model: {error!r}") from error


def _read_spec(folder: Path) -> ModelSpec:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("format") != FORMAT:
        raise ModelError(f"{folder}/config.json is not of a {FORMAT} model: is it an encoder? Train one from it first")
    if config["version"] != VERSION:
        raise ModelError(
            f"{folder} was written in format version {config['version']}; this program reads version {VERSION}: "
            f"install the version that wrote it, or train again"
        )
    record = folder / RECORD
    return ModelSpec(
        _config_from_dict(config),
        read_vocab(folder / "vocab.txt"),
        schema_from_json((folder / "queries.json").read_text(encoding="utf-8")),
        WindowSize(**config["window"]),
        Thresholds(**config["thresholds"]),
        record_from_dict(json.loads(record.read_text(encoding="utf-8"))) if record.is_file() else TrainingRecord(),
    )


def _config_to_dict(spec: ModelSpec) -> dict[str, Any]:
    config = spec.config
    return {
        "format": FORMAT,
        "version": VERSION,
        "encoder": asdict(config.encoder),
        "window": asdict(spec.window),
        # The names of format version 2.
        "sharing": {"modules": config.shared.layers, "context_position": config.shared.position},
        "match": None if config.match is None else asdict(config.match),
        "thresholds": asdict(spec.thresholds),
    }


def _config_from_dict(config: Mapping[str, Any]) -> ModelConfig:
    # Models were once saved with the dropout that they were trained with.
    encoder = {name: value for name, value in config["encoder"].items() if not name.endswith("_dropout")}
    return ModelConfig(
        EncoderConfig(**encoder),
        SharedContext(config["sharing"]["modules"], config["sharing"]["context_position"]),
        MatchShape(**config["match"]) if config["match"] else None,
    )

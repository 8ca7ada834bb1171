"""A model on disk: everything that prediction needs, in one folder, no pickle, no TensorFlow.

    config.json         format version, shape of the encoder, windows, shared context, match head, thresholds
    vocab.txt           one entry a row
    pieces.tsv          pieces with their scores, if the model has words (`WordShape`)
    lexicon.safetensors   lexicons whose words are features, if it has any
    queries.json        entity types and their queries, in order
    model.safetensors   tensors by the names of `EncoderWeights`, and the heads'
    onnx/               the same as graphs for ONNX Runtime, if it was exported; prediction needs one of the two
    training.json       how the model was made: data checksums, seed, versions, scores
    checksums.json      SHA-256 of all these
    README.md, tokenizer.json, tokenizer_config.json    for hubs; nothing here reads them, and they may be changed

A folder is written in one atomic step and read completely or not at all.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.files.atomic_files import atomic_binary
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.model_files.bert_config import parse_vocab, write_vocab
from bert_mrc_theseus.model_files.checksums import CHECKSUMS, ModelFiles, replacing, write_checksums
from bert_mrc_theseus.model_files.config_values import check_config, table
from bert_mrc_theseus.model_files.encoder_weights import check_tensors
from bert_mrc_theseus.model_files.hub_tokenizer import TOKENIZER, TOKENIZER_CONFIG, write_hub_tokenizer
from bert_mrc_theseus.model_files.lexicon_file import LEXICON, read_lexicon, write_lexicon
from bert_mrc_theseus.model_files.model_card import CARD, model_card
from bert_mrc_theseus.model_files.model_config import EncoderConfig, MatchShape, ModelConfig, SharedContext, WordShape
from bert_mrc_theseus.model_files.model_spec import ModelSpec, SavedModel
from bert_mrc_theseus.model_files.own_tensors import own_shapes
from bert_mrc_theseus.model_files.pieces import PIECES, PieceList, read_piece_list, write_piece_list
from bert_mrc_theseus.model_files.regular_files import parse_json_object
from bert_mrc_theseus.model_files.training_record import TrainingRecord, record_from_dict
from bert_mrc_theseus.mrc.lexicon import Lexicon
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.provenance import write_json
from bert_mrc_theseus.text.schema import schema_from_json, schema_to_json

FORMAT, VERSIONS = "bert-mrc-theseus", (2, 3)
"""Format versions that are read; the last is written. Version 3 has words, and models that share all their layers."""

FILES = ("config.json", "vocab.txt", "queries.json")
WEIGHTS = "model.safetensors"
ONNX = "onnx"
GRAPH_FILES = (f"{ONNX}/lower.onnx", f"{ONNX}/upper.onnx")
"""The two graphs, see `onnx_export.graphs`."""
RECORD = "training.json"
OF_WORDS = (PIECES, LEXICON)
"""Files of models with words."""
FOR_HUBS = (CARD, TOKENIZER, TOKENIZER_CONFIG)
"""Files that other programs read."""
CHECKED = (*FILES, *OF_WORDS, WEIGHTS, RECORD, *GRAPH_FILES)
"""All files that make up a model, by their names in its folder."""

Model = TypeVar("Model")


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
            if spec.pieces is not None:
                write_piece_list(new, spec.pieces)
            if spec.lexicon is not None:
                write_lexicon(new / LEXICON, spec.lexicon)
            (new / "queries.json").write_text(schema_to_json(spec.schema), encoding="utf-8")
            write_json(new / RECORD, spec.record.to_dict())
            write_for_hubs(new, spec)
            save_file({name: np.ascontiguousarray(t) for name, t in model.tensors.items()}, new / WEIGHTS)
            write_checksums(new, CHECKED)
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot save the model in {folder}: {error}. Nothing was overwritten.") from error


def write_for_hubs(folder: Path, spec: ModelSpec) -> None:
    """Writes the card and the tokenizer files of a model into its folder."""
    (folder / CARD).write_text(model_card(spec.config, spec.schema, spec.record), encoding="utf-8")
    write_hub_tokenizer(folder, spec.vocab, spec.config.encoder.max_positions)


def load_spec(folder: str | Path) -> ModelSpec:
    """Reads a model folder without its weights.

    Raises:
        ModelError: the folder is absent or incomplete, of another version, or not as it was written.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.model_files.load_spec("run/stage0/best").window.size
        100
    """
    return _read(Path(folder), FILES, _read_spec)


def load_model(folder: str | Path) -> SavedModel:
    """Reads a model folder.

    Raises:
        ModelError: the folder is absent or incomplete, of another version, not as it was written, or its parts do not fit
            together.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> sorted(bmt.model_files.load_model("run/stage2/best").tensors)[-1]
        'heads.span.weight'
    """

    def read(files: ModelFiles) -> SavedModel:
        model = SavedModel(_read_spec(files), load_file(files.checked(WEIGHTS)))
        model.encoder_weights(str(folder))
        check_tensors(model.tensors, own_shapes(model.spec.config), str(folder))
        return model

    return _read(Path(folder), (*FILES, WEIGHTS), read)


def save_thresholds(folder: str | Path, thresholds: Thresholds) -> None:
    """Changes the thresholds of a saved model; everything else stays as it is.

    Raises:
        ModelError: the folder is not a complete model.
        UserError: the disk is full or the place not writable; the folder is then as it was.
    """
    load_spec(folder)
    path = Path(folder) / "config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), "thresholds": asdict(thresholds)}
    content = (json.dumps(config, indent=2) + "\n").encode()
    with changing_files(path.parent, {path.name: content}), atomic_binary(path) as stream:
        stream.write(content)


@contextmanager
def changing_files(folder: Path, contents: Mapping[str, bytes]) -> Iterator[None]:
    """`checksums.replacing` of a model folder: the block writes the files, each in one step.

    Raises:
        UserError: the disk is full or the place not writable; a file is then as it was.
    """
    try:
        with replacing(folder, contents, CHECKED):
            yield
    except OSError as error:
        raise UserError(f"cannot change the model in {folder}: {error}") from error


def files_of_models(folder: Path) -> list[Path]:
    """The files of a model folder, or of all models of a run: what nothing else may be written over."""
    names = (*CHECKED, CHECKSUMS)
    return [file for name in names for place in ("", "stage*/best/") for file in folder.glob(place + name)]


def _read(folder: Path, names: Sequence[str], read: Callable[[ModelFiles], Model]) -> Model:
    """What `read` makes of a folder that has all of some files; whatever is wrong in them becomes a `ModelError`."""
    missing = [name for name in names if not os.path.exists(folder / name)]
    if missing:
        hint = "" if os.path.isdir(folder) else " (there is no such folder)"
        raise ModelError(f"{folder} is not a complete model folder: {', '.join(missing)} missing{hint}")
    try:
        return read(ModelFiles(folder))
    except ModelError as error:
        # What checks parts of a model does not know where they are from.
        raise error if str(folder) in str(error) else ModelError(f"{folder}: {error}") from error
    except KeyError as error:
        raise ModelError(f"{folder} cannot be read as a model: {error} is missing") from error
    except (ValueError, TypeError, OSError, SafetensorError) as error:
        raise ModelError(f"{folder} cannot be read as a model: {error}") from error


def _read_spec(files: ModelFiles) -> ModelSpec:
    folder = files.folder

    def json_of(name: str) -> dict[str, Any]:
        return parse_json_object(files.read(name), folder / name)

    config = json_of("config.json")
    if config.get("format") != FORMAT:
        raise ModelError(f"{folder}/config.json is not of a {FORMAT} model: is it an encoder? Train one from it first")
    if config["version"] not in VERSIONS:
        raise ModelError(
            f"{folder} was written in format version {config['version']}; this program reads versions "
            f"{' and '.join(map(str, VERSIONS))}: install the version that wrote it, or train again"
        )
    check_config(config)
    queries = files.read("queries.json").decode("utf-8")
    parse_json_object(queries, folder / "queries.json")
    shape = _config_from_dict(config)
    spec = ModelSpec(
        shape,
        parse_vocab(files.read("vocab.txt"), folder / "vocab.txt"),
        schema_from_json(queries),
        WindowSize(**config["window"]),
        Thresholds(**config["thresholds"]),
        _record_of(json_of(RECORD)) if os.path.exists(folder / RECORD) else TrainingRecord(),
        *_words_of(shape.words, files),
    )
    for item in spec.schema.types:
        # A lone surrogate can be written in JSON and nowhere else.
        f"{item.name}{item.query}".encode()
    if len(spec.vocab) > spec.config.encoder.vocab_size:
        raise ModelError(
            f"{folder}: the vocabulary has {len(spec.vocab)} entries but the word embeddings only "
            f"{spec.config.encoder.vocab_size} rows: vocab.txt and weights are not of the same model"
        )
    return spec


def _words_of(words: WordShape | None, files: ModelFiles) -> tuple[PieceList | None, Lexicon | None]:
    """Pieces and lexicon of a model with words.

    Raises:
        ModelError: they are not of the sizes that the config says.
    """
    if words is None:
        return None, None
    pieces = read_piece_list(files.checked(PIECES))
    lexicon = read_lexicon(files.checked(LEXICON)) if words.sources else None
    found = (pieces.words, 0 if lexicon is None else len(lexicon.sources))
    if found != (words.pieces, words.sources):
        raise ModelError(
            f"{files.folder}: {PIECES} and {LEXICON} have {found[0]} pieces and {found[1]} sources, config.json says "
            f"{words.pieces} and {words.sources}: they are not of the same model"
        )
    return pieces, lexicon


def _record_of(content: dict[str, Any]) -> TrainingRecord:
    for name in ("config", "versions", "data", "scores"):
        table(content.get(name) or {}, f"{RECORD}: {name}")
    return record_from_dict(content)


def _config_to_dict(spec: ModelSpec) -> dict[str, Any]:
    config = spec.config
    return {
        "format": FORMAT,
        "version": VERSIONS[-1],
        # Older programs do not know pruned heads; what has none is as they wrote it.
        "encoder": {name: value for name, value in asdict(config.encoder).items() if value is not None},
        "window": asdict(spec.window),
        # The names of format version 2.
        "sharing": {"modules": config.shared.layers, "context_position": config.shared.position},
        "match": None if config.match is None else asdict(config.match),
        "words": None if config.words is None else asdict(config.words),
        "thresholds": asdict(spec.thresholds),
    }


def _config_from_dict(config: Mapping[str, Any]) -> ModelConfig:
    # Models were once saved with the dropout that they were trained with.
    encoder = {name: value for name, value in config["encoder"].items() if not name.endswith("_dropout")}
    return ModelConfig(
        EncoderConfig(**encoder),
        SharedContext(config["sharing"]["modules"], config["sharing"]["context_position"]),
        MatchShape(**config["match"]) if config["match"] else None,
        WordShape(**config["words"]) if config.get("words") else None,
    )

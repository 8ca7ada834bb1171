"""What each stage starts from: the model that is trained, the engine that evaluates it, and what is saved of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras

from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.model.build import keras_model, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from bert_mrc_theseus.model_files.encoders import load_encoder
from bert_mrc_theseus.model_files.model_config import MatchShape, ModelConfig, SharedContext, WordShape
from bert_mrc_theseus.model_files.model_folder import ModelSpec, SavedModel, load_model
from bert_mrc_theseus.model_files.pieces import PieceList
from bert_mrc_theseus.mrc.examples import Examples, longest_span
from bert_mrc_theseus.mrc.lexicon import build_lexicon
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.word_lists import word_list
from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig
from bert_mrc_theseus.training.data import TrainingData
from bert_mrc_theseus.training.distillation import Teacher
from bert_mrc_theseus.training.plan import positive_prior


@dataclass(frozen=True)
class Prepared:
    """A stage that is ready to be trained.

    Attributes:
        spec: of the model that is saved, but for its record.
        starts_from: for the record.
        before: the spec that the stage starts from.
        model: is trained.
        engine: runs what is saved, with the weights as they are.
        weights: variables that are saved, by name.
        train: training examples.
        new_heads: the heads have not been trained yet.
        replacing: in stage 1, how modules are replaced.
        teacher: a predecessor to distil from.
    """

    spec: ModelSpec
    starts_from: str
    before: ModelSpec
    model: keras.Model
    engine: Engine
    weights: Callable[[], Mapping[str, Any]]
    train: Examples
    new_heads: bool = False
    replacing: Replacing | None = None
    teacher: Teacher | None = None


def new_predecessor(data: TrainingData, config: TrainingConfig, new: NewPredecessor) -> Prepared:
    """Stage 0: an encoder with fresh heads.

    Raises:
        ModelError: the encoder cannot be read, or has fewer layers than are to be shared.
        UserError: queries or windows do not fit.
    """
    encoder = load_encoder(new.encoder)
    shared = SharedContext(new.shared_layers)
    if new.context_position is not None:
        shared = replace(shared, position=new.context_position)
    window = WindowSize() if new.window is None else WindowSize(new.window, new.window // 4)
    spec = _with_words(ModelSpec(ModelConfig(encoder.config, shared), encoder.vocab, data.schema, window), encoder, new)
    train = spec.examples(data.train, for_training=True)
    if new.match:
        spec = replace(spec, config=replace(spec.config, match=MatchShape(longest=longest_span(train))))
    model = predecessor_from(
        encoder,
        shared,
        positive_prior(train),
        spec.config.match,
        config.dropout,
        config.seed,
        spec.config.words,
    )
    return Prepared(spec, new.encoder, spec, model, keras_engine(model), model.named_weights, train, new_heads=True)


def _with_words(spec: ModelSpec, encoder: EncoderWeights, new: NewPredecessor) -> ModelSpec:
    """The spec of a model that shares all layers, with the encoder's pieces and the lexicons that are wanted."""
    if not spec.config.shares_all or not new.top_layers:
        return spec
    lists = [word_list(name) for name in filter(None, map(str.strip, new.lexicon.split(",")))]
    if len({item.name for item in lists}) < len(lists):
        raise UserError(f"each lexicon can be named once. Received: {new.lexicon!r}")
    pieces = PieceList() if encoder.pieces is None else encoder.pieces.listed
    words = WordShape(pieces.words, len(lists), new.top_layers)
    return replace(
        spec,
        config=replace(spec.config, words=words),
        pieces=pieces,
        lexicon=build_lexicon(lists) if lists else None,
    )


def replaced_predecessor(
    data: TrainingData,
    config: TrainingConfig,
    replacing: Replacing,
    distillation: Distillation,
    predecessor: Path,
    starts_from: str,
) -> Prepared:
    """Stage 1: a predecessor whose modules are replaced.

    Args:
        data: for training.
        config: settings of the stage.
        replacing: the successor's shape and the replace rate.
        distillation: whether the predecessor teaches too.
        predecessor: its model folder.
        starts_from: for the record.

    Raises:
        UserError: there is no such folder, or the predecessor has fewer layers than modules.
        ModelError: only one of predecessor and successor would share all layers.
        DataError: the data have other types than the model.
    """
    saved = _model_before(1, predecessor, data.schema)
    layers = saved.spec.config.encoder.num_layers
    if replacing.modules > layers:
        raise UserError(f"a predecessor of {layers} layers has no {replacing.modules} modules")
    plain = keras_model(saved, str(predecessor), config.dropout)
    shared = replacing.shared_layers
    if shared is None:
        shared = replacing.modules if saved.spec.config.shares_all else replacing.modules - 1
    model = TheseusModel(plain, replacing.modules, replacing.initialisation, shared)
    return Prepared(
        replace(saved.spec, config=model.config),
        starts_from,
        saved.spec,
        model,
        keras_engine(model, model.successor),
        model.successor_weights,
        saved.spec.examples(data.train, for_training=True),
        replacing=replacing,
        teacher=Teacher(plain, distillation) if distillation else None,
    )


def lone_successor(
    data: TrainingData,
    config: TrainingConfig,
    distillation: Distillation,
    successor: Path,
    predecessor: Path,
    starts_from: str,
) -> Prepared:
    """Stage 2: the successor alone.

    Args:
        data: for training.
        config: settings of the stage.
        distillation: whether the predecessor teaches.
        successor: model folder of stage 1.
        predecessor: model folder of the teacher.
        starts_from: for the record.

    Raises:
        UserError: there is no such folder.
        DataError: the data have other types than the model.
    """
    saved = _model_before(2, successor, data.schema)
    model = keras_model(saved, str(successor), config.dropout)
    teacher = None
    if distillation:
        teacher = Teacher(keras_model(load_model(predecessor), str(predecessor)), distillation)
        teacher.model.trainable = False
    return Prepared(
        saved.spec,
        starts_from,
        saved.spec,
        model,
        keras_engine(model),
        model.named_weights,
        saved.spec.examples(data.train, for_training=True),
        teacher=teacher,
    )


def _model_before(stage: int, folder: Path, schema: Schema) -> SavedModel:
    if not folder.is_dir():
        raise UserError(f"stage {stage} starts from {folder}, which is not there: run stage {stage - 1} first")
    saved = load_model(folder)
    if saved.spec.schema.names != schema.names:
        raise DataError(
            f"the data have the types {', '.join(schema.names)}, the model of stage {stage - 1} "
            f"{', '.join(saved.spec.schema.names)}: use the same data in all stages"
        )
    return saved

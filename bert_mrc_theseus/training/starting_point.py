"""What each stage starts from: the model that is trained, the engine that evaluates it, and what is saved of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras

from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import DataError, UsageError, UserError
from bert_mrc_theseus.model.build import keras_model, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model_files.checksums import sha256_of_weights
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from bert_mrc_theseus.model_files.encoders import load_encoder
from bert_mrc_theseus.model_files.model_config import MatchShape, ModelConfig, SharedContext, WordShape
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.model_spec import ModelSpec, SavedModel
from bert_mrc_theseus.model_files.pieces import PieceList
from bert_mrc_theseus.mrc.examples import Examples, longest_span
from bert_mrc_theseus.mrc.lexicon import build_lexicon
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.word_lists import sources_of, word_list
from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig
from bert_mrc_theseus.training.data import TrainingData
from bert_mrc_theseus.training.distillation import Teacher
from bert_mrc_theseus.training.plan import positive_prior


@dataclass(frozen=True)
class Prepared:
    """A stage that is ready to be trained.

    Attributes:
        spec: of the model that is saved, but for its record.
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
    before: ModelSpec
    model: keras.Model
    engine: Engine
    weights: Callable[[], Mapping[str, Any]]
    train: Examples
    new_heads: bool = False
    replacing: Replacing | None = None
    teacher: Teacher | None = None


@dataclass(frozen=True)
class Origin:
    """What a stage starts from, as it lies on disk: all that `Prepared` is made of but the data.

    Attributes:
        name: for the record.
        model: the model of the stage before; for stage 0 the encoder, with the settings that the predecessor will have.
        teacher: the predecessor to distil from, where that is another model.
    """

    name: str
    model: SavedModel
    teacher: SavedModel | None = None

    def checksums(self) -> dict[str, str]:
        """SHA-256 of the weights, by what they are for."""
        models = {"starting_weights": self.model, "teacher_weights": self.teacher}
        return {
            name: sha256_of_weights(model.tensors, model.spec.vocab)
            for name, model in models.items()
            if model is not None
        }


def encoder_origin(data: TrainingData, new: NewPredecessor) -> Origin:
    """What stage 0 starts from.

    Raises:
        ModelError: the encoder cannot be read, or has fewer layers than are to be shared.
    """
    encoder = load_encoder(new.encoder)
    layers = encoder.config.num_layers
    if new.words and new.shared_layers not in (0, layers):
        raise UsageError(
            f"a model with words shares all of its {layers} layers: leave --shared-layers {new.shared_layers} out, or say "
            f"--no-words"
        )
    shared = SharedContext(layers if new.words else new.shared_layers)
    if new.context_position is not None:
        shared = replace(shared, position=new.context_position)
    window = WindowSize() if new.window is None else WindowSize(new.window, new.window // 4)
    # How long a span the match head must hold is known when the data have been read as the model reads them.
    match = MatchShape() if new.match else None
    plain = ModelSpec(ModelConfig(encoder.config, shared, match), encoder.vocab, data.schema, window)
    spec = _with_words(plain, encoder, new)
    return Origin(new.encoder, SavedModel(spec, encoder.tensors_with_pieces()))


def model_origin(stage: int, data: TrainingData, folder: Path, name: str, teacher: Path | None = None) -> Origin:
    """What stages 1 and 2 start from.

    Args:
        stage: 1 or 2.
        data: for training.
        folder: the model folder.
        name: for the record.
        teacher: model folder of the predecessor to distil from, where that is another.

    Raises:
        UserError: there is no such folder.
        ModelError: a model cannot be read.
        DataError: the data have other types than the model.
    """
    return Origin(name, _model_before(stage, folder, data.schema), None if teacher is None else load_model(teacher))


def new_predecessor(origin: Origin, data: TrainingData, config: TrainingConfig) -> Prepared:
    """Stage 0: an encoder with all else fresh.

    Raises:
        UserError: queries or windows do not fit.
    """
    spec = origin.model.spec
    train = spec.examples(data.train, for_training=True)
    if spec.config.match is not None:
        spec = replace(spec, config=replace(spec.config, match=MatchShape(longest=longest_span(train))))
    shape = spec.config
    model = predecessor_from(
        origin.model.encoder_weights(origin.name),
        shape.shared,
        positive_prior(train),
        shape.match,
        config.dropout,
        config.seed,
        shape.words,
    )
    return Prepared(spec, spec, model, keras_engine(model), model.named_weights, train, new_heads=True)


def _with_words(spec: ModelSpec, encoder: EncoderWeights, new: NewPredecessor) -> ModelSpec:
    """The spec of a model with the encoder's pieces and the lexicons that are wanted, if it is to have words."""
    if not new.words:
        return spec
    lists = [word_list(name) for name in sources_of(new.lexicon)]
    if len({item.name for item in lists}) < len(lists):
        raise UsageError(f"each lexicon can be named once. Received: {new.lexicon!r}")
    pieces = PieceList() if encoder.pieces is None else encoder.pieces.listed
    words = WordShape(pieces.words, len(lists), new.top_layers)
    return replace(
        spec,
        config=replace(spec.config, words=words),
        pieces=pieces,
        lexicon=build_lexicon(lists) if lists else None,
    )


def replaced_predecessor(
    origin: Origin,
    data: TrainingData,
    config: TrainingConfig,
    replacing: Replacing,
    distillation: Distillation,
) -> Prepared:
    """Stage 1: a predecessor whose modules are replaced.

    Args:
        origin: the predecessor.
        data: for training.
        config: settings of the stage.
        replacing: the successor's shape and the replace rate.
        distillation: whether the predecessor teaches too.

    Raises:
        UserError: the predecessor has fewer layers than modules.
        ModelError: only one of predecessor and successor would share all layers.
    """
    saved = origin.model
    layers = saved.spec.config.encoder.num_layers
    if replacing.modules > layers:
        raise UserError(f"a predecessor of {layers} layers has no {replacing.modules} modules")
    plain = keras_model(saved, origin.name, config.dropout)
    shared = replacing.shared_layers
    if shared is None:
        shared = replacing.modules if saved.spec.config.shares_all else replacing.modules - 1
    model = TheseusModel(plain, replacing.modules, replacing.initialisation, shared)
    return Prepared(
        replace(saved.spec, config=model.config),
        saved.spec,
        model,
        keras_engine(model, model.successor),
        model.successor_weights,
        saved.spec.examples(data.train, for_training=True),
        replacing=replacing,
        teacher=Teacher(plain, distillation) if distillation else None,
    )


def lone_successor(origin: Origin, data: TrainingData, config: TrainingConfig, distillation: Distillation) -> Prepared:
    """Stage 2: the successor alone.

    Args:
        origin: the successor of stage 1, and its teacher.
        data: for training.
        config: settings of the stage.
        distillation: how much the predecessor teaches.
    """
    saved = origin.model
    model = keras_model(saved, origin.name, config.dropout)
    teacher = None
    if origin.teacher is not None:
        teacher = Teacher(keras_model(origin.teacher), distillation)
        teacher.model.trainable = False
    return Prepared(
        saved.spec,
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

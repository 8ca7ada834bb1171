"""Random models with heads, as `load_model` gives them, and what runs them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from bert_mrc_theseus.decoding.entities import FlatAnswers, NestedAnswers
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines import choose
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.engines.onnx_runtime import RunGraph
from bert_mrc_theseus.model.build import keras_model, predecessor_from
from bert_mrc_theseus.model.variables import tensors_of
from bert_mrc_theseus.model_files.model_config import MatchShape, ModelConfig, SharedContext, WordShape
from bert_mrc_theseus.model_files.model_folder import save_model
from bert_mrc_theseus.model_files.model_spec import ModelSpec, SavedModel
from bert_mrc_theseus.model_files.pieces import PieceList
from bert_mrc_theseus.model_files.training_record import TrainingRecord
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.onnx_export.encoder_nodes import Ranges
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.onnx_export.observation import measure_ranges
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.documents import toy_documents
from tests.helpers.models import SCHEMA, make_lexicon, make_pieces, make_weights


def make_saved() -> SavedModel:
    """A random model with all its parts."""
    weights = make_weights()
    tensors = tensors_of(predecessor_from(weights, match=MatchShape(8, 5)).named_weights())
    spec = ModelSpec(
        ModelConfig(weights.config, SharedContext(1, 16), MatchShape(8, 5)),
        weights.vocab,
        SCHEMA,
        WindowSize(40, 8),
        Thresholds(0.3, 0.4),
        TrainingRecord(stage=0, config={"seed": 1}, data={"train.jsonl": "0"}, more={"clipped": {"train": 0}}),
    )
    return SavedModel(spec, tensors)


@cache
def spread_model() -> SavedModel:
    """A model of one type whose large heads spread the probabilities over (0, 1)."""
    weights = make_weights(layers=3, hidden=32, heads=4)
    tensors = tensors_of(predecessor_from(weights).named_weights())
    tensors["heads.span.weight"] = np.random.default_rng(5).standard_normal((2, 32)).astype(np.float32)
    config = ModelConfig(weights.config, SharedContext(position=16))
    schema = Schema((EntityType("PER", "人名"),))
    return SavedModel(ModelSpec(config, weights.vocab, schema, WindowSize(60, 8)), tensors)


def with_config(model: SavedModel, **changes) -> SavedModel:
    """The same weights in another shape, such as with other shared layers."""
    return replace(model, spec=replace(model.spec, config=replace(model.spec.config, **changes)))


def probabilities_of(engine: Engine, examples: Examples) -> list[np.ndarray]:
    """Starts and ends of each window (T, length, 2), 0 for types that are not asked."""
    answers = FlatAnswers(examples, Schema(tuple(EntityType(str(i), "?") for i in range(len(examples.queries)))))
    engine.answer(examples, answers.add)
    return answers.windows


def nested_answers_of(
    engine: Engine, examples: Examples, thresholds: Thresholds
) -> list[list[tuple[int, int, int, float]]]:
    """Spans of each window that the match head accepts: (type, start, end, score)."""
    answers = NestedAnswers(examples, SCHEMA, thresholds)
    engine.answer(examples, answers.add, matches=True)
    return answers.windows


@cache
def spread_engine(kind: str, shared: int = 0, split: int | None = None) -> Engine:
    """Runs `spread_model`, with some shared layers: "keras", "onnx", or "int8" with ranges of toy documents."""
    model = with_config(spread_model(), shared=SharedContext(shared, 16))
    if kind == "keras":
        return keras_engine(keras_model(model))
    ranges = measure_ranges(model, model.spec.examples(bare_toys())) if kind == "int8" else None
    return onnx_engine(model, ranges, split)


def bare_toys() -> list[Document]:
    """Toy documents without their entities."""
    return [Document(document.id, document.text) for document in toy_documents(20, 4)]


@cache
def documents_of_spread_model() -> list[Document]:
    """Documents of which `spread_model` itself is right about everything."""
    spec, documents = spread_model().spec, bare_toys()
    return predict_documents(spread_engine("keras"), documents, spec.examples(documents), spec.schema, Thresholds())


def match_model(shared: int = 0) -> SavedModel:
    """A model of three types whose span and match heads are random and large."""
    weights = make_weights(layers=3, hidden=32, heads=4)
    model = predecessor_from(weights, SharedContext(shared, 16), 0.3, MatchShape(6, 6))
    random = np.random.default_rng(5)
    tensors = tensors_of(model.named_weights())
    for name in tensors:
        if name.startswith("heads."):
            tensors[name] = random.standard_normal(tensors[name].shape).astype("float32")
    schema = Schema((EntityType("PER", "人名"), EntityType("LOC", "地"), EntityType("ORG", "机构")))
    config = ModelConfig(weights.config, SharedContext(shared, 16), MatchShape(6, 6))
    return SavedModel(ModelSpec(config, weights.vocab, schema, WindowSize(60, 8)), tensors)


def word_model(pieces: bool = True, lexicon: bool = True, layers: int = 1) -> SavedModel:
    """A model of three types that shares all layers and has words; all but its encoder is random and large.

    Args:
        pieces: its encoder has pieces.
        lexicon: it has one, of two sources.
        layers: top layers.
    """
    weights = make_weights(layers=3, hidden=32, heads=4)
    if pieces:
        weights = replace(weights, pieces=make_pieces(32))
    listed = PieceList() if weights.pieces is None else weights.pieces.listed
    words = WordShape(listed.words, 2 if lexicon else 0, layers, 48)
    shared, match = SharedContext(3), MatchShape(6, 6)
    model = predecessor_from(weights, shared, 0.3, match, seed=8, words=words)
    random = np.random.default_rng(8)
    tensors = tensors_of(model.named_weights())
    for name in tensors:
        if name.startswith(("heads.", "top.words.", "embeddings.words.")):
            tensors[name] = random.standard_normal(tensors[name].shape).astype("float32")
    schema = Schema((EntityType("PER", "人名"), EntityType("LOC", "地"), EntityType("ORG", "机构大学")))
    spec = ModelSpec(
        ModelConfig(weights.config, shared, match, words),
        weights.vocab,
        schema,
        WindowSize(60, 8),
        pieces=listed,
        lexicon=make_lexicon() if lexicon else None,
    )
    return SavedModel(spec, tensors)


def onnx_engine(
    model: SavedModel,
    ranges: Ranges | None = None,
    split: int | None = None,
    threads: int = 2,
    run: RunGraph | None = None,
) -> Engine:
    """The model's graphs, without a folder."""
    return choose.onnx_engine(model.spec, serialised(build_graphs(model, ranges, split=split)), threads, run)


def differences(found: list[np.ndarray], expected: list[np.ndarray]) -> np.ndarray:
    """Absolute differences of all probabilities of two engines."""
    assert [a.shape for a in found] == [b.shape for b in expected]
    return np.concatenate([np.abs(a - b).ravel() for a, b in zip(found, expected, strict=True)])


def save_three_trainings(folder: Path) -> list[Path]:
    """Model folders of three trainings of one model."""
    saved = make_saved()
    for seed in range(3):
        random = np.random.default_rng(seed)
        tensors = {
            name: tensor + random.standard_normal(tensor.shape).astype("float32")
            for name, tensor in saved.tensors.items()
        }
        spec = replace(saved.spec, record=TrainingRecord(config={"seed": seed}))
        save_model(folder / str(seed), SavedModel(spec, tensors))
    return [folder / str(seed) for seed in range(3)]

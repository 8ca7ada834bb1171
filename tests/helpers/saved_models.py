"""Random models with heads, as `load_model` gives them, and what runs them."""

import numpy as np

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.onnx_engine import OnnxEngine
from bert_mrc_theseus.model.mrc_model import export_tensors, predecessor_from
from bert_mrc_theseus.model_files.model_folder import SavedModel
from bert_mrc_theseus.mrc.examples import MatchShape, Sharing, WindowSize
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.models import SCHEMA, make_weights


def make_saved() -> SavedModel:
    """A random model with all its parts."""
    weights = make_weights()
    tensors = export_tensors(predecessor_from(weights, match=MatchShape(8, 5)).named_weights())
    return SavedModel(
        weights.config,
        weights.vocab,
        SCHEMA,
        tensors,
        WindowSize(40, 8),
        Sharing(1, 16),
        MatchShape(8, 5),
        Thresholds(0.3, 0.4),
        {"seed": 1},
    )


def spread_model() -> SavedModel:
    """A model of one type whose large heads spread the probabilities over (0, 1)."""
    weights = make_weights(layers=3, hidden=32, heads=4)
    tensors = export_tensors(predecessor_from(weights).named_weights())
    tensors["heads.span.weight"] = np.random.default_rng(5).standard_normal((2, 32)).astype(np.float32)
    return SavedModel(
        weights.config,
        weights.vocab,
        Schema((EntityType("PER", "人名"),)),
        tensors,
        WindowSize(60, 8),
        Sharing(context_position=16),
    )


def match_model(shared: int = 0) -> SavedModel:
    """A model of three types whose span and match heads are random and large."""
    weights = make_weights(layers=3, hidden=32, heads=4)
    model = predecessor_from(weights, Sharing(shared, 16), 0.3, MatchShape(6, 6))
    random = np.random.default_rng(5)
    tensors = export_tensors(model.named_weights())
    for name in tensors:
        if name.startswith("heads."):
            tensors[name] = random.standard_normal(tensors[name].shape).astype("float32")
    schema = Schema((EntityType("PER", "人名"), EntityType("LOC", "地"), EntityType("ORG", "机构")))
    return SavedModel(
        weights.config, weights.vocab, schema, tensors, WindowSize(60, 8), Sharing(shared, 16), MatchShape(6, 6)
    )


def onnx_engine(model: SavedModel, ranges=None, split: int | None = None, workers: int = 2) -> OnnxEngine:
    """The model's graphs, without a folder."""
    return OnnxEngine(serialised(build_graphs(model, ranges, split=split)), model.sharing.context_position, workers)


def differences(found: list[np.ndarray], expected: list[np.ndarray]) -> np.ndarray:
    """Absolute differences of all probabilities of two engines."""
    assert [a.shape for a in found] == [b.shape for b in expected]
    return np.concatenate([np.abs(a - b).ravel() for a, b in zip(found, expected, strict=True)])

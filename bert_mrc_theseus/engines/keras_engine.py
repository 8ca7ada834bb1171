"""The Keras engine: a saved model, or a model in training, as a function from a batch to probabilities."""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from bert_mrc_theseus.engines.engine import PairEngine
from bert_mrc_theseus.model.mrc_model import MRCModel, load_tensors
from bert_mrc_theseus.model_files.model_folder import SavedModel
from bert_mrc_theseus.mrc.examples import PAIR_RANKS


def keras_model(saved: SavedModel, source: str = "") -> MRCModel:
    """The Keras model of a saved one.

    Raises:
        ModelError: tensors and config do not fit together.
    """
    model = MRCModel(saved.encoder, saved.sharing, match=saved.match)
    load_tensors(model.named_weights(), dict(saved.tensors), source)
    return model


def keras_engine(model: keras.Model, call: Callable | None = None) -> PairEngine:
    """Wraps a model (inference mode); on TensorFlow it is traced once, for every batch shape.

    Args:
        model: its current weights are used at every call.
        call: maps a batch to the last hidden states and the logits (B, L, 2); by default the model's own.
    """

    def own(batch):
        borders, logits = model.borders(batch)
        return borders[-1], logits

    call = call or own

    def ends(batch):
        return ops.sigmoid(call(batch)[1])

    def ends_and_matches(batch):
        hidden, logits = call(batch)
        return ops.sigmoid(logits), ops.sigmoid(model.match_head(hidden))

    return PairEngine(
        _as_arrays(ends, model), None if model.match_head is None else _as_arrays(ends_and_matches, model)
    )


def _as_arrays(function: Callable, model: keras.Model) -> Callable:
    """A function of Keras tensors as one of arrays, compiled where the backend can."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        signature = {name: tf.TensorSpec([None] * rank, tf.int32) for name, rank in PAIR_RANKS.items()}
        compiled = tf.function(function, input_signature=[signature])
    elif keras.backend.backend() == "jax":
        from bert_mrc_theseus.model.jax_backend import compiled_on_padded

        compiled = compiled_on_padded(function, model.variables)
    else:
        compiled = function

    def run(batch: dict[str, np.ndarray]):
        found = compiled(batch)
        return tuple(map(ops.convert_to_numpy, found)) if isinstance(found, tuple) else ops.convert_to_numpy(found)

    return run

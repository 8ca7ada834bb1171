"""The Keras engine: a model, saved or in training, as a function from a batch to probabilities."""

from collections.abc import Callable

import keras
from keras import ops

from bert_mrc_theseus.engines.engine import PairEngine
from bert_mrc_theseus.model.mrc_model import ModelOutput
from bert_mrc_theseus.mrc.batch_types import PAIR_BATCH, PairBatch


def keras_engine(model: keras.Model, forward: Callable[[PairBatch], ModelOutput] | None = None) -> PairEngine:
    """Wraps a model (inference mode); on TensorFlow it is traced once, for every batch shape.

    Args:
        model: its current weights are used at every call.
        forward: what it does with a batch; by default its own `forward`.
    """
    run = forward or model.forward

    def ends(batch):
        return ops.sigmoid(run(batch).logits)

    def ends_and_matches(batch):
        output = run(batch)
        return ops.sigmoid(output.logits), ops.sigmoid(model.match_head(output.states[-1]))

    return PairEngine(
        _as_arrays(ends, model), None if model.match_head is None else _as_arrays(ends_and_matches, model)
    )


def _as_arrays(function: Callable, model: keras.Model) -> Callable:
    """A function of Keras tensors as one of arrays, compiled where the backend can."""
    if keras.backend.backend() == "tensorflow":
        from bert_mrc_theseus.model.tensorflow_backend import traced

        compiled = traced(function, PAIR_BATCH)
    elif keras.backend.backend() == "jax":
        from bert_mrc_theseus.model.jax_backend import compiled_on_padded

        compiled = compiled_on_padded(function, model.variables)
    else:
        compiled = function

    def run(batch: PairBatch):
        result = compiled(batch)
        return tuple(map(ops.convert_to_numpy, result)) if isinstance(result, tuple) else ops.convert_to_numpy(result)

    return run

"""The Keras engine: a model, saved or in training, as a function from a batch to probabilities."""

from collections.abc import Callable

import keras
from keras import ops

from bert_mrc_theseus.engines.engine import BatchEngine, Engine
from bert_mrc_theseus.model.mrc_model import ModelOutput
from bert_mrc_theseus.mrc.batch_types import PAIR_BATCH, Batch, text_batch_form


def keras_engine(model: keras.Model, forward: Callable[[Batch], ModelOutput] | None = None) -> Engine:
    """Wraps a model (inference mode); on TensorFlow it is traced once, for every batch shape.

    Where all layers are shared, each text of a batch is read once for all its types.

    Args:
        model: its current weights are used at every call.
        forward: what it does with a batch; by default its own `forward`.
    """
    run = forward or model.forward

    def ends(batch):
        return ops.sigmoid(run(batch).logits)

    def ends_and_matches(batch):
        output = run(batch)
        return ops.sigmoid(output.logits), ops.sigmoid(model.match_head(output.head_input))

    config = model.config
    form = text_batch_form(config.words is not None) if config.shares_all else PAIR_BATCH
    return BatchEngine(
        _as_arrays(ends, model, form),
        None if model.match_head is None else _as_arrays(ends_and_matches, model, form),
    )


def _as_arrays(function: Callable, model: keras.Model, form: Batch) -> Callable:
    """A function of Keras tensors as one of arrays, compiled where the backend can; `form` declares the batches."""
    if keras.backend.backend() == "tensorflow":
        from bert_mrc_theseus.model.tensorflow_backend import traced

        compiled = traced(function, form)
    elif keras.backend.backend() == "jax":
        from bert_mrc_theseus.model.jax_backend import compiled_on_padded

        compiled = compiled_on_padded(function, model.variables)
    else:
        compiled = function

    def run(batch: Batch):
        result = compiled(batch)
        return tuple(map(ops.convert_to_numpy, result)) if isinstance(result, tuple) else ops.convert_to_numpy(result)

    return run

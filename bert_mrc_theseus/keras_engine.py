"""The Keras engine: a saved model, or a model in training, as a function from a batch to probabilities."""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from bert_mrc_theseus.inference import PairEngine
from bert_mrc_theseus.model import MRCModel, load_tensors
from bert_mrc_theseus.model_folder import SavedModel

INPUT_RANKS = {"token_ids": 2, "query_lengths": 1, "lengths": 1}


def keras_model(saved: SavedModel, source: str = "") -> MRCModel:
    """The Keras model of a saved one.

    Raises:
        ModelError: tensors and config do not fit together.
    """
    model = MRCModel(saved.encoder, saved.sharing)
    load_tensors(model.named_weights(), dict(saved.tensors), source)
    return model


def keras_engine(model: keras.Model, call: Callable | None = None) -> PairEngine:
    """Wraps a model (inference mode); on TensorFlow it is traced once, for every batch shape.

    Args:
        model: its current weights are used at every call.
        call: maps a batch to logits (B, L, 2), by default the model itself.
    """
    call = call or model

    def forward(batch):
        return ops.sigmoid(call(batch))

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        signature = {name: tf.TensorSpec([None] * rank, tf.int32) for name, rank in INPUT_RANKS.items()}
        forward = tf.function(forward, input_signature=[signature])
    elif keras.backend.backend() == "jax":
        from bert_mrc_theseus.jax_functions import compiled, pad_batch

        traced = compiled(forward, model.variables)

        def forward(batch):
            rows, length = batch["token_ids"].shape
            return traced(pad_batch(batch))[:rows, :length]

    def run(batch: dict[str, np.ndarray]) -> np.ndarray:
        return ops.convert_to_numpy(forward(batch))

    return PairEngine(run)

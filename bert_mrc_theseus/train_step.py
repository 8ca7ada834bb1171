"""One optimisation step, compiled once for every batch shape."""

from collections.abc import Callable

import keras
import numpy as np

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.keras_engine import INPUT_RANKS
from bert_mrc_theseus.losses import LOSSES
from bert_mrc_theseus.model import context_mask

TrainStep = Callable[[dict[str, np.ndarray], np.ndarray], float]


def make_train_step(model: keras.Model, optimizer, loss: str, modules: int = 0) -> TrainStep:
    """Builds the step function: (batch, labels) -> loss, updating the model's trainable variables.

    Args:
        model: maps a batch to logits (B, L, 2).
        optimizer: built on `model.trainable_variables`.
        loss: name in `losses.LOSSES`.
        modules: S, if the batch holds `replace`.

    Raises:
        UserError: the Keras backend is not TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError("training runs on Keras' TensorFlow backend: unset KERAS_BACKEND or set it to tensorflow")
    import tensorflow as tf

    if loss not in LOSSES:
        raise UserError(f"loss is one of {', '.join(LOSSES)}. Received: {loss!r}")
    signature = {name: tf.TensorSpec([None] * rank, tf.int32) for name, rank in INPUT_RANKS.items()}
    signature["seed"] = tf.TensorSpec([], tf.int32)
    if modules:
        signature["replace"] = tf.TensorSpec([modules], tf.bool)

    # One trace with open dimensions: a trace per batch shape would cost more than the training.
    @tf.function(input_signature=[signature, tf.TensorSpec([None, None, 2], tf.float32)])
    def step(batch, labels):
        with tf.GradientTape() as tape:
            value = LOSSES[loss](model(batch, training=True), labels, context_mask(batch))
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)
        return value

    return lambda batch, labels: float(step(batch, labels))

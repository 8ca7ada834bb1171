"""One optimisation step, compiled once for every batch shape."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.model.mrc_model import MRCModel, context_mask, valid_mask
from bert_mrc_theseus.model.theseus import group_layers
from bert_mrc_theseus.mrc.examples import DISTINCT_RANKS, PAIR_RANKS
from bert_mrc_theseus.training.distillation import Distillation, border_loss, logit_loss
from bert_mrc_theseus.training.losses import LOSSES, match_loss

TrainStep = Callable[[dict[str, np.ndarray], np.ndarray], float]


MATCH_WEIGHT = 0.1
"""Of the match loss (the value in the scripts of Li et al., 2020). Its gradient does not enter the encoder: where it did,
flat F1 on CMeEE was 3.7 points lower (docs/nested.md). The weight keeps it small where the gradient's norm is clipped."""


@dataclass(frozen=True)
class Teacher:
    """A predecessor that teaches; it has no dropout and is not trained."""

    model: MRCModel
    distillation: Distillation

    def loss(self, batch: dict, borders: Sequence, logits):
        """What the student's hidden states at its module borders, and its logits, lack."""
        states, truth = self.model.borders({name: batch[name] for name in PAIR_RANKS})
        settings = self.distillation
        value = 0.0
        if settings.logits:
            value += settings.logits * logit_loss(
                logits, ops.stop_gradient(truth), context_mask(batch), settings.temperature
            )
        if settings.borders:
            groups = group_layers(len(states), len(borders))
            ends = [ops.stop_gradient(states[group[-1]]) for group in groups]
            value += settings.borders * border_loss(borders, ends, valid_mask(batch))
        return value


def learns_matches(model: keras.Model) -> bool:
    """Whether there is a match head, and it is not frozen as in stage 1: its loss teaches nothing else."""
    return model.match_head is not None and model.match_head.trainable


def make_train_step(
    model: keras.Model, optimizer, loss: str, modules: int = 0, teacher: Teacher | None = None, by_text: bool = False
) -> TrainStep:
    """Builds the step function: (batch, labels) -> loss, updating the model's trainable variables.

    Beside what `model` says, a batch holds `weights` (B,) of the labels' loss, `seed`, an int32 scalar, and where the model
    `learns_matches`, `match_labels` (B, L, L).

    Args:
        model: a predecessor, a successor, or a `TheseusModel`.
        optimizer: built on `model.trainable_variables`.
        loss: name in `losses.LOSSES`.
        modules: S, if the batch holds `replace`.
        teacher: adds its loss.
        by_text: batches come from `Examples.batch_by_text`.

    Raises:
        UserError: unknown loss, or the Keras backend is neither TensorFlow nor JAX.
    """
    if loss not in LOSSES:
        raise UserError(f"loss is one of {', '.join(LOSSES)}. Received: {loss!r}")

    matching = learns_matches(model)

    def loss_of(batch, labels):
        borders, logits = model.borders(batch, training=True)
        mask = context_mask(batch) * ops.expand_dims(batch["weights"], 1)
        value = LOSSES[loss](logits, labels, mask)
        if matching:
            value += MATCH_WEIGHT * match_loss(
                model.match_head(ops.stop_gradient(borders[-1])), batch["match_labels"], logits, labels, mask
            )
        return value if teacher is None else value + teacher.loss(batch, borders, logits)

    if keras.backend.backend() == "jax":
        from bert_mrc_theseus.model.jax_backend import compiled_step

        variables = {id(v): v for v in [*model.variables, *(teacher.model.variables if teacher else ())]}
        trainable = model.trainable_variables
        frozen = [v for key, v in variables.items() if key not in {id(v) for v in trainable}]
        return compiled_step(loss_of, trainable, frozen, optimizer)
    if keras.backend.backend() != "tensorflow":
        raise UserError("training runs on Keras' backends tensorflow and jax: set KERAS_BACKEND to one of them")
    import tensorflow as tf

    ranks = {**PAIR_RANKS, **DISTINCT_RANKS} if by_text else PAIR_RANKS
    signature = {name: tf.TensorSpec([None] * rank, tf.int32) for name, rank in ranks.items()}
    signature["weights"] = tf.TensorSpec([None], tf.float32)
    signature["seed"] = tf.TensorSpec([], tf.int32)
    if matching:
        signature["match_labels"] = tf.TensorSpec([None, None, None], tf.float32)
    if modules:
        signature["replace"] = tf.TensorSpec([modules], tf.bool)

    # One trace with open dimensions: a trace per batch shape would cost more than the training.
    @tf.function(input_signature=[signature, tf.TensorSpec([None, None, 2], tf.float32)])
    def step(batch, labels):
        with tf.GradientTape() as tape:
            value = loss_of(batch, labels)
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)
        return value

    return lambda batch, labels: float(step(batch, labels))

"""One optimisation step, compiled once for every batch shape."""

from collections.abc import Callable

import keras
from keras import ops

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.model.token_layout import context_mask
from bert_mrc_theseus.mrc.batch_types import DRAWS, PAIR_BATCH, TARGETS, Batch, Draws, Targets
from bert_mrc_theseus.training.backend import check_backend
from bert_mrc_theseus.training.distillation import Teacher
from bert_mrc_theseus.training.losses import LOSSES, match_loss

TrainStep = Callable[[Batch, Targets, Draws], float]

MATCH_WEIGHT = 0.1
"""Weight of the match loss (the value in the scripts of Li et al., 2020). Its gradient does not enter the encoder: where it
did, flat F1 on CMeEE was 3.7 points lower (docs/nested.md). The weight keeps it small where the gradient's norm is clipped."""


def learns_matches(model: keras.Model) -> bool:
    """Whether there is a match head, and it is not frozen as in stage 1: its loss teaches nothing else."""
    return model.match_head is not None and model.match_head.trainable


def make_train_step(
    model: keras.Model,
    optimizer,
    loss: str,
    replacing: bool = False,
    teacher: Teacher | None = None,
    form: Batch = PAIR_BATCH,
) -> TrainStep:
    """Builds the step function: (batch, targets, draws) -> loss, updating the model's trainable variables.

    Args:
        model: a predecessor, a successor, or a `TheseusModel`.
        optimizer: built on `model.trainable_variables`.
        loss: name in `losses.LOSSES`.
        replacing: the draws say which modules are replaced.
        teacher: adds its loss.
        form: declaration of the batches.

    Raises:
        UserError: unknown loss, or the Keras backend is neither TensorFlow nor JAX.
    """
    if loss not in LOSSES:
        raise UserError(f"loss is one of {', '.join(LOSSES)}. Received: {loss!r}")
    matching = learns_matches(model)

    def loss_of(batch, targets, draws):
        output = model.forward(batch, draws)
        mask = context_mask(batch) * ops.expand_dims(targets.weights, 1)
        value = LOSSES[loss](output.logits, targets.labels, mask)
        if matching:
            scores = model.match_head(ops.stop_gradient(output.head_input))
            value += MATCH_WEIGHT * match_loss(scores, targets.match_labels, output.logits, targets.labels, mask)
        return value if teacher is None else value + teacher.loss(batch, output)

    if keras.backend.backend() == "jax":
        from bert_mrc_theseus.model.jax_backend import compiled_step

        variables = {id(v): v for v in [*model.variables, *(teacher.model.variables if teacher else ())]}
        trainable = model.trainable_variables
        frozen = [v for key, v in variables.items() if key not in {id(v) for v in trainable}]
        return compiled_step(loss_of, trainable, frozen, optimizer)
    check_backend(keras.backend.backend())
    import tensorflow as tf

    from bert_mrc_theseus.model.tensorflow_backend import traced

    def step(batch, targets, draws):
        with tf.GradientTape() as tape:
            value = loss_of(batch, targets, draws)
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)
        return value

    compiled = traced(
        step,
        form,
        TARGETS if matching else TARGETS._replace(match_labels=None),
        DRAWS if replacing else DRAWS._replace(replace=None),
    )
    return lambda batch, targets, draws: float(compiled(batch, targets, draws))

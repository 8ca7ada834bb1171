"""What Keras' JAX backend needs: functions without state, and few batch shapes, since each is compiled anew.

TensorFlow is the default and the tested backend; this one is for accelerators (`KERAS_BACKEND=jax`).
"""

from collections.abc import Callable, Sequence

import jax
import keras
import numpy as np

LENGTH_STEP = 64
"""Lengths are padded to a multiple of it, and the number of examples to a power of two."""

PARTS = {
    "token_ids": ("query_lengths", "lengths", "weights", "rows"),
    "distinct_queries": ("distinct_queries_lengths",),
    "distinct_contexts": ("distinct_contexts_lengths",),
}
"""Token ids of a batch, and what has as many rows as they have."""


def pad_batch(batch: dict) -> dict:
    """A batch with padding tokens and examples without tokens added, so that few shapes occur. Its results are the same."""
    padded = dict(batch)
    for tokens, others in PARTS.items():
        if tokens not in batch:
            continue
        rows, length = batch[tokens].shape
        more_rows, more_length = (0, (1 << (rows - 1).bit_length()) - rows), (0, -length % LENGTH_STEP)
        padded[tokens] = np.pad(batch[tokens], (more_rows, more_length))
        for name in set(others) & set(batch):
            padded[name] = np.pad(batch[name], (more_rows, *[(0, 0)] * (batch[name].ndim - 1)))
    if "match_labels" in batch:
        rows, length = padded["token_ids"].shape
        labels = batch["match_labels"]
        padded["match_labels"] = np.pad(
            labels, [(0, size - had) for size, had in zip((rows, length, length), labels.shape, strict=True)]
        )
    return padded


def compiled_on_padded(function: Callable, variables: Sequence) -> Callable:
    """A function of a batch that reads Keras variables, compiled on padded batches; it uses their values at each call.

    Args:
        function: gives a tensor (B, L, 2), or with it one of (B, L, L).
        variables: all that it reads.
    """

    @jax.jit
    def run(values, batch):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(batch)

    def on_padded(batch):
        found = run([variable.value for variable in variables], pad_batch(batch))
        rows, length = batch["token_ids"].shape
        if isinstance(found, tuple):
            ends, matches = found
            return ends[:rows, :length], matches[:rows, :length, :length]
        return found[:rows, :length]

    return on_padded


def compiled_step(loss: Callable, trainable: Sequence, frozen: Sequence, optimizer) -> Callable:
    """One optimisation step, compiled once for every padded shape.

    Args:
        loss: maps a batch and its labels to a scalar.
        trainable: variables that the step changes, those that the optimizer was built on.
        frozen: the others that `loss` reads.
        optimizer: a Keras optimizer.

    Returns:
        A function (batch, labels) -> loss.
    """

    @jax.jit
    def run(values, frozen_values, state, batch, labels):
        def value_of(values):
            mapping = [*zip(trainable, values, strict=True), *zip(frozen, frozen_values, strict=True)]
            with keras.StatelessScope(state_mapping=mapping):
                return loss(batch, labels)

        value, gradients = jax.value_and_grad(value_of)(values)
        values, state = optimizer.stateless_apply(state, gradients, values)
        return value, values, state

    def step(batch: dict, labels: np.ndarray) -> float:
        padded = pad_batch(batch)
        rows, length = padded["token_ids"].shape
        labels = np.pad(labels, ((0, rows - labels.shape[0]), (0, length - labels.shape[1]), (0, 0)))
        parts = (trainable, frozen, optimizer.variables)
        value, values, state = run(*([variable.value for variable in part] for part in parts), padded, labels)
        for variable, new in zip([*trainable, *optimizer.variables], [*values, *state], strict=True):
            variable.assign(new)
        return float(value)

    return step

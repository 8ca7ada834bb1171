"""What Keras' JAX backend needs: functions without state, and few batch shapes, since each is compiled anew.

TensorFlow is the default backend; this one is for accelerators (`KERAS_BACKEND=jax`). Where a function is made under a
`keras.distribution.DataParallel`, the rows of its batches are shared out among the devices of that.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np

from bert_mrc_theseus.mrc.batch_types import (
    DRAWS,
    LENGTH,
    PAIR_BATCH,
    ROWS,
    SHARED_BATCH,
    TARGETS,
    Array,
    Batch,
    Draws,
    SharedBatch,
    Targets,
    TextBatch,
    leaves,
    like,
    size_of,
    text_batch_form,
    with_leaves,
)

LENGTH_STEP = 64
"""Lengths are padded to a multiple of it, and the number of rows to a power of two."""


def padded(bundle: Any, declared: Any, devices: int = 1) -> Any:
    """A bundle with padding added along the axes that its declaration calls `ROWS` and `LENGTH`, so that few shapes occur.

    The examples that are added have no tokens: results for the others are the same.

    Args:
        bundle: arrays.
        declared: see `batch_types`.
        devices: which get as many rows each.
    """

    def pad(value: np.ndarray, array: Array) -> np.ndarray:
        sizes = zip(array.axes, value.shape, strict=True)
        widths = [(0, more[axis](size) if axis in more else 0) for axis, size in sizes]
        return np.pad(value, widths) if widths else value

    def missing_rows(size: int) -> int:
        power = 1 << (size - 1).bit_length()
        return power + -power % devices - size

    more = {ROWS: missing_rows, LENGTH: lambda size: -size % LENGTH_STEP}
    return _mapped(lambda value, array: pad(np.asarray(value), array), bundle, declared)


def _mapped(function: Callable[[Any, Array], Any], bundle: Any, declared: Any) -> Any:
    """A bundle with what a function makes of each array and its declaration."""
    # A declaration may have more than the bundle, where that is None.
    arrays = leaves(_present(declared, bundle))
    return with_leaves(bundle, (function(value, array) for value, array in zip(leaves(bundle), arrays, strict=True)))


def _present(declared: Any, bundle: Any) -> Any:
    """The declaration without what is None in the bundle."""
    if bundle is None:
        return None
    if isinstance(bundle, tuple):
        return like(bundle, (_present(d, b) for d, b in zip(declared, bundle, strict=True)))
    return declared


def _form_of(batch: Batch) -> Batch:
    """Declaration of a batch."""
    if isinstance(batch, TextBatch):
        return text_batch_form(words=True)
    return SHARED_BATCH if isinstance(batch, SharedBatch) else PAIR_BATCH


def _placing() -> Callable[[Any, Any], Any]:
    """A function of a bundle and its declaration: pads, and shares rows out among the devices of the distribution of now."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return padded

    def place(value: np.ndarray, array: Array) -> Any:
        axes = [distribution.batch_dim_name if axis == ROWS else None for axis in array.axes]
        layout = keras.distribution.TensorLayout(axes, distribution.device_mesh)
        return keras.distribution.distribute_tensor(value, layout)

    devices = distribution.device_mesh.devices.size
    return lambda bundle, declared: _mapped(place, padded(bundle, declared, devices), declared)


def compiled_on_padded(function: Callable, variables: Sequence) -> Callable[[Batch], Any]:
    """A function of a batch that reads Keras variables, compiled on padded batches; it uses their values at each call.

    Args:
        function: gives a tensor (B, L, 2), or with it one of (B, L, L).
        variables: all that it reads.
    """

    @jax.jit
    def run(values, batch):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(batch)

    place = _placing()

    def on_padded(batch: Batch) -> Any:
        result = run([variable.value for variable in variables], place(batch, _form_of(batch)))
        rows, length = size_of(batch)
        # As arrays of NumPy: JAX would compile a slice for every size.
        if isinstance(result, tuple):
            ends, matches = map(np.asarray, result)
            return ends[:rows, :length], matches[:rows, :length, :length]
        return np.asarray(result)[:rows, :length]

    return on_padded


def compiled_step(
    loss: Callable, trainable: Sequence, frozen: Sequence, optimizer
) -> Callable[[Batch, Targets, Draws], float]:
    """One optimisation step, compiled once for every padded shape.

    Args:
        loss: maps a batch, its targets and draws to a scalar.
        trainable: variables that the step changes, those that the optimizer was built on.
        frozen: the others that `loss` reads.
        optimizer: a Keras optimizer.
    """

    @jax.jit
    def run(values, frozen_values, state, batch, targets, draws):
        def value_of(values):
            mapping = [*zip(trainable, values, strict=True), *zip(frozen, frozen_values, strict=True)]
            with keras.StatelessScope(state_mapping=mapping):
                return loss(batch, targets, draws)

        value, gradients = jax.value_and_grad(value_of)(values)
        values, state = optimizer.stateless_apply(state, gradients, values)
        return value, values, state

    place = _placing()

    def step(batch: Batch, targets: Targets, draws: Draws) -> float:
        parts = (trainable, frozen, optimizer.variables)
        arguments = (place(batch, _form_of(batch)), place(targets, TARGETS), place(draws, DRAWS))
        value, values, state = run(*([variable.value for variable in part] for part in parts), *arguments)
        for variable, new in zip([*trainable, *optimizer.variables], [*values, *state], strict=True):
            variable.assign(new)
        return float(value)

    return step

"""What Keras' JAX backend needs: functions without state, and few batch shapes, since each is compiled anew.

TensorFlow is the default backend; this one is for accelerators (`KERAS_BACKEND=jax`). Where a function is made under a
`keras.distribution.DataParallel`, the rows of its batches are shared out among the devices of that.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np

from bert_mrc_theseus.model.padded_batches import SizeRule, close_sizes, few_sizes, padded, padded_batch
from bert_mrc_theseus.mrc.batch_types import (
    DRAWS,
    ROWS,
    TARGETS,
    Array,
    Batch,
    Draws,
    Targets,
    form_of,
    mapped,
    size_of,
)
from bert_mrc_theseus.package_data import private_cache_folder


def on_accelerators() -> bool:
    """Whether JAX computes on GPUs or the like."""
    return jax.default_backend() != "cpu"


def size_rule() -> SizeRule:
    """The rule by which batches are padded where JAX computes."""
    return few_sizes if on_accelerators() else close_sizes


def keep_compiled() -> None:
    """Has JAX keep what it compiles for accelerators in the user's cache folder, unless the user has named another.

    On processors it is not kept: JAX warns of code for another processor, as in a home folder that several machines share.
    """
    if on_accelerators() and jax.config.jax_compilation_cache_dir is None and (folder := private_cache_folder()):
        jax.config.update("jax_compilation_cache_dir", str(folder / "jax"))


class _Placing:
    """Shares rows out among the devices of the distribution of now, if there is one."""

    def __init__(self) -> None:
        self._distribution = keras.distribution.distribution()
        self.devices = 1 if self._distribution is None else self._distribution.device_mesh.devices.size

    def __call__(self, bundle: Any, declared: Any) -> Any:
        """A bundle whose rows the devices divide."""
        distribution = self._distribution
        if distribution is None:
            return bundle

        def place(value: Any, array: Array) -> Any:
            axes = [distribution.batch_dim_name if axis == ROWS else None for axis in array.axes]
            layout = keras.distribution.TensorLayout(axes, distribution.device_mesh)
            return keras.distribution.distribute_tensor(value, layout)

        return mapped(place, bundle, declared)


def compiled_on_padded(function: Callable, variables: Sequence) -> Callable[[Batch], Any]:
    """A function of a batch that reads Keras variables, compiled on padded batches; it uses their values at each call.

    Args:
        function: gives a tensor (B, L, 2), or with it one of (B, L, L).
        variables: all that it reads.
    """

    keep_compiled()
    rule, place = size_rule(), _Placing()

    @jax.jit
    def run(values, batch):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(batch)

    def on_padded(batch: Batch) -> Any:
        whole, _ = padded_batch(batch, rule, place.devices)
        result = run([variable.value for variable in variables], place(whole, form_of(batch)))
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
    keep_compiled()
    rule, place = size_rule(), _Placing()

    @jax.jit
    def differentiate(values, frozen_values, batch, targets, draws):
        def value_of(values):
            mapping = [*zip(trainable, values, strict=True), *zip(frozen, frozen_values, strict=True)]
            with keras.StatelessScope(state_mapping=mapping):
                return loss(batch, targets, draws)

        return jax.value_and_grad(value_of)(values)

    # Apart from the gradients: it is the same for batches of all shapes, and compiled once.
    @jax.jit
    def update(values, state, gradients):
        return optimizer.stateless_apply(state, gradients, values)

    def step(batch: Batch, targets: Targets, draws: Draws) -> float:
        whole, pairs = padded_batch(batch, rule, place.devices)
        given = (
            place(whole, form_of(batch)),
            place(padded(targets, TARGETS, pairs), TARGETS),
            place(draws, DRAWS),
        )
        values, fixed, state = ([v.value for v in part] for part in (trainable, frozen, optimizer.variables))
        value, gradients = differentiate(values, fixed, *given)
        values, state = update(values, state, gradients)
        for variable, new in zip([*trainable, *optimizer.variables], [*values, *state], strict=True):
            variable.assign(new)
        return float(value)

    return step

"""What the TensorFlow backend needs: functions of batches, traced once for every shape."""

from collections.abc import Callable
from typing import Any

from bert_mrc_theseus.mrc.batch_types import Array, leaves, with_leaves


def traced(function: Callable, *declared: Any) -> Callable:
    """A function of bundles of arrays, traced once: a trace per batch shape would cost more than the training.

    Args:
        function: takes bundles of the forms of `declared`.
        declared: for each argument its declaration, see `batch_types`; sizes that are not numbers stay open.
    """
    import tensorflow as tf

    arrays: list[Array] = list(leaves(declared))
    signature = [
        tf.TensorSpec([size if isinstance(size, int) else None for size in array.axes], array.dtype) for array in arrays
    ]

    # Not rewritten by AutoGraph, which takes long: what branches on a tensor is `ops.cond`, for JAX too.
    # TensorFlow allows no None in a signature, as bundles have for what is absent: it gets the arrays in a row.
    @tf.function(input_signature=signature, autograph=False)
    def run(*values):
        return function(*with_leaves(declared, iter(values)))

    return lambda *bundles: run(*leaves(bundles))
